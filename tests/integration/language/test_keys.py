"""Keys of every kind become session ids and find their session again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from adapter.errors import InvalidFile

Serve = Callable[..., Any]

# How the keys are held, their values, what the mapping says of them.
KEYS: dict[str, tuple[list[str], list[list[str]], str]] = {
    "int": (["int"], [["1"], ["0"], ["2147483647"]], "'k.a'"),
    "smallint": (["smallint"], [["1"], ["-32768"]], "'k.a'"),
    "bigint": (["bigint"], [["9223372036854775807"], ["-9223372036854775808"], ["-1"], ["7"]], "'k.a'"),
    "numeric": (["numeric(18,0)"], [["123456789012345678"], ["1"]], "'k.a'"),
    "uuid": (
        ["uuid"],
        [["'6f1c9e6e-0b5e-4c56-9a55-0d4bb40a8f01'"], ["'00000000-0000-8000-8000-000000000001'"]],
        "'k.a'",
    ),
    "short text": (["varchar(15)"], [["'A-1'"], ["'Tür 4'"], ["'15 characters!!'"], ["''"]], "'k.a'"),
    "text": (
        ["text"],
        [["'A'"], ["'6f1c9e6e-0b5e-4c56-9a55-0d4bb40a8f01'"], ["'00000000-0000-8000-8000-000000000001'::varchar(15)"]],
        "{ column = 'k.a', form = 'text' }",
    ),
    "padded CHAR": (["char(8)"], [["'A'"], ["'A B'"]], "'k.a'"),
    "two numbers": (["int", "int"], [["1", "2"], ["2", "1"], ["-1", "-2"]], "['k.a', 'k.b']"),
    "a number and a text": (["int", "varchar(6)"], [["1", "'A'"], ["1", "'B'"], ["11", "''"]], "['k.a', 'k.b']"),
    "a text and a number": (["char(4)", "bigint"], [["'A'", "1"], ["'AB'", "-1"]], "['k.a', 'k.b']"),
    "three numbers": (["int", "smallint", "bigint"], [["1", "2", "3"], ["3", "2", "-1"]], "['k.a', 'k.b', 'k.c']"),
    "three numbers in fewer bits": (
        ["bigint", "bigint", "bigint"],
        [["1", "2", "3"], ["3", "2", "-1"]],
        "{ parts = ['k.a', 'k.b', 'k.c'], bits = [40, 40, 40] }",
    ),
    "computed": (["int"], [["1"], ["2"]], "{ sql = \"CONCAT('TAB-', k.a)\", form = 'text' }"),
    "digits in a text": (["varchar(8)"], [["'1'"], ["'01'"], ["'001'"]], "'k.a'"),
}


@pytest.mark.parametrize("form", KEYS)
def test_every_session_is_found_by_the_id_it_was_listed_with(serve: Serve, form: str):
    kinds, values, key = KEYS[form]
    columns = list(zip("abc", kinds, strict=False))
    joined = " AND ".join(f"l.{name} = k.{name}" for name, _ in columns)
    add = ", ".join(f"ADD {name} {kind}" for name, kind in columns)
    rows = "".join(
        f"INSERT INTO chk (id, name, total, {', '.join(name for name, _ in columns)}) VALUES ({number}, 'C{number}', 5, {', '.join(one)});"
        f"INSERT INTO line (id, check_id, price, name, {', '.join(name for name, _ in columns)}) VALUES ({number}, {number}, 5, 'L{number}', {', '.join(one)});"
        for number, one in enumerate(values)
    )
    place = serve(
        f"ALTER TABLE chk {add}; ALTER TABLE line {add}; {rows}",
        f"[session]\nid = {key}\n[item]\nfrom = 'JOIN line l ON {joined}'\n",
    )
    found = place.sessions()
    ids = [session["id"] for session in found]
    assert sorted(session["name"] for session in found) == [f"C{number}" for number in range(len(values))]
    assert len(set(ids)) == len(values)
    for session in found:
        assert place.session(session["name"]) == session
        assert place.lines(session["name"]) == [(1, "L" + session["name"][1:], 500)]
        assert [bill["sessionId"] for bill in place.bills(sessionIds=[session["id"]])] == [session["id"]]
    assert [bill["sessionId"] for bill in place.bills(sessionIds=ids[::-1] * 2)] == ids
    assert [bill["sessionId"] for bill in place.bills()] == ids
    unknown = str(UUID(int=UUID(ids[0]).int ^ 0x5A5A))
    assert place.ask("GetSession", sessionId=unknown)["errorCode"] == "SESSION_NO_SUCH_SESSION"
    assert place.bills(sessionIds=[unknown, ids[0]]) == place.bills(sessionIds=[ids[0]])
    place.healthy()


STRANGE = [
    "ffffffff-ffff-8fff-bfff-ffffffffffff",
    "00ffffff-ffff-8fff-bfff-ffffffffffff",
    "00000000-0000-0000-0000-000000000000",
    "40000000-0000-8000-8000-00000000c3c3",
    "80000000-0000-8000-8000-0000000000ff",
    "80000000-0000-8000-8000-000000000000",
]


@pytest.mark.parametrize("form", KEYS)
def test_an_id_that_no_session_can_have_is_simply_unknown(serve: Serve, form: str):
    kinds, values, key = KEYS[form]
    columns = list(zip("abc", kinds, strict=False))
    add = ", ".join(f"ADD {name} {kind}" for name, kind in columns)
    place = serve(
        f"ALTER TABLE chk {add}; INSERT INTO chk (id, {', '.join(name for name, _ in columns)}) VALUES (1, {', '.join(values[0])})",
        f"[session]\nid = {key}\n",
    )
    for wire in STRANGE:
        assert place.ask("GetSession", sessionId=wire).get("errorCode") == "SESSION_NO_SUCH_SESSION", wire
        assert place.ask("GetBillItems", sessionId=wire).get("errorCode") == "SESSION_NO_SUCH_SESSION", wire
        assert place.bills(sessionIds=[wire]) == []
    place.healthy()


@pytest.mark.parametrize(
    ("kinds", "key"),
    [(["int"], "'k.a'"), (["varchar(8)"], "'k.a'"), (["uuid"], "'k.a'"), (["int", "int"], "['k.id', 'k.a']")],
)
def test_a_check_without_a_key_costs_only_itself(serve: Serve, kinds: list[str], key: str):
    value = {"int": "7", "varchar(8)": "'x'", "uuid": "'6f1c9e6e-0b5e-4c56-9a55-0d4bb40a8f01'"}[kinds[0]]
    place = serve(
        f"ALTER TABLE chk ADD a {kinds[0]}; INSERT INTO chk (id, name, a) VALUES (1, 'One', {value}), (2, 'Two', NULL)",
        f"[session]\nid = {key}\n",
    )
    assert place.names() == ["One"]


def test_a_key_that_is_too_long_costs_only_its_own_check(serve: Serve):
    place = serve(
        "ALTER TABLE chk ADD a text; INSERT INTO chk (id, name, a) VALUES (1, 'One', 'A'), (2, 'Two', 'more than fifteen')",
        "[session]\nid = { column = 'k.a', form = 'text' }\n",
    )
    assert place.names() == ["One"]


def test_a_key_of_more_bits_than_were_said_costs_only_its_own_check(serve: Serve):
    place = serve(
        "ALTER TABLE chk ADD a bigint; INSERT INTO chk (id, name, a) VALUES (1, 'One', 127), (2, 'Two', 128)",
        "[session]\nid = { parts = ['k.id', 'k.a'], bits = [32, 8] }\n",
    )
    assert place.names() == ["One"]


def test_tables_with_a_key_of_two_columns_are_linked_by_both(serve: Serve):
    place = serve(
        """ALTER TABLE board DROP CONSTRAINT board_pkey, ADD room char(3); ALTER TABLE chk ADD room varchar(3);
        INSERT INTO board (id, name, room) VALUES (1, 'In 1', 'in'), (1, 'Out 1', 'out'), (2, 'In 2', 'in');
        INSERT INTO chk (id, name, board_id, room) VALUES (1, 'A', 1, 'in'), (2, 'B', 1, 'out'), (3, 'C', 2, 'in'), (4, 'D', 1, NULL);""",
        "[table]\nid = ['t.id', 't.room']\n[session]\ntable = ['k.board_id', 'k.room']",
    )
    assert [session.get("tableName") for session in place.sessions()] == ["In 1", "Out 1", "In 2", None]
    place.by_filters(tables=True)


def test_keys_of_tables_that_are_not_of_one_length_are_refused(serve: Serve):
    with pytest.raises(InvalidFile, match=r"has 1 columns, and table\.id has 2"):
        serve("INSERT INTO chk (id) VALUES (1)", "[table]\nid = ['t.id', 't.state']\n")


def test_the_id_may_be_another_than_the_number_that_is_shown(serve: Serve):
    place = serve(
        "ALTER TABLE chk ADD num int; INSERT INTO chk (id, num) VALUES (77, 3), (78, 3)",
        "[session]\nname = \"CONCAT('Check ', k.num)\"\n",
    )
    assert [(session["name"], int(session["id"][-2:], 16)) for session in place.sessions()] == [
        ("Check 3", 77),
        ("Check 3", 78),
    ]
