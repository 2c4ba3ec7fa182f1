"""What only the database can tell of [lock] and [record] is told before the first payment, with its line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Small = Callable[..., Any]

LOCK = """
[lock]
free  = "k.holder IS NULL"
ours  = "k.holder = 'DOJO'"
set   = { holder = "'DOJO'" }
clear = { holder = "NULL" }
"""

RECORDED = """
[record.recorded]
from       = "pay x"
payment_id = "x.ref"
amount     = "x.amount"
"""

SCHEMA = (
    "ALTER TABLE chk ADD holder varchar(9); CREATE TABLE guest (id int PRIMARY KEY, chk_id int, mood varchar(20));"
    "CREATE TABLE shop (short varchar(35), fits varchar(36), padded char(20), guid uuid, number int, at timestamp, yes boolean)"
)

INSERT = '\n[[record.step]]\ninsert = "shop"\nset = {{ {0} }}\n'


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('insert = "pay"', 'insert = "pays"', ["pays", "pay"]),
        ('update = "chk"', 'update = "chks"', ["chks", "chk"]),
        ('ref = ":payment_id"', 'reff = ":payment_id"', ["reff", "ref"]),
        ('paid = ":paid_after"', 'payd = ":paid_after"', ["payd", "paid"]),
        ('where  = "id = :session_id"', 'where = "idd = :session_id"', ["idd"]),
        ('amount = ":amount"', 'amount = "amnt"', ["amnt"]),
        ("k.holder IS NULL", "k.holdr IS NULL", ["holdr", "holder"]),
        ("set   = { holder", "set = { holdr", ["holdr", "holder"]),
        ("x.ref", "x.reff", ["reff", "ref"]),
        ('"pay x"', '"pays x"', ["pays", "pay"]),
    ],
)
def test_a_name_that_the_database_does_not_have_is_told_with_what_was_meant(
    small: Small, pay_steps: str, old: str, new: str, says: list[str]
):
    if old.startswith("amount"):
        new = 'amount = "(SELECT MAX(g.amnt) FROM guest g)"'
    place = small(SCHEMA, pay_steps + LOCK + RECORDED, edits=((old, new),))
    line = place.mapping[: place.mapping.index(new)].count("\n") + 1
    told = place.misfits()
    assert any(
        f"test.toml:{at}:" in one and all(name in one for name in says) for one in told for at in (line, line - 1)
    ), told


@pytest.mark.parametrize(
    "values",
    [
        'short = ":payment_id"',
        'padded = ":payment_id"',
        'short = ":payment_key"',
        "number = \"'twelve'\"",
    ],
)
def test_a_column_that_cannot_hold_the_value_is_told_with_its_line(small: Small, pay_steps: str, values: str):
    place = small(SCHEMA, pay_steps + INSERT.format(values))
    last = place.mapping[: place.mapping.index(values)].count("\n") + 1
    told = place.misfits()
    assert len(told) == 1
    assert any(f"test.toml:{line}:" in told[0] for line in (last, last - 1, last - 2)), told


@pytest.mark.parametrize(
    "values",
    [
        'fits = ":payment_id"',
        'guid = ":payment_id"',
        'number = ":amount_minor"',
        'at = ":now"',
        'short = "LEFT(:payment_key, 8)"',
    ],
)
def test_a_column_that_can_hold_the_value_is_taken(small: Small, pay_steps: str, values: str):
    place = small(SCHEMA, pay_steps + INSERT.format(values))
    place.lock(1)
    place.pay(1, 100)
    assert place.sql("SELECT count(*) FROM shop") == [(1,)]


def test_an_id_of_payments_in_a_column_of_numbers_is_told(small: Small, pay_steps: str):
    place = small(SCHEMA, pay_steps + LOCK + RECORDED, edits=(('"x.ref"', '"x.chk_id"'),))
    (told,) = place.misfits()
    assert "record.recorded.payment_id: " in told
    assert ":payment_id is a text, and chk_id is INTEGER" in told


def test_the_sql_of_find_and_select_is_looked_at_too(small: Small, pay_steps: str):
    place = small(
        SCHEMA,
        pay_steps
        + """
        [[record.step]]
        find = "SELECT g.moood AS mood FROM guest g"
        [[record.step]]
        insert = "guest"
        select = "SELECT l.id AS id, l.id AS chkid FROM pay l"
        """,
    )
    told = "\n".join(place.misfits())
    assert "moood" in told
    assert "chkid" in told


def test_everything_is_told_at_once(small: Small, pay_steps: str):
    edits = (('insert = "pay"', 'insert = "pays"'), ("paid = ", "payd = "), ("k.holder IS", "k.holdr IS"))
    place = small(SCHEMA, pay_steps + LOCK, edits=edits)
    told = place.misfits()
    assert all(any(name in one for one in told) for name in ("pays", "payd", "holdr")), told


def test_reading_answers_the_same_sentence_and_nothing_was_written(small: Small, pay_steps: str):
    place = small(SCHEMA, pay_steps + INSERT.format('short = ":payment_id"'))
    for method, more in (
        ("RecordPayment", {"payment": place.payment(1, 100)}),
        ("UnlockSession", {"sessionId": place.id(1)}),
        ("LockSession", {"sessionId": place.id(1)}),
    ):
        assert "does not fit" in place.refused(method, "ERROR_INTERNAL_POS_ERROR", **more)


def test_a_lock_that_reads_another_table_than_the_sessions_own_is_told(small: Small, pay_steps: str):
    edits = (('"chk k"', '"chk k LEFT JOIN guest u ON u.chk_id = k.id"'), ("k.holder IS NULL", "u.mood IS NULL"))
    place = small(SCHEMA, pay_steps + LOCK, edits=edits)
    line = place.mapping[: place.mapping.index("u.mood")].count("\n") + 1
    told = place.misfits()
    assert any(f"test.toml:{line}:" in one and "lock.free" in one for one in told), told


WHERE = """
[[record.step]]
update = "shop"
where  = "{0}"
rows   = "any"
set    = {{ yes = "TRUE" }}
"""


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("number = :payment_id", ":payment_id is a text, and number is INTEGER"),
        (
            "short = :session_id",
            ":session_id is a whole number, and short is VARCHAR(35); write CAST(:session_id AS text)",
        ),
        ("number IN (1, :currency)", ":currency is a text, and number is INTEGER"),
        ("guid <> :scheme OR guid IS NULL", ":scheme is a text, and guid is UUID"),
        ("EXISTS (SELECT 1 FROM guest g WHERE g.mood = shop.short AND g.chk_id = :payment_key)", "chk_id is INTEGER"),
        # What no column is plainly compared with, only the database can tell.
        ("COALESCE(number, 0) + 1 = :payment_id", ":payment_id is a text, and the database takes an integer here"),
        ("LEFT(short, 3) = LEFT(:session_id, 3)", "where: the database refuses this SQL"),
    ],
)
def test_a_condition_that_no_payment_could_be_compared_by_is_told_before_the_first(
    small: Small, pay_steps: str, where: str, said: str
):
    place = small(SCHEMA, pay_steps + WHERE.format(where))
    line = place.mapping[: place.mapping.index(where)].count("\n") + 1
    told = place.misfits()
    assert len(told) == 1, told
    assert told[0].startswith(f"test.toml:{line}:"), told
    assert "record.step[2].where: " in told[0]
    assert said in told[0], told


@pytest.mark.parametrize(
    "where",
    [
        "number = :session_id AND short = :payment_id",
        "guid = :payment_id OR fits = :payment_key",
        "number > :amount_minor AND number < :amount",
        "short = CAST(:session_id AS varchar(9)) AND padded = :currency",
        "CONCAT(short, CAST(:session_id AS text)) = LEFT(:payment_id, 8)",
        "yes = :fully_paid AND at < :now",
        "number = :waiter OR number = :terminal",
    ],
)
def test_a_condition_by_which_a_payment_can_be_compared_is_taken(small: Small, pay_steps: str, where: str):
    place = small(SCHEMA, pay_steps + WHERE.format(where))
    who = {"waiter": 7, "terminal": "8"}
    place.lock(1, **who)
    assert place.record(place.payment(1, 100), **who) == {}, place.said()


@pytest.mark.parametrize("values", ['number = ":payment_id"', 'number = ":now"', 'at = ":amount"', 'yes = ":amount"'])
def test_a_value_of_another_type_than_its_column_is_told_before_the_first_payment(
    small: Small, pay_steps: str, values: str
):
    place = small(SCHEMA, pay_steps + INSERT.format(f'short = ":scheme", {values}'))
    line = place.mapping[: place.mapping.index(values)].count("\n") + 1
    told = place.misfits()
    assert len(told) == 1, told
    assert told[0].startswith(f"test.toml:{line}: record.step[2].set.{values.split(' ', maxsplit=1)[0]}: "), told


@pytest.mark.parametrize(
    ("step", "key"),
    [
        ('update = "shop"\nwhere = "number = short"\nset = { short = ":scheme" }', ".where"),
        ('update = "shop"\nwhere = "number = 1"\nset = { short = ":scheme", at = "LOWER(short)" }', ".set.at"),
        ('delete = "shop"\nwhere = "number = short"', ".where"),
        ('insert = "shop"\nfrom = "guest g"\nwhere = "g.id = g.mood"\nset = { number = "g.id" }', ".where"),
        ('insert = "shop"\nfrom = "guest g"\nset = { short = "g.mood", at = "g.mood" }', ".set.at"),
        ('insert = "shop"\nset = { short = "\'a\'", number = "LOWER(\'b\')" }', ".set.number"),
        ('insert = "shop"\nselect = "SELECT g.mood AS at FROM guest g"', ""),
    ],
)
def test_what_of_a_step_the_database_refuses_is_named(small: Small, pay_steps: str, step: str, key: str):
    place = small(SCHEMA, f"{pay_steps}\n[[record.step]]\n{step}\n")
    told = place.misfits()
    assert len(told) == 1, told
    assert f": record.step[2]{key}: the database refuses" in told[0], told
    line = place.mapping[: place.mapping.index(step)].count("\n") + 1 + step.count("\n")
    assert not key or told[0].startswith(f"test.toml:{line if 'set' in key else line - step.count('set =')}:"), told
