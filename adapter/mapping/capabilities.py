"""What a mapping can serve of the EPOS Data API, capability by capability, and what stands in for what it does not say.

Told from the mapping alone: whether it fits a database is another question.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from adapter.domain.capabilities import NO_LEDGER, NOT_OFFERED, PAYING, READING
from adapter.mapping import schema
from adapter.mapping.load import Mapping


class Missing(Struct, frozen=True, kw_only=True):
    """Something that the mapping does not say."""

    key: str
    """What would say it, as `session.reference`."""
    instead: str
    """What is told instead."""


class Served(Struct, frozen=True, kw_only=True):
    """One capability, and how far a mapping serves it."""

    name: str
    is_offered: bool
    reason: str = ""
    """Why it is not."""
    missing: tuple[Missing, ...] = ()
    limits: tuple[str, ...] = ()
    """What is refused, and what to do about it."""

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "name": self.name,
            "offered": self.is_offered,
            "reason": self.reason,
            "missing": [{"key": each.key, "instead": each.instead} for each in self.missing],
            "limits": list(self.limits),
        }


def served_by(mapping: Mapping, *, ledger: bool = True) -> tuple[Served, ...]:
    """Every capability of the protocol, those that can be offered first; `ledger` is whether the installation keeps one."""
    file = mapping.file
    refusal = _no_payments(file) or ("" if ledger else NO_LEDGER)
    found = [_reading(name, mapping) for name in READING]
    for name in PAYING:
        missing = tuple(_of_locks(file)) if name.endswith("Lock") else ()
        limits = tuple(_of_payments(file)) if name == "RecordOrderPaymentById" else ()
        if refusal:
            found.append(Served(name=name, is_offered=False, reason=refusal))
        else:
            found.append(Served(name=name, is_offered=True, missing=missing, limits=limits))
    found += [Served(name=name, is_offered=False, reason=reason) for name, reason in NOT_OFFERED.items()]
    return tuple(found)


def offered_by(mapping: Mapping, *, ledger: bool = True) -> tuple[str, ...]:
    """The names of the capabilities that a mapping offers: what is registered with the provider."""
    return tuple(one.name for one in served_by(mapping, ledger=ledger) if one.is_offered)


def _reading(name: str, mapping: Mapping) -> Served:
    file = mapping.file
    if name == "ListAreas" and file.table.area is None:
        return Served(name=name, is_offered=False, reason="the mapping has no table.area")
    missing: tuple[Missing, ...] = ()
    if name in ("SearchOrders", "GetOrderById"):
        missing = tuple(_of_orders(mapping))
    elif name == "SearchTables":
        missing = tuple(_of_tables(mapping))
    elif name == "GetOrderBillById" and not (file.receipt.header or file.receipt.footer):
        missing = (Missing(key="receipt", instead="the order without anything above and below it"),)
    return Served(name=name, is_offered=True, missing=missing)


def _no_payments(file: schema.MappingFile) -> str:
    if not file.capabilities.record_payment:
        return "the mapping says record_payment = false"
    return "" if file.record is not None else "the mapping has no [record]"


def _of_orders(mapping: Mapping) -> Iterator[Missing]:
    file = mapping.file
    session, bill, item, modifier = file.session, file.bill, file.item, file.modifier
    has_tables = session.tables is not None or ("session", "table") in mapping.fragments
    listed_tips = any(rule.tip is not None for rule in file.payment)
    for key, is_said, instead in (
        ("session.table", has_tables, "orders without a table"),
        ("session.waiter", session.waiter, "orders without a waiter"),
        ("session.reference", session.reference, "session.name"),
        ("session.display_name", session.display_name, "table.name and session.name"),
        ("session.status", session.status, "accepted, and finalized when the session is finished"),
        ("session.kind", session.kind, "dine_in"),
        ("session.updated_at", session.updated_at, "the latest time that is known"),
        ("item.plu", item.plu, "item.id"),
        ("modifier.plu", modifier is None or modifier.plu, "modifier.id"),
        ("bill.service_charge", bill.service_charge, "no service charge"),
        ("bill.tips", bill.tips, "the tips of payments" if listed_tips else "no tips"),
        ("tax_line", file.tax_line, "no taxes" if bill.tax is None else "bill.tax in one line"),
        ("payment", file.payment, "what is paid as one payment"),
    ):
        if not is_said:
            yield Missing(key=key, instead=instead)


def _of_tables(mapping: Mapping) -> Iterator[Missing]:
    if ("table", "id") not in mapping.fragments:
        yield Missing(key="table.id", instead="table.name")
    if mapping.file.table.area is None:
        yield Missing(key="table.area", instead="tables without an area")


def _of_locks(file: schema.MappingFile) -> Iterator[Missing]:
    if file.lock is None:
        yield Missing(key="lock", instead="locks in the ledger, which the till does not see")


def _of_payments(file: schema.MappingFile) -> Iterator[str]:
    if not file.capabilities.partial_payment:
        yield "a payment of less than is due is refused, and the provider gives the money back: no split bills"
    if not file.capabilities.tips:
        yield "a payment with a tip is refused, and the provider gives the money back: switch tips off on the card machines"
