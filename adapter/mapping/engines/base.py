"""What every engine must say of itself, and what most have in common."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import Struct
from sqlglot import exp

_PARAMETER = re.compile("\ue000(\\w+)\ue001")
_NAMED = re.compile(r":(\w+)")


class LedgerWords(Struct, frozen=True, kw_only=True):
    """How the adapter's own tables are written."""

    before: tuple[str, ...] = ()
    """Statements that make room for them."""
    create: str = "CREATE TABLE IF NOT EXISTS {table}"
    types: Mapping[str, str]
    """Column types by what they hold: uuid, moment, text, key_text, number, counter, flag, version."""
    end: str = ""
    """What ends a CREATE TABLE."""
    index: str = "CREATE INDEX IF NOT EXISTS {name} ON {table} ({columns})"
    """Empty where indexes stand inside their table, as KEY."""
    clock: str
    exists: str
    """Gives yes or no for a table of this :name."""
    recently: str
    """A condition: a moment is not older than :seconds."""
    now: str = ""
    """The clock as a default of a column that needs not be exact; the clock itself unless said otherwise."""
    is_set: str = "{flag} = 1"
    """A condition: a flag is yes."""
    age: str
    """How old a moment is, in seconds."""
    one_row: str = "SELECT {what} LIMIT 1"
    once: str = "\nON CONFLICT DO NOTHING"
    """What keeps an INSERT from failing on a row that is there; empty where the driver counts the failure as no row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine(ABC):
    """How one engine is spoken to."""

    name: str
    shown: str
    """Its name for people."""
    speaks: str
    """The dialect that mappings for it are written in."""
    writes: str
    """What sqlglot calls its dialect."""
    client: str
    """The program with which people ask it."""
    types_first: bool = True
    """Whether a UNION takes its types from its first branch, so that NULLs there would spoil them."""
    returns: frozenset[str] = frozenset({"insert", "update", "delete"})
    """The kinds of change that can give values of the rows that they touched."""
    schemas: bool = True
    """Whether a database has schemas, so that the ledger can have one of its own."""
    explains: str = "EXPLAIN"
    """What asks for the plan of a statement; empty where none can be asked for by a statement."""
    creates_in_transactions: bool = True
    """Whether tables can be made inside a transaction."""
    ledger: LedgerWords = field(repr=False)

    def text(self, tree: exp.Expr, *, pretty: bool = True) -> str:
        """A tree as SQL, its parameters marked by characters that stand in no text; to be passed through `shown_text` or `driver`."""
        marked = self.spelled(tree.copy()).transform(
            lambda node: (
                exp.Var(this=f"\ue000{node.name}\ue001") if isinstance(node, (exp.Placeholder, exp.Parameter)) else node
            ),
            copy=False,
        )
        return marked.sql(dialect=self.writes, pretty=pretty, comments=False, max_text_width=110, copy=False)

    @staticmethod
    def shown_text(text: str) -> str:
        """SQL for people, with parameters as :name."""
        return _PARAMETER.sub(r":\1", text)

    @staticmethod
    def marked(text: str) -> str:
        """SQL with parameters as :name, as `text` gives it."""
        return _NAMED.sub("\ue000\\1\ue001", text)

    def driver(self, text: str, *, apart: bool = False) -> tuple[str, tuple[str, ...]]:  # noqa: ARG002 -- see postgresql.py
        """SQL for the driver, and the names of its parameters in their order.

        `apart` numbers each occurrence, where they are numbered: an amount may be wanted as a float here and as a
        decimal there, and the server gives a parameter one type.
        """
        return _PARAMETER.sub("?", text), tuple(_PARAMETER.findall(text))

    def spelled(self, tree: exp.Expr) -> exp.Expr:
        """A tree of this engine's SQL, once more looked over for what only it cannot say so."""
        return tree

    def ported(self, tree: exp.Expr) -> exp.Expr:
        """A fragment of another engine's SQL in this one's. Only what `portable` lists is ever given to it."""
        return tree

    @abstractmethod
    def now(self) -> exp.Expr:
        """The moment at which it is asked, not that at which the transaction began."""

    @abstractmethod
    def hold(self, select: exp.Select, alias: str | None) -> None:
        """Have a SELECT keep the rows that it finds, of one table or of all, until the transaction ends."""

    @abstractmethod
    def one_of(self, columns: Sequence[exp.Expr], names: Sequence[str], forms: Sequence[str] = ()) -> exp.Expr:
        """A test that the columns are one of the rows whose columns are given as one list per name.

        `forms` are the types of a key's columns, where the server cannot tell those of the lists by itself.
        """

    def returned(self, column: exp.Identifier) -> exp.Expr:
        """A column of a row that was changed."""
        return exp.Column(this=column)

    def null_of(self, type_name: str) -> str | None:  # noqa: ARG002 -- see postgresql.py
        """A NULL of a type, as the driver names types; None for one that is not known."""
        return None

    def as_text(self, tree: exp.Expr) -> exp.Expr:
        """A value as a text of any length."""
        return exp.Cast(this=tree, to=exp.DataType.build("text"))

    def as_decimal(self, tree: exp.Expr) -> exp.Expr:
        """A number as an exact one."""
        return exp.Cast(this=tree, to=exp.DataType.build("decimal(24, 8)"))

    def rounded(self, tree: exp.Expr, digits: int) -> exp.Expr:
        """A number with so many decimals; half a last one away from zero."""
        return exp.Round(this=tree, decimals=exp.Literal.number(digits))

    def cut(self, tree: exp.Expr, length: int) -> exp.Expr:
        """The first letters of a text."""
        return exp.Left(this=tree, expression=exp.Literal.number(length))

    def as_flag(self, condition: exp.Expr) -> exp.Expr:
        """A condition as a value."""
        return condition

    def table(self, schema: str, name: str) -> str:
        """The name of a table of ours."""
        return f"{schema}.{name}" if self.schemas else f"{schema}_{name}"


def rewritten(tree: exp.Expr, rule: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """A tree with every node replaced by what a rule makes of it, the innermost first."""
    for name, value in list(tree.args.items()):
        if isinstance(value, exp.Expr):
            tree.set(name, rewritten(value, rule))
        elif isinstance(value, list):
            tree.set(name, [rewritten(each, rule) if isinstance(each, exp.Expr) else each for each in value])
    return rule(tree)
