"""What differs between database engines in the SQL that is written: one file for each. Knows nothing of drivers."""

from __future__ import annotations

from adapter.mapping.engines.base import Engine
from adapter.mapping.engines.mariadb import MARIADB, MYSQL
from adapter.mapping.engines.postgresql import POSTGRESQL
from adapter.mapping.engines.sqlite import SQLITE
from adapter.mapping.engines.sqlserver import SQLSERVER

__all__ = ["ENGINES", "MARIADB", "MYSQL", "POSTGRESQL", "SQLITE", "SQLSERVER", "Engine", "engine_for"]

ENGINES = {engine.name: engine for engine in (POSTGRESQL, MARIADB, MYSQL, SQLITE, SQLSERVER)}
"""The engines that there is SQL for, by the name used in mappings."""


def engine_for(speaks: str) -> Engine:
    """The engine that a mapping in this SQL is meant for, where no database says which."""
    return next(engine for engine in ENGINES.values() if engine.speaks == speaks)
