"""A third till that is like none of the shipped ones, mapped by the guide alone, and bills that were worked out by hand.

SQLite. A key of three numbers that needs `bits`, tables by room and number, a business day with hours that go on after
midnight, everything that may be yes or no in bits of one number; prices without tax, up to three taxes on a line by its
bits, extras with prices as JSON of comma texts in the line, what is on the house with its extras, discounts and the
service charge as lines with their own taxes, change as payments, a lock by an owner.
"""

from __future__ import annotations

import asyncio
import io
import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from adapter.check.run import Report, check
from adapter.check.show import show
from adapter.config import Config
from adapter.errors import InvalidFile
from adapter.mapping.load import load_mapping_text

Serve = Callable[..., Any]

HERE = Path(__file__).parent / "evening"
SCHEMA = (HERE / "trottoir.sql").read_text(encoding="utf-8")
MAPPING = (HERE / "trottoir.toml").read_text(encoding="utf-8")


@pytest.fixture
def till(tmp_path: Path) -> str:
    file = tmp_path / "trottoir.db"
    with sqlite3.connect(file) as connection:
        connection.executescript(SCHEMA)
    connection.close()
    return f"sqlite:///{file}"


@pytest.fixture
def place(serve: Serve, till: str) -> Any:
    return serve(whole=MAPPING, url=till)


def rows(till: str, sql: str) -> list[Any]:
    with sqlite3.connect(till.removeprefix("sqlite:///")) as connection:
        found = connection.execute(sql).fetchall()
    connection.close()
    return found


def looked_at(till: str, mapping: str = MAPPING, **more: Any) -> Report:
    config = Config.model_validate({"mapping": "trottoir.toml", "database": {"url": till}})
    loaded = load_mapping_text(mapping, "trottoir.toml")
    return asyncio.run(check(config, loaded, config_file=Path("config.toml"), **more))


@pytest.mark.parametrize(
    ("name", "lines", "tax", "paid"),
    [
        # 8.00 with 5, 9.975 and 3 % is 9.438.
        ("20261124 1 1", [(1, "Vin", 944)], 0, 944),
        # (15.00 + 2.00) x 1.14975 = 19.54575, and 2 x 7.00 x 1.17975 = 16.5165; without the extra's tax it were 19.25.
        ("20261125 1 1", [(1, "Burger", 1955), (2, "Bière", 826)], 506, 0),
        # 6.00, -2.00 and 3.00 with 14.975 %: 6.8985, -2.2995, 3.44925. The tart is on the house, its cream too.
        (
            "20261125 1 2",
            [
                (1, "Frites", 690),
                (1, "Tarte", 0),
                (1, "0.35 x Fromage", 1400),
                (1, "Rabais", -230),
                (1, "Service", 345),
            ],
            0,
            1000,
        ),
        # 3 x 3.00 x 1.14975 = 10.34775
        ("20261125 1 3", [(3, "Café", 345)], 0, 1035),
        # (5.00 + 2 x 1.50) x 1.05
        ("20261125 1 6", [(1, "Tarte", 840)], 40, 0),
    ],
)
def test_every_bill_is_the_one_that_was_worked_out_by_hand(place: Any, name: str, lines: Any, tax: int, paid: int):
    assert place.lines(name) == lines
    bill = place.bill(name)
    assert (bill["taxAmount"], bill["paidAmount"], bill["currency"]) == (tax, paid, "CAD")


def test_extras_stand_at_their_line_and_one_that_is_spoilt_costs_its_own_bill(place: Any):
    tart = place.bill("20261125 1 6")["items"][0]
    assert [(one["name"], one["quantity"]) for one in tart["modifiers"]] == [("Glace", 2), ("Sans noix", 1)]
    assert "modifiers" not in place.bill("20261125 1 2")["items"][1]
    assert len(place.bills()) == 5
    assert any("modifier.rows is no JSON" in one for one in place.said())


def test_sessions_are_read_with_their_hours_tables_and_bits(place: Any):
    found = {one["name"]: one for one in place.sessions()}
    assert found.keys() == {f"2026112{n}" for n in ("4 1 1", "5 1 1", "5 1 2", "5 1 3", "5 1 6", "5 1 7", "5 2 1")}
    assert found["20261125 1 2"]["createdAt"] == "2026-11-26T06:30:00.000Z"
    assert {name: one["finishedAt"] for name, one in found.items() if "finishedAt" in one} == {
        "20261124 1 1": "2026-11-25T05:45:00.000Z",
        "20261125 1 3": "2026-11-26T01:40:00.000Z",
    }
    assert {name for name, one in found.items() if one["isPayable"]} == {"20261125 1 2", "20261125 1 6"}
    assert found["20261125 1 2"]["tableName"] == "Terrasse – Nord 2"
    assert found["20261125 1 1"]["waiter"] == {"id": 7, "name": "Anne Tremblay"}
    assert "waiter" not in found["20261125 2 1"]
    assert found["20261125 1 6"]["waiter"]["name"] == "Roy"
    assert {name: one["numberOfCovers"] for name, one in found.items() if "numberOfCovers" in one} == {
        "20261124 1 1": 2,
        "20261125 1 1": 3,
    }
    place.by_filters(tables=True)


def test_tables_have_the_status_of_their_bits_and_their_checks(place: Any):
    assert place.tables() == {
        "Salle 1": "occupied",
        "Salle 2": "available",
        "Salle 3": "not_in_use",
        "Salle 4": "occupied",
        "Terrasse – Nord 1": "occupied",
        "Terrasse – Nord 2": "occupied",
    }
    place.by_status()


def test_a_payment_closes_the_check_and_the_tables_are_to_be_cleaned(place: Any, till: str):
    place.runner.run(place.app.store.create_ledger())
    name = "20261125 1 2"
    session = place.id_of(name)
    place.good("LockSession", sessionId=session)
    payment = {
        "id": str(uuid.uuid4()),
        "sessionId": session,
        "currency": "CAD",
        "baseAmount": 1205,
        "tipsAmount": 100,
        "cashbackAmount": 0,
        "paymentSuccessful": True,
        "attemptedAt": "2026-11-26T07:00:00Z",
        "methodDetails": {"method": "PAYMENT_METHOD_REMOTE"},
    }
    place.good("RecordPayment", payment=payment)
    place.good("UnlockSession", sessionId=session)
    assert "finishedAt" in place.session(name)
    assert place.bill(name)["paidAmount"] == 2205
    found = rows(till, "SELECT n, masque, cents, pourboire, jeton FROM versement WHERE seq = 2 AND n > 3")
    assert found == [(4, 1, 1305, 100, payment["id"])]
    assert rows(till, "SELECT etat, tenu FROM addition WHERE jour = 20261125 AND caisse = 1 AND seq = 2") == [(9, None)]
    assert place.tables()["Terrasse – Nord 1"] == place.tables()["Terrasse – Nord 2"] == "pending_available"
    assert place.ask("LockSession", sessionId=place.id_of("20261125 1 6"))["errorCode"] == "SESSION_ALREADY_LOCKED"


def test_a_check_finds_the_spoilt_extra_and_nothing_else_that_is_wrong(place: Any, till: str):
    place.runner.run(place.app.store.create_ledger())
    findings = looked_at(till).findings
    errors = [str(one.problem) for one in findings if one.severity == "error"]
    (index,) = [one for one in findings if one.kind == "no-index"]
    assert index.sql == "CREATE INDEX addition_place_salle_no ON addition_place (salle, no);"
    assert len(errors) == 1
    assert "modifier.rows: is no JSON: 1 of 7 sessions that were looked at (20261125,1,7)" in errors[0]
    assert "NULLIF(" in errors[0]


CHARGED = next(line for line in MAPPING.splitlines() if line.startswith("tax") and "c.etat" in line)


def test_a_rehearsed_payment_names_its_rows_by_their_whole_keys(place: Any, till: str):
    place.runner.run(place.app.store.create_ledger())
    file = io.StringIO()
    show(looked_at(till, session="20261125,1,2"), Console(file=file, width=120))
    for line in (
        "~ jour = 20261125, caisse = 1, seq = 2: ferme_hm NULL -> ",
        "~ salle = B, no = 1: etat 0 -> 2",
        "~ salle = B, no = 2: etat 0 -> 2",
    ):
        assert line in file.getvalue()


@pytest.mark.parametrize(
    ("right", "wrong", "key", "said"),
    [
        # One extra instead of two, and no word of it where a total is summed.
        (
            '"extra.q"',
            '"extra.qte"',
            "modifier.quantity",
            "none of the 3 rows that were looked at; they have n, p, q, sku",
        ),
        ('"extra.p"', '"extra.prix"', "modifier.amount", "none of the 3 rows"),
        ('"extra.q"', '"extra.taxes[code=TVQ].q"', "modifier.quantity", "none of the 3 rows"),
        ('path = "couverts"', 'path = "convives"', "session.covers", "none of the 5 values that were looked at"),
        ("match = '^S", "match = '^s", "session.waiter.id", "none of the 7 values"),
    ],
)
def test_what_is_taken_out_of_a_value_and_never_there_is_told(till: str, right: str, wrong: str, key: str, said: str):
    assert right in MAPPING
    # What is chosen by its value may be rare; an amount that is never there is not.
    severity = "warning" if key.startswith("modifier") and "=" not in wrong else "note"
    (found,) = [one for one in looked_at(till, MAPPING.replace(right, wrong)).findings if one.kind == "path-misses"]
    assert (found.problem.key, found.severity) == (key, severity)
    assert said in f"{found.problem.message} {found.problem.hint}"
    assert not [one for one in looked_at(till).findings if one.kind == "path-misses"]


MISTAKES = [
    (", bits = [28, 8, 16] }", " }\nbits = [28, 8, 16]", "it is said of a field, as id = { ..., bits = ... }"),
    ("bits = [28, 8, 16]", "bits = [28, 8]", "has 3 parts and 2 bits: say it of each"),
    ('quantity        = "l.qte_m / 1000.0"', 'quantity        = "l.qte_m / 1000"', "write / 1000.0"),
    ("\"k.tenu = 'TPV'\"", "\"tenu = 'TPV'\"", "write k.tenu for a column"),
    (
        'k.caisse AND l.seq = k.seq"',
        'k.caisse AND l.seq = k.seq JOIN json_each(l.extras) e ON TRUE"',
        'rows = { column = "l.extras"',
    ),
    ('"JOIN ligne l ON', '"JOIN ligne l, json_each(l.extras) e ON', "commas do not join tables here"),
    ('name       = ["s.nom", "t.no"]', 'name       = "CONCAT(s.nom, t.no)"', "SQLite before 3.44 has no CONCAT"),
    ('form = "major", decimal = ",", ', "", "modifier.amount is no number"),
    (
        CHARGED,
        "",
        "charge[0].tax: the prices of [item] do not hold their tax, and whether this amount does is not said",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES, ids=[str(number) for number in range(len(MISTAKES))])
def test_what_was_got_wrong_is_told_in_words_that_help(serve: Serve, till: str, right: str, wrong: str, said: str):
    assert right in MAPPING
    assert said in "\n".join(_told(serve, till, MAPPING.replace(right, wrong, 1)))


def _told(serve: Serve, till: str, mapping: str) -> list[str]:
    """What is said of a mapping, when it is loaded or when it is first asked."""
    try:
        place = serve(whole=mapping, url=till)
    except InvalidFile as error:
        return [str(problem) for problem in error.problems]
    place.ask("ListBillItems")
    return place.said()  # type: ignore[no-any-return]
