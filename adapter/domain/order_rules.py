"""The reading rules of the EPOS Data API, each a plain function of a book and a request.

Existence first, then the waiter. Know neither wire nor database.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from adapter.domain import requests as ask
from adapter.domain.orders import Area, Order, OrderBill, OrderPage, TablePage
from adapter.domain.ports import Book
from adapter.domain.rules import WaiterCheck, must_check, require_waiter
from adapter.errors import InvalidParams, SessionNotFound

NO_ORDER = "there is no order with this id"
_NOTHING = OrderPage(orders=())


def get_order(book: Book, request: ask.GetOrder, check: WaiterCheck) -> Order:
    """The order with this id, locked or not.

    Raises SessionNotFound, WaiterIncorrect.
    """
    order = book.order(request.order_id)
    if order is None:
        raise SessionNotFound(NO_ORDER)
    require_waiter(order.session.waiter, request.requestor, check)
    return order


def get_order_bill(book: Book, request: ask.GetOrderBill, check: WaiterCheck) -> OrderBill:
    """The order with this id, with the lines above and below it.

    Raises SessionNotFound, WaiterIncorrect.
    """
    order = get_order(book, ask.GetOrder(requestor=request.requestor, order_id=request.order_id), check)
    header, footer = book.receipt(order.session)
    return OrderBill(order=order, header=tuple(header), footer=tuple(footer))


def search_orders(book: Book, request: ask.SearchOrders, check: WaiterCheck) -> OrderPage:
    """A page of the orders for which every condition holds, and which are the waiter's own where waiters are checked.

    Raises InvalidParams for a cursor that is none of ours.
    """
    search = request.search
    if request.has_none:
        return _NOTHING
    if must_check(request.requestor, check):
        own = request.requestor.waiter_id
        if own is None or search.waiter_id not in (None, own):
            return _NOTHING
        search = structs.replace(search, waiter_id=own)
    return book.orders(search)


def search_tables(book: Book, request: ask.SearchTables) -> TablePage:
    """A page of the tables of an area, or of all. A till does not tell which waiters serve a table, so all of them may.

    They come by their ids, so that a page goes on where the one before it ended, whatever was added meanwhile.
    """
    search = request.search
    wanted = {table.id or table.name: table for table in book.floor() if search.area_id in (None, table.area_id)}
    ids = sorted(wanted)
    if search.after is not None and search.before is not None:
        raise InvalidParams("params.cursor: before and after exclude each other")
    if search.before is not None:
        earlier = [found for found in ids if found < search.before]
        page, has_more, has_less = earlier[-search.limit :], True, len(earlier) > search.limit
    else:
        later = ids if search.after is None else [found for found in ids if found > search.after]
        page, has_more, has_less = later[: search.limit], len(later) > search.limit, search.after is not None
    return TablePage(
        tables=[wanted[found] for found in page],
        after=page[-1] if page and has_more else None,
        before=page[0] if page and has_less else None,
    )


def list_areas(book: Book) -> Sequence[Area]:
    """The areas that have tables, each once, in the order of their first tables."""
    found: dict[str, Area] = {}
    for table in book.floor():
        if table.area_id is not None and table.area_id not in found:
            found[table.area_id] = Area(id=table.area_id, name=table.area or table.area_id)
    return list(found.values())
