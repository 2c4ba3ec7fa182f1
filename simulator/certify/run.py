"""Runs all scenarios of an account's dialect, one after another."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatch
from typing import Any

from simulator.certify.orders import OrdersPlayer
from simulator.certify.outcome import Certificate, Outcome, Verdict
from simulator.certify.play import CannotDiscover, Found, NotApplicable, Player
from simulator.certify.scenario import Scenario, scenarios
from simulator.certify.tables import TablesPlayer
from simulator.errors import NoAnswer, NotConnected, SimulatorError
from simulator.gateway import Gateway
from simulator.judging import Standing

Tell = Callable[[Outcome], object]
"""Is told of each outcome as it comes."""
PLAYERS: Mapping[str, type[Player[Any]]] = {"tables": TablesPlayer, "epos-data": OrdersPlayer}
"""Who plays the scenarios of each dialect."""
_NOT_STARTED_HERE = (
    "the adapter was not started here; with --adapter and the command that does, it is killed and started again"
)
_NOT_ALLOWED = "it locks or pays; run it with --allow-payments where that does no harm"


async def certify(
    gateway: Gateway,
    account: str,
    *,
    allow_payments: bool = False,
    only: Sequence[str] = (),
    timeout: float = 5.0,  # noqa: ASYNC109 - of each question
    patience: float = 60.0,
    quiet: float = 0.2,
    tell: Tell = lambda _: None,
) -> Certificate:
    """Try everything on the adapter of this account; `only` are patterns of names or groups.

    `timeout` is how long an answer may take, `patience` how long an adapter may take to connect, `quiet` how
    long nothing must come to count as silence; in seconds.
    Raises NotConnected where none does, SimulatorError where nothing is left to try.
    """
    dialect = gateway.dialect_of(account).name
    chosen = [each for each in scenarios(dialect) if _is_chosen(each, only)]
    if not chosen:
        raise SimulatorError(f"no scenario of {dialect} is called {' or '.join(only)}")
    await gateway.connected(account, timeout=patience)
    began = datetime.now(UTC).isoformat(timespec="seconds")
    outcomes = []

    def player(found: Found | None) -> Player[Any]:
        return PLAYERS[dialect](gateway, account, found, timeout, patience, quiet)

    found, first = await _discovered(player(None), dialect, allow_payments=allow_payments)
    outcomes.append(first)
    tell(first)
    for scenario in chosen:
        if found is None:
            outcome = Outcome(
                scenario=scenario, verdict=Verdict.NOT_RUN, reasons=("nothing is known of what the EPOS has",)
            )
        else:
            outcome = await _outcome(scenario, player(found), allow_payments=allow_payments)
        outcomes.append(outcome)
        tell(outcome)
    return Certificate(account=account, dialect=dialect, began=began, outcomes=outcomes)


def _is_chosen(scenario: Scenario, only: Sequence[str]) -> bool:
    return not only or any(fnmatch(scenario.name, each) or fnmatch(scenario.group, each) for each in only)


async def _discovered(player: Player[Any], dialect: str, *, allow_payments: bool) -> tuple[Found | None, Outcome]:
    """What there is, and the outcome of asking for it, which is the first thing that is certified."""
    scenario = Scenario(
        name="everything-there-is",
        proves=player.everything,
        steps=(),
        group="lists",
        dialect=dialect,
    )
    began, after = time.monotonic(), player.gateway.journal.last
    found = None
    try:
        found = await player.discover(player.ask, may_lock=allow_payments)
    except (CannotDiscover, NoAnswer, NotConnected) as problem:
        player.problems.append(f"{problem.message} {problem.hint}".strip())
    finally:
        await player.tidy_up()
    return found, _ended(scenario, player, began=began, after=after)


async def _outcome(scenario: Scenario, player: Player[Any], *, allow_payments: bool) -> Outcome:
    if scenario.changes and not allow_payments:
        return Outcome(scenario=scenario, verdict=Verdict.NOT_RUN, reasons=(_NOT_ALLOWED,))
    if any(step.fault == "kill" for step in scenario.steps) and not player.gateway.restarts:
        return Outcome(scenario=scenario, verdict=Verdict.NOT_APPLICABLE, reasons=(_NOT_STARTED_HERE,))
    lacking = [need for need in scenario.needs if player.found.thing(need) is None]
    if lacking:
        reasons = tuple(player.found.why_not(need) for need in lacking)
        return Outcome(scenario=scenario, verdict=Verdict.NOT_APPLICABLE, reasons=reasons)
    began, after = time.monotonic(), player.gateway.journal.last
    try:
        await player.play(scenario)
    except NotApplicable as reason:
        if not player.problems:
            return Outcome(scenario=scenario, verdict=Verdict.NOT_APPLICABLE, reasons=(reason.message,))
    return _ended(scenario, player, began=began, after=after)


def _ended(scenario: Scenario, player: Player[Any], *, began: float, after: int) -> Outcome:
    frames = tuple(
        frame for frame in player.gateway.journal.frames if frame.number > after and frame.account == player.account
    )
    # What was sent on purpose that is no request may be answered by what answers nothing.
    odd = any(step.verb in ("raw", "fault") for step in scenario.steps)
    strays = [
        f"{frame.method or 'a frame'}: {finding.message} ({finding.kind})"
        for frame in frames
        if frame.standing is Standing.REPEATED or (frame.standing is Standing.UNASKED and not odd)
        for finding in frame.findings
        if finding.severity == "error"
    ]
    reasons = tuple(dict.fromkeys((*player.problems, *strays)))
    return Outcome(
        scenario=scenario,
        verdict=Verdict.FAIL if reasons else Verdict.PASS,
        reasons=reasons,
        frames=frames,
        seconds=time.monotonic() - began,
    )
