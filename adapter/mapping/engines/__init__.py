"""What differs between database engines in the SQL that is written: one file for each. Knows nothing of drivers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from adapter.mapping.engines.base import Engine
from adapter.mapping.engines.postgresql import POSTGRESQL

__all__ = ["ENGINES", "POSTGRESQL", "Engine", "engine_for"]

_FILES = {
    "postgresql": "postgresql",
    "mariadb": "mariadb",
    "mysql": "mariadb",
    "sqlite": "sqlite",
    "sqlserver": "sqlserver",
}
"""The file of each engine, by the name used in mappings; there its constant has the same name in capitals."""


class _Engines(Mapping[str, Engine]):
    """Every engine, loaded when it is asked for: an adapter serves one, and each brings a dialect of two megabytes."""

    def __getitem__(self, name: str) -> Engine:
        module = import_module(f"adapter.mapping.engines.{_FILES[name]}")
        engine: Engine = getattr(module, name.upper())
        return engine

    def __iter__(self) -> Iterator[str]:
        return iter(_FILES)

    def __len__(self) -> int:
        return len(_FILES)


ENGINES: Mapping[str, Engine] = _Engines()
"""The engines that there is SQL for, by the name used in mappings."""


def engine_for(speaks: str) -> Engine:
    """The engine that a mapping in this SQL is meant for, where no database says which."""
    return next(engine for engine in ENGINES.values() if engine.speaks == speaks)
