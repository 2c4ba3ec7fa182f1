"""The certifier itself: its scenarios, its reports and its command."""

from __future__ import annotations

import asyncio
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from rich.console import Console

from adapter.cli import main
from simulator.certify.command import line_of, summary_of
from simulator.certify.discovery import NEEDS, Found
from simulator.certify.outcome import Certificate, Outcome, Verdict
from simulator.certify.page import as_html
from simulator.certify.play import come_to
from simulator.certify.report import as_json, as_junit
from simulator.certify.scenario import Scenario, Step, WrongScenario, read, scenarios
from simulator.certify.tables import TablesPlayer
from simulator.errors import NoAnswer
from simulator.journal import Journal
from simulator.tables.dialect import TablesDialect
from simulator.tables.schemas import ERRORS, GENERAL_ERRORS

EVERY = scenarios("tables")
PAGE = (Path(__file__).parents[4] / "docs" / "certify.md").read_text(encoding="utf-8")


def outcome(name: str, verdict: Verdict, *reasons: str) -> Outcome:
    journal = Journal()
    journal.add_frame('{"method": "<script>"}', account="a", link=1, sender="gateway")
    journal.add_frame(b"\x00\x01", account="a", link=1, sender="adapter")
    frames = journal.frames if verdict in (Verdict.PASS, Verdict.FAIL) else []
    scenario = Scenario(name=name, proves="A <b>claim</b>.", steps=(), group="lists", dialect="tables")
    return Outcome(scenario=scenario, verdict=verdict, reasons=reasons, frames=frames, seconds=0.5)


def certificate(*outcomes: Outcome) -> Certificate:
    began = datetime(2026, 11, 20, tzinfo=UTC).isoformat()
    return Certificate(account="kettle", dialect="tables", began=began, outcomes=outcomes)


MIXED = certificate(
    outcome("good", Verdict.PASS),
    outcome("bad", Verdict.FAIL, "<i>wrong</i> & \x00 odd"),
    outcome("absent", Verdict.NOT_APPLICABLE, "no session is open"),
    outcome("kept", Verdict.NOT_RUN, "it pays"),
)


SENTENCE = re.compile(r"[A-Za-z](?:[^.]|\.(?=\w))*\.")
"""One of them: a point within a word or a number ends none."""


def test_there_are_more_than_eighty_scenarios_each_with_a_name_and_a_sentence_of_its_own():
    assert len(EVERY) >= 80
    assert len({scenario.name for scenario in EVERY}) == len(EVERY)
    assert len({scenario.proves for scenario in EVERY}) == len(EVERY)
    assert all(SENTENCE.fullmatch(scenario.proves) and scenario.steps for scenario in EVERY)


def test_scenarios_need_only_what_can_be_found():
    assert {need for scenario in EVERY for need in scenario.needs} <= set(NEEDS)


def test_every_operation_is_asked_and_every_error_that_can_be_had_is_wanted():
    steps = [each for scenario in EVERY for step in scenario.steps for each in (step, *(step.race or ()))]
    asked = {step.ask or step.filter for step in steps}
    assert {operation.method for operation in TablesDialect.operations} <= asked
    wanted = {code for step in steps for code in step.expect}
    # An internal error and a till that cannot unlock are made by no frame.
    assert {*GENERAL_ERRORS, *(code for codes in ERRORS.values() for code in codes)} - wanted == {
        "ERROR_INTERNAL_POS_ERROR",
        "SESSION_UNABLE_TO_UNLOCK",
    }


def test_what_locks_or_pays_says_so():
    for scenario in EVERY:
        methods = {each.ask for step in scenario.steps for each in (step, *(step.race or ()))}
        if methods & {"LockSession", "UnlockSession", "RecordPayment"}:
            assert scenario.changes, scenario.name


@pytest.mark.parametrize(
    "text",
    [
        "dialect =",
        'dialect = "tables"\ngroup = "g"\n[[scenario]]\nname = "a"\nproves = "b."\nsteps = [{}]',
        'dialect = "tables"\ngroup = "g"\n[[scenario]]\nname = "a"\nproves = "b."\nsteps = [{ ask = "A", drop = true }]',
        'dialect = "tables"\ngroup = "g"\n[[scenario]]\nname = "a"\nproves = "b."\nsteps = [{ aks = "A" }]',
    ],
)
def test_a_file_of_scenarios_that_is_wrong_is_refused_with_its_name(text: str):
    with pytest.raises(WrongScenario, match=r"90-mine\.toml"):
        read("90-mine.toml", text)


def test_the_scenario_of_the_page_is_one():
    text = PAGE.partition("```toml\n")[2].partition("```")[0]
    (found,) = read("page", text)
    assert found.name == "payment-twice"
    assert found.changes


def test_only_what_has_no_failure_and_some_pass_is_good():
    assert certificate(outcome("good", Verdict.PASS), outcome("kept", Verdict.NOT_RUN)).is_good
    assert not certificate(outcome("kept", Verdict.NOT_RUN)).is_good
    assert not MIXED.is_good


def test_junit_has_a_case_for_each_scenario():
    root = ET.fromstring(as_junit(MIXED))  # noqa: S314 - our own
    (suite,) = root
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "skipped": "2",
    }
    (failure,) = root.iter("failure")
    assert "<i>wrong</i>" in (failure.text or "")
    assert '"<script>"' in (failure.text or "")


def test_json_says_everything_and_has_the_frames_of_what_failed():
    told = json.loads(as_json(MIXED))
    assert told["good"] is False
    assert told["counts"] == {"pass": 1, "fail": 1, "not applicable": 1, "not run": 1}
    assert [len(each["frames"]) for each in told["scenarios"]] == [0, 2, 0, 0]


def test_the_page_needs_nothing_else_and_takes_nothing_for_markup():
    page = as_html(MIXED)
    assert "<script>" not in page
    assert "&lt;i&gt;wrong&lt;/i&gt;" in page
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "")
    assert page.count("<details") == 4
    assert page.count("<details open") == 1


def test_the_terminal_shows_each_outcome_and_why():
    out = io.StringIO()
    console = Console(file=out, width=200)
    for each in MIXED.outcomes:
        console.print(line_of(each))
    console.print(summary_of(MIXED))
    lines = out.getvalue().splitlines()
    assert lines[0] == "pass            good: A <b>claim</b>."
    assert "                no session is open" in lines
    assert lines[-1] == "not certified: 1 pass, 1 fail, 1 not applicable, 1 not run"


def test_the_command_lists_scenarios():
    result = CliRunner().invoke(main, ["certify", "--list"])
    assert result.exit_code == 0
    assert "payment-twice" in result.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--gateway", "127.0.0.1:0", "--patience", "1"], "no adapter connected for demo within 1 s"),
        (["--gateway", "127.0.0.1:0", "--only", "nothing"], "no scenario of tables is called nothing"),
        (["--gateway", "0.0.0.0:8801"], "other computers can reach it"),
        (["--html", "nowhere/at/all.html"], "is no folder"),
    ],
)
def test_the_command_says_why_nobody_could_be_asked(options: list[str], said: str):
    result = CliRunner().invoke(main, ["certify", *options])
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


class Deaf:
    """A gateway whose answers to some methods are lost."""

    def __init__(self, *lost: str, unlocks: str | None = None) -> None:
        self.lost, self.unlocks = lost, unlocks
        self.asked: list[str] = []
        self.faults = SimpleNamespace(clear=lambda: None)
        self.journal = Journal()

    async def connected(self, _account: str, *, timeout: float) -> None:  # noqa: ASYNC109 - as the gateway has it
        assert timeout == 3.0

    async def ask(self, _account: str, method: str, _params: object, **_: object) -> SimpleNamespace:
        self.asked.append(method)
        if method in self.lost:
            raise NoAnswer(f"no answer to {method} within 1 s")
        code = self.unlocks if method == "UnlockSession" else None
        return SimpleNamespace(error_code=code, findings=(), result={}, request_frame=1)


def played(gateway: Deaf) -> list[str]:
    """What is wrong after a scenario that locks and is cut short or not."""
    found = Found(sessions=[{"id": "s", "isPayable": True}], bills={"s": {"totalAmount": 900, "paidAmount": 0}})
    player = TablesPlayer(gateway, "bistro", found, 1.0, 3.0, 0.1)  # type: ignore[arg-type] # what it needs of one
    lock = Step(ask="LockSession", params={"sessionId": "$payable.id"})
    asyncio.run(player.play(Scenario(name="locks", proves="It locks.", needs=["payable"], steps=[lock])))
    return player.problems


class Forgets:
    """A gateway to a till that has a session no longer once it was paid; `paid` minor units of 900 by one payment."""

    def __init__(self, paid: int, *, lists_it: bool = False) -> None:
        self.paid, self.lists_it, self.is_gone = paid, lists_it, False
        self.faults = SimpleNamespace(clear=lambda: None)
        self.journal = Journal()

    async def ask(self, _account: str, method: str, _params: object, **_: object) -> SimpleNamespace:
        code, result = None, {}
        if method == "RecordPayment":
            self.is_gone = True
        elif method == "ListSessions":
            result = {"sessions": [{"id": "s", "isPayable": True}] if self.lists_it else []}
        elif self.is_gone:
            code = "SESSION_NO_SUCH_SESSION"
        else:
            result = {"billItems": {"sessionId": "s", "totalAmount": 900, "paidAmount": 0, "currency": "GBP"}}
        return SimpleNamespace(error_code=code, findings=(), result=result, request_frame=1)


def paid_on(gateway: Forgets, wanted: object) -> list[str]:
    """What is wrong after a payment, where so much more should be paid."""
    found = Found(sessions=[{"id": "s", "isPayable": True}], bills={"s": {"totalAmount": 900, "paidAmount": 0}})
    player = TablesPlayer(gateway, "bistro", found, 1.0, 3.0, 0.1)  # type: ignore[arg-type] # what it needs of one
    pays = Step.model_validate({"ask": "RecordPayment", "payment": {"base": gateway.paid}})
    looks = Step.model_validate({"paid": wanted})
    scenario = Scenario(name="pays", proves="It pays.", needs=["smallest"], changes=True, steps=[pays, looks])
    asyncio.run(player.play(scenario))
    assert not gateway.is_gone or (found.thing("session") is None) == (gateway.paid >= 900)
    return player.problems


def test_a_session_may_be_gone_that_was_paid_in_full_and_no_other():
    assert paid_on(Forgets(900), "all") == []
    assert paid_on(Forgets(900), "answered") == []
    assert paid_on(Forgets(899), "answered") == [
        "paidAmount was 0 and is None; 899 more should be paid, and nothing else"
    ]
    assert paid_on(Forgets(901), "answered") == [
        "paidAmount was 0 and is 900; 901 more should be paid, and nothing else"
    ]
    assert paid_on(Forgets(900, lists_it=True), "all") == [
        "ListSessions has session s to pay, which is paid in full and gone"
    ]


@pytest.mark.parametrize(
    ("outcomes", "is_so"),
    [
        (["success", "REFUSED"], True),
        (["REFUSED", "success"], True),
        (["success", "success"], True),
        (["REFUSED", "REFUSED"], False),
        (["success", "BROKEN"], False),
        (["success"], False),
    ],
)
def test_racers_may_end_as_they_are_expected_in_any_order(outcomes: list[str], is_so: bool):
    assert come_to(outcomes, ["success", "success|REFUSED"]) == is_so


def test_a_lock_whose_answer_was_lost_is_unlocked_all_the_same():
    gateway = Deaf("LockSession", unlocks="SESSION_NOT_LOCKED")
    assert played(gateway) == ["no answer to LockSession within 1 s"]
    assert gateway.asked == ["LockSession", "UnlockSession"]


def test_what_cannot_be_unlocked_is_said():
    [problem] = played(Deaf("UnlockSession"))
    assert problem == "session s may still be locked: UnlockSession was not answered"
    [problem] = played(Deaf(unlocks="SESSION_UNABLE_TO_UNLOCK"))
    assert problem == "session s may still be locked: UnlockSession was answered SESSION_UNABLE_TO_UNLOCK"
    assert played(Deaf()) == []
