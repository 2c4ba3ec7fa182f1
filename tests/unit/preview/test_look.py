"""What a preview is told of a restaurant, asked of a real one in a file of SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from adapter.config import Config
from adapter.mapping.load import load_mapping_text
from adapter.preview.look import Looker
from adapter.preview.view import Preview

MAPPING = """
version = 1
epos    = "Small"
sql     = "sqlite"

[site]
timezone = { default = "UTC" }
currency = { default = "GBP" }

[table]
from       = "board t"
id         = "t.id"
name       = "t.name"
max_covers = "4"
status     = { sql = "'O'", map = { O = "occupied" } }

[session]
from       = "chk k"
id         = "k.id"
name       = "'One'"
created_at = "k.opened"
table      = "k.board_id"

[bill]
total = "k.total"
paid  = "0"

[item]
from            = "JOIN line l ON l.check_id = k.id"
id              = "'x'"
name            = "'Ale'"
amount_per_item = "l.price"
"""
TILL = """
CREATE TABLE board (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE chk (id INTEGER PRIMARY KEY, board_id INTEGER, opened TEXT, total NUMERIC, vat NUMERIC);
CREATE TABLE line (check_id INTEGER, price NUMERIC);
INSERT INTO board VALUES (1, 'T1');
INSERT INTO chk VALUES (1, 1, '2026-01-10 12:00:00', 6, 0);
INSERT INTO line VALUES (1, 6);
"""


def look(tmp_path: Path, mapping: str) -> Preview:
    file = tmp_path / "till.db"
    with sqlite3.connect(file) as connection:
        connection.executescript(TILL)
    connection.close()
    config = Config.model_validate({"mapping": "small.toml", "database": {"url": f"sqlite:///{file}"}})

    async def once() -> Preview:
        looker = Looker(config, load_mapping_text(mapping))
        try:
            return await looker.look()
        finally:
            await looker.close()

    return asyncio.run(once())


@pytest.mark.parametrize(("said", "tax"), [("", None), ('tax = "k.vat"\n', 0)])
def test_a_tax_that_the_mapping_does_not_say_is_not_shown_as_none(tmp_path: Path, said: str, tax: int | None):
    bill = look(tmp_path, MAPPING.replace("[bill]\n", f"[bill]\n{said}")).bill
    assert bill is not None
    assert [(line.name, line.total) for line in bill.lines] == [("Ale", 600)]
    assert bill.tax == tax
