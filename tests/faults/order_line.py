"""The provider's side of a socket of the EPOS Data API. Shares nothing with the adapter."""

from __future__ import annotations

from typing import Any

from tests.faults.client import Answer, Line

ORDERS_KEY = "sk_sandbox_1nvented-for-faults"
HEADERS = {"Authorization": f"Basic {ORDERS_KEY}"}


class OrderLine(Line):
    """A socket to one adapter; what comes back is `ok` and the result, or the type of the error."""

    headers = HEADERS

    @staticmethod
    def read(message: dict[str, Any]) -> Answer:
        """See Line."""
        if "error" in message:
            return Answer(message["error"]["errorType"], message["error"])
        result: dict[str, Any] = message["result"]
        return Answer("ok", result)
