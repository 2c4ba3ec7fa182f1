"""Asks a live database questions that may not hurt it: one connection, read-only, each question and all of them bounded.

What could not be asked is noted and never an error. Knows nothing of what is asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from adapter.check.findings import Findings
from adapter.errors import AdapterError, DatabaseBusy, DatabaseUnavailable, StoreError, TooSlow
from adapter.mapping.engines import Engine
from adapter.mapping.plans import Plan
from adapter.store.database import Database
from adapter.toml.locate import Path

Row = Sequence[Any]

QUESTION_SECONDS = 5.0
"""Longest that one question may take; the database itself ends it then."""
WAITING_SECONDS = 1.0
"""Longest that a question may wait for somebody else."""


@dataclass(slots=True)
class Prober:
    """The way to the database while it is being checked."""

    database: Database
    engine: Engine
    findings: Findings
    site: Mapping[str, Any]
    """Values of the site constants, for fragments that use them."""
    seconds: float
    """How long all questions together may take."""
    tell: Callable[[str], None] = lambda _: None
    """Told what is being looked at."""
    started: float = field(default_factory=time.monotonic)
    left_out: int = 0
    """Questions that were not asked because the time was up."""

    async def select(
        self, path: Path, what: str, tree: exp.Expr, parameters: Mapping[str, Any] | None = None
    ) -> list[Row] | None:
        """The rows of a SELECT made of bound fragments; None when it could not be asked, which is noted at `path`."""
        text = self.engine.text(tree)
        driver, names = self.engine.driver(text)
        known = {f"site_{name}": value for name, value in self.site.items()}
        constants = {name: known[name] for name in names if name in known}
        plan = Plan(
            name="check",
            shown=self.engine.shown_text(text),
            driver=driver,
            names=names,
            branches=(),
            constants=constants,
        )
        return await self.rows(path, what, plan, parameters or {})

    async def sql(self, path: Path, what: str, text: str, values: Mapping[str, Any] | None = None) -> list[Row] | None:
        """The rows of a text in the engine's own SQL, with :name parameters marked as the engine marks them."""
        driver, names = self.engine.driver(text)
        plan = Plan(name="check", shown=self.engine.shown_text(text), driver=driver, names=names, branches=())
        return await self.rows(path, what, plan, values or {})

    async def rows(self, path: Path, what: str, plan: Plan, parameters: Mapping[str, Any]) -> list[Row] | None:
        """The rows of a plan; None when it could not be asked.

        Raises DatabaseUnavailable: there is no point in asking on.
        """
        if time.monotonic() - self.started > self.seconds:
            self.left_out += 1
            return None
        self.tell(what)
        try:
            return await self.database.read(lambda reader: list(reader.rows(plan, parameters)))
        except DatabaseUnavailable:
            raise
        except AdapterError as error:
            self._not_asked(path, what, error)
        return None

    def _not_asked(self, path: Path, what: str, error: AdapterError) -> None:
        if is_denied(error.message):
            return  # what the role may not read has been said, with the GRANT
        if isinstance(error, StoreError) and "(SQLSTATE 22" in error.message:
            hint = "a cast or a calculation does not fit some row: guard it with CASE, or read the column as it is"
            self.findings.add("error", "sql-fails", path, f"{what}: the SQL fails on some row ({error.message})", hint)
            return
        self.findings.add("note", "not-checked", path, f"{what}: not looked at, because {reason_of(error)}")


_DENIED = ("42501", "error 1142", "error 1143")


def is_denied(message: str) -> bool:
    """Whether the role lacks a right, by PostgreSQL's code or MariaDB's; it is said with its GRANT elsewhere."""
    return any(code in message for code in _DENIED)


def reason_of(error: AdapterError) -> str:
    """Why a question could not be asked, to stand after `because`."""
    if isinstance(error, TooSlow):
        return f"it took more than {QUESTION_SECONDS:.0f} seconds"
    if isinstance(error, DatabaseBusy):
        return "somebody else holds the table"
    return error.message
