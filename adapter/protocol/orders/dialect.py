"""The EPOS Data API as a dialect: its methods, its errors, and what they are in the domain. Knows no sockets and no SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from adapter.domain.capabilities import NOT_OFFERED, method_of
from adapter.errors import (
    AdapterError,
    Bug,
    Conflict,
    NotEnabled,
    NotFound,
    OutcomeUnknown,
    RequestError,
    WaiterIncorrect,
)
from adapter.protocol.dialect import Dialect, Route
from adapter.protocol.orders import incoming, outgoing, params, wire

ERROR_TYPES: Final[dict[type[AdapterError], str]] = {
    AdapterError: "UnexpectedError",
    Conflict: "Conflict",
    NotEnabled: "InvalidRequest",
    NotFound: "NotFound",
    RequestError: "InvalidRequest",
    WaiterIncorrect: "Conflict",
}
"""The `errorType` of each error: four are all there are."""


PAYING: Final = "RecordOrderPaymentByIdV1"


def orders_dialect() -> Dialect:
    """The EPOS Data API over WebSockets (specification version 1.0.0).

    A payment of which nobody knows whether it was recorded is not answered: an error would make the provider give back
    money that may be on the bill, and a success keep money that may not be.
    """
    return Dialect(
        routes={
            "CreateOrderLockV1": _route(params.LockParams, incoming.lock_order, outgoing.to_order),
            "DeleteOrderLockV1": _route(params.LockParams, incoming.unlock_order, outgoing.to_order),
            "ExtendOrderLockV1": _route(params.LockParams, incoming.extend_lock, outgoing.to_nothing),
            "GetOrderBillByIdV1": _route(params.OrderParams, incoming.get_order_bill, outgoing.to_bill),
            "GetOrderByIdV1": _route(params.OrderParams, incoming.get_order, outgoing.to_order),
            "HandleEventV1": _route(params.HandleEventParams, incoming.hear_event, outgoing.to_nothing),
            "ListAreasV1": _route(params.ListAreasParams, incoming.list_areas, outgoing.to_areas),
            PAYING: _route(params.RecordOrderPaymentParams, incoming.pay_order, outgoing.to_order),
            "SearchOrdersV1": _route(params.SearchOrdersParams, incoming.search_orders, outgoing.to_page),
            "SearchTablesV1": _route(params.SearchTablesParams, incoming.search_tables, outgoing.to_tables),
        },
        notifications={},
        expected=params.EXPECTED,
        error_codes=ERROR_TYPES,
        error_member="error",
        to_error=_error,
        echoes_method=True,
        not_offered={method_of(name): why for name, why in NOT_OFFERED.items()},
        unanswered=frozenset({(PAYING, OutcomeUnknown), (PAYING, Bug)}),
    )


def _route(decoded: type[Any], to_request: Callable[[Any], Any], to_result: Callable[[Any], Any]) -> Route[Any, Any]:
    return Route(params=msgspec.json.Decoder(decoded), to_request=to_request, to_result=to_result)


def _error(code: str, reason: str) -> wire.Error:
    return wire.Error(error_type=code, debug_message=reason)
