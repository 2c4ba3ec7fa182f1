"""What to write where a FROM clause joins a function that gives rows. Works on parsed SQL; reports nothing.

Such a function is refused there: one text that is no JSON would end the statement, and with it the answer for every
check of the restaurant, while `rows` lets it cost its own bill.
"""

from __future__ import annotations

from sqlglot import exp

from adapter.mapping.walk import BESIDE
from adapter.toml.locate import Path


def instead_of(node: exp.Expr, path: Path) -> tuple[str, str]:
    """What is wrong with a source of rows that is neither a table nor a SELECT, and what to write at this path."""
    inner = node if isinstance(node, exp.Unnest) else node.this
    if not isinstance(inner, (exp.Func, exp.JSONTable)):
        hint = "write a sub-select in the field instead of LATERAL" if isinstance(node, exp.Lateral) else ""
        return "only tables and SELECTs with a name can be joined", hint
    is_json = "json" in f"{inner.key} {inner.name}".casefold()
    message = "a function gives rows, and only tables and SELECTs with a name can be joined"
    if path[:2] == ("session", "tables"):
        if is_json:
            return (
                message,
                "join the table: JOIN board b ON EXISTS (SELECT 1 FROM json_each(k.boards) e WHERE e.value = b.id)",
            )
        return message, "join the table: JOIN board b ON b.id = ANY(k.boards)"
    if path[0] in BESIDE or path[0] in ("item", "modifier"):
        if is_json:
            column = next((column.sql() for column in inner.find_all(exp.Column)), "k.data")
            rows = f'rows = {{ column = "{column}", as = "{node.alias or "e"}" }}'
            return message, f"write {rows} instead of from: what is no JSON then costs its own bill only"
        return message, 'write select = "SELECT k.id AS session_id, ... FROM ..." instead of from'
    return message, "put it into a SELECT with a name: (SELECT g.n FROM generate_series(1, 9) AS g (n)) x"
