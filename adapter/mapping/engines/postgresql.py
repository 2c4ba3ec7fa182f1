"""PostgreSQL, from 12 on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from adapter.mapping.engines.base import _PARAMETER, Engine, LedgerWords

TYPES = {
    "16": "boolean",
    "17": "bytea",
    "20": "bigint",
    "21": "smallint",
    "23": "integer",
    "25": "text",
    "114": "json",
    "700": "real",
    "701": "double precision",
    "1042": "bpchar",
    "1082": "date",
    "1083": "time",
    "1114": "timestamp",
    "1184": "timestamptz",
    "1700": "numeric",
    "2950": "uuid",
    "3802": "jsonb",
}
"""Names by their OIDs in pg_type, which are the same in every database; not of types that a database has made for itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgreSQL(Engine):
    """What PostgreSQL does its own way."""

    def driver(self, text: str, *, apart: bool = False) -> tuple[str, tuple[str, ...]]:
        """SQL with parameters as $1, $2 and so on."""
        if apart:
            names = tuple(_PARAMETER.findall(text))
            numbers = iter(range(1, len(names) + 1))
            return _PARAMETER.sub(lambda _: f"${next(numbers)}", text), names
        names = tuple(dict.fromkeys(_PARAMETER.findall(text)))
        places = {name: f"${number}" for number, name in enumerate(names, start=1)}
        return _PARAMETER.sub(lambda match: places[match[1]], text), names

    def now(self) -> exp.Expr:
        """See Engine."""
        return exp.Anonymous(this="clock_timestamp")

    def hold(self, select: exp.Select, alias: str | None) -> None:
        """See Engine."""
        of = [exp.to_table(alias)] if alias is not None else None
        select.set("locks", [exp.Lock(update=True, expressions=of)])

    def null_of(self, type_name: str) -> str | None:
        """See Engine: types are named by their OIDs."""
        known = TYPES.get(type_name)
        return None if known is None else f"CAST(NULL AS {known})"

    def one_of(self, columns: Sequence[exp.Expr], names: Sequence[str], forms: Sequence[str] = ()) -> exp.Expr:
        """See Engine: arrays."""
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


POSTGRESQL = PostgreSQL(
    name="postgresql",
    shown="PostgreSQL",
    speaks="postgresql",
    writes="postgres",
    client="psql",
    ledger=LedgerWords(
        before=("CREATE SCHEMA IF NOT EXISTS {schema}",),
        types={
            "uuid": "uuid",
            "moment": "timestamptz",
            "text": "text",
            "key_text": "text",
            "number": "bigint",
            "counter": "bigint      NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            "flag": "boolean",
            "version": "integer",
        },
        clock="clock_timestamp()",
        now="now()",
        is_set="{flag}",
        exists="SELECT to_regclass(:name) IS NOT NULL",
        recently="{moment} > clock_timestamp() - make_interval(secs => :seconds)",
        age="EXTRACT(EPOCH FROM clock_timestamp() - {moment})",
    ),
)
