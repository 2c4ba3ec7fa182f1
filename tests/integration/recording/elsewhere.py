"""An adapter that records on MariaDB or SQLite, and SQL that looks past it, in the shape that PostgreSQL's has."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from tests.conftest import mariadb
from tests.integration.recording.conftest import Place


@dataclass(kw_only=True)
class MariaDBPlace(Place):
    """A restaurant on MariaDB."""

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run SQL in the database, past the adapter."""
        return mariadb(self.url, text, *values)

    def tables(self) -> list[str]:
        """Its tables, ours included."""
        return [name for (name,) in self.sql("SHOW TABLES")]

    def ledger(self, table: str) -> str:
        """The name of a table of ours."""
        return f"epos_adapter_{table}"

    def state(self) -> dict[str, list[str]]:
        """Every row of every table, ours included: equal when nothing was written."""
        return {name: sorted(map(str, self.sql(f"SELECT * FROM `{name}`"))) for name in self.tables()}

    def save(self) -> None:
        """Keep its evening, to begin anew."""
        saved = f"{make_url(self.url).database}_saved"
        copies = "".join(f"CREATE TABLE {saved}.`{name}` AS SELECT * FROM `{name}`;" for name in self.tables())
        self.sql(f"CREATE DATABASE {saved}; {copies}")

    def begin_anew(self) -> None:
        """Its evening as it was."""
        saved = f"{make_url(self.url).database}_saved"
        rows = "".join(
            f"DELETE FROM `{name}`; INSERT INTO `{name}` SELECT * FROM {saved}.`{name}`;" for name in self.tables()
        )
        self.sql(f"SET foreign_key_checks = 0; {rows}")

    def close(self) -> None:
        """End every connection to the database."""
        self.runner.run(self.app.store.close())
        mariadb(self.url, f"DROP DATABASE IF EXISTS {make_url(self.url).database}_saved")


@dataclass(kw_only=True)
class SQLitePlace(Place):
    """A restaurant in an SQLite file."""

    @cached_property
    def file(self) -> Path:
        """Where it is."""
        return Path(str(make_url(self.url).database))

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run SQL in the database, past the adapter."""
        with closing(sqlite3.connect(self.file, isolation_level=None)) as connection:
            if not values and ";" in text:
                connection.executescript(text)
                return []
            return connection.execute(re.sub("%s", "?", text), values).fetchall()

    def tables(self) -> list[str]:
        """Its tables, ours included."""
        found = self.sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        return [name for (name,) in found]

    def ledger(self, table: str) -> str:
        """The name of a table of ours."""
        return f"epos_adapter_{table}"

    def state(self) -> dict[str, list[str]]:
        """Every row of every table, ours included: equal when nothing was written."""
        return {name: sorted(map(str, self.sql(f'SELECT * FROM "{name}"'))) for name in self.tables()}

    def save(self) -> None:
        """Keep its evening, to begin anew."""
        with (
            closing(sqlite3.connect(self.file)) as source,
            closing(sqlite3.connect(self.file.with_suffix(".saved"))) as copy,
        ):
            source.backup(copy)

    def begin_anew(self) -> None:
        """Its evening as it was."""
        rows = "".join(
            f'DELETE FROM main."{name}"; INSERT INTO main."{name}" SELECT * FROM saved."{name}";'
            for name in self.tables()
        )
        self.sql(f"ATTACH '{self.file.with_suffix('.saved')}' AS saved; BEGIN; {rows} COMMIT;")

    def close(self) -> None:
        """End every connection to the database."""
        self.runner.run(self.app.store.close())


PLACES = {"mariadb": MariaDBPlace, "sqlite": SQLitePlace}
