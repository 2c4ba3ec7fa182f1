"""The restaurants that come with the adapter: their drafts name the right tables, bind, and answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from adapter.inspect.inspecting import Inspection

Look = Callable[..., Inspection]
Ask = Callable[..., dict[str, Any]]

MAPPINGS = Path(__file__).parents[3] / "mappings"


def chosen(found: Inspection) -> dict[str, str]:
    return {role: part.table for role, part in found.parts.items()}


def test_the_draft_of_floreant_names_the_right_tables(look: Look, restaurant: Callable[[str], str]):
    found = look(restaurant("floreant"))
    assert chosen(found) == {
        "table": "shop_table",
        "session": "ticket",
        "item": "ticket_item",
        "payment": "transactions",
        "modifier": "ticket_item_modifier",
        "staff": "users",
        "area": "shop_floor",
        "discount": "ticket_discount",
    }


def test_the_draft_of_pasteque_names_the_open_checks_and_not_the_closed_ones(
    look: Look, restaurant: Callable[[str], str]
):
    found = look(restaurant("pasteque"))
    four = {role: chosen(found)[role] for role in ("table", "session", "item", "payment")}
    assert four == {
        "table": "places",
        "session": "sharedtickets",
        "item": "sharedticketlines",
        "payment": "payments",
    }
    assert found.parts["session"].runner_up == "tickets"
    assert found.draft is not None
    assert 'table      = "k.id"' in found.draft.text


def test_floreants_totals_are_explained_and_the_fields_are_those_of_the_shipped_mapping(
    look: Look, restaurant: Callable[[str], str]
):
    found = look(restaurant("floreant"))
    assert found.draft is not None
    assert found.explained.startswith("15 of 17 bills: total_price = ")
    for line in (
        'created_at  = "k.create_date"',
        'finished    = { column = "k.settled", missing = false }',
        'finished_at = "k.closing_date"',
        'covers      = "k.number_of_guests"',
        'table = "n.table_id"',
        'max_covers = { column = "t.capacity", missing = 0 }',
        'paid           = "k.paid_amount"',
        "# currency.code holds GBP",
    ):
        assert line in found.draft.text


@pytest.mark.parametrize("name", ["floreant", "pasteque"])
def test_a_draft_binds_and_sees_the_tables_and_open_checks_that_the_shipped_mapping_sees(
    look: Look, ask: Ask, restaurant: Callable[[str], str], name: str
):
    url = restaurant(name)
    found = look(url)
    assert found.draft is not None
    shipped = (MAPPINGS / f"{name}.toml").read_text(encoding="utf-8")
    by_draft, by_shipped = (ask(url, text, "ListSessions", isFinished=False) for text in (found.draft.text, shipped))
    seen = [{(one["id"], one.get("tableName")) for one in answer["sessions"]} for answer in (by_draft, by_shipped)]
    assert seen[0] == seen[1]
    assert len(seen[0]) > 5
    occupied = [
        {one["name"] for one in ask(url, text, "ListTables", statuses=["TABLE_STATUS_OCCUPIED"])["tables"]}
        for text in (found.draft.text, shipped)
    ]
    assert occupied[0] >= occupied[1] if name == "pasteque" else occupied[0] & occupied[1]


def test_floreants_bills_have_the_totals_of_the_shipped_mapping(look: Look, ask: Ask, restaurant: Callable[[str], str]):
    url = restaurant("floreant")
    found = look(url)
    assert found.draft is not None
    shipped = (MAPPINGS / "floreant.toml").read_text(encoding="utf-8")
    totals = [
        {one["sessionId"]: one["totalAmount"] for one in ask(url, text, "ListBillItems")["billItems"]}
        for text in (found.draft.text, shipped)
    ]
    assert len(totals[0]) >= 9
    assert totals[0].items() <= totals[1].items()


def test_no_name_of_a_guest_or_of_staff_stands_in_a_draft(look: Look, restaurant: Callable[[str], str]):
    for name, told in (("floreant", ["Marguerite", "Oakes", "Tomasz"]), ("pasteque", ["Oisín", "Anna", "Morag"])):
        found = look(restaurant(name))
        assert found.draft is not None
        for word in told:
            assert word not in found.draft.text


def test_looking_changes_nothing_and_could_not(look: Look, own_restaurant: Callable[[str], str]):
    url = own_restaurant("floreant")
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    query = "SELECT SUM(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        before = connection.execute(query).fetchone()
        look(url)
        connection.execute("SELECT pg_stat_clear_snapshot()")
        assert connection.execute(query).fetchone() == before


def test_an_empty_schema_is_drafted_by_names_alone(look: Look, postgres: Callable[[str], str]):
    folder = Path(__file__).parents[3] / "adapter" / "demo" / "restaurants"
    for name, session in (("floreant", "ticket"), ("pasteque", "sharedtickets")):
        found = look(postgres((folder / name / "schema.sql").read_text(encoding="utf-8")))
        assert chosen(found)["session"] == session
        assert found.explained == ""
