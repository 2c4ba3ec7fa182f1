"""What every family of findings has in its hands: the mapping, how it fits, the way to the database, the findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path as FilePath

from sqlglot import exp

from adapter.check.engines import Inspector, TableState
from adapter.check.findings import Findings, Severity
from adapter.check.fit import Fit
from adapter.check.probing import Prober
from adapter.check.uses import TableKey, Use
from adapter.config import Config
from adapter.mapping.bind import Binder
from adapter.mapping.links import first_of
from adapter.mapping.load import Mapping as LoadedMapping
from adapter.mapping.table_status import conditions_of
from adapter.store.ledger import Ledger
from adapter.toml.locate import Path

MANY = 10
"""Percent: what is wrong with more rows than that is the mapping's mistake and not that of a row."""


@dataclass(slots=True)
class Look:
    """One look at one installation."""

    config: Config
    config_file: FilePath
    mapping: LoadedMapping
    fit: Fit
    prober: Prober
    findings: Findings
    inspector: Inspector | None
    uses: Mapping[TableKey, Use]
    sample: int
    """How many sessions are read to see whether they can be."""
    ledger: Ledger | None
    states: dict[TableKey, TableState] = field(default_factory=dict)
    now: datetime | None = None
    """By the database's clock; None when it could not be asked."""

    @property
    def binder(self) -> Binder:
        """The mapping's names in this database."""
        return self.fit.binder

    def not_on_this_engine(self, path: Path, what: str) -> None:
        """Note that nothing here knows how to ask this engine."""
        self.findings.add("note", "not-checked", path, f"{what}: not checked on {self.prober.engine.name}")

    def key_of(self, column: exp.Column) -> TableKey | None:
        """The table that a column belongs to."""
        table = column.meta.get("table")
        return None if table is None else self.key_named(column.meta.get("schema"), str(table))

    def key_named(self, schema: str | None, table: str) -> TableKey | None:
        """The table of this name in the mapping."""
        file, catalogue = self.mapping.file, self.binder.catalogue
        schema = schema or file.schema_
        fact = catalogue.table(schema, f"{file.prefix}{table}") if catalogue is not None else None
        return None if fact is None else (schema, fact.name)

    def select(self, path: Path, *outputs: exp.Expr, where: tuple[exp.Expr, ...] = ()) -> exp.Select:
        """A SELECT of the rows of [table] or [session], as the mapping has them."""
        clause = self.binder.clause(self.mapping.clauses[path])
        select = exp.Select(expressions=list(outputs)).from_(first_of(clause))
        select.set("joins", list(clause.joins))
        conditions = [*conditions_of(self.binder, path), *where]
        if conditions:
            select.set("where", exp.Where(this=exp.and_(*conditions)))
        return select

    def key_trees(self, path: Path) -> list[exp.Expr]:
        """The columns of a key."""
        return [self.binder.expression(part) for part in self.mapping.fragments.get(path, ())]


def judged(bad: int, of: int) -> Severity:
    """How bad it is that so many rows are: a few are odd rows, many are a mistake of the mapping."""
    return "error" if bad * 100 > of * MANY else "warning"


def shown_key(key: tuple[object, ...]) -> str:
    """A key for people."""
    return ",".join(str(part) if str(part).strip() else f"'{part}'" for part in key)


def some(keys: list[str], most: int = 3) -> str:
    """A few examples, and that there are more."""
    return ", ".join(keys[:most]) + (", ..." if len(keys) > most else "")
