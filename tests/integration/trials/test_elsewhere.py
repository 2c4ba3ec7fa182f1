"""The tests inside mappings, run on MariaDB and SQLite: the same answers, and not a row of the till touched."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from adapter.errors import AdapterError
from adapter.mapping.load import load_mapping, load_mapping_text
from adapter.store.engines import DatabaseSettings
from adapter.trials import run_tests
from adapter.trials.copies import shapes
from adapter.trials.stage import Stage
from tests.conftest import mariadb, run_script

MAPPINGS = Path(__file__).parents[3] / "mappings"
SHIPPED = [("pasteque", "mariadb", 8), ("pasteque", "sqlite", 8), ("ospos", "mariadb", 8)]

SCHEMA = """
CREATE TABLE board (id integer PRIMARY KEY, name varchar(20) NOT NULL UNIQUE);
CREATE TABLE chk (id integer PRIMARY KEY, opened datetime NOT NULL, done integer NOT NULL, board integer REFERENCES board (id));
CREATE TABLE one (id integer PRIMARY KEY {counts}, chk integer NOT NULL, name varchar(20), price decimal(8, 2), void integer NOT NULL){storage};
CREATE VIEW line AS SELECT id, chk, name, price FROM one WHERE void = 0;
CREATE TABLE pay (id integer PRIMARY KEY {counts}, chk integer, amount decimal(8, 2)){storage};
INSERT INTO chk VALUES (7, '2026-01-10 12:00:00', 0, NULL);
INSERT INTO one (chk, name, price, void) VALUES (7, 'Real', 5, 0);
"""

MAPPING = """
version = 1
epos    = "Small"
sql     = "{sql}"

[site]
timezone = { default = "Europe/London" }
currency = { default = "GBP" }

[table]
from       = "board t"
id         = "t.id"
name       = "t.name"
max_covers = "4"
status     = { sql = "t.id > 0", map = { true = "occupied", false = "available" } }

[session]
from       = "chk k"
id         = "k.id"
name       = "CAST(k.id AS CHAR(9))"
created_at = "k.opened"
finished   = { column = "k.done", true = 1, false = 0 }
table      = "k.board"

[bill]
total = "COALESCE((SELECT SUM(l.price) FROM line l WHERE l.chk = k.id), 0)"
paid  = "COALESCE((SELECT SUM(p.amount) FROM pay p WHERE p.chk = k.id), 0)"

[item]
from            = "JOIN line i ON i.chk = k.id"
order           = ["i.id"]
id              = "i.id"
name            = "i.name"
amount_per_item = "i.price"

[[record.step]]
insert = "pay"
set    = { chk = ":session_id", amount = ":amount" }

[[test]]
name    = "a view is as good as a table"
method  = "GetBillItems"
session = 7
rows    = { chk = [{ id = 7 }], line = [{ chk = 7, name = "Soup", price = 4.5 }] }
expect  = { billItems = { totalAmount = 450, items = [{ name = "Soup" }] } }

[[test]]
name    = "a payment is a row"
method  = "RecordPayment"
session = 7
params  = { payment = { baseAmount = 450 } }
rows    = { chk = [{ id = 7, board = 99 }], line = [{ chk = 7, name = "Soup", price = 4.5 }], pay = [{ chk = 8, amount = 1 }] }
after   = { pay = [{ chk = 8, amount = 1 }, { chk = 7, amount = 4.5 }] }

[[test]]
name    = "what an earlier test wrote is gone"
method  = "GetBillItems"
session = 7
rows    = { chk = [{ id = 7 }], line = [{ chk = 7, name = "Soup", price = 4.5 }] }
expect  = { billItems = { paidAmount = 0 } }

[[test]]
name    = "this one is wrong"
method  = "GetBillItems"
session = 7
rows    = { chk = [{ id = 7 }], line = [{ chk = 7, name = "Soup", price = 4.5 }] }
expect  = { billItems = { totalAmount = 451 } }
"""
SQL = {"mariadb": "mysql", "sqlite": "sqlite"}


def everything(url: str) -> dict[str, Any]:
    """Every row of every table and view, and what counts up."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(str(make_url(url).database))) as connection:
            return dict(enumerate(connection.iterdump()))
    names = [name for (name,) in mariadb(url, "SHOW TABLES")]
    counting = "SELECT table_name, auto_increment FROM information_schema.tables WHERE table_schema = DATABASE()"
    return {name: sorted(map(str, mariadb(url, f"SELECT * FROM `{name}`"))) for name in names} | {
        "": sorted(mariadb(url, counting))
    }


@pytest.fixture(params=["mariadb", "sqlite"])
def till(request: pytest.FixtureRequest) -> tuple[str, str]:
    """An engine, and the address of a small till on it; on MariaDB its tables are those of MyISAM, which undo nothing."""
    url = request.getfixturevalue(f"new_{request.param}")()
    counts, storage = ("AUTO_INCREMENT", " ENGINE = MyISAM") if request.param == "mariadb" else ("AUTOINCREMENT", "")
    run_script(url, SCHEMA.replace("{counts}", counts).replace("{storage}", storage))
    return request.param, url


@pytest.mark.parametrize(("name", "engine", "fewest"), SHIPPED, ids=[f"{name}-{on}" for name, on, _ in SHIPPED])
def test_the_tests_of_a_shipped_mapping_pass_on_its_other_engines_and_change_nothing(
    name: str, engine: str, fewest: int, elsewhere: Callable[[str, str], str]
):
    url = elsewhere(name, engine)
    before = everything(url)
    results = asyncio.run(run_tests(load_mapping(MAPPINGS / f"{name}.toml"), url))
    assert [str(finding) for result in results for finding in result.findings] == []
    assert [result.skipped for result in results if result.skipped] == []
    assert len(results) >= fewest
    assert everything(url) == before


def test_views_foreign_keys_and_storages_that_undo_nothing_are_no_hindrance(till: tuple[str, str]):
    engine, url = till
    before = everything(url)
    mapping = load_mapping_text(MAPPING.replace("{sql}", SQL[engine]), "small.toml")
    results = asyncio.run(run_tests(mapping, url))
    *good, wrong = results
    assert [str(finding) for result in good for finding in result.findings] == []
    (finding,) = wrong.findings
    assert "451" in finding.message
    assert finding.line == MAPPING[: MAPPING.index("totalAmount = 451")].count("\n") + 1
    assert everything(url) == before


def test_the_database_itself_refuses_to_change_what_is_no_copy(till: tuple[str, str]):
    _, url = till
    before = everything(url)

    async def tried() -> None:
        stage = Stage(DatabaseSettings(url=url, pool_size=1))
        try:
            copied = await stage.inspect(lambda connection: shapes(connection, [(None, "pay")]))
            await stage.open(copied, None)
            await stage.put(copied[0], {"chk": 1, "amount": 1})
            with pytest.raises(AdapterError, match=r"error 1792|SQLITE_READONLY"):
                await stage._run_text("UPDATE chk SET done = 1")
        finally:
            await stage.leave()

    asyncio.run(tried())
    assert everything(url) == before
