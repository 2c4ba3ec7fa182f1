"""An installation that is checked: a database of its own, a mapping to plant mistakes in, SQL that looks past it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from adapter.check.findings import Finding
from adapter.check.run import Report, check
from adapter.config import Config
from adapter.mapping.load import load_mapping_text
from adapter.store.ledger import Ledger

MAPPINGS = Path(__file__).parents[3] / "mappings"

SMALL_SCHEMA = """
CREATE TABLE room (id int PRIMARY KEY, label text, seats int NOT NULL DEFAULT 4, state char(1), room_group int);
CREATE TABLE room_group (id int, label text);
CREATE TABLE waiter (id int, name text);
CREATE TABLE chk (
    id int PRIMARY KEY,
    room int,
    waiter int,
    opened timestamp NOT NULL,
    closed timestamp,
    status varchar(8) NOT NULL DEFAULT 'OPEN',
    total numeric(10,2),
    paid numeric(10,2) NOT NULL DEFAULT 0,
    service numeric(10,2) NOT NULL DEFAULT 0,
    tax numeric(10,2) NOT NULL DEFAULT 0,
    currency text NOT NULL DEFAULT 'GBP',
    locked_by text
);
CREATE TABLE line (id serial PRIMARY KEY, chk int NOT NULL, product int, name text, units int NOT NULL, price numeric(10,2) NOT NULL);
CREATE INDEX line_chk ON line (chk);
CREATE TABLE extra (id serial PRIMARY KEY, line int NOT NULL, name text, price numeric(10,2) NOT NULL);
CREATE INDEX extra_line ON extra (line);
CREATE TABLE product (id int PRIMARY KEY, label text);
CREATE TABLE pay (id serial PRIMARY KEY, chk int REFERENCES chk (id) DEFERRABLE INITIALLY DEFERRED, ref varchar(40), amount numeric(10,2));
CREATE INDEX pay_ref ON pay (ref);

INSERT INTO room (id, label, state, room_group) SELECT n, 'Table ' || n, CASE WHEN n < 12 THEN 'F' ELSE 'O' END, 1 FROM generate_series(1, 20) n;
INSERT INTO room_group VALUES (1, 'Inside');
INSERT INTO waiter VALUES (7, 'Ada');
INSERT INTO product SELECT n, 'Dish ' || n FROM generate_series(1, 5) n;
INSERT INTO chk (id, room, waiter, opened, closed, status, total, paid)
    SELECT n, 1 + n % 20, 7, date_trunc('second', now() AT TIME ZONE 'Europe/London') - n * interval '1 minute',
        CASE WHEN n % 2 = 0 THEN date_trunc('second', now() AT TIME ZONE 'Europe/London') END,
        CASE WHEN n % 2 = 0 THEN 'CLOSED' ELSE 'OPEN' END, 25, CASE WHEN n % 2 = 0 THEN 25 ELSE 0 END
    FROM generate_series(1, 40) n;
INSERT INTO line (chk, product, name, units, price) SELECT c.id, p.id, p.label, 1, 5 FROM chk c, product p;
"""

SMALL_MAPPING = """
version = 1
epos    = "Seven tables"
sql     = "postgresql"

[site]
timezone = { default = "Europe/London" }

[table]
from       = "room t"
id         = "t.id"
name       = "t.label"
max_covers = "t.seats"
status     = { column = "t.state", map = { F = "available", O = "occupied" } }

[session]
from        = "chk k"
id          = "k.id"
name        = "CONCAT('Check ', k.id)"
created_at  = "k.opened"
finished    = { column = "k.status", true = "CLOSED", false = "OPEN" }
finished_at = "k.closed"
table       = "k.room"

[bill]
total          = "k.total"
paid           = "k.paid"
tax            = "k.tax"
service_charge = "k.service"
currency       = "k.currency"

[item]
from            = "JOIN line i ON i.chk = k.id"
key             = "i.id"
order           = ["i.id"]
id              = "i.product"
name            = "i.name"
quantity        = "i.units"
amount_per_item = "i.price"

[modifier]
from   = "JOIN extra e ON e.line = i.id"
id     = "e.id"
name   = "e.name"
amount = "e.price"

[[record.step]]
insert = "pay"
set = { chk = ":session_id", ref = ":payment_id", amount = ":amount" }

[[record.step]]
update = "chk"
where  = "id = :session_id"
set    = { paid = ":paid_after" }

[record.verify]
find = "SELECT p.id AS id FROM pay p WHERE p.ref = :payment_id"
"""


@dataclass
class Installation:
    """What is checked."""

    url: str
    text: str
    folder: Path

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run SQL in the database, past the adapter."""
        address = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    def plant(self, *changes: tuple[str, str]) -> Installation:
        """The same with other text in its mapping; what is replaced must be there once."""
        text = self.text
        for old, new in changes:
            assert text.count(old) == 1, (text.count(old), old)
            text = text.replace(old, new)
        return Installation(self.url, text, self.folder)

    def report(self, *, role: str | None = None, **more: Any) -> Report:
        """Check it, as a role that has no password."""
        url = make_url(self.url)
        if role is not None:
            url = url.set(username=role)
        config = Config.model_validate(
            {"mapping": "mapping.toml", "database": {"url": url.render_as_string(hide_password=False)}}
        )
        mapping = load_mapping_text(self.text)
        return asyncio.run(check(config, mapping, config_file=Path("config.toml"), **more))

    def findings(self, kind: str, **more: Any) -> list[Finding]:
        """The findings of a kind."""
        return [finding for finding in self.report(**more).findings if finding.kind == kind]

    def only(self, kind: str, **more: Any) -> Finding:
        """The only finding of a kind, whose line is checked to be that of its key's last part."""
        found = self.findings(kind, **more)
        assert len(found) == 1, [str(finding.problem) for finding in found]
        return found[0]

    def line(self, text: str) -> int:
        """The line of the mapping on which a text stands."""
        return next(number for number, line in enumerate(self.text.splitlines(), start=1) if text in line)

    def state(self) -> dict[str, list[str]]:
        """Every row of every table with the transaction that wrote it: equal when nothing was written."""
        names = self.sql(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
        )
        return {
            f"{schema}.{table}": sorted(str(row) for row in self.sql(f'SELECT t.xmin, t.* FROM "{schema}"."{table}" t'))
            for schema, table in names
        }

    def make_ledger(self) -> None:
        """Make the adapter's own tables."""
        for text in Ledger("epos_adapter").creation():
            self.sql(text)


@pytest.fixture(scope="module")
def small_database(new_database: Callable[..., str]) -> str:
    """A restaurant on a single page."""
    url = new_database()
    made = Installation(url, SMALL_MAPPING, Path())
    made.sql(SMALL_SCHEMA)
    made.make_ledger()
    made.sql("ANALYZE")
    return url


@pytest.fixture
def small(small_database: str, new_database: Callable[..., str], tmp_path: Path) -> Installation:
    """A restaurant on a single page, in which nothing is wrong."""
    return Installation(new_database(small_database), SMALL_MAPPING, tmp_path)


@pytest.fixture
def floreant(own_restaurant: Callable[[str], str], tmp_path: Path) -> Installation:
    """The shipped mapping over its evening."""
    made = Installation(own_restaurant("floreant"), (MAPPINGS / "floreant.toml").read_text(encoding="utf-8"), tmp_path)
    made.make_ledger()
    return made


@pytest.fixture
def pasteque(own_restaurant: Callable[[str], str], tmp_path: Path) -> Installation:
    """The shipped mapping over its evening."""
    made = Installation(own_restaurant("pasteque"), (MAPPINGS / "pasteque.toml").read_text(encoding="utf-8"), tmp_path)
    made.make_ledger()
    return made


@pytest.fixture
def role(small: Installation) -> Iterator[str]:
    """A role that may do nothing at all."""
    name = f"checked_{make_url(small.url).database}"
    small.sql(f'CREATE ROLE "{name}" LOGIN')
    yield name
    small.sql(f'DROP OWNED BY "{name}"')
    small.sql(f'DROP ROLE "{name}"')
