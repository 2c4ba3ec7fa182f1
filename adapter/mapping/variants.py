"""Variants of a mapping for other versions of an EPOS: sections laid over those of the file, chosen by a probe.

Laid over at the level of the parsed TOML, so that a variant is checked exactly as a file of its own would be, and every
problem still has its line. Knows nothing of databases: what decides is in `adapter.store.fitting`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from adapter.mapping import schema
from adapter.mapping.fragments import Fragment, FragmentParser
from adapter.mapping.serving import check_fragments
from adapter.toml.load import Source, suggest, validate
from adapter.toml.locate import Path, overlaid

if TYPE_CHECKING:
    from adapter.mapping.load import Mapping as LoadedMapping

SECTIONS = frozenset(
    {
        "bill",
        "capabilities",
        "charge",
        "columns",
        "discount",
        "epos",
        "identifiers",
        "item",
        "lock",
        "modifier",
        "money",
        "payment",
        "prefix",
        "receipt",
        "record",
        "schema",
        "session",
        "site",
        "table",
        "tax_line",
        "test",
        "time",
    }
)
"""What a variant may change: all but what is decided before a database is asked, the language and the engines."""

_OWN = frozenset({"when", "without"})
_INNER = frozenset(
    [("session", "tables"), ("session", "filter")]
    + [("record", name) for name in ("check", "make", "recorded", "tender", "verify")]
)
"""Sections inside sections, whose keys are laid over one by one too; every other table is the meaning of one field."""


class Variant(Struct, frozen=True, kw_only=True):
    """One variant: what tells that it is the one, and the mapping that it then is."""

    name: str
    when: schema.VariantProbe
    probe: Fragment | None
    """The SELECT of `when`, if it is one."""
    mapping: LoadedMapping


def files_of(mapping: LoadedMapping) -> list[schema.MappingFile]:
    """What a mapping says without a variant, and with each."""
    return [*(variant.mapping.file for variant in mapping.variants), mapping.file]


def variants_of(
    file: schema.MappingFile,
    data: Mapping[str, Any],
    source: Source,
    check: Callable[[schema.MappingFile, Source], LoadedMapping],
) -> Iterator[Variant]:
    """Every variant of a file, checked; problems are noted in the source.

    `data` is the whole file as it was read. Raises InvalidFile when so much is wrong with one that it cannot be checked.
    """
    said: Any = data.get("variant", {})
    for name, rule in file.variant.items():
        root: Path = ("variant", name)
        if rule.when is None:
            source.report((*root, "when"), "is missing", 'write when = { table = "..." }, or a SELECT of a yes or no')
            continue
        own = {key: value for key, value in said[name].items() if key not in _OWN}
        for key in own.keys() - SECTIONS:
            hint = suggest(key, [*SECTIONS, *_OWN]) or f"a variant may hold {', '.join(sorted(SECTIONS))}"
            source.report((*root, key), "is not what a variant can change", hint)
        over = {key: value for key, value in own.items() if key in SECTIONS}
        # The tests of the file are tests of the file without any variant.
        merged = deepcopy({key: value for key, value in data.items() if key not in ("variant", "test")})
        replaced = [*_without(merged, rule.without, root, source)]
        replaced += _lay(merged, deepcopy(over), ())
        locator = overlaid(source.locator, root, replaced)
        laid = Source(file=source.file, locator=locator, problems=source.problems)
        probe = _probe(file, rule.when, (*root, "when"), source)
        mapping = check(validate(merged, laid, schema.MappingFile), laid)
        yield Variant(name=name, when=rule.when, probe=probe, mapping=mapping)


def _lay(base: dict[str, Any], over: dict[str, Any], path: Path) -> list[Path]:
    """Lay keys over those of a section; gives the paths of what was replaced or added."""
    replaced: list[Path] = []
    for key, value in over.items():
        here: Path = (*path, key)
        below = base.get(key)
        is_section = len(here) == 1 or here in _INNER or (here[0] == "columns" and len(here) == 2)
        if is_section and isinstance(value, dict) and isinstance(below, dict):
            replaced += _lay(below, value, here)
        else:
            base[key] = value
            replaced.append(here)
    return replaced


def _without(data: dict[str, Any], names: tuple[str, ...], root: Path, source: Source) -> Iterator[Path]:
    """Take keys away that a variant does not have; gives their paths."""
    for index, name in enumerate(names):
        *above, last = name.split(".")
        inside: Any = data
        for part in above:
            inside = inside.get(part) if isinstance(inside, dict) else None
        if (above or [last])[0] not in SECTIONS or not isinstance(inside, dict) or last not in inside:
            source.report((*root, "without", index), f"the file says nothing of {name}", 'write "session.payable"')
            continue
        del inside[last]
        yield (*above, last)


def _probe(file: schema.MappingFile, when: schema.VariantProbe, path: Path, source: Source) -> Fragment | None:
    if when.sql is None:
        return None
    place: Path = (*path, "sql") if (*path, "sql") in source.locator.strings else path
    # It is asked before any site constant is known.
    select = FragmentParser(source, file.sql, frozenset()).select(place, when.sql, named=False)
    if select is not None:
        check_fragments(file, [(place, select)], source)
    return Fragment(path=place, tree=select) if select is not None else None
