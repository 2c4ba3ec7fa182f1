"""Judges what an order has beside its session and bill: whether its lists come to their sums, and its codes are known."""

from __future__ import annotations

from sqlglot import exp

from adapter.check.looking import Look, judged, shown_key, some
from adapter.check.money import money
from adapter.check.sampling import Read, Sample
from adapter.domain.orders import Order
from adapter.mapping import field_schema
from adapter.mapping.readings import codes, plain_text
from adapter.toml.locate import Path

_MOST = 100
"""Different values beyond which a column holds no codes."""
_SHOWN = 8


async def look_at_orders(look: Look, sample: Sample) -> None:
    """Find payments and taxes that do not come to what they should, and codes that nobody explains."""
    _payments(look, sample)
    _taxes(look, sample)
    for name in ("status", "kind"):
        await _words(look, name)


def _payments(look: Look, sample: Sample) -> None:
    if not look.mapping.file.payment:
        return
    paid = [(one, order) for one, order in _orders(sample) if order.payments]
    odd = [(one, order) for one, order in paid if order.payments[-1].is_rest]
    if odd:
        shown = [f"{shown_key(one.key)} by {_money(order, order.payments[-1].amount)}" for one, order in odd]
        look.findings.add(
            judged(len(odd), len(paid)),
            "payments-differ",
            ("payment", 0),
            f"what is listed does not come to bill.paid on {len(odd)} of {len(paid)} bills ({some(shown)})",
            "is something paid that is no row here, or is a row no payment (void, change)? The rest is told without an id",
        )


def _taxes(look: Look, sample: Sample) -> None:
    file = look.mapping.file
    if not file.tax_line or file.bill.tax is None:
        return
    taxed = [(one, order) for one, order in _orders(sample) if order.bill is not None and order.bill.tax]
    odd = []
    for one, order in taxed:
        difference = (order.bill.tax if order.bill is not None else 0) - sum(tax.amount for tax in order.tax_lines)
        # Each of them is rounded by itself.
        if abs(difference) > max(1, len(order.tax_lines)):
            odd.append(f"{shown_key(one.key)} by {_money(order, difference)}")
    if odd:
        look.findings.add(
            judged(len(odd), len(taxed)),
            "taxes-differ",
            ("tax_line", 0),
            f"what is listed does not come to bill.tax on {len(odd)} of {len(taxed)} bills ({some(odd)})",
            "are discounts taken off the one and not the other, or is one of them before and one after tax?",
        )


async def _words(look: Look, name: str) -> None:
    """Codes of the data that a field of the session does not know: they count as if they were not there."""
    path: Path = ("session", name)
    said: field_schema.CodesField | None = getattr(look.mapping.file.session, name)
    fragment = look.mapping.fragment(*path)
    if said is None or fragment is None or said.default is not None or not look.fit.is_whole("session"):
        return
    tree = look.binder.expression(fragment)
    select = look.select(("session",), exp.alias_(tree, "code"), exp.alias_(exp.Count(this=exp.Star()), "number"))
    rows = await look.prober.select(path, f"the codes of {name}", select.group_by(tree.copy()).limit(_MOST + 1))
    if not rows or len(rows) > _MOST:
        return
    read = codes(said)
    unknown = {plain_text(code): int(number) for code, number in rows if code is not None and read(code) is None}
    if unknown:
        shown = ", ".join(f"{code} ({number})" for code, number in list(unknown.items())[:_SHOWN])
        total = sum(int(number) for _, number in rows)
        look.findings.add(
            judged(sum(unknown.values()), total),
            "code-uncovered",
            (*path, "map") if said.map else path,
            f"codes that map does not hold count as none: {shown} of {total} sessions",
            'add them to map, or say default = "..."',
        )


def _orders(sample: Sample) -> list[tuple[Read, Order]]:
    return [(one, one.order) for one in sample.read if one.order is not None]


def _money(order: Order, amount: int) -> str:
    return money(amount, order.bill.currency if order.bill is not None else "")
