"""The restaurant's book, read by the plans of a bound mapping. Knows nothing of wires."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from adapter.domain.orders import MOST_ORDERS, Order, OrderPage, OrderSearch
from adapter.domain.requests import ListSessions
from adapter.domain.values import Bill, ReceiptLine, Session, Table, TableStatus, Waiter
from adapter.errors import InvalidParams
from adapter.mapping.assemble import Assembler
from adapter.mapping.fields import Fields
from adapter.mapping.names import from_wire
from adapter.mapping.plans import Plan
from adapter.mapping.receipts import Receipts
from adapter.mapping.search import Search
from adapter.mapping.statements import Statements
from adapter.mapping.text_keys import TextKey
from adapter.mapping.writes import Writes
from adapter.store.ledger import Ledger
from adapter.store.order_ids import made_id, with_intents
from adapter.store.units import Reader

_MOST_TURNS = 10
"""How often more sessions are read for one page, where only reading them tells which are wanted."""


class Bound(Struct, frozen=True, kw_only=True):
    """A mapping that fits the database: everything that requests share."""

    fields: Fields
    statements: Statements
    assembler: Assembler
    receipts: Receipts
    history: timedelta | None
    """How far back finished sessions are listed; None for all of them."""
    stored_times: Mapping[str, Callable[[datetime], Any]]
    """A moment as the columns hold it that tell when a session began and when it finished."""
    table_key: TextKey
    writes: Writes | None = None
    """The statements that lock and pay; None for a mapping without `[record]`."""
    variant: str = ""
    """Which variant of the mapping it is; empty for the file without any."""
    unsafe: tuple[tuple[str, str], ...] = ()
    """Tables that recording writes or holds and whose storage cannot undo a transaction, each with that storage."""
    plans: dict[Any, Plan] = msgspec.field(default_factory=dict)
    """Plans by the shape of what they answer; one is made the first time its shape is asked for."""

    def plan(self, shape: Any, make: Callable[[], Plan]) -> Plan:
        """The plan for a shape of request."""
        found = self.plans.get(shape)
        if found is None:
            found = self.plans[shape] = make()
        return found


class SqlBook:
    """The book for the time of one unit. Each method runs one statement, and one more for the ids of payments."""

    def __init__(self, reader: Reader, bound: Bound, ledger: Ledger | None = None) -> None:
        """The ledger, where it is there, tells which of the provider's ids payments have."""
        self._reader = reader
        self._bound = bound
        self._ledger = ledger

    def tables(self, *, names: Collection[str] | None, statuses: Collection[TableStatus] | None) -> Sequence[Table]:
        """See ports.Book."""
        bound = self._bound
        wanted = None if statuses is None else frozenset(statuses)
        stored = None if names is None else _stored(names)
        if stored == []:
            return []
        shape = (stored is not None, wanted)
        plan = bound.plan(shape, lambda: bound.statements.tables(names=stored is not None, statuses=wanted))
        found = bound.assembler.tables(plan, self._reader.rows(plan, {} if stored is None else {"names": stored}))
        # The statement may let through more than was asked for, never less; what was read decides.
        return [
            table
            for table in found
            if (names is None or table.name in names) and (wanted is None or table.status in wanted)
        ]

    def session(self, session_id: UUID) -> Session | None:
        """See ports.Book."""
        parameters = self._key(session_id)
        if parameters is None:
            return None
        plan = self._plan(Search(by="key"))
        rows = self._reader.rows(plan, parameters)
        return next(iter(self._bound.assembler.sessions(plan, rows, asked=None, strict=True)), None)

    def sessions(self, ask: ListSessions, *, waiter_id: str | None) -> Sequence[Session]:
        """See ports.Book."""
        names = frozenset(ask.table_names) if ask.table_names else None
        stored = None if names is None else _stored(names)
        if stored == []:
            return []
        number = Waiter(id=waiter_id).number if waiter_id is not None else None
        push_waiter = number is not None and self._waiter_is_number()
        search = Search(
            is_finished=ask.is_finished,
            has_table=ask.has_table,
            is_payable=ask.is_payable or None,
            names=names is not None,
            waiter=push_waiter,
            recent=self._bound.history is not None,
        )
        since = self._since()
        parameters = self._recent(since)
        if stored is not None:
            parameters["names"] = stored
        if push_waiter:
            parameters["waiter"] = number
        plan = self._plan(search)
        found = self._bound.assembler.sessions(plan, self._reader.rows(plan, parameters), asked=names, strict=False)
        return [session for session in found if _is_recent(session, since) and _matches(session, ask, names, waiter_id)]

    def bill(self, session_id: UUID) -> tuple[Waiter | None, Bill | None] | None:
        """See ports.Book."""
        parameters = self._key(session_id)
        if parameters is None:
            return None
        plan = self._plan(Search(by="key", content="bill"))
        rows = self._reader.rows(plan, parameters)
        return next(iter(self._bound.assembler.bills(plan, rows, strict=True)), None)

    def full_bill(self, session_id: UUID) -> tuple[Session, Bill | None] | None:
        """See ports.Book."""
        parameters = self._key(session_id)
        if parameters is None:
            return None
        plan = self._plan(Search(by="key", content="full"))
        return self._bound.assembler.full_bill(plan, self._reader.rows(plan, parameters))

    def bills(self, session_ids: Sequence[UUID] | None) -> Sequence[tuple[Waiter | None, Bill | None]]:
        """See ports.Book."""
        if session_ids is None:
            since = self._since()
            parameters = self._recent(since)
            if since is not None and not self._bound.statements.can_push_time:
                # Only what is read can tell which sessions are recent.
                plan = self._plan(Search(content="full", recent=True))
                found = self._bound.assembler.full_bills(plan, self._reader.rows(plan, parameters))
                return [(session.waiter, bill) for session, bill in found if _is_recent(session, since)]
            plan = self._plan(Search(content="bill", recent=since is not None))
        else:
            packing = self._bound.fields.packing
            keys = [key for key in map(packing.unpack, dict.fromkeys(session_ids)) if key is not None]
            if not keys:
                return []
            plan = self._plan(Search(by="keys", content="bill"))
            parameters = _as_lists(keys)
        return self._bound.assembler.bills(plan, self._reader.rows(plan, parameters), strict=False)

    def floor(self) -> Sequence[Table]:
        """See ports.Book."""
        plan = self._bound.plan("floor", self._bound.statements.floor)
        return self._bound.assembler.floor(plan, self._reader.rows(plan, {}))

    def order(self, session_id: UUID) -> Order | None:
        """See ports.Book."""
        parameters = self._key(session_id)
        if parameters is None:
            return None
        plan = self._plan(Search(by="key", content="order"))
        found = self._bound.assembler.orders(plan, self._reader.rows(plan, parameters), table_id=None, strict=True)
        return self._named([order for _, order in found[:1]])[0] if found else None

    def orders(self, search: OrderSearch) -> OrderPage:
        """See ports.Book."""
        forward = search.before is None
        edge = search.after if forward else search.before
        since, key = self._since(), None
        if edge is not None and (key := self._bound.fields.packing.unpack(edge)) is None:
            raise InvalidParams("params.cursor: no page of this restaurant ends here")
        shape, parameters = self._order_shape(search, since)
        found: list[Order] = []
        last = None
        for turn in range(_MOST_TURNS):
            size = 1 + (search.limit if turn == 0 else MOST_ORDERS)
            keys = [] if shape is None else self._page(shape, parameters, size, key, forward=forward)
            by_key = self._orders_of(keys, search.table_id)
            found += [
                order
                for each in dict.fromkeys(keys)
                if (order := by_key.get(each)) is not None and _is_wanted(order, search, since)
            ]
            if len(keys) < size or len(found) > search.limit:
                break
            key = keys[-1]
        else:
            # So few are wanted of so many that the rest is left to the next request.
            last = self._bound.fields.packing.pack(key) if key is not None else None
        if len(found) > search.limit:
            last = found[search.limit - 1].session.id
        page = self._named(found[: search.limit])
        first = page[0].session.id if page and edge is not None else None
        if forward:
            return OrderPage(orders=page, after=last, before=first)
        return OrderPage(orders=page[::-1], after=first, before=last)

    def receipt(self, session: Session) -> tuple[Sequence[ReceiptLine], Sequence[ReceiptLine]]:
        """See ports.Book."""
        return self._bound.receipts.of(session)

    def _plan(self, search: Search) -> Plan:
        return self._bound.plan(search, lambda: self._bound.statements.sessions(search))

    def _order_shape(self, search: OrderSearch, since: datetime | None) -> tuple[Search | None, dict[str, Any]]:
        """The shape of a search for orders and its parameters; without a shape there are none."""
        parameters = self._recent(since)
        table = None
        if search.table_id is not None and self._bound.table_key.forms is not None:
            table = self._bound.table_key.values(search.table_id)
            if table is None:
                return None, {}
            parameters |= {f"table_{index}": value for index, value in enumerate(table)}
        number = Waiter(id=search.waiter_id).number if search.waiter_id is not None else None
        push_waiter = number is not None and self._waiter_is_number()
        if push_waiter:
            parameters["waiter"] = number
        shape = Search(
            is_payable=search.payable_only or None,
            table=table is not None,
            waiter=push_waiter,
            recent=since is not None,
        )
        return shape, parameters

    def _page(
        self, shape: Search, parameters: Mapping[str, Any], size: int, key: tuple[Any, ...] | None, *, forward: bool
    ) -> list[tuple[Any, ...]]:
        """The keys of the next sessions, in their order; those that a join repeats several times."""
        plan = self._bound.plan(
            (shape, forward, key is not None),
            lambda: self._bound.statements.page(shape, forward=forward, goes_on=key is not None),
        )
        edge = {f"from_{index}": value for index, value in enumerate(key or ())}
        return [tuple(row) for row in self._reader.rows(plan, {**parameters, **edge, "page_size": size})]

    def _orders_of(self, keys: Sequence[tuple[Any, ...]], table_id: str | None) -> Mapping[tuple[Any, ...], Order]:
        if not keys:
            return {}
        plan = self._plan(Search(by="keys", content="order"))
        rows = self._reader.rows(plan, _as_lists(keys))
        return dict(self._bound.assembler.orders(plan, rows, table_id=table_id, strict=False))

    def _named(self, orders: list[Order]) -> list[Order]:
        """Orders whose payments have the ids that the provider knows, in place of those that stand in the EPOS.

        What a payment's id stands for never changes, so that it may be asked for by itself.
        """
        ids = {made for order in orders for payment in order.payments if (made := made_id(payment.id)) is not None}
        if self._ledger is None or not ids:
            return orders
        intents = self._ledger.orders.intents(self._reader, ids)
        return [with_intents(order, intents) for order in orders] if intents else orders

    def _key(self, session_id: UUID) -> Mapping[str, Any] | None:
        """A session id as parameters, or None for one that no session can have."""
        key = self._bound.fields.packing.unpack(session_id)
        return None if key is None else {f"key_{index}": value for index, value in enumerate(key)}

    def _since(self) -> datetime | None:
        """How far back finished sessions are listed."""
        return None if self._bound.history is None else datetime.now(UTC) - self._bound.history

    def _recent(self, since: datetime | None) -> dict[str, Any]:
        if since is None:
            return {}
        stored = self._bound.stored_times
        return {"since_created": stored["created_at"](since), "since_finished": stored["finished_at"](since)}

    def _waiter_is_number(self) -> bool:
        fact = self._bound.fields.binder.fact_of(("session", "waiter", "id"))
        return fact is not None and fact.family == "integer"


def _is_recent(session: Session, since: datetime | None) -> bool:
    return since is None or session.finished_at is None or session.finished_at >= since


def _matches(session: Session, ask: ListSessions, names: frozenset[str] | None, waiter_id: str | None) -> bool:
    """Whether a session that was read passes the filters: the statement may let through more than was asked for."""
    return (
        (ask.is_finished is None or session.is_finished is ask.is_finished)
        and (ask.is_payable is None or session.is_payable is ask.is_payable)
        and (ask.has_table is None or bool(session.tables) is ask.has_table)
        and (names is None or not names.isdisjoint(session.tables))
        and (waiter_id is None or session.waiter is None or session.waiter.id == waiter_id)
    )


def _as_lists(keys: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """Keys as parameters: column by column and, for engines that take it so, row by row."""
    by_column = {f"keys_{index}": list(values) for index, values in enumerate(zip(*keys, strict=True))}
    return {**by_column, "keys": list(keys)}


def _is_wanted(order: Order, search: OrderSearch, since: datetime | None) -> bool:
    """Whether an order that was read passes the conditions: the statement may let through more than was asked for."""
    waiter = order.session.waiter
    return (
        _is_recent(order.session, since)
        and (order.is_payable or not search.payable_only)
        and (search.table_id is None or search.table_id in order.table_ids)
        and (search.waiter_id is None or waiter is None or waiter.id == search.waiter_id)
    )


def _stored(names: Collection[str]) -> list[str]:
    """Names as the EPOS has them; those that can be none of its names are left out."""
    # No database can hold a NUL in a text, and some drivers refuse to ask for one.
    return [name for name in map(from_wire, names) if name is not None and "\0" not in name]
