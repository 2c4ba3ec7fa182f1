"""What differs between database engines in the statements we write. Knows nothing of drivers' connections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

_PARAMETER = re.compile("\ue000(\\w+)\ue001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """How one engine is spoken to."""

    name: str
    speaks: str
    """The dialect that mappings for it are written in."""
    writes: str
    """What sqlglot calls its dialect."""

    def text(self, tree: exp.Expr, *, pretty: bool = True) -> str:
        """A tree as SQL, its parameters marked by characters that stand in no text; to be passed through `shown` or `driver`."""
        marked = tree.transform(
            lambda node: (
                exp.Var(this=f"\ue000{node.name}\ue001") if isinstance(node, (exp.Placeholder, exp.Parameter)) else node
            )
        )
        return marked.sql(dialect=self.writes, pretty=pretty, comments=False, max_text_width=110)

    @staticmethod
    def shown(text: str) -> str:
        """SQL for people, with parameters as :name."""
        return _PARAMETER.sub(r":\1", text)

    @staticmethod
    def driver(text: str, *, apart: bool = False) -> tuple[str, tuple[str, ...]]:
        """SQL for the driver, with parameters as $1, $2 and so on, and their names in that order.

        `apart` numbers each occurrence: an amount may be wanted as a float here and as a decimal there, and the server
        gives a parameter one type.
        """
        if apart:
            names = tuple(_PARAMETER.findall(text))
            numbers = iter(range(1, len(names) + 1))
            return _PARAMETER.sub(lambda _: f"${next(numbers)}", text), names
        names = tuple(dict.fromkeys(_PARAMETER.findall(text)))
        places = {name: f"${number}" for number, name in enumerate(names, start=1)}
        return _PARAMETER.sub(lambda match: places[match[1]], text), names

    @staticmethod
    def now() -> exp.Expr:
        """The moment at which it is asked, not that at which the transaction began."""
        return exp.Anonymous(this="clock_timestamp")

    @staticmethod
    def row_lock(alias: str | None) -> exp.Expr:
        """Keeps the rows that a SELECT finds, of one table or of all, until the transaction ends."""
        of = [exp.to_table(alias)] if alias is not None else None
        return exp.Lock(update=True, expressions=of)

    def one_of(self, columns: Sequence[exp.Expr], names: Sequence[str], forms: Sequence[str] = ()) -> exp.Expr:
        """A test that the columns are one of the rows whose columns are given as one array per name.

        `forms` are the types of a key's columns: the server cannot tell those of several arrays by itself.
        """
        arrays: list[exp.Expr] = [exp.Placeholder(this=name) for name in names]
        if len(columns) > 1:
            kinds = [exp.DataType.build(f"{form}[]", dialect=self.writes) for form in forms]
            arrays = [exp.Cast(this=array, to=kind) for array, kind in zip(arrays, kinds, strict=True)]
        if len(columns) == 1:
            return exp.EQ(this=columns[0], expression=exp.Any(this=exp.paren(arrays[0])))
        outputs = [f"v{index}" for index in range(len(columns))]
        unnested = exp.Unnest(
            expressions=arrays,
            alias=exp.TableAlias(
                this=exp.to_identifier("wanted"), columns=[exp.to_identifier(name) for name in outputs]
            ),
        )
        rows = exp.Select(expressions=[exp.column(name, table="wanted") for name in outputs]).from_(unnested)
        return exp.In(this=exp.Tuple(expressions=list(columns)), query=exp.Subquery(this=rows))


POSTGRESQL = Engine(name="postgresql", speaks="postgresql", writes="postgres")

ENGINES = {"postgresql": POSTGRESQL}
"""The engines that this version runs on, by the name used in mappings and database addresses."""
