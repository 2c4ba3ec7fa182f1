"""`epos-adapter inspect`: looks at a database, step by step, and gives the draft of a mapping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy.engine import make_url

from adapter.errors import InvalidFile
from adapter.inspect.bills import look_into
from adapter.inspect.casting import Cast, Part, candidates, cast, nearest
from adapter.inspect.columns import Known
from adapter.inspect.draft import Draft, draft
from adapter.inspect.facts import Reference, Survey, Table
from adapter.inspect.findings import Findings
from adapter.inspect.finished import find_finished
from adapter.inspect.gathering import gather, paid_of, payment_sum
from adapter.inspect.reading import Reader, reader
from adapter.inspect.references import declared, implied, same_keys, weighed, whole_keys
from adapter.inspect.roles import ROLES, Role, by_name
from adapter.inspect.words import concepts, words
from adapter.mapping.load import load_mapping_text

SECONDS = 60.0
"""How long a database is looked at."""
_MOST_LOOKED_INTO = 40
_SAMPLE = 200
"""Rows read of a table."""
_MOST_LINES = 5_000
"""Rows read of what belongs to the sampled checks."""
_MOST_SETTINGS = 12
_MOST_COMPARED = 120
"""References whose values are looked for where they should be."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was found in a database."""

    tables: int
    looked_into: int
    questions: int
    parts: dict[Role, Part]
    nearest: dict[Role, Part]
    """What comes nearest to each part where there is no restaurant in it."""
    explained: str
    """The sum that explains totals, and how many; empty where none does."""
    notes: tuple[str, ...]
    draft: Draft | None
    """None where there is no restaurant in it."""

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "tables": self.tables,
            "looked_into": self.looked_into,
            "questions": self.questions,
            "entities": {role: asdict(self.parts[role]) if role in self.parts else None for role in ROLES},
            "nearest": {role: asdict(part) for role, part in self.nearest.items()},
            "totals": self.explained,
            "notes": list(self.notes),
            "todos": self.draft.todos if self.draft is not None else 0,
        }


def inspect_database(url: str, *, schema: str | None, tell: Tell, seconds: float = SECONDS) -> Inspection:
    """Look at a database and draft its mapping; `tell` hears what is being done.

    Raises AdapterError when the database cannot be read.
    """
    with reader(url, schema, seconds=seconds) as asked:
        tell("reading the schema")
        tables = asked.tables()
        prefix = common_prefix(tables)
        ignored = frozenset(words(prefix))
        names = candidates(tables.values(), ignored, _MOST_LOOKED_INTO)
        survey = _survey(asked, tables, names, ignored, tell)
        known = Known(survey)
        tell("choosing")
        chosen = cast(known, names, ignored)
        findings = _findings(asked, known, chosen, prefix, tell) if chosen is not None else None
        survey.notes = list(dict.fromkeys(asked.notes))
        address = make_url(url)
        made: Draft | None = None
        if findings is not None:
            tell("writing the draft")
            looked_at = address.set(password=None, query={}).render_as_string()
            made = draft(findings, name=_epos_name(address.database), looked_at=looked_at, schema=schema)
        explanation = findings.money.explanation if findings is not None else None
        return Inspection(
            tables=len(tables),
            looked_into=len(names),
            questions=asked.questions,
            parts=dict(chosen.parts) if chosen is not None else {},
            nearest=nearest(known, names, ignored) if chosen is None else {},
            explained=f"{explanation.nearly} of {explanation.of} bills: {explanation.says}" if explanation else "",
            notes=tuple(survey.notes),
            draft=made,
        )


def problems_of(made: Draft, name: str) -> list[str]:
    """What loading the draft finds wrong with it: nothing, unless a name in the database is beyond the language."""
    try:
        load_mapping_text(made.text, name)
    except InvalidFile as invalid:
        return [str(problem) for problem in invalid.problems]
    return []


def common_prefix(tables: Sequence[str] | dict[str, Table]) -> str:
    """What every table's name begins with, up to an underscore; empty where there is no such thing."""
    names = list(tables)
    shared = names[0] if len(names) > 2 else ""
    while "_" in shared and not all(name.startswith(shared) and name != shared for name in names):
        shared = shared.rstrip("_")
        shared = shared[: shared.rindex("_") + 1] if "_" in shared else ""
    return shared if "_" in shared else ""


def _epos_name(database: str | None) -> str:
    return (database or "").replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0] or "My EPOS"


def _survey(
    asked: Reader, tables: dict[str, Table], names: Sequence[str], ignored: frozenset[str], tell: Tell
) -> Survey:
    """Count and sample the tables that may matter, and find out what refers to what."""
    survey = Survey(engine=asked.engine, tables=dict(tables), notes=asked.notes)
    for number, name in enumerate(names, start=1):
        tell(f"looking into {name} ({number} of {len(names)})")
        survey.tables[name] = replace(tables[name], rows=asked.count(name))
        survey.samples[name] = asked.newest(tables[name], _SAMPLE) if survey.tables[name].rows else []
    looked_into = [survey.tables[name] for name in names]
    references = [*declared(survey.tables.values()), *implied(looked_into, ignored)]
    references += whole_keys(looked_into)
    references += _own_keys(survey, names, ignored)
    tell("following references")
    survey.references = _compared(asked, survey, references)
    for name in _more(survey, tables, names):
        survey.samples[name] = asked.newest(tables[name], _SAMPLE)
    return survey


def _own_keys(survey: Survey, names: Sequence[str], ignored: frozenset[str]) -> list[Reference]:
    """Checks whose own key may be that of their table."""
    checks = [name for name in names if by_name("session", name, ignored) >= 0.4]
    places = [name for name in names if by_name("table", name, ignored) >= 0.4]
    found = [
        same_keys(survey.tables[check], survey.tables[place]) for check in checks for place in places if check != place
    ]
    return [one for one in found if one is not None]


def _compared(asked: Reader, survey: Survey, references: list[Reference]) -> list[Reference]:
    found: list[Reference] = []
    compared = 0
    for one in sorted(references, key=lambda each: -each.strength):
        values = {row.get(one.column) for row in survey.sample(one.table)} - {None, ""}
        if one.strength >= 1 or not values or compared >= _MOST_COMPARED:
            found.append(one)
            continue
        compared += 1
        found.append(weighed(one, len(values), asked.present(one.to, one.target, values)))
    return found


def _more(survey: Survey, tables: dict[str, Table], names: Sequence[str]) -> list[str]:
    """Tables whose rows say more: those that lines and checks refer to, and small ones of settings."""
    referred = {one.to for one in survey.references if one.table in names and one.strength >= 0.5}
    settings = [
        name
        for name in sorted(tables)
        if concepts(name) & {"currency"}
        or any(word in name.lower() for word in ("config", "setting", "restaurant", "option"))
    ]
    wanted = [*sorted(referred), *settings[:_MOST_SETTINGS]]
    return [name for name in dict.fromkeys(wanted) if name in tables and name not in survey.samples][:40]


def _findings(asked: Reader, known: Known, chosen: Cast, prefix: str, tell: Tell) -> Findings:
    """Gather whole checks, and try what makes up their totals."""
    session = chosen.name("session") or ""
    tell(f"adding up checks of {session}")
    bills = gather(
        chosen,
        known.survey.sample(session),
        lambda table, wanted: asked.having(known.table(table), wanted, _MOST_LINES),
    )
    money = look_into(known, chosen, bills, asked.quoted)
    amount, void = payment_sum(known, chosen)
    flag = void.column.name if void is not None else None
    paid = [paid_of(bill, amount.column.name, flag) if amount is not None else None for bill in bills]
    finished = find_finished(known, session, bills, money, paid, asked.quoted)
    used = [part.table for part in chosen.parts.values()]
    return Findings(
        known=known,
        cast=chosen,
        bills=bills,
        money=money,
        finished=finished,
        quote=asked.quoted,
        prefix=prefix if all(name.startswith(prefix) for name in used) else "",
    )
