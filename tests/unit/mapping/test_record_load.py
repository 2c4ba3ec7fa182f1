"""Every mistake in [lock] and [record] is told with its line, its key and what to do about it, and all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.config import load_config
from adapter.errors import InvalidFile, Problem
from adapter.mapping.load import load_mapping_text

MAPPING = """\
version = 1
epos    = "A till"
sql     = "postgresql"

[site]
timezone = { default = "Europe/London" }
currency = { default = "GBP" }

[table]
from = "place t"
id = "t.id"
name = "t.name"
max_covers = "4"
status = { column = "t.status", default = "available" }

[session]
from = "ticket k LEFT JOIN users u ON u.id = k.owner_id"
id = "k.id"
name = "k.name"
created_at = "k.created"

[bill]
total = "k.total"
paid = "k.paid"

[item]
from = "JOIN ticket_item i ON i.ticket_id = k.id"
id = "i.code"
name = "i.name"
amount_per_item = "i.price"

[lock]
free  = "k.locked_by IS NULL"
ours  = "k.locked_by = 'DOJO'"
set   = { locked_by = "'DOJO'", locked_at = ":now" }
clear = { locked_by = "NULL", locked_at = "NULL" }

[record.check]
owner  = "k.owner_id"
closes = "COALESCE((SELECT o.closes FROM kind o WHERE o.name = k.kind), FALSE)"

[record.make]
receipt = "uuid"

[record.tender]
VISA    = "VISA"
default = "CARD"

[record.recorded]
from       = "transactions x"
where      = "NOT x.voided"
payment_id = "x.card_ref"
amount     = "x.amount"

[[record.step]]
find    = "SELECT c.money AS cash FROM closedcash c WHERE c.dateend IS NULL"
missing = "the drawer is not open"

[[record.step]]
insert    = "transactions"
returning = { transaction = "id" }
set       = { amount = ":amount", ref = ":payment_id", kind = ":tender", owner = ":owner", cash = ":cash" }

[[record.step]]
update = "ticket"
where  = "id = :session_id"
when   = ["fully_paid", "not closes"]
set    = { paid = ":paid_after", last = ":transaction", note = "CONCAT(note, ' card')" }

[[record.step]]
insert = "archive"
from   = "ticket_item l"
where  = "l.ticket_id = :session_id"
rows   = "some"
set    = { id = ":receipt", name = "l.name" }

[[record.step]]
insert = "taxes"
select = "SELECT l.tax AS tax, SUM(l.price) AS base FROM ticket_item l WHERE l.ticket_id = :session_id GROUP BY l.tax"

[[record.step]]
delete = "ticket_item"
where  = "ticket_id = :session_id"
"""

UPDATE = 'update = "ticket"\nwhere  = "id = :session_id"'

# Each case: what is replaced; what stands there instead, with § on the line that the problem must name; the beginning of
# the key that it must name; what must be said of it.
MISTAKES = [
    ('amount = ":amount"', 'amount = ":ammount"§', "record.step[1].set.amount", "ammount", "amount"),
    (':session_id"\nwhen', ':sesion_id"§\nwhen', "record.step[2].where", "sesion_id", "session_id"),
    ("id = :session_id", "id = :session_id_1§", "record.step[2].where", "session_id_1", "session_id"),
    ('":paid_after"', '":site.terminal"§', "record.step[2].set.paid", "terminal", ""),
    ('"x.amount"', '"x.amount + :amount"§', "record.recorded.amount", "amount", ""),
    ('owner  = "k.owner_id"', 'owner = ":amount"§', "record.check.owner", "amount", ""),
    ('":tender"', '":scheem"§', "record.step[1].set.kind", "scheem", "scheme"),
    ('last = ":transaction"', 'last = ":transactoin"§', "record.step[2].set.last", "transactoin", "transaction"),
    ('cash = ":cash"', 'cash = ":transaction"§', "record.step[1].set.cash", "transaction", ""),
    ('ref = ":payment_id"', 'ref = "card payment"§', "record.step[1].set.ref", "", ""),
    ('ref = ":payment_id"', 'ref = ""§', "record.step[1].set.ref", "", ""),
    ('ref = ":payment_id"', 'ref = "k.ref"§', "record.step[1].set.ref", "k", ""),
    ('ref = ":payment_id"', 'ref = "code"§', "record.step[1].set.ref", "code", ""),
    ('ref = ":payment_id"', "ref = 5§", "record.step[1].set.ref", "", ""),
    ('paid = ":paid_after"', 'paid = "t.paid"§', "record.step[2].set.paid", "t", ""),
    ('paid = ":paid_after"', 'paid = ":paid_after, 5"§', "record.step[2].set.paid", "", ""),
    ('paid = ":paid_after"', 'paid = "1; DROP TABLE ticket"§', "record.step[2].set.paid", "", ""),
    ('where  = "id = :session_id"\n', "", "record.step[2]", "where", ""),
    ('where  = "ticket_id = :session_id"\n', "", "record.step[5]", "where", ""),
    (
        'update = "ticket"',
        'update = "ticket"§\ninsert = "ticket"',
        "record.step[2]",
        "one of insert, update, delete",
        "",
    ),
    ('delete = "ticket_item"', 'remove = "ticket_item"§', "record.step[5].remove", "no such setting", ""),
    ('update = "ticket"', 'update = "ticket k"§', "record.step[2].update", "one table", ""),
    (
        'update = "ticket"',
        'update = "ticket JOIN users u ON u.id = ticket.owner_id"§',
        "record.step[2].update",
        "one table",
        "",
    ),
    ('"not closes"', '"not closed"§', "record.step[2].when", "closed", "closes"),
    ('"fully_paid", "not', '"fuly_paid", "not§', "record.step[2].when", "fuly_paid", "fully_paid"),
    ('rows   = "some"', 'rows = "many"§', "record.step[3].rows", "", ""),
    ('from   = "ticket_item l"\n', "", "record.step[3].where", "needs from", ""),
    ('name = "l.name"', 'name = "i.name"§', "record.step[3].set.name", "i", ""),
    ('default = "CARD"\n', "", "record.tender", "needs a default", ""),
    ('receipt = "uuid"', 'receipt = "guid"§', "record.make.receipt", "uuid", ""),
    ('receipt = "uuid"', 'amount = "uuid"§\nreceipt = "uuid"', "record.make", "amount", ""),
    ('owner  = "k.owner_id"', 'tip = "k.tip"§\nowner = "k.owner_id"', "record.check", "tip", ""),
    ('owner  = "k.owner_id"', 'Owner = "k.owner_id"§\nowner = "k.owner_id"', "record.check", "Owner", "small letters"),
    ('owner  = "k.owner_id"', 'owner = "x.owner_id"§', "record.check.owner", "x", ""),
    ("{ transaction = ", "{ amount = §", "record.step[1].returning.amount", "already", ""),
    ("AS cash FROM", "AS tip FROM§", "record.step[0].find", "tip", ""),
    ('"SELECT c.money', '"DELETE FROM x; SELECT c.money§', "record.step[0].find", "", ""),
    (
        "SELECT c.money AS cash FROM closedcash c WHERE c.dateend IS NULL",
        "DELETE FROM x RETURNING cash§",
        "record.step[0].find",
        "",
        "",
    ),
    ('insert = "taxes"', 'insert = "taxes"§\nset = { tax = "1" }', "record.step[4]", "either", ""),
    ('missing = "the drawer is not open"', 'set = { a = "1" }§', "record.step[0]", "set", "find"),
    ("\"k.locked_by = 'DOJO'\"", '"k.locked_by = :amount"§', "lock.ours", "amount", ""),
    ('locked_at = ":now"', 'locked_at = ":nwo"§', "lock.set.locked_at", "nwo", "now"),
    ('locked_at = ":now"', 'locked_at = ":payment_id"§', "lock.set.locked_at", "payment_id", ""),
    ('free  = "k.locked_by IS NULL"\n', "", "lock.free", "missing", ""),
    ('clear = { locked_by = "NULL", locked_at = "NULL" }\n', "", "lock.clear", "missing", ""),
    ('clear = { locked_by = "NULL", locked_at = "NULL" }', "clear = {}§", "lock.clear", "empty", ""),
    ('payment_id = "x.card_ref"\n', "", "record.recorded.payment_id", "missing", ""),
    ("[record.recorded]", "[record.recordd]§", "record.recordd", "no such setting", "recorded"),
    ("[[record.step]]\ndelete", "[[record.steps]]§\ndelete", "record.steps", "no such setting", "step"),
]


def problems_of(text: str) -> list[Problem]:
    with pytest.raises(InvalidFile) as raised:
        load_mapping_text(text, "till.toml")
    return list(raised.value.problems)


def test_the_example_is_without_fault():
    assert load_mapping_text(MAPPING).file.record is not None


@pytest.mark.parametrize(
    ("old", "new", "key", "says", "hint"), MISTAKES, ids=[f"{n}-{one[2]}" for n, one in enumerate(MISTAKES)]
)
def test_a_mistake_is_told_with_its_line_its_key_and_what_to_do(old: str, new: str, key: str, says: str, hint: str):
    assert old in MAPPING
    marked = MAPPING.replace(old, new, 1)
    problems = problems_of(marked.replace("§", ""))
    told = [one for one in problems if one.key.startswith(key) and says in str(one) and hint in str(one)]
    assert told, [str(one) for one in problems]
    assert all(one.file == "till.toml" and one.line > 0 for one in told)
    assert len(problems) <= 4, [str(one) for one in problems]
    if "§" in marked:
        before = marked[: marked.index("§")].splitlines()
        header = max(number for number, text in enumerate(before, start=1) if text.startswith("["))
        assert told[0].line in (len(before), header), str(told[0])


def test_a_lock_without_anything_to_record_is_told():
    (found,) = problems_of(MAPPING[: MAPPING.index("[record.check]")])
    assert found.key == "lock"
    assert "[record]" in str(found)


def test_a_record_without_a_step_is_told():
    found = problems_of(MAPPING[: MAPPING.index("[[record.step]]")])
    assert any(one.key == "record" and "[[record.step]]" in one.message for one in found)


def test_a_session_that_is_a_whole_select_cannot_be_recorded():
    text = MAPPING.replace(
        'from = "ticket k LEFT JOIN users u ON u.id = k.owner_id"\nid = "k.id"\nname = "k.name"\ncreated_at = "k.created"',
        'select = "SELECT k.id AS id, k.name AS name, k.created AS created_at, k.total AS total, k.paid AS paid FROM ticket k"',
    )
    item = "SELECT i.t AS session_id, i.id AS id, i.name AS name, i.price AS amount_per_item FROM ticket_item i"
    start = text.index("[bill]") + len("[bill]\n")
    text = f'{text[:start]}[item]\nselect = "{item}"\n{text[text.index("[lock]") :]}'
    found = problems_of(text)
    assert any(one.key == "record" and "[session]" in one.message for one in found), [str(one) for one in found]


def test_every_mistake_is_told_at_once_in_the_order_of_the_file():
    text = MAPPING
    for old, new in [
        ("k.locked_by IS NULL", "z.locked_by IS NULL"),
        ('owner  = "k.owner_id"', 'owner = "z.owner_id"'),
        ('":amount"', '":ammount"'),
        ('"not closes"', '"not closed"'),
        ("ticket_id = :session_id", "ticket_id = :session"),
    ]:
        text = text.replace(old, new, 1)
    found = problems_of(text)
    assert len(found) == 5
    assert [one.line for one in found] == sorted(one.line for one in found)


@pytest.mark.parametrize(
    ("without", "key"), [("[lock]", "[lock]"), ("[record.recorded]", "[record.recorded]")], ids=["lock", "recorded"]
)
def test_a_configuration_without_ledger_needs_places_for_locks_and_payments(tmp_path: Path, without: str, key: str):
    start = MAPPING.index(without)
    (tmp_path / "till.toml").write_text(
        MAPPING[:start] + MAPPING[MAPPING.index("\n\n[", start) + 2 :], encoding="utf-8"
    )
    config = tmp_path / "config.toml"
    config.write_text(
        'mapping = "till.toml"\n[database]\nurl = "postgresql://x/y"\n[ledger]\nuse = false\n', encoding="utf-8"
    )
    with pytest.raises(InvalidFile) as raised:
        load_config(config)
    (found,) = raised.value.problems
    assert (found.line, found.key) == (5, "ledger.use")
    assert key in found.message


@pytest.mark.parametrize(
    ("key", "minutes"),
    [
        *(("lock_age_limit_minutes", minutes) for minutes in (1, 4.9, -1)),
        *(("longest_lock_minutes", minutes) for minutes in (0, 4.9, 1441)),
    ],
)
def test_a_limit_of_locks_under_which_a_payment_may_be_under_way_or_a_table_stay_locked_is_refused(
    tmp_path: Path, key: str, minutes: float
):
    (tmp_path / "till.toml").write_text(MAPPING, encoding="utf-8")
    config = tmp_path / "config.toml"
    config.write_text(
        f'mapping = "till.toml"\n[database]\nurl = "postgresql://x/y"\n[rules]\n{key} = {minutes}\n',
        encoding="utf-8",
    )
    with pytest.raises(InvalidFile) as raised:
        load_config(config)
    assert [(one.line, one.key) for one in raised.value.problems] == [(5, f"rules.{key}")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('where  = "id = :session_id"\n', ""),
        ('delete = "ticket_item"', 'remove = "ticket_item"'),
        ('update = "ticket"', 'update = "ticket"\ninsert = "ticket"'),
        ('missing = "the drawer is not open"', 'where = "1 = 1"'),
        ('default = "CARD"\n', ""),
    ],
    ids=["no where", "no such setting", "two kinds", "no meaning", "no default"],
)
def test_a_step_that_is_wrong_hides_no_other_mistake_and_tells_nothing_untrue(old: str, new: str):
    found = problems_of(MAPPING.replace(old, new, 1).replace("k.locked_by IS NULL", "z.locked_by IS NULL"))
    assert not [str(one) for one in found if "without [record]" in one.message or "at least one" in one.message]
    assert [one.key for one in found if one.key == "lock.free"] == ["lock.free"]


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("{ transaction = ", '{ owner = "number", transaction = ', "owner"),
        ("{ transaction = ", '{ receipt = "number", transaction = ', "receipt"),
        ("{ transaction = ", '{ cash = "number", transaction = ', "cash"),
        ("AS cash FROM", "AS cash, c.id AS owner FROM", "owner"),
        ("AS cash FROM", "AS cash, c.id AS receipt FROM", "receipt"),
    ],
)
def test_a_name_that_is_taken_by_another_value_is_told(old: str, new: str, name: str):
    found = problems_of(MAPPING.replace(old, new, 1))
    assert any(name in one.message and one.key.startswith("record.step") for one in found)


def test_a_negative_number_of_rows_is_told():
    found = problems_of(MAPPING.replace('rows   = "some"', "rows = -1"))
    assert any(one.key.startswith("record.step[3]") for one in found)
