"""Schemas that nobody has seen: other languages, no keys, no totals, no restaurant, far too many tables."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from adapter.inspect.inspecting import Inspection
from adapter.inspect.showing import show_nothing

Look = Callable[..., Inspection]
Make = Callable[[str], str]
Ask = Callable[..., dict[str, Any]]

_spec = importlib.util.spec_from_file_location("tills", Path(__file__).parent / "tills.py")
assert _spec is not None
assert _spec.loader is not None
tills = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tills)


def four(found: Inspection) -> tuple[str, ...]:
    return tuple(found.parts[role].table for role in ("table", "session", "item", "payment"))  # type: ignore[index]


def text(found: Inspection) -> str:
    assert found.draft is not None
    return found.draft.text


def test_a_german_till_on_sqlite_is_understood(look: Look, sqlite: Make):
    found = look(sqlite(tills.german()))
    assert four(found) == ("Tisch", "Rechnung", "Rechnungsposition", "Zahlung")
    assert found.explained == "24 of 24 bills: Gesamtbetrag = sum(Einzelpreis x Menge) - sum(Rabatt)"
    for line in (
        """name       = 't."Bezeichnung"'""",
        """finished    = 'k."GeschlossenAm" IS NOT NULL'""",
        """name = ['u."Vorname"', 'u."Nachname"']""",
        """name            = { column = 'r."Bezeichnung"', missing = "Item" }""",
        """{ column = 'k."EroeffnetAm"', form = "%Y-%m-%d %H:%M:%S" }""",
        "# GeschlossenAm is set for 18 of 24 checks",
        "[[discount]]",
    ):
        assert line in text(found)
    for secret in ("Jutta", "Maier", "geheim", "Huber", "0664"):
        assert secret not in text(found)


def test_a_till_without_a_single_key_is_understood_by_names_and_values(look: Look, postgres: Make):
    found = look(postgres(tills.keyless()))
    assert four(found) == ("pos_dining_table", "pos_order_header", "pos_order_detail", "pos_tender")
    assert found.explained == "24 of 24 bills: grand_total = sum(unit_price x qty)"
    for line in (
        'prefix  = "pos_"',
        'form = "minor"',
        'false = ["OPEN"]',
        "codes of order_status and how many checks have them: 'PAID' (18), 'OPEN' (6)",
        "its name, table_no: 8 of 8 values are in pos_dining_table.table_no",
        'order           = ["i.seq"]',
    ):
        assert line in text(found)


def test_a_till_on_mariadb_with_a_prefix_and_computed_totals_is_understood(look: Look, maria: Make):
    found = look(maria(tills.ospos()))
    assert four(found) == ("ospos_dinner_tables", "ospos_sales", "ospos_sales_items", "ospos_sales_payments")
    assert found.explained == (
        "18 of 18 bills: sum of payments = sum(item_unit_price x quantity_purchased) - sum(discount)"
    )
    for line in (
        'sql     = "mysql"',
        'prefix  = "ospos_"',
        'default = "Europe/Vienna"',
        'default = "EUR"',
        "# 1 of 8 sampled tables are deleted",
        "false = [1]",
        'name = ["w.first_name", "w.last_name"]',
        "SUM(l.quantity_purchased * l.item_unit_price - COALESCE(l.discount, 0))",
        "# cash_refund may have to be taken off",
    ):
        assert line in text(found)
    assert "jutta" not in text(found).lower()


JOINED = (
    'id         = ["t.area_id", "t.no"]',
    "WHERE o.area_id = t.area_id AND o.table_no = t.no AND",
    'id          = { parts = ["k.business_day", "k.check_no"], bits = [60, 60] }',
    'table       = ["k.area_id", "k.table_no"]',
    'from            = "JOIN check_lines i ON i.business_day = k.business_day AND i.check_no = k.check_no"',
    'key             = ["i.business_day", "i.check_no", "i.line_no"]',
    "m.business_day = i.business_day AND m.check_no = i.check_no AND m.line_no = i.line_no",
)


@pytest.mark.parametrize("engine", ["sqlite", "postgres", "maria"])
@pytest.mark.parametrize("declared", [True, False])
def test_a_till_whose_keys_have_several_columns_is_joined_by_all_of_them(
    look: Look, ask: Ask, request: pytest.FixtureRequest, engine: str, declared: bool
):
    if declared != (engine == "sqlite") and engine != "maria":
        pytest.skip("each way once is enough")  # MariaDB keeps foreign keys in a catalogue of its own
    url = request.getfixturevalue(engine)(tills.composite(declared=declared))
    found = look(url)
    assert four(found) == ("dining_tables", "checks", "check_lines", "payments")
    assert found.explained.startswith("24 of 24 bills: total = sum(unit_price x quantity) + sum(modifier price")
    # What checks call the number of their table is no column of its key, so that only the database can say it.
    for line in JOINED if declared else JOINED[2:]:
        assert ("table_no" in line and not declared) or line in text(found)
    if engine == "sqlite":
        sessions = ask(url, text(found), "ListSessions", isFinished=False)["sessions"]
        assert len(sessions) == 6
        bills = [ask(url, text(found), "GetBillItems", sessionId=one["id"])["billItems"] for one in sessions[:2]]
        assert [len(one["items"]) for one in bills] == [3, 3]


def test_what_comes_nearest_is_said_where_no_column_ties_lines_to_checks(look: Look, postgres: Make):
    found = look(
        postgres(
            """CREATE TABLE bonkopf (tag char(10), nr int, summe int, PRIMARY KEY (tag, nr));
            CREATE TABLE bonzeile (d char(10), lfd int, zeile int, text varchar(20), preis int, PRIMARY KEY (d, lfd, zeile));
            CREATE TABLE kellner (kz char(3) PRIMARY KEY, vorname text);
            INSERT INTO bonkopf SELECT '25.11.2026', n, 500 FROM generate_series(1, 9) n;
            INSERT INTO bonzeile SELECT '25.11.2026', n, 1, 'Bier', 500 FROM generate_series(1, 9) n;
            INSERT INTO kellner VALUES ('AB', 'Anna')"""
        )
    )
    assert found.draft is None
    assert {role: part.table for role, part in found.nearest.items()}.items() >= {
        ("session", "bonkopf"),
        ("item", "bonzeile"),
        ("staff", "kellner"),
    }
    console = Console(file=io.StringIO(), width=200)
    show_nothing(found, console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "checks     bonkopf" in shown
    assert "map it by hand" in shown


def test_an_empty_database_has_no_restaurant(look: Look, postgres: Make):
    found = look(postgres(""))
    assert (found.tables, found.draft) == (0, None)


LIBRARY = """
CREATE TABLE book (id int PRIMARY KEY, title text, author_id int, pages int);
CREATE TABLE author (id int PRIMARY KEY, first_name text, last_name text);
CREATE TABLE reader (id int PRIMARY KEY, name text, email text);
CREATE TABLE loan (id int PRIMARY KEY, book_id int, reader_id int, lent_on date, returned_on date);
"""


def test_a_library_is_no_restaurant(look: Look, sqlite: Make):
    found = look(sqlite(LIBRARY))
    assert found.tables == 4
    assert found.draft is None


def test_two_thousand_tables_are_read_with_few_questions(look: Look, sqlite: Make):
    noise = "".join(
        f"CREATE TABLE {name}_{number} (id INTEGER PRIMARY KEY, ticket_id INTEGER, name TEXT, amount REAL);\n"
        for number in range(400)
        for name in ("report_order", "stock_item", "tmp_table", "audit_ticket_line", "payment_log")
    )
    found = look(sqlite(tills.german() + noise))
    assert found.tables > 2000
    assert found.looked_into < 80
    assert found.questions < 400
    assert four(found) == ("Tisch", "Rechnung", "Rechnungsposition", "Zahlung")


def test_what_takes_too_long_is_left_out_and_said(look: Look, sqlite: Make):
    found = look(sqlite(tills.german()), seconds=0)
    assert "the time for looking was used up" in found.notes
    assert four(found)[1:3] == ("Rechnung", "Rechnungsposition")


@pytest.mark.parametrize(
    "spoilt",
    [
        """UPDATE "Rechnung" SET "Gesamtbetrag" = 'viel'""",
        """UPDATE "Rechnung" SET "EroeffnetAm" = 'neulich'""",
        """UPDATE "Artikel" SET "Bezeichnung" = 'a"b''''c' || char(10) || '[x] # \\ é'""",
        """UPDATE "Rechnungsposition" SET "Menge" = NULL, "Einzelpreis" = 9e999""",
        """UPDATE "Zahlung" SET "Betrag" = x'00ff'""",
        """ALTER TABLE "Rechnung" ADD COLUMN "Wann ""es"" war's offen" TEXT""",
        """ALTER TABLE "Rechnung" RENAME COLUMN "GeschlossenAm" TO "Geschlossen {k} '""Uhr""' \\ Zeit" """,
    ],
)
def test_spoilt_values_and_names_never_break_a_draft(look: Look, sqlite: Make, spoilt: str):
    assert four(look(sqlite(tills.german() + spoilt)))[1] == "Rechnung"


def test_progress_is_told(look: Look, sqlite: Make):
    heard: list[Any] = []
    look(sqlite(tills.german()), tell=heard.append)
    assert heard[0] == "reading the schema"
    assert any(one.startswith("looking into Rechnung (") for one in heard)


def test_a_draft_ends_with_what_to_run_next_and_tells_of_serialized_tickets(look: Look, sqlite: Make):
    plain = text(look(sqlite(tills.german())))
    assert plain.splitlines()[-1] == "#   epos-adapter check --config config.toml"
    assert "uniCenta" not in plain
    family = "CREATE TABLE SHAREDTICKETS (ID text PRIMARY KEY, NAME text, CONTENT blob, APPUSER text);"
    said = " ".join(line.lstrip("# ") for line in text(look(sqlite(tills.german() + family))).splitlines())
    assert "SHAREDTICKETS.content looks like the open tickets" in said
    assert "mappings/unicenta.toml, which reads them by the codec java-openbravo" in said
