"""Which engine a database address names, and the pool of connections to it. What drivers do is in `drivers`."""

from __future__ import annotations

from sqlalchemy import event
from sqlalchemy.engine import Engine as Pool
from sqlalchemy.engine import create_engine, make_url
from sqlalchemy.exc import ArgumentError

from adapter.errors import AdapterError
from adapter.mapping.engines import ENGINES, Engine
from adapter.store.drivers import driver_of
from adapter.store.drivers.base import DatabaseSettings
from adapter.store.stacks import uninterrupted

__all__ = ["DatabaseSettings", "connect", "engine_of"]

_CALLED = {"mssql": "sqlserver"}
"""Engines that SQLAlchemy calls something else."""


def engine_of(url: str) -> Engine:
    """The engine that a database address names.

    Raises AdapterError when it is none, or one that this version does not run on.
    """
    try:
        name = make_url(url).get_backend_name()
    except (ArgumentError, ValueError):
        raise AdapterError(
            "the address of the database cannot be read",
            hint="write postgresql://user:password@host:5432/database, with %23 for # and %2F for / in a password",
        ) from None
    name = _CALLED.get(name, name)
    if name not in ENGINES:
        known = ", ".join(sorted(ENGINES))
        raise AdapterError(f"the engine {name} is not one this version runs on", hint=f"it runs on {known}")
    return ENGINES[name]


def connect(settings: DatabaseSettings) -> Pool:
    """An engine with a pool of connections; nothing is connected yet.

    Every statement stands alone (autocommit) and the session is read-only: what is answered comes from one statement,
    and so from one moment, and nothing that a mapping says can change the restaurant's data.

    Raises AdapterError where the driver is not installed.
    """
    engine_of(settings.url)
    url = make_url(settings.url.replace("sqlserver://", "mssql://", 1))
    driver = driver_of(url.get_backend_name())
    # Not by sqlalchemy.ext.asyncio, which is a coat around this and brings the whole ORM: 8 MB. A unit that uses the
    # engine waits as `Stacks` does it.
    engine = create_engine(
        driver.address(url),
        connect_args=driver.arguments(settings, url),
        isolation_level="AUTOCOMMIT",
        max_overflow=0,
        pool_reset_on_return=None,
        pool_size=settings.pool_size,
        pool_timeout=settings.pool_timeout,
        hide_parameters=True,
    )
    event.listen(
        engine.pool,
        "connect",
        lambda connection, record: driver.opened(connection, record.info, settings, url),
        insert=True,  # before SQLAlchemy looks at the session, and finds out how names are quoted in it
    )
    event.listen(engine, "do_connect", lambda *_: uninterrupted(True))
    event.listen(engine.pool, "connect", lambda *_: uninterrupted(False))  # the last that is done to open one
    return engine
