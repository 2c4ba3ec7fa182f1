"""What only an engine's own catalogue can tell: rights, indexes, plans, sequences, its clock. One file for each.

An engine that has none here is still checked; what needs one is noted as not checked. Knows nothing of mappings.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapter.check.engines.base import EVERY, Index, Inspector, Numbering, TableState, Visit
from adapter.check.engines.mariadb import MariaDb
from adapter.check.engines.postgresql import PostgreSql
from adapter.check.engines.sqlite import SQLite

__all__ = ["EVERY", "Index", "Inspector", "Numbering", "TableState", "Visit", "inspector_of"]


def inspector_of(engine: str) -> Inspector | None:
    """What can be asked of an engine's catalogue; None where that is not known here."""
    return _INSPECTORS.get(engine)


_INSPECTORS: Mapping[str, Inspector] = {
    "mariadb": MariaDb(),
    "mysql": MariaDb(holding_is_changing=True, returns=frozenset()),
    "postgresql": PostgreSql(),
    "sqlite": SQLite(),
}
