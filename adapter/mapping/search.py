"""The shape of a search: which conditions it has, not what they are asked for. Plans are kept by it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Search(Struct, frozen=True, kw_only=True):
    """The shape of a search for sessions: which conditions there are, not what they are asked for."""

    by: Literal["key", "keys", "all"] = "all"
    content: Literal["balance", "bill", "full", "session"] = "session"
    is_finished: bool | None = None
    has_table: bool | None = None
    is_payable: bool | None = None
    names: bool = False
    """Only sessions at one of the tables in the parameter `names`."""
    waiter: bool = False
    """Only sessions of the waiter in the parameter `waiter`."""
    recent: bool = False
    """Of the finished sessions, only those since the parameter `since`."""
