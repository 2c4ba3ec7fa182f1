"""What is remembered of the events, and judged: every sentence that the page can say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import NODEFAULT
from msgspec.structs import fields

from adapter import connection_events, events, turn_events
from adapter.errors import DatabaseUnavailable
from adapter.ops.report import Kept, OpenLock, Report, Sources
from adapter.ops.reporter import Reporter
from adapter.ops.state import Connection, Flagged, State, clean

Told = Callable[..., Report]


class Site:
    """An adapter that is nothing but what it says."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) - timedelta(seconds=60)
        self.state = State(
            [
                Connection(name="dojo", way="dial", place="wss://api.example/ws"),
                Connection(name="local", way="listen", place="127.0.0.1:8790"),
            ],
            now=lambda: self.now,
        )
        self.kept: Kept | Exception | None = Kept(locks=[], flagged=[])
        self.state(events.Started(version="1.2.3", mapping="floreant.toml", epos="Floreant POS", digest="abc"))

    def works(self) -> Site:
        self.hear(
            events.MappingBound(mapping="floreant.toml", tables=17, milliseconds=300),
            events.RecordingOn(ledger="epos_adapter, version 1"),
            connection_events.Listening(connection="local", address="127.0.0.1:8790"),
            connection_events.ConnectionOpened(connection="dojo", peer="api.example:443"),
            connection_events.ConnectionOpened(connection="local", peer="127.0.0.1:5000"),
        )
        return self

    def hear(self, *heard: events.Event) -> Site:
        for event in heard:
            self.state(event)
        return self

    def report(self) -> Report:
        async def ledger() -> Kept | None:
            if isinstance(self.kept, Exception):
                raise self.kept
            return self.kept

        sources = Sources(kept=ledger, pool_in_use=lambda: 2, pool_size=lambda: 8, in_flight=lambda _: 1)
        return asyncio.run(Reporter(self.state, sources).report())

    def findings(self, about: str = "") -> list[tuple[str, str, str]]:
        return [(one.level, one.says, one.do) for one in self.report().findings if about in one.about]


@pytest.fixture
def site() -> Site:
    return Site()


def test_an_adapter_with_everything_in_its_place_is_good_and_ready(site: Site):
    report = site.works().report()
    assert (report.level, report.ready, report.missing, report.findings) == ("good", True, [], [])
    assert [one.is_open for one in report.connections] == [True, True]
    assert (report.database.is_up, report.database.pool_in_use) == (True, 2)
    assert (report.mapping.digest, report.mapping.tables) == ("abc", 17)
    assert report.recording.is_on
    assert report.locks == []


def test_one_open_connection_is_enough_to_be_ready_but_not_to_be_well(site: Site):
    site.works().hear(
        connection_events.ConnectionClosed(connection="dojo", reason="the other end was silent", received=3)
    )
    report = site.report()
    assert (report.level, report.ready) == ("bad", True)
    assert [(one.about, one.says) for one in report.findings] == [("connection dojo", "The other end was silent.")]


@pytest.mark.parametrize(
    ("happened", "missing"),
    [
        (
            events.DatabaseDown(reason="the database cannot be reached"),
            "the database does not answer: the database cannot",
        ),
        (
            events.MappingUnfit(problem="floreant.toml:3: x: y", number=1),
            "the mapping is not bound to the database: 1 problem",
        ),
        (events.Stopping(), "the adapter is stopping"),
    ],
)
def test_whatever_is_missing_is_named_and_makes_it_not_ready(site: Site, happened: events.Event, missing: str):
    report = site.works().hear(happened).report()
    assert (report.ready, report.level) == (False, "bad")
    assert any(one.startswith(missing) for one in report.missing)
    assert report.findings[0].level == "bad"
    assert report.findings[0].do


def test_a_provider_that_refuses_the_key_is_told_as_it_was_said(site: Site):
    said = "the provider refused the account name or API key (HTTP 401): check account and api_key of connection 'dojo'"
    site.works().hear(
        connection_events.ConnectionClosed(connection="dojo", reason="gone", received=0),
        connection_events.DialFailed(connection="dojo", reason=said, retry_in=60.0),
    )
    (found,) = site.findings("connection dojo")
    assert found[0] == "bad"
    assert found[1] == f"T{said[1:]}."
    assert "within 60 s" in found[2]
    site.hear(connection_events.ConnectionOpened(connection="dojo", peer="api.example:443"))
    assert site.findings() == []


def test_a_gateway_that_was_turned_away_is_told_even_while_another_is_connected(site: Site):
    site.works().hear(
        connection_events.ConnectionRefused(
            connection="local", peer="10.0.0.9:1", reason="wrong account name or API key"
        )
    )
    (found,) = site.findings("connection local")
    assert found[:2] == ("attention", "A gateway at 10.0.0.9:1 was turned away: wrong account name or API key.")
    site.now += timedelta(hours=-2)
    site.hear(
        connection_events.ConnectionRefused(
            connection="local", peer="10.0.0.9:1", reason="wrong account name or API key"
        )
    )
    assert site.findings() == []


def test_who_shows_wrong_keys_again_and_again_is_told_once(site: Site):
    for attempts in (10, 11, 12):
        site.hear(connection_events.LockedOut(connection="local", address="10.0.0.9", attempts=attempts, seconds=60))
    (noted,) = site.state.noted.values()
    assert noted.times == 3
    assert noted.is_trouble
    assert "10.0.0.9 shows wrong keys again and again, and is not heard for 60 s" in noted.text


def test_several_gateways_on_one_address_are_one_connection_until_the_last_has_gone(site: Site):
    site.works().hear(connection_events.ConnectionOpened(connection="local", peer="127.0.0.1:6000"))
    site.hear(connection_events.ConnectionClosed(connection="local", reason="gone", received=0))
    assert site.report().connections[1].is_open
    site.hear(connection_events.ConnectionClosed(connection="local", reason="gone", received=0))
    assert not site.report().connections[1].is_open


def test_the_problems_of_a_mapping_are_those_of_the_last_try(site: Site):
    site.hear(*(events.MappingUnfit(problem=f"f.toml:{number}: x", number=number) for number in (1, 2, 3)))
    site.hear(events.MappingUnfit(problem="f.toml:9: x", number=1))
    mapping = site.report().mapping
    assert (mapping.problems, mapping.problem_count) == (["f.toml:9: x"], 1)
    site.hear(events.MappingBound(mapping="f.toml", tables=1, milliseconds=1))
    assert site.report().mapping.problems == []


def test_a_mapping_that_was_outgrown_is_worth_a_look_until_it_is_bound_again(site: Site):
    site.works().hear(events.MappingOutgrown(reason="the mapping does not fit the database (SQLSTATE 42703)"))
    (found,) = site.findings("mapping")
    assert found[0] == "attention"
    assert "fitted anew by itself" in found[2]
    site.hear(events.MappingBound(mapping="f.toml", tables=1, milliseconds=1))
    assert site.findings() == []


def test_payments_that_cannot_be_recorded_are_wrong_where_something_can_be_done_about_it(site: Site):
    reason = "nothing can be locked or paid: the tables of the ledger are missing; run: epos-adapter ledger create"
    site.works().hear(events.RecordingOff(reason=reason))
    assert site.findings("payments") == [
        (
            "bad",
            "Nothing can be locked or paid: the tables of the ledger are missing.",
            "Run: epos-adapter ledger create.",
        )
    ]
    site.hear(events.RecordingOff(reason="nothing can be locked or paid: the mapping has no [record]"))
    assert site.findings("payments")[0][0] == "attention"


def test_flagged_payments_come_from_the_ledger_and_from_what_was_just_said_and_none_comes_twice(site: Site):
    at = site.now
    site.kept = Kept(locks=[], flagged=[Flagged(at=at, session="s", payment="p", kind="over_payment")])
    site.works().hear(events.PaymentFlagged(session="s", payment="p", kind="over_payment", reason="more was paid"))
    site.now += timedelta(seconds=1)
    site.hear(events.PaymentFlagged(session="s", payment="q", kind="unknown_at_till", reason="lost"))
    assert [(one.payment, one.kind) for one in site.report().flagged] == [
        ("q", "unknown_at_till"),
        ("p", "over_payment"),
    ]
    site.hear(
        events.PaymentKept(session="s", payment="q", successful=True, currency="GBP", base=1, tips=0, cashback=0),
    )
    assert [one.payment for one in site.report().flagged] == ["p"]
    assert site.findings("payments")[0][:2] == ("attention", "1 payment needs somebody's attention.")


def test_a_payment_that_was_refused_for_good_is_known_again(site: Site):
    site.kept = Kept(locks=[], flagged=[])
    site.works().hear(events.PaymentFlagged(session="s", payment="pi_1", kind="unknown_at_till", reason="lost"))
    site.hear(events.PaymentTurnedDown(session="s", payment="pi_1", reason="only 0 minor units are due"))
    assert site.report().flagged == []


def test_a_lock_that_ended_by_itself_is_noted(site: Site):
    site.works().hear(events.LockExpired(session="s"))
    assert "was never deleted" in str(site.report().noted)


def test_a_lock_that_has_been_held_for_long_is_told_with_the_command_that_releases_it(site: Site):
    lock = OpenLock(session="11111111-2222-4333-8444-555555555555", seconds=1799, terminal="T-4", payments=0)
    site.kept = Kept(locks=[lock], flagged=[])
    assert site.works().findings() == []
    site.kept = Kept(locks=[OpenLock(session=lock.session, seconds=1800, terminal="T-4", payments=0)], flagged=[])
    (found,) = site.findings("locks")
    assert f"epos-adapter unlock {lock.session}" in found[2]


def test_a_ledger_that_cannot_be_asked_is_said_and_costs_nothing_else(site: Site):
    site.kept = DatabaseUnavailable("away")
    report = site.works().report()
    assert (report.locks, report.locks_note, report.level) == (None, "the database cannot be asked", "good")


def test_without_a_ledger_nothing_is_told_of_locks(site: Site):
    site.kept = None
    assert site.works().report().locks_note == "no ledger keeps them"


def test_what_is_odd_is_told_once_however_often_it_happens(site: Site):
    site.works().hear(*[events.RowSkipped(entity="session", reason="no time")] * 5)
    (noted,) = site.report().noted
    assert (noted.text, noted.times) == ("A session cannot be read and is left out of lists: no time", 5)
    assert site.findings("the log")[0][0] == "attention"


def test_nothing_grows_however_much_is_said(site: Site):
    long = "x" * 100_000
    for number in range(200):
        site.hear(
            events.RequestAnswered(connection="local", method="GetTable", outcome="ok", milliseconds=1, reason=long),
            events.PaymentFlagged(session="s", payment=str(number), kind="conflict", reason=long),
            events.BugFound(reference=str(number), error=f"{number}{long}", where=long),
            events.MappingUnfit(problem=long, number=number + 1),
            connection_events.ConnectionRefused(connection="nobody", peer=long, reason=long),
            connection_events.ConnectionRefused(connection="local", peer=long, reason=long),
        )
    report = site.report()
    assert len(report.requests) == len(report.flagged) == 20
    assert len(report.noted) == 12
    assert (len(report.mapping.problems), report.mapping.problem_count) == (50, 200)
    assert [one.name for one in report.connections] == ["dojo", "local"]
    assert max(len(one) for one in (*report.mapping.problems, report.requests[0].reason)) <= 300


def test_what_is_shown_has_no_letters_that_deceive_the_eye_and_none_that_cannot_be_sent():
    assert clean("a\nb\t c\u202ed\ud800e\x00f") == "a b c\ufffdd\ufffde\ufffdf"
    assert clean("x" * 400) == "x" * 299 + "…"


def _events() -> list[type[events.Event]]:
    kinds = {name: kind for each in (events, connection_events, turn_events) for name, kind in vars(each).items()}
    return [kind for kind in kinds.values() if isinstance(kind, type) and issubclass(kind, events.Event)]


@pytest.mark.parametrize("kind", _events(), ids=lambda kind: kind.__name__)
def test_every_event_can_be_heard_at_any_time(site: Site, kind: type[events.Event]):
    made: dict[str, Any] = {
        field.name: {int: 1, float: 1.0, bool: True, str: "x", events.FlagKind: "gone"}[field.type]
        for field in fields(kind)
        if field.default is NODEFAULT
    }
    site.hear(kind(**made))
    assert site.report().version


def test_a_silent_connection_tells_when_it_last_gave_a_sign_of_life_and_what_the_ping_took(site: Site):
    dojo = site.works().report().connections[0]
    assert (dojo.last_sign_at, dojo.ping_milliseconds) == (None, None)
    asked_at = site.now
    site.hear(events.RequestAnswered(connection="dojo", method="ListTables", outcome="ok", milliseconds=1))
    assert site.report().connections[0].last_sign_at == asked_at
    site.now += timedelta(seconds=20)
    site.hear(
        connection_events.SignOfLife(connection="dojo", milliseconds=23.44),
        connection_events.SignOfLife(connection="?", milliseconds=1),
    )
    dojo = site.report().connections[0]
    assert (dojo.last_sign_at, dojo.ping_milliseconds, dojo.last_frame_at) == (site.now, 23.4, asked_at)


def test_an_adapter_that_stands_by_is_ready_and_nothing_is_wrong():
    site = Site()
    site.hear(
        events.MappingBound(mapping="floreant.toml", tables=17, milliseconds=300),
        events.RecordingOn(ledger="epos_adapter, version 1"),
        turn_events.StandingBy(connection="dojo", holder="till-1, process 7"),
    )
    del site.state.connections["local"]
    report = site.report()
    assert (report.ready, report.level, report.findings) == (True, "good", [])
    assert (report.connections[0].turn, report.connections[0].holder) == ("stands by", "till-1, process 7")
    site.hear(turn_events.LeaseTaken(connection="dojo"))
    report = site.report()
    assert (report.ready, report.connections[0].turn, report.connections[0].holder) == (False, "holds", "")


def test_an_account_that_another_adapter_takes_is_red_until_it_is_open_again_and_looked_at_for_an_hour():
    site = Site().works()
    closed = "the other end closed the connection: it does not want this connection (1008: another connection)"
    site.hear(
        connection_events.ConnectionClosed(connection="dojo", reason=closed, received=3),
        turn_events.AccountTaken(connection="dojo", reason=closed, times=2, retry_in=120.0),
    )
    (finding,) = site.report().findings
    assert (finding.level, finding.about) == ("bad", "connection dojo")
    assert finding.says == (
        "Another adapter has connected with this account (2 times in a row), and the last to connect wins."
    )
    assert "This one waits 120 s" in finding.do
    site.hear(connection_events.ConnectionOpened(connection="dojo", peer="api.example:443"))
    (finding,) = site.report().findings
    assert (finding.level, finding.about) == ("attention", "connection dojo")
    site.now -= timedelta(hours=2)
    site.hear(turn_events.AccountTaken(connection="dojo", reason=closed, times=1, retry_in=60.0))
    site.hear(connection_events.ConnectionOpened(connection="dojo", peer="api.example:443"))
    assert site.report().findings == []


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (
            turn_events.LeaseLost(connection="dojo", reason="it was not renewed in time"),
            "This adapter may not dial any more: it was not renewed in time.",
        ),
        (
            turn_events.LeaseUnknown(connection="dojo", reason="the database cannot be reached"),
            "It cannot be told whether this adapter may dial: the database cannot be reached.",
        ),
    ],
)
def test_a_lease_that_cannot_be_had_is_said(event: events.Event, says: str):
    site = Site().works()
    site.hear(connection_events.ConnectionClosed(connection="dojo", reason="x", received=0), event)
    (finding,) = site.report().findings
    assert (finding.level, finding.says) == ("bad", says)
    site.hear(
        turn_events.LeaseTaken(connection="dojo"), connection_events.ConnectionOpened(connection="dojo", peer="x:1")
    )
    assert site.report().findings == []


def test_files_that_were_refused_are_told_until_they_are_served():
    site = Site().works()
    site.hear(
        events.ReloadRefused(problem="old", number=1),
        events.ReloadRefused(problem="own.toml:3: x: is missing", number=1),
        events.ReloadRefused(problem="own.toml:5: y: is missing", number=2),
    )
    report = site.report()
    assert report.mapping.refused == ["own.toml:3: x: is missing", "own.toml:5: y: is missing"]
    assert (report.ready, report.level) == (True, "attention")
    assert report.findings[0].says == ("The files were read again and have 2 problems: what was served before goes on.")
    site.hear(events.Reloaded(mapping="own.toml", epos="Own", digest="def", kept=1, opened=0, closed=0))
    report = site.report()
    assert (report.mapping.file, report.mapping.digest, report.mapping.refused) == ("own.toml", "def", [])
    assert report.findings == []


def test_connections_of_new_files_take_the_place_of_the_old_ones():
    site = Site().works()
    site.state.follow(
        [
            Connection(name="dojo", way="dial", place="wss://api.example/ws"),
            Connection(name="second", way="dial", place="wss://other.example/ws"),
        ]
    )
    assert [(one.name, one.is_open) for one in site.report().connections] == [("dojo", True), ("second", False)]
