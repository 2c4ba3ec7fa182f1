"""Moments: how they are held, what they mean, and how far back finished sessions are listed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

Serve = Callable[..., Any]


@pytest.mark.parametrize(
    ("kind", "value", "said", "expected"),
    [
        ("timestamp", "'2026-07-10 12:00'", "", "2026-07-10T11:00:00.000Z"),
        ("timestamp", "'2026-01-10 12:00'", "", "2026-01-10T12:00:00.000Z"),
        ("timestamp", "'2026-07-10 12:00'", "zone = 'America/New_York'", "2026-07-10T16:00:00.000Z"),
        ("timestamp", "'2026-10-25 01:30'", "", "2026-10-25T00:30:00.000Z"),
        ("timestamp", "'2026-10-25 01:30'", "ambiguous = 'earlier'", "2026-10-25T00:30:00.000Z"),
        ("timestamp", "'2026-10-25 01:30'", "ambiguous = 'later'", "2026-10-25T01:30:00.000Z"),
        ("timestamp", "'2026-03-29 01:30'", "", "2026-03-29T01:30:00.000Z"),
        ("timestamp", "'2026-07-10 12:00'", "form = 'utc'", "2026-07-10T12:00:00.000Z"),
        ("timestamp", "'2026-07-10 12:00:00.123456'", "form = 'utc'", "2026-07-10T12:00:00.123Z"),
        ("timestamptz", "'2026-07-10 12:00+05:30'", "", "2026-07-10T06:30:00.000Z"),
        ("timestamptz", "'2026-07-10 12:00+05:30'", "form = 'utc'", "2026-07-10T06:30:00.000Z"),
        ("int", "1783684800", "form = 'epoch'", "2026-07-10T12:00:00.000Z"),
        ("double precision", "1783684800.5", "form = 'epoch'", "2026-07-10T12:00:00.500Z"),
        ("varchar(20)", "'1783684800 '", "form = 'epoch'", "2026-07-10T12:00:00.000Z"),
        ("bigint", "1783684800250", "form = 'epoch_ms'", "2026-07-10T12:00:00.250Z"),
        ("text", "' 10/07/2026 12:00 '", "form = '%d/%m/%Y %H:%M'", "2026-07-10T11:00:00.000Z"),
        ("text", "'20260710120000'", "form = '%Y%m%d%H%M%S', zone = 'UTC'", "2026-07-10T12:00:00.000Z"),
        ("text", "'2026-07-10T12:00:00+02:00'", "", "2026-07-10T10:00:00.000Z"),
        ("text", "'2026-07-10 12:00'", "", "2026-07-10T11:00:00.000Z"),
    ],
)
def test_a_moment_is_read_as_it_is_held(serve: Serve, kind: str, value: str, said: str, expected: str):
    comma = ", " if said else ""
    place = serve(
        f"""ALTER TABLE chk ADD at {kind}, ADD until {kind};
        INSERT INTO chk (id, done, at, until) VALUES (1, TRUE, {value}, {value})""",
        f"""
        columns.chk.until = {{ as = "time"{comma}{said} }}
        [session]
        created_at = {{ column = "k.at"{comma}{said} }}
        finished_at = "k.until"
        """,
    )
    found = place.sessions()[0]
    assert (found["createdAt"], found["finishedAt"]) == (expected, expected)


def test_a_date_without_an_hour_is_the_beginning_of_that_day(serve: Serve):
    place = serve(
        "ALTER TABLE chk ADD at date; INSERT INTO chk (id, at) VALUES (1, '2026-07-10')",
        "[session]\ncreated_at = 'k.at'",
    )
    assert place.sessions()[0]["createdAt"] == "2026-07-09T23:00:00.000Z"


def test_a_date_and_an_hour_of_two_columns_are_added_by_sql(serve: Serve):
    place = serve(
        "ALTER TABLE chk ADD day date, ADD at time; INSERT INTO chk (id, day, at) VALUES (1, '2026-07-10', '12:00')",
        "[session]\ncreated_at = 'k.day + k.at'",
    )
    assert place.sessions()[0]["createdAt"] == "2026-07-10T11:00:00.000Z"


def test_now_stands_in_for_a_time_that_the_till_does_not_keep(serve: Serve):
    before = datetime.now(UTC) - timedelta(seconds=1)
    place = serve(
        "INSERT INTO chk (id, opened) VALUES (1, NULL)",
        "[session]\ncreated_at = { column = 'k.opened', missing = 'now' }",
    )
    created = datetime.fromisoformat(place.sessions()[0]["createdAt"])
    assert before <= created <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("kind", "bad", "said"),
    [
        ("text", "'soon'", "form = '%d/%m/%Y %H:%M'"),
        ("text", "''", "form = '%d/%m/%Y %H:%M'"),
        ("numeric", "'NaN'", "form = 'epoch'"),
        ("double precision", "'Infinity'", "form = 'epoch'"),
        ("double precision", "1e300", "form = 'epoch'"),
        ("bigint", "9223372036854775807", "form = 'epoch'"),
        ("timestamp", "NULL", ""),
        ("timestamp", "'0001-01-01 00:00'", "zone = 'Asia/Tokyo'"),
        ("timestamp", "'infinity'", ""),
        ("timestamptz", "'-infinity'", ""),
        ("timestamp", "'12026-01-01'", ""),
        ("timestamp", "'0044-03-15 BC'", ""),
    ],
)
def test_a_moment_that_cannot_be_read_costs_only_its_own_check(serve: Serve, kind: str, bad: str, said: str):
    good = {"text": "'10/07/2026 12:00'", "timestamp": "'2026-07-10 12:00'", "timestamptz": "'2026-07-10 12:00Z'"}.get(
        kind, "1783684800"
    )
    place = serve(
        f"ALTER TABLE chk ADD at {kind}; INSERT INTO chk (id, name, at) VALUES (1, 'One', {good}), (2, 'Two', {bad})",
        f"[session]\ncreated_at = {{ column = 'k.at'{', ' if said else ''}{said} }}",
    )
    assert place.names() == ["One"]


def test_an_order_time_that_cannot_be_read_costs_only_its_own_bill(serve: Serve):
    place = serve(
        """ALTER TABLE line ADD at text; INSERT INTO chk (id, name, total) VALUES (1, 'One', 5), (2, 'Two', 5);
        INSERT INTO line (id, check_id, price, at) VALUES (1, 1, 5, '10/07/2026 12:00'), (2, 2, 5, 'soon')""",
        "[item]\nquantity = '1'\nordered_at = { column = 'l.at', form = '%d/%m/%Y %H:%M' }",
    )
    assert [bill["items"][0]["lastOrderedAt"] for bill in place.bills()] == ["2026-07-10T11:00:00.000Z"]


def test_a_line_without_an_order_time_has_that_of_its_session(serve: Serve):
    place = serve(
        """ALTER TABLE line ADD at timestamp; INSERT INTO chk (id, name, total) VALUES (1, 'One', 5);
        INSERT INTO line (id, check_id, price) VALUES (1, 1, 5)""",
        "[item]\nordered_at = 'l.at'",
    )
    assert place.bill("One")["items"][0]["lastOrderedAt"] == "2026-01-10T12:00:00.000Z"


# How the time is held, the SQL for a moment some hours ago, what the mapping says.
WINDOWS: dict[str, tuple[str, str, str]] = {
    "local": ("timestamp", "(now() - make_interval(hours => {0})) AT TIME ZONE 'Asia/Tokyo'", "'k.at'"),
    "local in America": (
        "timestamp",
        "(now() - make_interval(hours => {0})) AT TIME ZONE 'America/Los_Angeles'",
        "{ column = 'k.at', zone = 'America/Los_Angeles' }",
    ),
    "utc": (
        "timestamp",
        "(now() - make_interval(hours => {0})) AT TIME ZONE 'UTC'",
        "{ column = 'k.at', form = 'utc' }",
    ),
    "timestamptz": ("timestamptz", "now() - make_interval(hours => {0})", "'k.at'"),
    "timestamptz, computed": ("timestamptz", "now() - make_interval(hours => {0})", "'COALESCE(k.at, k.at)'"),
    "local, computed": (
        "timestamp",
        "(now() - make_interval(hours => {0})) AT TIME ZONE 'Asia/Tokyo'",
        "'COALESCE(k.at, k.at)'",
    ),
    "epoch": ("bigint", "EXTRACT(EPOCH FROM now())::bigint - 3600 * {0}", "{ column = 'k.at', form = 'epoch' }"),
    "epoch in a text": (
        "text",
        "(EXTRACT(EPOCH FROM now())::bigint - 3600 * {0})::text",
        "{ column = 'k.at', form = 'epoch' }",
    ),
    "epoch_ms": (
        "bigint",
        "(EXTRACT(EPOCH FROM now())::bigint - 3600 * {0}) * 1000",
        "{ column = 'k.at', form = 'epoch_ms' }",
    ),
    "a text that sorts": (
        "text",
        "to_char(now() - make_interval(hours => {0}), 'YYYY-MM-DD HH24:MI')",
        "{ column = 'k.at', form = '%Y-%m-%d %H:%M', zone = 'UTC' }",
    ),
    "a text that does not sort": (
        "text",
        "to_char(now() - make_interval(hours => {0}), 'HH24:MI DD/MM/YYYY')",
        "{ column = 'k.at', form = '%H:%M %d/%m/%Y', zone = 'UTC' }",
    ),
    "an ISO text": (
        "text",
        "to_char(now() - make_interval(hours => {0}), 'YYYY-MM-DD\"T\"HH24:MI:SS')",
        "{ column = 'k.at', form = 'utc' }",
    ),
}


@pytest.mark.parametrize("form", WINDOWS)
def test_finished_sessions_are_listed_as_far_back_as_the_rules_say(serve: Serve, form: str):
    kind, ago, field = WINDOWS[form]
    rows = "".join(
        f"INSERT INTO chk (id, name, done, at, total, paid) VALUES ({hours}, 'H{hours}', TRUE, {ago.format(hours)}, 1, 1);"
        f"INSERT INTO line (id, check_id, price) VALUES ({hours}, {hours}, 1);"
        for hours in (1, 6, 12, 18, 23, 25, 40, 100)
    )
    place = serve(
        f"SET timezone = 'UTC'; ALTER TABLE chk ADD at {kind}; {rows} INSERT INTO chk (id, name) VALUES (500, 'Open');",
        f"site.timezone.default = 'Asia/Tokyo'\n[session]\nfinished_at = {field}",
        rules={"finished_within_hours": 24},
    )
    recent = {"H1", "H6", "H12", "H18", "H23"}
    assert set(place.names(isFinished=True)) == recent
    assert set(place.names()) == {*recent, "Open"}
    assert place.names(isFinished=False) == ["Open"]
    assert len(place.bills()) == len(recent)


def test_a_finished_session_without_a_closing_time_is_told_by_when_it_began(serve: Serve):
    place = serve(
        """INSERT INTO chk (id, name, done, opened, closed) VALUES
        (1, 'today', TRUE, (now() AT TIME ZONE 'Europe/London') - interval '1 hour', NULL),
        (2, 'long ago', TRUE, '2020-01-01', NULL), (3, 'open', FALSE, '2020-01-01', NULL)""",
        rules={"finished_within_hours": 24},
    )
    assert set(place.names()) == {"today", "open"}
    assert place.names(isFinished=True) == ["today"]


def test_an_old_finished_session_is_still_found_by_its_id(serve: Serve):
    sql = "INSERT INTO chk (id, name, done, closed) VALUES (1, 'old', TRUE, '2020-01-01 13:00')"
    every = serve(sql)
    recent = serve(sql, rules={"finished_within_hours": 24})
    assert recent.names() == []
    found = recent.good("GetSession", sessionId=every.id_of("old"))["session"]
    assert found["finishedAt"] == "2020-01-01T13:00:00.000Z"
