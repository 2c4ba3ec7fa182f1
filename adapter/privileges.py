"""The least privileges of a role as values, and the SQL that grants them on each engine. Opens no connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import Dialect

from adapter.errors import AdapterError
from adapter.mapping.naming import TableName
from adapter.mapping.needs import ALL, Needs
from adapter.store.surroundings import Surroundings

Action = Literal["CONNECT", "USAGE", "SELECT", "INSERT", "UPDATE", "DELETE"]
On = Literal["DATABASE", "SCHEMA", "SEQUENCE", "TABLE"]

_ORDER: tuple[Action, ...] = ("CONNECT", "USAGE", "SELECT", "INSERT", "UPDATE", "DELETE")
_WIDTH = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Privilege:
    """One thing that a role may do: with a whole table, or with one column of it."""

    action: Action
    on: On
    name: TableName
    """Schema and name; of a database or a schema only the name."""
    column: str = ""
    """Empty where the privilege is for the table as a whole."""
    why: str = ""
    """Why it is needed, where that is not plain."""


def privileges(
    needs: Needs, around: Surroundings | None, columns: Mapping[TableName, Sequence[str]]
) -> list[Privilege]:
    """The least privileges for what is needed, the same on every engine; see `sql_for` for what engines add.

    `columns` are those that each table has, as far as that is known; `around` is None without a database.
    """
    found = [*_surrounding(needs, around)]
    for table in needs.tables:
        found += _of_table(needs, table, columns.get(table, ()))
    return found


def holding(needs: Needs) -> list[Privilege]:
    """What SELECT ... FOR UPDATE needs on engines where reading is not enough: an UPDATE on some column of the table."""
    found = []
    for table in sorted(needs.held, key=lambda each: (each[0] or "", each[1])):
        if not needs.writes.get(table, {}).get("update"):
            column = _some_column(needs.reads.get(table, frozenset()))
            why = "never changed: its rows are held while a payment is recorded, by SELECT ... FOR UPDATE"
            found.append(Privilege(action="UPDATE", on="TABLE", name=table, column=column, why=why))
    return found


def _surrounding(needs: Needs, around: Surroundings | None) -> Iterator[Privilege]:
    if around is not None:
        yield Privilege(action="CONNECT", on="DATABASE", name=(None, around.database))
    own = (around.schema if around is not None else None) or "public"
    for schema in sorted({table[0] or own for table in needs.tables}):
        yield Privilege(action="USAGE", on="SCHEMA", name=(None, schema))
    for sequence in around.sequences if around is not None else ():
        written = needs.writes.get(sequence.table, {}).get("insert")
        if written is not None and sequence.column not in written:
            yield Privilege(
                action="USAGE",
                on="SEQUENCE",
                name=(sequence.schema, sequence.name),
                why=f"numbers {sequence.table[1]}.{sequence.column}",
            )


def _of_table(needs: Needs, table: TableName, columns: Sequence[str]) -> Iterator[Privilege]:
    read = needs.reads.get(table)
    if read is not None:
        if ALL in read:
            read = frozenset(columns)
        elif not read:
            read = frozenset({_some_column(columns)} if columns else ())
        yield from (
            Privilege(action="SELECT", on="TABLE", name=table, column=column) for column in sorted(read) or [""]
        )
    writes = needs.writes.get(table, {})
    for action, kind in (("INSERT", writes.get("insert")), ("UPDATE", writes.get("update"))):
        for column in sorted(kind or ()):
            yield Privilege(action=action, on="TABLE", name=table, column=column)  # type: ignore[arg-type]
    if "delete" in writes:
        yield Privilege(action="DELETE", on="TABLE", name=table)


def _some_column(columns: Sequence[str] | frozenset[str]) -> str:
    """A column that says little: the key, where its name tells."""
    return min(columns, key=lambda name: (name.casefold() != "id", name)) if columns else ""


@dataclass(frozen=True, slots=True)
class _Speech:
    """How grants are written on one engine."""

    dialect: Dialect
    columns: frozenset[Action]
    """What can be granted for single columns."""
    after_table: bool = False
    """Whether columns stand after the table instead of after the action."""
    holds: bool = False
    """Whether SELECT ... FOR UPDATE needs an UPDATE."""
    objects: frozenset[On] = frozenset({"TABLE"})

    def name(self, name: TableName) -> str:
        quote = self.dialect.identifier_preparer.quote
        return ".".join(quote(part) for part in name if part)

    def role(self, role: str) -> str:
        quote = self.dialect.identifier_preparer.quote
        if self.dialect.name != "mysql":
            return quote(role)
        user, _, host = role.partition("@")
        return f"{_text(user)}@{_text(host or '%')}"


def _dialect(name: str) -> Dialect:
    return make_url(f"{name}://").get_dialect()()


_ALL_COLUMNS: frozenset[Action] = frozenset({"SELECT", "INSERT", "UPDATE"})

_SPEECH: Mapping[str, _Speech] = {
    "postgresql": _Speech(
        _dialect("postgresql"),
        _ALL_COLUMNS,
        holds=True,
        objects=frozenset({"DATABASE", "SCHEMA", "SEQUENCE", "TABLE"}),
    ),
    # MariaDB holds rows for whoever may read them; MySQL asks for an UPDATE or DELETE.
    "mariadb": _Speech(_dialect("mysql"), _ALL_COLUMNS),
    "mysql": _Speech(_dialect("mysql"), _ALL_COLUMNS, holds=True),
    "sqlserver": _Speech(_dialect("mssql"), frozenset({"SELECT", "UPDATE"}), after_table=True),
}

ENGINES = (*_SPEECH, "sqlite")
"""The engines whose privileges can be told; SQLite has none."""


def engine_privileges(
    engine: str, needs: Needs, around: Surroundings | None, columns: Mapping[TableName, Sequence[str]]
) -> list[Privilege]:
    """The least privileges on one engine, as it grants them; none for SQLite.

    Raises AdapterError for an engine that nothing is known of.
    """
    if engine == "sqlite":
        return []
    speech = _SPEECH.get(engine)
    if speech is None:
        raise AdapterError(f"the privileges of {engine} are not known", hint=f"known: {', '.join(ENGINES)}")
    found = privileges(needs, around, columns) + (holding(needs) if speech.holds else [])
    own = around.schema if around is not None else None
    named: dict[Privilege, None] = {}
    for each in found:
        if each.on not in speech.objects:
            continue
        schema, name = each.name
        column = each.column if each.action in speech.columns else ""
        schema = schema or (own if each.on == "TABLE" else None)
        # A dictionary: privileges of whole tables come once for each of their columns.
        named[Privilege(action=each.action, on=each.on, name=(schema, name), column=column, why=each.why)] = None
    return list(named)


def sql_for(engine: str, found: Sequence[Privilege], role: str) -> list[str]:
    """The statements that grant privileges to a role, without a semicolon; one for each action on each object."""
    speech = _SPEECH[engine]
    grouped: dict[tuple[On, TableName, Action, str], list[str]] = {}
    for each in found:
        grouped.setdefault((each.on, each.name, each.action, each.why), []).append(each.column)
    statements = []
    for (on, name, action, why), columns in grouped.items():
        quote = speech.dialect.identifier_preparer.quote
        # Where the table is granted as a whole, its columns are granted with it.
        listed = [] if "" in columns else [quote(column) for column in columns]
        target = f"{on} {speech.name(name)}" if on != "TABLE" else speech.name(name)
        comment = f"-- {why}\n" if why else ""
        statements.append(comment + _statement(speech, action, listed, target, speech.role(role)))
    return statements


def _statement(speech: _Speech, action: Action, columns: list[str], target: str, role: str) -> str:
    listed = f" ({', '.join(columns)})" if columns else ""
    text = (
        f"GRANT {action} ON {target}{listed} TO {role}"
        if speech.after_table
        else f"GRANT {action}{listed} ON {target} TO {role}"
    )
    if len(text) < _WIDTH or not columns:
        return text
    lines, line = [], "   "
    for index, column in enumerate(columns):
        word = f" {column}{',' if index < len(columns) - 1 else ''}"
        if len(line) + len(word) > _WIDTH:
            lines.append(line)
            line = "   "
        line += word
    body = "\n".join([*lines, line])
    if speech.after_table:
        return f"GRANT {action} ON {target} (\n{body}\n) TO {role}"
    return f"GRANT {action} (\n{body}\n) ON {target} TO {role}"


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
