"""Tickets of the uniCenta family as they may be met: damaged, empty, of other products, of other versions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapter.errors import InvalidFile
from adapter.events import BugFound, RowSkipped
from adapter.mapping.codecs import registry
from tests.tickets import EVENING, serialized, statements

Serve = Callable[..., Any]

ROOT = Path(__file__).parents[3]
WHOLE = (ROOT / "mappings" / "unicenta.toml").read_text(encoding="utf-8")
PIZZA = serialized(EVENING[0].ticket)


@pytest.fixture
def place(serve: Serve, own_restaurant: Callable[[str], str]) -> Any:
    return serve(url=own_restaurant("unicenta"), whole=WHOLE)


def test_the_tickets_of_the_evening_are_those_that_the_writer_writes():
    evening = ROOT / "adapter" / "demo" / "restaurants" / "unicenta" / "evening.sql"
    assert evening.read_text(encoding="utf-8").endswith(statements(EVENING))


@pytest.mark.parametrize(
    "content",
    [
        PIZZA[:-1],
        PIZZA[: len(PIZZA) // 2],
        PIZZA.replace(b"TicketLineInfo", b"TicketLaneInfo"),
        PIZZA.replace(b"com.openbravo.pos.ticket.TicketInfo", b"com.openbravo.pos.ticket.TicketOnfo"),
        b"",
        b'{"m_sId": "1"}',
    ],
)
def test_a_ticket_that_cannot_be_read_costs_its_own_bill_only(place: Any, content: bytes):
    place.sql(
        f"INSERT INTO sharedtickets (id, name, appuser, content) VALUES ('8', 'Bad', 'Ines', '\\x{content.hex()}')"
    )
    sessions = {session["name"]: session for session in place.sessions()}
    assert len(sessions) == 8
    assert sessions["Bad"]["isPayable"] is False
    assert sessions["Bad"]["tableName"] == "Table 8"
    assert not place.of(RowSkipped)
    assert len(place.bills()) == 7
    assert place.of(RowSkipped)[0].reason.startswith("item.rows is ")
    assert place.ask("GetBillItems", sessionId=sessions["Bad"]["id"])["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert not place.of(BugFound)


def test_a_ticket_without_content_is_a_bill_of_nothing(place: Any):
    place.sql("INSERT INTO sharedtickets (id, name) VALUES ('8', 'New')")
    assert place.lines("New") == []
    assert place.sessions(tableNames=["Table 8"])[0]["isPayable"] is False


@pytest.mark.parametrize("package", ["uk.chromis.pos.ticket", "com.unicenta.pos.ticket"])
def test_the_tickets_of_its_kin_are_read_too(place: Any, package: str):
    content = serialized(replace(EVENING[0].ticket, package=package, with_status=False))
    place.sql(f"UPDATE sharedtickets SET content = '\\x{content.hex()}' WHERE id = '1'")
    assert place.lines(EVENING[0].name.replace(" - ", " – ")) == [
        (2, "Stone-oven pizza", 1150),
        (1, "Quarry pale", 450),
    ]


def test_a_database_without_the_columns_that_unicenta_added_is_read_too(place: Any):
    place.sql("ALTER TABLE sharedtickets DROP COLUMN locked, DROP COLUMN appuser, DROP COLUMN pickupid")
    sessions = place.sessions()
    assert [session["isPayable"] for session in sessions] == [True, True, True, True, True, False, True]
    assert not any("waiter" in session for session in sessions)


def test_without_the_library_the_mapping_says_what_to_install(place: Any, monkeypatch: pytest.MonkeyPatch):
    def refuse(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(registry, "import_module", refuse)
    with pytest.raises(InvalidFile, match=r'pip install "epos-adapter\[unicenta\]"'):
        place.runner.run(place.app.store.bind_or_raise())
