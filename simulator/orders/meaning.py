"""What is wrong with a well-formed answer when it is held against itself and its own request: sums, states, filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from simulator.judging import Finding
from simulator.orders.schemas import DETAILS, LARGEST_PAGE, OVER
from simulator.reading import finding, short

Thing = Mapping[str, Any]
_OF_ONE_ORDER = ("GetOrderByIdV1", "CreateOrderLockV1", "DeleteOrderLockV1", "RecordOrderPaymentByIdV1")


def orders(method: str, result: Any) -> Iterator[tuple[str, Thing]]:
    """Every order of an answer, with the path to it."""
    if method in _OF_ONE_ORDER:
        yield "$.result", result
    elif method == "GetOrderBillByIdV1":
        yield "$.result.order", result["order"]
    elif method == "SearchOrdersV1":
        for number, order in enumerate(result["data"]):
            yield f"$.result.data[{number}]", order


def value(amount: Thing | None) -> int:
    """Minor units; 0 for an amount that is not there."""
    return int(amount["value"]) if amount is not None else 0


def of_items(order: Thing, *, modifiers: bool = True) -> int:
    """What the items of an order come to, without what is taken off; with their modifiers or as they are.

    The quantity of a modifier or sub-item is that for one item (Modifier).
    """
    return sum(item["quantity"] * _per_item(item, modifiers=modifiers) for item in order.get("items", ()))


def _per_item(item: Thing, *, modifiers: bool) -> int:
    inside: int = sum(each["quantity"] * _per_item(each, modifiers=modifiers) for each in item.get("subItems", ()))
    extras: int = sum(each["quantity"] * value(each["amountPerModifier"]) for each in item.get("modifiers", ()))
    return value(item["amountPerItem"]) + inside + (extras if modifiers else 0)


def sums(path: str, order: Thing) -> Iterator[Finding]:
    """Whether what an order consists of comes to what it says of itself."""
    currencies = sorted(set(_currencies(order)))
    if len(currencies) > 1:
        yield finding("currencies-mixed", path, f"one order has amounts in {', '.join(currencies)}", "Money")
        return
    if "totalAmount" in order and "items" in order:
        yield from _total(path, order)
    for member, kind in (("paidAmount", "paid-sum"), ("tipsAmount", "tips-sum")):
        if member not in order or "payments" not in order:
            continue
        listed = sum(value(each.get(member)) for each in order["payments"])
        if listed != value(order[member]):
            yield finding(
                kind,
                f"{path}.{member}",
                f"{value(order[member])}, and the payments come to {listed}",
                f"Order: {member} is the sum of all the payments",
            )


def _total(path: str, order: Thing) -> Iterator[Finding]:
    total, service = value(order["totalAmount"]), value(order.get("serviceChargeAmount"))
    discounts = sum(value(each["amountTotal"]) for each in order.get("discounts", ()))
    taxes = sum(value(each["amountTotal"]) for each in order.get("taxLines", ()))
    items = of_items(order)
    # Prices hold the taxes, or taxes are added to them: that differs from country to country, and nothing says which.
    if total in (items - discounts + service, items - discounts + service + taxes):
        return
    plain = of_items(order, modifiers=False)
    if plain != items and total in (plain - discounts + service, plain - discounts + service + taxes):
        yield finding(
            "modifiers-inside",
            f"{path}.items",
            f"the total is {total} without the modifiers, so amountPerItem has them in it, and they count twice",
            "OrderItem: the price before any modifiers",
        )
        return
    yield finding(
        "order-sum",
        f"{path}.totalAmount",
        f"the items come to {items}, less {discounts}, with {service} service charge and {taxes} taxes, and the total is {total}",
        "Order: after discount and taxes, with the service charge, without tips",
    )


def _currencies(thing: Any) -> Iterator[str]:
    if isinstance(thing, Mapping):
        if isinstance(thing.get("currencyCode"), str):
            yield thing["currencyCode"]
        for each in thing.values():
            yield from _currencies(each)
    elif isinstance(thing, list):
        for each in thing:
            yield from _currencies(each)


def states(path: str, order: Thing) -> Iterator[Finding]:
    """Whether the members of an order agree with each other."""
    kind = order["details"]["orderType"]
    if DETAILS[kind] not in order["details"]:
        yield finding("details-missing", f"{path}.details", f"{kind} without {DETAILS[kind]}", "OrderDetails")
    if {"createdAt", "updatedAt"} <= order.keys() and order["updatedAt"][:19] < order["createdAt"][:19]:
        yield finding(
            "updated-before-created", f"{path}.updatedAt", "it changed before it was made", "Order: updatedAt"
        )
    if not order.get("payable"):
        return
    if order["status"] in OVER:
        yield finding("over-payable", f"{path}.payable", f"{order['status']} and payable", "Order: payable")
    if not {"totalAmount", "paidAmount"} <= order.keys():
        yield finding(
            "payable-without-amount", path, "payable, and no amount says what there is to pay", "Order: payable"
        )
    elif 0 < value(order["totalAmount"]) <= value(order["paidAmount"]):
        yield finding(
            "paid-payable",
            f"{path}.payable",
            f"{value(order['paidAmount'])} of {value(order['totalAmount'])} are paid, and it is payable",
            "Order: when paidAmount matches totalAmount it is fully paid",
        )


def asked_for(method: str, params: Thing, result: Any) -> Iterator[Finding]:
    """Whether the answer is about what was asked, and lets through only what the filters do."""
    match method:
        case "SearchOrdersV1":
            yield from _page(params, result)
            yield from _once("order-twice", "$.result.data", [order["id"] for order in result["data"]])
            for path, order in orders(method, result):
                yield from _order_filters(path, order, params)
        case "SearchTablesV1":
            yield from _page(params, result)
            yield from _once("table-twice", "$.result.data", [table["id"] for table in result["data"]])
            yield from _once(
                "table-name-twice",
                "$.result.data",
                [f"{table['name']} of area {table.get('areaId', '-')}" for table in result["data"]],
            )
            yield from _table_filters(result["data"], params)
        case "ListAreasV1":
            yield from _once("area-twice", "$.result", [area["id"] for area in result])
        case _:
            for path, order in orders(method, result):
                if order["id"] != params.get("orderId"):
                    yield finding(
                        "order-other",
                        f"{path}.id",
                        f"{short(order['id'])} where {short(params.get('orderId'))} was asked for",
                        "Order: id",
                    )


def _page(params: Thing, result: Thing) -> Iterator[Finding]:
    cursor = member_of(params, "cursor")
    limit = cursor.get("limit")
    most = limit if isinstance(limit, int) and 0 < limit < LARGEST_PAGE else LARGEST_PAGE
    if len(result["data"]) > most:
        yield finding(
            "page-too-large",
            "$.result.data",
            f"{len(result['data'])} entries where {most} are the most",
            "Cursor: limit",
        )
    for name in ("before", "after"):
        if name in result and result[name] == cursor.get(name):
            yield finding(
                "cursor-stuck", f"$.result.{name}", "the cursor that was asked with leads here again", "Cursor"
            )


def _order_filters(path: str, order: Thing, params: Thing) -> Iterator[Finding]:
    if params.get("payableOnly") is True and not order.get("payable"):
        yield finding(
            "filter-payable",
            f"{path}.payable",
            "not payable, and only payable orders were wanted",
            "SearchOrdersRequest",
        )
    place = order["details"].get("dineIn", {})
    for name, wanted in member_of(params, "dineIn").items():
        if wanted in (None, "") or (name == "waiterId" and "waiterId" not in place):
            continue  # an order that nobody serves may be anybody's: nothing says whose it is
        if not is_same(name, place.get(name), wanted):
            yield finding(
                f"filter-{_dashed(name)}",
                f"{path}.details.dineIn.{name}",
                f"{short(place.get(name))} where {short(wanted)} was asked for",
                "SearchDineInDetails",
            )


def _table_filters(tables: Sequence[Thing], params: Thing) -> Iterator[Finding]:
    area, waiter = params.get("areaId"), params.get("waiterId")
    for number, table in enumerate(tables):
        path = f"$.result.data[{number}]"
        if area and table.get("areaId") != area:
            yield finding(
                "filter-area-id",
                f"{path}.areaId",
                f"{short(table.get('areaId'))} where {short(area)} was asked for",
                "SearchTablesRequest",
            )
        if waiter and "waiterIds" in table and not any(is_same("waiterId", one, waiter) for one in table["waiterIds"]):
            yield finding(
                "filter-waiter-id",
                f"{path}.waiterIds",
                f"{short(table['waiterIds'])} where {short(waiter)} was asked for",
                "SearchTablesRequest",
            )


def is_same(name: str, one: Any, other: Any) -> bool:
    """Whether two ids are one; of waiters, whose numbers people type, without zeros in front."""
    if name == "waiterId" and isinstance(one, str) and isinstance(other, str) and one.isdigit() and other.isdigit():
        return int(one) == int(other)
    return bool(one == other)


def member_of(params: Thing, name: str) -> Thing:
    """An object among the parameters; empty where there is none."""
    found = params.get(name)
    return found if isinstance(found, Mapping) else {}


def _dashed(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)


def _once(kind: str, path: str, identities: Iterable[str]) -> Iterator[Finding]:
    for identity, times in Counter(identities).items():
        if times > 1:
            yield finding(kind, path, f"{short(identity)} is there {times} times", "identities are unique")
