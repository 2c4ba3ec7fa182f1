"""What a judge of the adapter's frames is given, and what it says. Judges themselves are in the dialects' folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with a frame of the adapter."""

    kind: str
    """Which rule was broken, as a short name with dashes; the same rule has the same name always."""
    path: str
    """Where in the frame, as a JSON path such as $.result.session.id; empty for the frame as a whole."""
    message: str
    """What is wrong and what should be there, as a sentence. Holds no secret."""
    source: str
    """Where the wire's contract says so."""
    severity: Severity = "error"


class Standing(StrEnum):
    """How a frame of the adapter stands to what it was asked."""

    AWAITED = "awaited"
    """It answers a request that is being waited for."""
    LATE = "late"
    """It answers a request that nobody waits for any more."""
    REPEATED = "repeated"
    """It answers a request that was answered before, as often as it was sent."""
    UNASKED = "unasked"
    """It answers nothing that was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it was sent."""

    account: str
    identity: str
    """The envelope's id."""
    method: str
    params: Mapping[str, Any]
    at: float
    """Seconds of the monotonic clock."""
    frame: int
    """Its number in the journal."""
    answers: int = field(default=0, compare=False)
    """How many frames have answered it before."""
    sent: int = field(default=1, compare=False)
    """How many times it was sent; more than once only on purpose."""


class Judge(Protocol):
    """Says what is wrong with the frames of one account's adapter, in the order they came. It may remember."""

    def judge(self, asked: Asked | None, standing: Standing, data: str | bytes) -> Sequence[Finding]:
        """Everything that is wrong with `data`, which answers `asked`; None where it answers nothing known.

        A string was a text frame, bytes were a binary one. Raises nothing, whatever the frame is.
        """
        ...


class NoJudge:
    """Finds nothing wrong with anything."""

    def judge(self, asked: Asked | None, standing: Standing, data: str | bytes) -> Sequence[Finding]:  # noqa: ARG002 - as a Judge is asked
        """Nothing."""
        return ()
