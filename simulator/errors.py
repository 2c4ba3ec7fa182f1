"""What can go wrong with the simulator itself."""

from __future__ import annotations


class SimulatorError(Exception):
    """The simulator could not do what was asked."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        """`hint` says what to do about it."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class GatewayError(SimulatorError):
    """The gateway could not do what was asked."""


class UnknownAccount(GatewayError):
    """There is no such account."""


class NotConnected(GatewayError):
    """No adapter is connected for this account."""


class NoAnswer(GatewayError):
    """The adapter did not answer in time, or left before it did."""

    def __init__(self, message: str, *, request_frame: int | None = None) -> None:
        """`request_frame` is the number of the unanswered request in the journal."""
        super().__init__(message)
        self.request_frame = request_frame
