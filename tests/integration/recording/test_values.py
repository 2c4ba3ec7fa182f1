"""Every value that a step may use, and the form in which the till's column wants it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

Small = Callable[..., Any]

VALUES = {
    "payment_id": "text",
    "payment_key": "text",
    "amount": "numeric(10,2)",
    "tip": "double precision",
    "cashback": "numeric(10,2)",
    "charged": "numeric(10,2)",
    "total": "numeric(10,2)",
    "paid_before": "numeric(10,2)",
    "paid_after": "numeric(10,2)",
    "due_after": "numeric(10,2)",
    "fully_paid": "boolean",
    "over_paid": "boolean",
    "has_tip": "boolean",
    "has_cashback": "boolean",
    "currency": "char(3)",
    "attempted_at": "timestamp",
    "terminal": "text",
    "waiter": "text",
    "method": "text",
    "scheme": "text",
    "entry_mode": "text",
    "auth_code": "text",
    "acquirer_id": "text",
    "session_id": "int",
    "amount_minor": "bigint",
    "tip_minor": "bigint",
    "charged_minor": "bigint",
    "due_after_minor": "bigint",
}

ALL = (
    f"CREATE TABLE told ({', '.join(f'{name} {kind}' for name, kind in VALUES.items())})",
    f'[[record.step]]\ninsert = "told"\nset = {{ {", ".join(f"{name} = {chr(34)}:{name}{chr(34)}" for name in VALUES)} }}\n',
)


def test_every_value_is_what_the_guide_says(small: Small):
    place = small(*ALL)
    place.sql("UPDATE chk SET paid = 12.34")
    place.lock(1)
    sent = place.payment(1, 1000, tipsAmount=150, cashbackAmount=2000, waiterId=7, attemptedAt="2026-07-10T20:15:00Z")
    assert place.record(sent) == {}
    found = place.row("SELECT * FROM told")
    assert {name: float(value) if "numeric" in VALUES[name] else value for name, value in found.items()} == {
        "payment_id": sent["id"],
        "payment_key": sent["id"],
        "amount": 10,
        "tip": 1.5,
        "cashback": 20,
        "charged": 31.5,
        "total": 50,
        "paid_before": 12.34,
        "paid_after": 22.34,
        "due_after": 27.66,
        "fully_paid": False,
        "over_paid": False,
        "has_tip": True,
        "has_cashback": True,
        "currency": "GBP",
        "attempted_at": datetime(2026, 7, 10, 21, 15),  # noqa: DTZ001 - as the till keeps it, in London's summer
        "terminal": "T-1",
        "waiter": "7",
        "method": "CARD_PRESENT",
        "scheme": "VISA",
        "entry_mode": "CONTACTLESS",
        "auth_code": "A1B2C3",
        "acquirer_id": "acq-77",
        "session_id": 1,
        "amount_minor": 1000,
        "tip_minor": 150,
        "charged_minor": 3150,
        "due_after_minor": 2766,
    }


def test_what_the_provider_leaves_out_is_null_and_too_much_leaves_nothing_due(small: Small):
    place = small(*ALL)
    place.lock(1)
    sent = place.payment(1, 6000, methodDetails=None)
    request = {"payment": sent, "requestorInfo": {"requestorType": "REQUESTOR_TYPE_CONSUMER_DEVICE"}}
    assert place.send({"jsonrpc": "2.0", "id": "1", "method": "RecordPayment", "params": request}) == {}
    found = place.row("SELECT * FROM told")
    unknown = ("terminal", "waiter", "method", "scheme", "entry_mode", "auth_code", "acquirer_id")
    assert [found[name] for name in unknown] == [None] * 7
    assert (found["fully_paid"], found["over_paid"], found["has_tip"], found["has_cashback"]) == (
        True,
        True,
        False,
        False,
    )
    assert (float(found["paid_after"]), float(found["due_after"])) == (60, 0)


def test_payments_that_share_an_id_have_keys_of_their_own(small: Small):
    place = small(*ALL)
    place.lock(1)
    sent = place.pay(1, 100)
    assert place.record({**sent, "baseAmount": 200}) == {}
    rows = place.sql("SELECT payment_id, payment_key FROM told ORDER BY amount")
    assert [payment for payment, _ in rows] == [sent["id"]] * 2
    assert len({key for _, key in rows}) == 2


@pytest.mark.parametrize(("currency", "base", "amount"), [("JPY", 4725, 4725), ("KWD", 4725, 4.725), ("GBP", 5, 0.05)])
def test_an_amount_has_the_decimals_of_its_currency(small: Small, currency: str, base: int, amount: float):
    place = small(
        "ALTER TABLE pay ALTER amount TYPE numeric(12,4); ALTER TABLE chk ALTER paid TYPE numeric(12,4)",
        site={"currency": currency},
    )
    place.lock(1)
    place.pay(1, base, currency=currency)
    assert [
        float(found) for (found,) in place.sql("SELECT amount FROM pay UNION ALL SELECT paid FROM chk WHERE id = 1")
    ] == [
        amount,
        amount,
    ]


def test_keys_that_are_made_are_the_same_for_a_payment_and_others_for_another(small: Small):
    place = small(
        "CREATE TABLE keys (n serial, u uuid, t varchar(36), h char(32), r varchar(36))",
        """
        [record.make]
        one = "uuid"
        two = "uuid"
        sum = "hash"
        any = "random"
        [[record.step]]
        insert = "keys"
        set = { u = ":one", t = ":two", h = ":sum", r = ":any" }
        """,
    )
    place.lock(1)
    sent = place.pay(1, 100)
    place.sql("DELETE FROM epos_adapter.recorded_payment")
    assert place.record(sent) == {}
    assert place.record({**sent, "baseAmount": 101}) == {}
    first, again, other = place.sql("SELECT u, t, h, r FROM keys ORDER BY n")
    assert first[:3] == again[:3]
    assert first[3] != again[3]
    assert not {*first} & {*other}
    assert len({str(uuid.UUID(str(key))) for key in first}) == 4
    assert first[2] == first[2].lower()


@pytest.mark.parametrize(("scheme", "code"), [("VISA", 3), ("AMEX", 4), ("JCB", 9), ("visa", 3), (None, 9)])
def test_a_tender_is_what_the_mapping_says_for_the_scheme(small: Small, scheme: str | None, code: int):
    place = small(
        "ALTER TABLE pay ADD tender int",
        """
        [record.tender]
        VISA = 3
        AMEX = 4
        default = 9
        [[record.step]]
        insert = "pay"
        set = { amount = ":amount", tender = ":tender" }
        """,
    )
    place.lock(1)
    card = None if scheme is None else {"scheme": f"CARD_SCHEME_{scheme}"}
    assert place.record(place.with_card(1, 100, card=card)) == {}
    assert place.sql("SELECT tender FROM pay") == [(code,)]


def test_versions_go_up_stamps_get_the_time_and_columns_that_are_not_there_are_left_out(small: Small, pay_steps: str):
    place = small(
        "ALTER TABLE chk ADD ver int NOT NULL DEFAULT 4, ADD changed timestamp; ALTER TABLE pay ADD made_at timestamptz",
        pay_steps.replace('":paid_after"', '":paid_after", folio = ":payment_id"')
        + """
        [columns.chk]
        ver     = { as = "version" }
        changed = { as = "stamp" }
        folio   = { optional = true }
        [columns.pay]
        made_at = { as = "stamp" }
        """,
    )
    for _ in range(2):
        place.lock_and_pay(1, 100)
    assert place.sql("SELECT id, ver, changed IS NULL FROM chk ORDER BY id") == [(1, 6, False), (2, 4, True)]
    fresh = "SELECT bool_and(abs(EXTRACT(EPOCH FROM clock_timestamp() AT TIME ZONE 'Europe/London' - changed)) < 60) FROM chk WHERE id = 1"
    assert place.sql(fresh) == [(True,)]
    assert place.sql("SELECT bool_and(abs(EXTRACT(EPOCH FROM clock_timestamp() - made_at)) < 60) FROM pay") == [(True,)]


@pytest.mark.parametrize(
    ("kind", "declared", "yes", "no"),
    [
        ("char(1)", '{ as = "flag", true = "Y", false = "N" }', "Y", "N"),
        ("int", '{ as = "flag", true = 1, false = 0 }', 1, 0),
        ("int", '{ as = "flag" }', 1, 0),
        ("boolean", '{ as = "flag" }', True, False),
    ],
)
def test_a_flag_is_written_in_the_tills_own_code(
    small: Small, pay_steps: str, kind: str, declared: str, yes: Any, no: Any
):
    place = small(
        f"ALTER TABLE chk ADD done {kind}",
        f"{pay_steps.replace('set    = {', 'set = { done = {0}:fully_paid{0},'.replace('{0}', chr(34)))}\n[columns.chk]\ndone = {declared}\n",
    )
    place.lock(1)
    place.pay(1, 100)
    assert place.sql("SELECT done FROM chk WHERE id = 1") == [(no,)]
    place.pay(1, 4900)
    assert place.sql("SELECT done FROM chk WHERE id = 1") == [(yes,)]


def test_money_in_pence_is_written_in_pence(small: Small, pay_steps: str):
    place = small(
        "ALTER TABLE pay ADD pence int, ADD also int; ALTER TABLE chk ADD spent text",
        pay_steps.replace('tip = ":tip"', 'tip = ":tip", pence = ":amount", also = ":tip_minor"')
        + '[columns.pay]\npence = { as = "money", form = "minor" }\n',
    )
    place.lock(1)
    place.pay(1, 1234, tipsAmount=56)
    assert place.sql("SELECT amount::float, tip::float, pence, also FROM pay") == [(12.34, 0.56, 1234, 56)]


def test_a_till_that_counts_in_pence_gets_pence(small: Small, pay_steps: str):
    place = small(
        "ALTER TABLE chk ALTER total TYPE int, ALTER paid TYPE int; UPDATE chk SET total = 5000; ALTER TABLE pay ALTER amount TYPE int, ALTER tip TYPE int",
        f'[money]\nform = "minor"\n{pay_steps}',
    )
    place.lock(1)
    place.pay(1, 1234, tipsAmount=56)
    assert place.sql("SELECT amount, tip FROM pay") == [(1234, 56)]
    assert place.sql("SELECT paid FROM chk WHERE id = 1") == [(1234,)]


MOMENT = datetime(2026, 7, 10, 20, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "declared", "written"),
    [
        ("timestamp", "", "2026-07-10 21:15:30"),
        ("timestamp", '{ as = "time", form = "utc" }', "2026-07-10 20:15:30"),
        ("timestamptz", "", "2026-07-10 20:15:30+00"),
        ("bigint", '{ as = "time", form = "epoch" }', str(int(MOMENT.timestamp()))),
        ("bigint", '{ as = "time", form = "epoch_ms" }', f"{int(MOMENT.timestamp())}000"),
        ("date", "", "2026-07-10"),
    ],
)
def test_a_time_is_written_in_the_form_of_its_column(small: Small, kind: str, declared: str, written: str):
    columns = f"[columns.pay]\nat = {declared}\n" if declared else ""
    place = small(
        f"ALTER TABLE pay ADD at {kind}",
        f'[[record.step]]\ninsert = "pay"\nset = {{ at = ":attempted_at" }}\n{columns}',
    )
    place.lock(1)
    place.pay(1, 100, attemptedAt=MOMENT.isoformat())
    assert place.sql("SELECT at::text FROM pay") == [(written,)]


@pytest.mark.parametrize("kind", ["varchar(5)", "char(5)"])
def test_a_descriptive_text_is_cut_to_its_column(small: Small, kind: str):
    place = small(
        f"ALTER TABLE pay ADD code {kind}, ADD who {kind}, ADD spot {kind}",
        '[[record.step]]\ninsert = "pay"\nset = { code = ":auth_code", who = ":waiter", spot = ":terminal" }\n',
    )
    place.lock(1)
    sent = {**place.with_card(1, 100, authCode="Añ🙂 123456"), "waiterId": "1234567"}
    assert place.record(sent, terminal="abcdefgh") == {}
    assert place.sql("SELECT code, who, spot FROM pay") == [("Añ🙂 1", "12345", "abcde")]


def test_a_key_of_several_columns_is_given_part_by_part(small: Small):
    place = small(
        "CREATE TABLE tab (day int, number int, total numeric, paid numeric DEFAULT 0, PRIMARY KEY (day, number)); INSERT INTO tab VALUES (20260110, 7, 50), (20260110, 8, 50), (20260111, 7, 50)",
        '[[record.step]]\nupdate = "tab"\nwhere = "day = :session_id_1 AND number = :session_id_2"\nset = { paid = ":paid_after" }\n',
        edits=(
            ('from       = "chk k"\nid         = "k.id"', 'from       = "tab k"\nid         = ["k.day", "k.number"]'),
            ('"k.name"', "\"CONCAT(k.day, '/', k.number)\""),
            ('"k.opened"', "{ column = \"CAST('2026-01-10' AS timestamp)\" }"),
            ("JOIN chk i ON i.id = k.id", "JOIN tab i ON i.day = k.day AND i.number = k.number"),
            ('"i.id"', '"i.number"'),
        ),
    )
    (wire,) = [one["id"] for one in place.ask("ListSessions")["sessions"] if one["name"] == "20260110/8"]
    place.lock(wire)
    place.pay(wire, 1000)
    assert place.sql("SELECT day, number FROM tab WHERE paid = 10") == [(20260110, 8)]
    assert place.sql("SELECT count(*) FROM tab WHERE paid <> 0") == [(1,)]
