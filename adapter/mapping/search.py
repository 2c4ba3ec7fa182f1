"""The shape of a search: which conditions it has, not what they are asked for. Plans are kept by it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Content = Literal["balance", "bill", "full", "order", "session"]
"""What is read of each session that is found."""


class Search(Struct, frozen=True, kw_only=True):
    """The shape of a search for sessions: which conditions there are, not what they are asked for."""

    by: Literal["key", "keys", "all"] = "all"
    content: Content = "session"
    is_finished: bool | None = None
    has_table: bool | None = None
    is_payable: bool | None = None
    names: bool = False
    """Only sessions at one of the tables in the parameter `names`."""
    table: bool = False
    """Only sessions at the table whose id is in the parameters `table_0` and so on."""
    waiter: bool = False
    """Only sessions of the waiter in the parameter `waiter`."""
    recent: bool = False
    """Of the finished sessions, only those since the parameter `since`."""
