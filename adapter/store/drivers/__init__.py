"""How each database engine is spoken to: one file for each driver, all of one shape (`base.py`)."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from adapter.errors import AdapterError
from adapter.store.drivers.base import Driver, Verdict

_FILES = {
    "mariadb": "mariadb",
    "mssql": "sqlserver",
    "mysql": "mariadb",
    "postgresql": "postgresql",
    "sqlite": "sqlite",
}
"""The file for each engine, by what SQLAlchemy calls it."""
_ERRORS_OF = {
    "aiomysql": "mariadb",
    "psycopg": "postgresql",
    "pymysql": "mariadb",
    "pyodbc": "sqlserver",
    "sqlite3": "sqlite",
}
"""Whose errors come from which package."""


def driver_of(engine: str) -> Driver:
    """The driver for an engine, by what SQLAlchemy calls it.

    Raises AdapterError where it is not installed.
    """
    file = _FILES[engine]
    try:
        # A module is a driver: it holds nothing, and a connection is given to it each time.
        return cast("Driver", import_module(f"adapter.store.drivers.{file}"))
    except ImportError as error:
        raise AdapterError(
            f"the driver for {file} is not installed ({error.name or error})",
            hint=f"pip install 'epos-adapter[{file}]'",
        ) from None


def verdict_on(error: BaseException) -> Verdict:
    """What a driver's error means."""
    for kind in type(error).__mro__:
        file = _ERRORS_OF.get(kind.__module__.split(".", maxsplit=1)[0])
        if file is not None:
            return cast("Driver", import_module(f"adapter.store.drivers.{file}")).verdict(error)
    return Verdict("unasked", type(error).__name__)
