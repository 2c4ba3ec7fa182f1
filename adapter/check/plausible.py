"""Judges whether what was read agrees with itself: numbers, states that contradict each other, columns left unread."""

from __future__ import annotations

import re

from sqlglot import exp

from adapter.check.looking import Look, shown_key, some
from adapter.check.sampling import Sample
from adapter.check.uses import TableKey, Use
from adapter.domain.values import Table, TableStatus
from adapter.toml.locate import Path

_FEW = 3
_MOST_COVERS = 200
"""Guests that no table and no party has."""
_TELLING = re.compile(r"void|delet|cancel|train|refund|comp(ed|lim)|abandon|split_parent|is_info", re.IGNORECASE)
"""What columns are called that say of a row that it does not count."""
_YES = ("boolean", "integer")


def judge_sessions(look: Look, sample: Sample, tables: list[Table]) -> None:
    """Find states and numbers that contradict each other."""
    _payable(look, sample)
    _covers(look, sample, tables)
    _statuses(look, sample, tables)


def _payable(look: Look, sample: Sample) -> None:
    if ("session", "payable") not in look.mapping.fragments:
        return
    owing = [
        (one, session)
        for one, session in sample.sessions
        if not session.is_finished and one.bill is not None and one.bill.outstanding > 0
    ]
    if len(owing) >= _FEW and not any(session.is_payable for _, session in owing):
        look.findings.add(
            "warning",
            "payable-never",
            ("session", "payable"),
            f"none of {len(owing)} open sessions with something to pay is payable",
            "is the condition the right way round, also where a column is NULL?",
        )


def _covers(look: Look, sample: Sample, tables: list[Table]) -> None:
    said: list[tuple[Path, list[int]]] = [
        (("session", "covers"), [session.covers for _, session in sample.sessions if session.covers is not None]),
        (("table", "max_covers"), [table.max_covers for table in tables]),
    ]
    for path, numbers in said:
        odd = [number for number in numbers if not 0 <= number <= _MOST_COVERS]
        if len(numbers) >= _FEW and len(odd) * 2 > len(numbers):
            look.findings.add(
                "warning",
                "number-implausible",
                path,
                f"is more than {_MOST_COVERS}, or negative, on {len(odd)} of {len(numbers)} (such as {odd[0]})",
                "is it the right column?",
            )


def _statuses(look: Look, sample: Sample, tables: list[Table]) -> None:
    by_name = {table.name: table for table in tables}
    taken = [
        (one, by_name[session.tables[0]])
        for one, session in sample.sessions
        if not session.is_finished and session.tables and session.tables[0] in by_name
    ]
    odd = [(one, table) for one, table in taken if table.status in (TableStatus.AVAILABLE, TableStatus.NOT_IN_USE)]
    if len(taken) >= _FEW and len(odd) * 2 > len(taken):
        keys = [f"{shown_key(one.key)} at {table.name}" for one, table in odd]
        look.findings.add(
            "warning",
            "status-contradicts",
            ("table", "status", "map"),
            f"says of {len(odd)} of {len(taken)} tables with an open session that nobody is there ({some(keys)})",
            "are the codes the right way round, and is it the column that the till shows?",
        )


async def look_at_ignored(look: Look) -> None:
    """Find columns that say of rows that they do not count, and that nothing reads."""
    told: set[tuple[TableKey, str]] = set()
    for table_name, columns in look.mapping.file.columns.items():
        key = look.key_named(None, table_name)
        use = look.uses.get(key) if key is not None else None
        for name, rule in columns.items():
            fact = use.fact.column(name) if use is not None else None
            if key is None or use is None or fact is None or rule.as_ in ("version", "stamp") or rule.optional:
                continue
            if fact.name not in {*_read(use), *use.inserts, *use.updates}:
                told.add((key, fact.name))
                look.findings.add(
                    "warning",
                    "column-ignored",
                    ("columns", table_name, name),
                    "says what it means, and nothing reads it",
                    "was a condition forgotten? else leave it out",
                )
    for path in (("session",), ("item",), ("modifier",)):
        for key, use in _tables_of(look, path):
            for name, column in use.fact.columns.items():
                is_told = (key, name) in told or name in _read(use)
                if column.family in _YES and _TELLING.search(name) and not is_told:
                    told.add((key, name))
                    await _ignored(look, path, key, name)


def _read(use: Use) -> set[str]:
    """The columns that reading looks at; what only a payment looks at says nothing of what is listed."""
    return {name for name, path in use.reads.items() if path[0] != "record"}


def _tables_of(look: Look, path: Path) -> list[tuple[TableKey, Use]]:
    """The table whose rows an entity's are."""
    clause = look.mapping.clauses.get(path)
    if clause is None:
        return []
    node = clause.first if clause.first is not None else clause.joins[0].this if clause.joins else None
    key = look.key_named(node.db or None, str(node.meta.get("table"))) if isinstance(node, exp.Table) else None
    return [(key, look.uses[key])] if key is not None and key in look.uses else []


async def _ignored(look: Look, path: Path, key: TableKey, name: str) -> None:
    column = exp.column(exp.to_identifier(name, quoted=True))
    table = exp.table_(key[1], db=key[0], quoted=True)
    select = exp.Select(expressions=[column, exp.Count(this=exp.Star())]).from_(table)
    select = select.group_by(column.copy()).limit(_FEW + 1)
    rows = await look.prober.select((*path, "from"), f"the column {name}", select)
    counts = {bool(value): int(count) for value, count in rows or () if value is not None}
    # Where it is set in most rows, or in none, it does not single rows out.
    if rows and len(rows) <= _FEW and 0 < counts.get(True, 0) < counts.get(False, 0):
        look.findings.add(
            "note",
            "column-ignored",
            (*path, "from"),
            f"{key[1]} has a column {name} that nothing reads; it is set in {counts[True]} of {sum(counts.values())} rows",
            "should such rows be left out? then say so in where",
        )
