"""Which column holds keys of which table, where the database does not say: told by names, weighed by values."""

from __future__ import annotations

from collections.abc import Iterable

from adapter.inspect.facts import Column, Reference, Table
from adapter.inspect.words import meanings, referred, stems

_MOST_PER_COLUMN = 3
_THINGS = frozenset({"area", "check", "line", "modifier", "payment", "product", "staff", "table", "tax", "discount"})


def declared(tables: Iterable[Table]) -> list[Reference]:
    """The references that the database itself declares."""
    known = {table.name: table for table in tables}
    return [
        Reference(
            table=table.name,
            column=key.column,
            to=key.table,
            target=key.target,
            strength=1.0,
            evidence="a foreign key",
            more=key.more,
        )
        for table in known.values()
        for key in table.foreign_keys
        if key.table in known
    ]


def implied(tables: list[Table], ignored: frozenset[str] = frozenset()) -> list[Reference]:
    """References that the names of columns speak of; `ignored` are words that every table's name begins with."""
    found: list[Reference] = []
    for table in tables:
        told = {column for key in table.foreign_keys for column in (key.column, *(one for one, _ in key.more))}
        for column in table.columns:
            if column.name in told or column.family in ("boolean", "bytes", "time", "decimal", "float"):
                continue
            choices = [
                (_named(column.name, other, ignored, same=other.name == table.name), other)
                for other in tables
                if _joinable(table, column, other)
            ]
            best = sorted((one for one in choices if one[0] > 0), key=lambda one: -one[0])[:_MOST_PER_COLUMN]
            found += [
                Reference(
                    table=table.name,
                    column=column.name,
                    to=other.name,
                    target=_target(other),
                    strength=0.6 * score,
                    evidence=f"its name, {column.name}",
                )
                for score, other in best
            ]
    return found


def whole_keys(tables: list[Table]) -> list[Reference]:
    """References by all columns of a key that has several: the line that has the day and the number of its check."""
    found = []
    for table in tables:
        known = {key.table for key in table.foreign_keys}
        for other in tables:
            if (
                len(other.key) < 2
                or other.name == table.name
                or other.name in known
                or set(other.key) == set(table.key)
            ):
                continue
            if all(_same_column(table, other, name) for name in other.key):
                *before, last = other.key
                found.append(
                    Reference(
                        table=table.name,
                        column=last,
                        to=other.name,
                        target=last,
                        strength=0.6,
                        evidence=f"it has the columns of its key, {', '.join(other.key)}",
                        more=tuple((name, name) for name in before),
                    )
                )
    return found


def _same_column(table: Table, other: Table, name: str) -> bool:
    mine, its = table.column(name), other.column(name)
    return mine is not None and its is not None and mine.family == its.family


def same_keys(table: Table, other: Table) -> Reference | None:
    """The reference of a table whose own key is that of another: the check that has its table's id."""
    if len(table.key) != 1 or len(other.key) != 1:
        return None
    mine, its = table.column(table.key[0]), other.column(other.key[0])
    if mine is None or its is None or mine.family != its.family or mine.family == "integer":
        # Two tables that count from one have the same keys without any meaning.
        return None
    return Reference(
        table=table.name,
        column=mine.name,
        to=other.name,
        target=its.name,
        strength=0.2,
        evidence=f"its key, {mine.name}",
    )


def weighed(reference: Reference, asked: int, present: int | None) -> Reference:
    """A reference after so many of its values were looked for, and so many found where they should be."""
    if reference.strength >= 1 or present is None or not asked:
        return reference
    share = present / asked
    own_key = reference.evidence.startswith("its key")
    if share >= 0.95:
        strength = 0.95 if reference.more else 0.9 if not own_key else 0.7
    elif share >= 0.5:
        strength = 0.5
    else:
        strength = 0.0
    strength = strength if reference.strength >= 0.3 or own_key else strength * 0.7
    return Reference(
        table=reference.table,
        column=reference.column,
        to=reference.to,
        target=reference.target,
        strength=strength,
        evidence=f"{reference.evidence}: {present} of {asked} values are in {reference.to}.{reference.target}",
        more=reference.more,
    )


def _joinable(table: Table, column: Column, other: Table) -> bool:
    target = _target(other)
    found = other.column(target)
    if found is None or (table.name == other.name and column.name == target):
        return False
    if table.key == (column.name,) and table.name != other.name and len(referred(column.name)) == 0:
        return False
    return found.family == column.family or {found.family, column.family} <= {"text", "uuid"}


def _target(table: Table) -> str:
    """What other tables would refer to a table by: its key; without one, the column that is named like one."""
    if table.key:
        # Of a composite key the last part is that of the row itself.
        own = [name for name in table.key if not referred(name) or _about(name, table)]
        return own[0] if own else table.key[-1]
    named = [column.name for column in table.columns if column.name.lower() in ("id", "uid", "guid", "nr")]
    named += [column.name for column in table.columns if referred(column.name) and _about(column.name, table)]
    return named[0] if named else table.columns[0].name


def _about(name: str, table: Table) -> bool:
    return set(referred(name)) <= set(stems(table.name)) and stems(name) != referred(name)


def _named(name: str, table: Table, ignored: frozenset[str], *, same: bool) -> float:
    """How well the name of a column speaks of a table, from 0 to 1."""
    said = referred(name)
    if not said:
        return 0.0
    if same:
        return 0.8 if said[0] in ("parent", "main", "ueber", "padre") else 0.0
    refers = len(stems(name)) > len(said)
    known = tuple(one for one in stems(table.name) if one not in ignored)
    if said == known:
        return 1.0 if refers else 0.8
    if not known:
        return 0.0
    if said[-1] == known[-1] or said == known[: len(said)]:
        return 0.6 if refers or len(said) > 1 else 0.5
    common = meanings(said[-1]) & meanings(known[-1]) & _THINGS
    return 0.5 if common and (refers or len(said) == 1) else 0.0
