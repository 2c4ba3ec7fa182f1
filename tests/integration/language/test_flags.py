"""Every way in which an EPOS says yes and no, and what filters make of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapter.events import MappingUnfit, RowSkipped

Serve = Callable[..., Any]

# How the column is held, the values of eight checks, what the mapping says of it, and which values mean yes.
FORMS: dict[str, tuple[str, list[str], str, list[bool]]] = {
    "boolean": ("boolean", ["TRUE", "FALSE"], "", [True, False]),
    "boolean, NULL means no": ("boolean", ["TRUE", "FALSE", "NULL"], "missing = false", [True, False, False]),
    "boolean, NULL means yes": ("boolean", ["TRUE", "FALSE", "NULL"], "missing = true", [True, False, True]),
    "boolean, turned round": ("boolean", ["TRUE", "FALSE"], "true = false, false = true", [False, True]),
    "Y and N": ("varchar(1)", ["'Y'", "'N'"], "true = 'Y', false = 'N'", [True, False]),
    "padded CHAR": (
        "char(4)",
        ["'Y'", "'N'", "NULL"],
        "true = 'Y', false = 'N', missing = false",
        [True, False, False],
    ),
    "T and F, NULL means yes": (
        "char(1)",
        ["'T'", "'F'", "NULL"],
        "true = 'T', false = 'F', missing = true",
        [True, False, True],
    ),
    "only the code for yes": (
        "text",
        ["'paid'", "'open'", "'held'", "NULL"],
        "true = 'paid', missing = false",
        [True, False, False, False],
    ),
    "only the codes for no": ("text", ["'paid'", "'open'", "'held'"], "false = ['open', 'held']", [True, False, False]),
    "several codes": ("smallint", ["0", "1", "2", "3"], "true = [2, 3], false = [0, 1]", [False, False, True, True]),
    "one number, the rest is no": ("int", ["5", "1", "-1"], "true = 5", [True, False, False]),
    "0 and 1": ("smallint", ["0", "1"], "", [False, True]),
    "0 and 1, NULL means yes": ("smallint", ["0", "1", "NULL"], "missing = true", [False, True, True]),
    "negative logic": ("smallint", ["0", "1"], "true = 0, false = 1", [True, False]),
    "numeric": ("numeric(3,1)", ["0", "1"], "", [False, True]),
    "bit": ("bit(1)", ["B'0'", "B'1'"], "", [False, True]),
    "bit with codes": (
        "bit(1)",
        ["B'0'", "B'1'", "NULL"],
        "true = '1', false = '0', missing = false",
        [False, True, False],
    ),
    "digits in a text": ("char(1)", ["'0'", "'1'"], "true = '1', false = '0'", [False, True]),
    "numbers for a text": ("varchar(2)", ["'0'", "'1'"], "true = 1, false = 0", [False, True]),
    "a code with a quote": ("text", ["'it''s'", "'no%'"], 'true = "it\'s", false = "no%"', [True, False]),
}


def _rows(kind: str, values: list[str], extra: str = "") -> str:
    rows = "".join(
        f"INSERT INTO chk (id, name, total, flag) VALUES ({number}, 'C{number}', 5, {value});"
        f"INSERT INTO line (id, check_id, price) VALUES ({number}, {number}, 5);"
        for number, value in enumerate(values)
    )
    return f"ALTER TABLE chk ADD flag {kind}; {rows} {extra}"


def _of_form(form: str) -> tuple[str, str, list[bool]]:
    """A form whose column takes NULL only where the mapping says what NULL means."""
    kind, values, options, meaning = FORMS[form]
    rows = _rows(kind, values, "" if "missing" in options else "ALTER TABLE chk ALTER flag SET NOT NULL;")
    return rows, options, meaning


@pytest.mark.parametrize("form", FORMS)
def test_a_declared_column_is_read_filtered_and_used_in_conditions_alike(serve: Serve, form: str):
    sql, options, meaning = _of_form(form)
    place = serve(
        f"{sql} UPDATE chk SET total = CASE WHEN id IN ({_ids(meaning)}) THEN 7 ELSE 4 END;",
        f"""
        columns.chk.flag = {{ as = "flag"{", " if options else ""}{options} }}
        [session]
        finished = "k.flag"
        [[charge]]
        where = "k.flag"
        id = "'c'"
        name = "'Yes'"
        amount = "2"
        [[discount]]
        where = "NOT k.flag"
        id = "'d'"
        name = "'No'"
        amount = "1"
        """,
    )
    finished = {session["name"]: "finishedAt" in session for session in place.sessions()}
    assert finished == {f"C{number}": yes for number, yes in enumerate(meaning)}
    place.by_filters()
    assert [bill["items"][-1]["name"] for bill in place.bills()] == ["Yes" if yes else "No" for yes in meaning]
    place.healthy()


@pytest.mark.parametrize("form", FORMS)
def test_a_field_that_says_itself_what_its_codes_mean_is_read_and_filtered_alike(serve: Serve, form: str):
    sql, options, meaning = _of_form(form)
    place = serve(sql, f"[session]\nfinished = {{ column = 'k.flag'{', ' if options else ''}{options} }}\n")
    finished = {session["name"]: "finishedAt" in session for session in place.sessions()}
    assert finished == {f"C{number}": yes for number, yes in enumerate(meaning)}
    place.by_filters()
    place.healthy()


@pytest.mark.parametrize(
    "form", ["boolean, NULL means yes", "Y and N", "padded CHAR", "only the codes for no", "0 and 1", "negative logic"]
)
def test_a_payable_flag_is_read_and_filtered_alike(serve: Serve, form: str):
    sql, options, meaning = _of_form(form)
    place = serve(sql, f"[session]\npayable = {{ column = 'k.flag'{', ' if options else ''}{options} }}\n")
    payable = {session["name"]: session["isPayable"] for session in place.sessions()}
    assert payable == {f"C{number}": yes for number, yes in enumerate(meaning)}
    place.by_filters()
    place.healthy()


def _ids(meaning: list[bool]) -> str:
    return ", ".join(str(number) for number, yes in enumerate(meaning) if yes)


def test_a_code_that_is_neither_yes_nor_no_leaves_out_its_check_only(serve: Serve):
    place = serve(
        _rows("char(1) NOT NULL DEFAULT 'N'", ["'Y'", "'N'", "'?'"]),
        "columns.chk.flag = { as = 'flag', true = 'Y', false = 'N' }\n[session]\nfinished = 'k.flag'",
    )
    assert place.names() == ["C0", "C1"]
    assert place.names(isFinished=False) == ["C1"]


def test_negating_a_nullable_flag_that_nobody_declared_is_refused_with_its_place(serve: Serve):
    place = serve(_rows("boolean", ["NULL"]), "[session]\nwhere = 'NOT k.flag'")
    assert place.ask("ListSessions")["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert any("k.flag may be NULL" in event.problem for event in place.of(MappingUnfit))


def test_comparing_a_nullable_column_with_differs_is_refused_with_its_place(serve: Serve):
    place = serve(_rows("int", ["NULL"]), "[session]\nwhere = 'k.flag <> 3'")
    assert place.ask("ListSessions")["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert any("k.flag may be NULL" in event.problem for event in place.of(MappingUnfit))


def test_a_declared_flag_that_is_compared_keeps_its_meaning(serve: Serve):
    place = serve(
        _rows("boolean", ["TRUE", "FALSE", "NULL"]),
        "columns.chk.flag = { as = 'flag', missing = false }\n[session]\nwhere = 'k.flag = FALSE'",
    )
    assert place.names() == ["C1", "C2"]


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("NOT k.flag = 2", ["C0", "C3"]),
        ("NOT (k.flag > 1)", ["C0", "C3"]),
        ("NOT k.flag IS NULL", ["C0", "C1", "C2"]),
        ("k.flag IS NOT NULL AND k.flag <> 2", ["C0"]),
        ("k.flag <> 2 OR k.flag IS NULL", ["C0", "C3"]),
        ("k.flag = 1 OR NOT (k.flag = 1 OR k.flag = 2)", ["C0", "C3"]),
        ("NOT (NOT (k.flag = 2))", ["C1", "C2"]),
        ("CASE k.flag WHEN 1 THEN FALSE WHEN 2 THEN TRUE END", ["C1", "C2"]),
        ("CASE k.flag WHEN k.id + 1 THEN TRUE ELSE FALSE END", ["C0", "C1"]),
        ("CASE k.flag WHEN k.id THEN TRUE ELSE FALSE END", ["C2"]),
        ("TRUE", ["C0", "C1", "C2", "C3"]),
        ("NOT FALSE", ["C0", "C1", "C2", "C3"]),
        ("EXISTS (SELECT 1 FROM line l WHERE l.check_id = k.id AND l.qty = 1) AND k.flag = 1", ["C0"]),
        ("NOT EXISTS (SELECT 1 FROM line l WHERE l.check_id = k.id AND NOT l.price = 5)", ["C0", "C1", "C2", "C3"]),
        ("(SELECT COUNT(*) FROM line l WHERE l.check_id = k.id) = k.flag", ["C0"]),
    ],
)
def test_conditions_hold_exactly_where_they_are_true_and_fail_where_they_are_not(
    serve: Serve, condition: str, kept: list[str]
):
    place = serve(
        f"{_rows('int', ['1', '2', '2', 'NULL'])} UPDATE chk SET total = CASE WHEN name = ANY(ARRAY{kept}) THEN 7 ELSE 4 END;",
        f"""
        [[charge]]
        where = "{condition}"
        id = "'c'"
        name = "'Yes'"
        amount = "2"
        [[discount]]
        where = "NOT ({condition})"
        id = "'d'"
        name = "'No'"
        amount = "1"
        """,
    )
    found = [bill["items"][-1]["name"] for bill in place.bills()]
    assert found == ["Yes" if name in kept else "No" for name in place.names()]
    place.healthy()


def test_a_condition_as_finished_is_filtered_by_its_opposite(serve: Serve):
    place = serve(
        _rows("timestamp", ["'2026-01-10 12:30'", "NULL"]),
        "[session]\nfinished = 'k.flag IS NOT NULL'\nfinished_at = 'k.flag'\npayable = 'NOT session.finished'",
    )
    assert place.sessions()[0]["finishedAt"] == "2026-01-10T12:30:00.000Z"
    assert [session["isPayable"] for session in place.sessions()] == [False, True]
    place.by_filters()


def test_the_integrators_own_search_conditions_take_the_place_of_the_fields(serve: Serve):
    place = serve(
        _rows("int", ["0", "1", "2"]),
        """
        [session]
        finished = "CASE WHEN k.flag > 1 THEN TRUE ELSE FALSE END"
        filter = { finished = "k.flag IN (2, 3)", unfinished = "k.flag IN (0, 1)" }
        """,
    )
    place.by_filters()
    assert place.names(isFinished=False) == ["C0", "C1"]
    place.ask("ListSessions", isFinished=True)
    assert "k.flag IN (2, 3)" in place.events[-2].sql


def test_a_flag_inside_the_join_of_a_sub_select_has_its_declared_meaning(serve: Serve):
    place = serve(
        """INSERT INTO chk (id, name, total) VALUES (1, 'One', 5), (2, 'Two', 5);
        ALTER TABLE line ADD void boolean;
        INSERT INTO line (id, check_id, price, void) VALUES (1, 1, 2, NULL), (2, 1, 3, FALSE), (3, 1, 9, TRUE), (4, 2, 5, FALSE);""",
        """
        columns.line.void = { as = "flag", missing = false }
        [bill]
        total = "(SELECT SUM(x.price) FROM chk c JOIN line x ON x.check_id = c.id AND NOT x.void WHERE c.id = k.id)"
        [item]
        from = "JOIN line l ON l.check_id = k.id AND NOT l.void"
        """,
    )
    assert place.lines("One") == [(1, "Thing", 200), (1, "Thing", 300)]


def test_a_flag_inside_case_and_aggregate_filter_has_its_declared_meaning(serve: Serve):
    place = serve(
        """INSERT INTO chk (id, name) VALUES (1, 'One');
        ALTER TABLE line ADD void boolean;
        INSERT INTO line (id, check_id, price, void) VALUES (1, 1, 2, NULL), (2, 1, 3, FALSE), (3, 1, 9, TRUE);""",
        """
        columns.line.void = { as = "flag", missing = false }
        [bill]
        total = "(SELECT SUM(x.price) FILTER (WHERE NOT x.void) FROM line x WHERE x.check_id = k.id)"
        paid = "(SELECT SUM(CASE WHEN NOT x.void THEN 1 ELSE 0 END) FROM line x WHERE x.check_id = k.id)"
        [item]
        amount_per_item = "CASE WHEN NOT l.void THEN l.price ELSE 0 END"
        """,
    )
    assert place.lines("One") == [(1, "Thing", 200), (1, "Thing", 300), (1, "Thing", 0)]
    assert place.bill("One")["paidAmount"] == 200


def test_flags_of_a_select_in_the_from_clause_are_understood(serve: Serve):
    place = serve(
        _rows("int", ["0", "1"]),
        """
        [session]
        from = "(SELECT c.id, c.name, c.opened, c.closed, c.board_id, c.total, c.paid, c.flag = 1 AS over FROM chk c) k"
        finished = "k.over"
        """,
    )
    assert place.names(isFinished=True) == ["C1"]
    place.by_filters()


def test_codes_of_a_varchar_are_meant_letter_by_letter_and_others_are_told(serve: Serve):
    place = serve(
        "ALTER TABLE chk ADD state varchar(4); INSERT INTO chk (id, name, state) VALUES (1, 'A', 'O'), (2, 'B', 'O ')",
        """[session]\nfinished = { column = "k.state", true = "C", false = "O", missing = false }""",
    )
    assert [session["name"] for session in place.sessions()] == ["A"]
    assert ["session.finished is neither of the codes" in event.reason for event in place.of(RowSkipped)] == [True]


@pytest.mark.parametrize("condition", ["NOT k.flag IN (1, 2)", "NOT k.flag BETWEEN 2 AND 9"])
def test_a_negated_list_on_a_column_that_may_be_null_is_a_misfit(serve: Serve, condition: str):
    place = serve("ALTER TABLE chk ADD flag text", f"""[session]\nwhere = "{condition}"\n""")
    assert "does not fit" in place.ask("ListSessions")["errorReason"]
    assert "may be NULL" in place.of(MappingUnfit)[0].problem
