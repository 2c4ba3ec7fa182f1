"""What came of a scenario, and of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from simulator.certify.scenario import Scenario
from simulator.journal import Frame


class Verdict(StrEnum):
    """How a scenario ended."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"
    """The EPOS has nothing that it could be tried on."""
    NOT_RUN = "not run"
    """It would change something, and nobody allowed that; or the run ended before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one scenario."""

    scenario: Scenario
    verdict: Verdict
    reasons: Sequence[str] = ()
    """What was wrong, or why it was not tried."""
    frames: Sequence[Frame] = ()
    """The evidence: everything that crossed the socket meanwhile."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What came of all scenarios."""

    account: str
    dialect: str
    began: str
    """UTC, ISO 8601."""
    outcomes: Sequence[Outcome]

    @property
    def is_good(self) -> bool:
        """Whether nothing failed, and something was tried."""
        return self.count(Verdict.FAIL) == 0 and self.count(Verdict.PASS) > 0

    def count(self, verdict: Verdict) -> int:
        """How many scenarios ended so."""
        return sum(outcome.verdict is verdict for outcome in self.outcomes)
