"""Answers requests by running the rules against the store. Knows neither wire nor SQL."""

from __future__ import annotations

from collections.abc import Sequence

from adapter.domain import requests as ask
from adapter.domain import rules
from adapter.domain.ports import Store
from adapter.domain.rules import WaiterCheck
from adapter.domain.values import Bill, FullBill, Session, Table
from adapter.errors import Bug, NotEnabled

Answer = Table | Sequence[Table] | Session | Sequence[Session] | Bill | Sequence[Bill] | FullBill


class Service:
    """The restaurant as the outside may ask it: one method, one answer per request."""

    def __init__(self, store: Store, *, waiter_check: WaiterCheck) -> None:
        self._store = store
        self._check = waiter_check

    async def answer(self, request: ask.Request) -> Answer:
        """Answer one request.

        Raises an AdapterError that says why there is no answer.
        """
        check = self._check
        match request:
            case ask.GetBill():
                return await self._store.read(lambda book: rules.get_bill(book, request, check))
            case ask.GetFullBill():
                return await self._store.read(lambda book: rules.get_full_bill(book, request, check))
            case ask.GetSession():
                return await self._store.read(lambda book: rules.get_session(book, request, check))
            case ask.GetTable():
                return await self._store.read(lambda book: rules.get_table(book, request))
            case ask.ListBills():
                return await self._store.read(lambda book: rules.list_bills(book, request, check))
            case ask.ListSessions():
                return await self._store.read(lambda book: rules.list_sessions(book, request, check))
            case ask.ListTables():
                return await self._store.read(lambda book: rules.list_tables(book, request))
            case ask.RecordingRequest():
                raise NotEnabled("recording is not enabled yet: this adapter only reads")
        raise Bug(f"nobody answers {type(request).__name__}")
