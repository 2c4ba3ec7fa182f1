"""What MariaDB and MySQL tell of themselves: rights, indexes, plans, what counts up, the clock, storages that undo nothing.

`information_schema` hides a table from who may do nothing with it, so that it looks as if it were not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from adapter.check.engines.base import EVERY, Index, Numbering, TableState, Visit
from adapter.check.probing import Prober, Row, is_denied
from adapter.check.uses import TableKey
from adapter.errors import AdapterError, DatabaseUnavailable
from adapter.mapping.plans import Plan


class MariaDb:
    """MariaDB; MySQL with what it does otherwise."""

    grants = True
    returning_is_inserting = True
    keeps_numbers = True

    def __init__(
        self, *, holding_is_changing: bool = False, returns: frozenset[str] = frozenset({"delete", "insert"})
    ) -> None:
        """`returns` are the kinds of statement that can give the rows they wrote."""
        self.holding_is_changing = holding_is_changing
        self._returns = returns

    async def role(self, prober: Prober) -> str | None:
        """See Inspector."""
        rows = await prober.sql((), "the role", "SELECT CURRENT_USER()")
        if not rows:
            return None
        user, _, host = str(rows[0][0]).rpartition("@")
        return f"{_text(user)}@{_text(host)}"

    async def tables(self, prober: Prober, keys: Sequence[TableKey]) -> dict[TableKey, TableState]:
        """See Inspector."""
        found: dict[TableKey, TableState] = {}
        for schema in {schema for schema, _ in keys}:
            names = [name for of, name in keys if of == schema]
            values = {"names": names, "schema": schema}
            columns = await prober.sql((), "rights on columns", _marked(_COLUMNS), values)
            indexes = await prober.sql((), "indexes", _marked(_INDEXES), values)
            tables = await prober.sql((), "tables", _marked(_TABLES), values)
            if columns is None:
                continue  # without the rights on its columns nothing can be said of a table
            for row in tables or ():
                key = (schema, str(row[0]))
                found[key] = _state(row, columns, indexes, deletable=await self._may_delete(prober, key))
        return found

    async def clock(self, prober: Prober) -> float | None:
        """See Inspector."""
        rows = await prober.sql((), "the clock", "SELECT UNIX_TIMESTAMP(SYSDATE(6))")
        return float(rows[0][0]) if rows else None

    async def visits(self, prober: Prober, plan: Plan, parameters: Mapping[str, Any]) -> list[Visit] | None:
        """See Inspector."""
        asking = replace(plan, driver=f"EXPLAIN FORMAT=JSON {plan.driver}")
        rows = await prober.rows((), "the database's plan", asking, parameters)
        return list(_visits(json.loads(rows[0][0]), 1.0)) if rows else None

    def name(self, key: TableKey) -> str:
        """See Inspector."""
        schema, table = key
        return ".".join(_quoted(part) for part in (schema, table) if part is not None)

    def grant(self, rights: str, table: str, role: str) -> str:
        """See Inspector."""
        return f"GRANT {rights} ON {table} TO {role};"

    def index(self, table: str, columns: Sequence[str]) -> str:
        """See Inspector."""
        listed = ", ".join(_quoted(column) for column in columns)
        return f"ALTER TABLE {table} ADD INDEX ({listed}), ALGORITHM=INPLACE, LOCK=NONE;"

    def returning(self, plan: Plan, kind: str, columns: Sequence[str], more: bool) -> Plan | None:
        """See Inspector."""
        if kind not in self._returns:
            return None
        listed = ", ".join(f"`{column.replace('`', '``')}`" for column in columns).replace("%", "%%")
        return replace(plan, driver=f"{plan.driver}{', ' if more else ' RETURNING '}{listed}")

    def constraints_now(self) -> Plan | None:
        """See Inspector: nothing waits until the end."""
        return None

    async def _may_delete(self, prober: Prober, key: TableKey) -> bool:
        """Whether the role may delete rows: the server is asked, for rights may come by a role, a pattern, from above."""
        text = f"DELETE FROM {'.'.join('`' + part.replace('`', '``') + '`' for part in key if part)} WHERE FALSE"
        plan = Plan(name="check", shown=text, driver=text.replace("%", "%%"), branches=())
        try:
            await prober.database.read(lambda reader: reader.prepare(plan))
        except DatabaseUnavailable:
            raise
        except AdapterError as error:
            return not is_denied(error.message)  # a view that cannot be changed refuses it for another reason
        return True


_HERE = "t.TABLE_SCHEMA = COALESCE({schema}, DATABASE()) AND t.TABLE_NAME IN {names}"

_TABLES = f"""
SELECT t.TABLE_NAME, t.TABLE_TYPE = 'BASE TABLE', t.TABLE_ROWS, COALESCE(e.TRANSACTIONS, 'NO') = 'YES'
FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
WHERE {_HERE}"""

_COLUMNS = f"""
SELECT t.TABLE_NAME, t.COLUMN_NAME, t.PRIVILEGES, t.EXTRA LIKE '%auto_increment%'
FROM information_schema.COLUMNS t WHERE {_HERE}"""

_INDEXES = f"""
SELECT t.TABLE_NAME, t.INDEX_NAME, MAX(t.NON_UNIQUE) = 0 AND COUNT(t.SUB_PART) = 0,
    GROUP_CONCAT(COALESCE(t.COLUMN_NAME, '') ORDER BY t.SEQ_IN_INDEX SEPARATOR '\n')
FROM information_schema.STATISTICS t WHERE {_HERE} AND t.INDEX_TYPE IN ('BTREE', 'HASH')
GROUP BY t.TABLE_NAME, t.INDEX_NAME"""


def _marked(text: str) -> str:
    """Parameters as the engine's texts mark them."""
    return text.replace("{names}", "\ue000names\ue001").replace("{schema}", "\ue000schema\ue001")


def _state(row: Row, columns: Sequence[Row], indexes: Sequence[Row] | None, *, deletable: bool) -> TableState:
    name = str(row[0])
    own = [(str(column[1]), str(column[2]).split(","), bool(column[3])) for column in columns if column[0] == name]

    def allowed(right: str) -> frozenset[str]:
        return frozenset(column for column, rights, _ in own if right in rights)

    insertable = allowed("insert")
    return TableState(
        is_table=bool(row[1]),
        rows=None if row[2] is None else int(row[2]),
        indexes=None if indexes is None else tuple(_indexes(name, indexes)),
        transactional=bool(row[3]) or not row[1],
        readable=allowed("select"),
        insertable=insertable,
        updatable=allowed("update"),
        deletable=deletable,
        reachable=True,
        sequences={
            column: Numbering(name=f"{name}.{column} (AUTO_INCREMENT)", usable=True, last=None, follows=True)
            for column, _, counts in own
            if counts
        },
    )


def _indexes(table: str, rows: Sequence[Row]) -> Iterator[Index]:
    for of, _, unique, listed in rows:
        columns = str(listed).split("\n")
        # A column without a name is an expression, and what comes behind it is of no use to a look-up by columns.
        leading = columns[: columns.index("")] if "" in columns else columns
        if of == table and leading:
            yield Index(columns=tuple(leading), unique=bool(unique) and leading == columns)


def _visits(node: Any, times: float) -> Iterator[Visit]:
    """What a part of a plan goes through. `times` is how often it runs."""
    if not isinstance(node, dict):
        return
    table = node.get("table")
    if isinstance(table, dict) and "access_type" in table:
        how = str(table["access_type"])
        # A scan that reads all of a table is charged with all of it, whatever its condition leaves.
        rows = EVERY if how in _HOW else round(_rows(node) * times)
        yield Visit(alias=str(table.get("table_name", "")), table="", how=_HOW.get(how, how), rows=rows)
    for name, part in node.items():
        # A sub-select runs for every row, unless the server keeps what it found.
        inner = times * _product(node.get("nested_loop")) if name == "subqueries" else times
        for one in part if isinstance(part, list) else (part,):
            yield from _visits(one, inner)
            if name == "nested_loop":
                inner *= max(1.0, _rows(one))


_HOW = {"ALL": "reading all of it", "index": "reading all of an index"}


def _rows(part: Any) -> float:
    """How many rows a table of a loop gives, by the server's estimate."""
    table = part.get("table") if isinstance(part, dict) else None
    if not isinstance(table, dict):
        return 1.0
    return float(table.get("rows", table.get("rows_examined_per_scan", 1)) or 1)


def _product(loop: Any) -> float:
    found = 1.0
    for part in loop if isinstance(loop, list) else ():
        found *= max(1.0, _rows(part))
    return found


def _quoted(name: str) -> str:
    plain = name.isidentifier() and name.isascii() and name.lower() not in _WORDS
    return name if plain else f"`{name.replace('`', '``')}`"


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


_WORDS = frozenset(
    {"order", "user", "table", "check", "group", "select", "desc", "default", "references", "column", "key", "value"}
)
