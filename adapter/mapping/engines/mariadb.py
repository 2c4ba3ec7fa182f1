"""MariaDB from 10.6 on, and MySQL from 8.0 on, which differs from it in a few places.

The SQL mode of the session is the adapter's own (`adapter/store/drivers/mariadb.py`): names stand in backticks and a
backslash in a text is doubled, whatever the server says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.mysql import MySQL as MySQLDialect
from sqlglot.generators.mysql import MySQLGenerator

from adapter.mapping.engines.base import _PARAMETER, Engine, LedgerWords, rewritten


class MariaDBDialect(MySQLDialect):
    """What sqlglot calls MySQL, without what only MySQL understands."""

    class Generator(MySQLGenerator):
        """Writes it."""

        TRANSFORMS: ClassVar[dict[type[exp.Expr], Callable[..., str]]] = {
            **MySQLGenerator.TRANSFORMS,
            exp.RegexpLike: lambda self, node: self.binary(node, "REGEXP"),
            exp.JSONExtract: lambda self, node: self.func("JSON_EXTRACT", node.this, node.expression),
            exp.JSONExtractScalar: lambda self, node: self.func(
                "JSON_UNQUOTE", exp.Anonymous(this="JSON_EXTRACT", expressions=[node.this, node.expression])
            ),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class MariaDB(Engine):
    """What MariaDB does its own way."""

    def driver(self, text: str, *, apart: bool = False) -> tuple[str, tuple[str, ...]]:  # noqa: ARG002 -- see Engine
        """SQL with parameters as %s, so that a percent sign is doubled."""
        return _PARAMETER.sub("%s", text.replace("%", "%%")), tuple(_PARAMETER.findall(text))

    def spelled(self, tree: exp.Expr) -> exp.Expr:
        """Aliases in small letters: where table names are told apart by case, aliases are too."""
        for node in tree.find_all(exp.TableAlias, exp.Column):
            name = node.args.get("table") if isinstance(node, exp.Column) else node.this
            if isinstance(name, exp.Identifier) and not name.args.get("quoted"):
                name.set("this", name.name.lower())
        return tree

    def ported(self, tree: exp.Expr) -> exp.Expr:
        """See Engine."""
        return rewritten(tree, _ported)

    def now(self) -> exp.Expr:
        """See Engine: in UTC, which is all that a DATETIME does not say."""
        return exp.Anonymous(this="UTC_TIMESTAMP", expressions=[exp.Literal.number(6)])

    def hold(self, select: exp.Select, alias: str | None) -> None:  # noqa: ARG002 -- MariaDB knows no FOR UPDATE OF
        """See Engine: all rows that it reads, those that it joins too."""
        select.set("locks", [exp.Lock(update=True)])

    def one_of(self, columns: Sequence[exp.Expr], names: Sequence[str], forms: Sequence[str] = ()) -> exp.Expr:  # noqa: ARG002 -- see Engine
        """See Engine: the driver writes a list out, each value bound, so the plan is one and the same for any number.

        The rows of a key of several columns are one list, as `keys` beside `keys_0` and `keys_1`.
        """
        if len(columns) == 1:
            return exp.In(this=columns[0], field=exp.Placeholder(this=names[0]))
        rows = exp.Placeholder(this=names[0].rsplit("_", 1)[0])
        return exp.In(this=exp.Tuple(expressions=list(columns)), field=rows)


def _ported(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Length):
        return exp.Anonymous(this="CHAR_LENGTH", expressions=[node.this])
    return node


MARIADB = MariaDB(
    name="mariadb",
    shown="MariaDB",
    speaks="mysql",
    writes=MariaDBDialect,  # type: ignore[arg-type] # sqlglot takes a dialect or its name
    client="mariadb",
    types_first=False,
    returns=frozenset({"insert", "delete"}),
    schemas=False,
    explains="EXPLAIN FORMAT=JSON",
    creates_in_transactions=False,
    ledger=LedgerWords(
        types={
            "uuid": "char(36) CHARACTER SET ascii COLLATE ascii_bin",
            "moment": "datetime(6)",
            "text": "text",
            "key_text": "varchar(255) COLLATE utf8mb4_bin",
            "number": "bigint",
            "counter": "bigint NOT NULL AUTO_INCREMENT PRIMARY KEY",
            "flag": "boolean",
            "version": "integer",
        },
        end=" ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4",
        index="",
        clock="UTC_TIMESTAMP(6)",
        exists="""\
SELECT COUNT(*) > 0 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = :name""",
        recently="{moment} > UTC_TIMESTAMP(6) - INTERVAL :seconds SECOND",
        age="TIMESTAMPDIFF(MICROSECOND, {moment}, UTC_TIMESTAMP(6)) / 1000000",
        once="",
    ),
)

MYSQL = replace(MARIADB, name="mysql", shown="MySQL", writes="mysql", client="mysql", returns=frozenset())
