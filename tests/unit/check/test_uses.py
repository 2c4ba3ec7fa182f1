"""What check asks rights for is what grants prints and what will be run, each column with its place in the mapping."""

from __future__ import annotations

import pytest

from adapter.check.uses import Use, uses_of
from adapter.mapping.bind import Binder
from adapter.mapping.catalogue import Catalogue, ColumnFact, TableFact
from adapter.mapping.engines import ENGINES
from adapter.mapping.load import load_mapping_text
from adapter.mapping.needs import needs_of

MAPPING = """
version = 1
epos    = "A till"
sql     = "postgresql"

[site]
timezone = { default = "UTC" }
currency = { read = "SELECT o.code FROM options o" }

[columns.chk]
version = { as = "version" }

[table]
from       = "room t"
id         = "t.id"
name       = "t.label"
max_covers = "4"
status     = { column = "t.state", default = "available" }

[session]
from       = "chk k LEFT JOIN waiter w ON w.id = k.waiter_id"
id         = "k.id"
name       = "k.number"
created_at = "k.opened"
table      = "k.room_id"

[bill]
total = "k.total"
paid  = "k.paid"

[item]
from            = "JOIN line i ON i.chk_id = k.id"
id              = "i.product"
name            = "i.label"
amount_per_item = "i.price"

[[record.step]]
insert    = "pay"
returning = { row = "id" }
set       = { chk_id = ":session_id", ref = ":payment_id" }

[[record.step]]
update = "chk"
where  = "id = :session_id"
set    = { paid = ":paid_after" }

[[record.step]]
delete = "queue"
where  = "chk_id = :session_id"
"""
COLUMNS = {
    "chk": "id number opened room_id waiter_id total paid version note",
    "line": "chk_id product label price",
    "options": "code",
    "pay": "id chk_id ref",
    "queue": "chk_id",
    "room": "id label state",
    "waiter": "id name",
}


def uses(text: str = MAPPING, **options: object) -> dict[str, Use]:
    facts = {
        table: TableFact(
            name=table,
            columns={
                name: ColumnFact(name=name, family="integer", type_name="int", nullable=False) for name in names.split()
            },
        )
        for table, names in COLUMNS.items()
    }
    binder = Binder(load_mapping_text(text), Catalogue(tables={None: facts}, known=frozenset(facts)))
    return {name: use for (_, name), use in uses_of(binder, ENGINES["postgresql"], **options).items()}  # type: ignore[arg-type]


def test_every_column_that_will_be_used_is_told_with_its_place():
    found = uses()
    assert found["room"].reads == {
        "id": ("table", "id"),
        "label": ("table", "name"),
        "state": ("table", "status"),
    }
    assert found["line"].reads["chk_id"] == ("item", "from")
    assert found["pay"].inserts == {
        "chk_id": ("record", "step", 0, "set", "chk_id"),
        "ref": ("record", "step", 0, "set", "ref"),
    }
    assert found["pay"].reads["id"] == ("record", "step", 0, "returning", "row")
    assert found["chk"].updates == {
        "paid": ("record", "step", 1, "set", "paid"),
        "version": ("columns", "chk", "version"),
    }
    assert found["queue"].deletes == ("record", "step", 2, "delete")
    assert (found["pay"].writes, found["room"].writes) == (("record", "step", 0, "insert"), None)
    assert (found["chk"].holds, found["room"].holds) == (("record",), None)


def test_what_no_statement_reads_needs_no_right():
    found = uses()
    assert "waiter" not in found
    assert not {"waiter_id", "note"} & found["chk"].reads.keys()
    assert "options" not in uses(given=["currency"])


@pytest.mark.parametrize("switch", ["", "[capabilities]\nrecord_payment = false\n"])
def test_check_asks_for_what_grants_prints(switch: str):
    text = MAPPING + switch
    found = uses(text)
    binder = Binder(load_mapping_text(text), None)
    needs = needs_of(binder, ENGINES["postgresql"])
    assert {name: set(use.reads) for name, use in found.items()} == {
        name: set(columns) for (_, name), columns in needs.reads.items()
    } | {name: set() for _, name in needs.writes if (None, name) not in needs.reads}
    assert {name: set(use.updates) for name, use in found.items() if use.updates} == {
        name: set(kinds["update"]) for (_, name), kinds in needs.writes.items() if "update" in kinds
    }
