"""Takes what does not fit out of a mapping, so that the rest can be looked at without it. Asks nothing."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace
from sqlglot import exp

from adapter.mapping.fragments import Fragment
from adapter.mapping.load import Mapping
from adapter.toml.locate import Path

_OPTIONAL: tuple[Path, ...] = (
    ("bill", "note"),
    ("bill", "tax"),
    ("item", "category"),
    ("item", "ordered_at"),
    ("session", "covers"),
    ("session", "finished_at"),
    ("session", "waiter"),
    ("table", "area"),
)
"""Fields without which sessions and bills still mean the same."""
_STOOD_FOR: dict[Path, exp.Expr] = {("table", "max_covers"): exp.Literal.number(0)}
"""Fields that must be there, and whose value nothing else depends on."""


def without(mapping: Mapping, troubled: Iterable[str]) -> Mapping | None:
    """The mapping without those of its fields that have misfits; None where none of them can be left out."""
    keys = {tuple(key.split(".")[:2]) for key in troubled}
    gone = [path for path in _OPTIONAL if path in keys]
    stood = [path for path in _STOOD_FOR if path in keys]
    if not gone and not stood:
        return None
    fragments = {path: found for path, found in mapping.fragments.items() if path[:2] not in gone}
    fragments |= {path: (Fragment(path=path, tree=_STOOD_FOR[path].copy()),) for path in stood}
    file = mapping.file
    for section, name in gone:
        rule = getattr(file, str(section)).model_copy(update={str(name): None})
        file = file.model_copy(update={str(section): rule})
    # Its variants have been chosen among already.
    return replace(mapping, file=file, fragments=fragments, variants=())


def reading_only(mapping: Mapping) -> Mapping:
    """The mapping as it would be if it said nothing of locking and paying, its variants too."""
    variants = tuple(replace(variant, mapping=reading_only(variant.mapping)) for variant in mapping.variants)
    return replace(
        mapping,
        file=mapping.file.model_copy(update={"lock": None, "record": None}),
        clauses={path: found for path, found in mapping.clauses.items() if path[0] not in _WRITING},
        fragments={path: found for path, found in mapping.fragments.items() if path[0] not in _WRITING},
        variants=variants,
    )


_WRITING = frozenset({"lock", "record"})
