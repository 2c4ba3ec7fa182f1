"""Makes the balance of the session that is being paid, and the values that its steps may use. Makes no statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import md5
from typing import Any
from uuid import UUID, uuid4, uuid5

from adapter.domain.money import digits_of
from adapter.domain.payments import NO_TIME, Balance, Payment, Recorded
from adapter.errors import RowUnreadable
from adapter.mapping.encode import WrittenTimes
from adapter.mapping.fields import Fields
from adapter.mapping.gather import Row, branch_of
from adapter.mapping.plans import Plan
from adapter.mapping.readings import moment_in_utc
from adapter.mapping.record_schema import RecordRule
from adapter.mapping.things import OwnerMaker


class BalanceMaker(OwnerMaker):
    """The balances of one plan."""

    def __init__(self, fields: Fields, plan: Plan) -> None:
        super().__init__(fields, plan)
        slots = branch_of(plan, "session").slots
        self._now = slots["now"]
        self._checked = {
            name.removeprefix("check."): place for name, place in slots.items() if name.startswith("check.")
        }

    def make(self, rows: list[Row]) -> tuple[Balance, Mapping[str, Any]] | None:
        """The balance that the rows tell, and what `[record.check]` asked for; None when there is no such session.

        Raises RowUnreadable.
        """
        if not rows:
            return None
        row = rows[0]
        if any(other != row for other in rows[1:]):
            raise self.unreadable(("session", "id"), "is shared by several checks, or a join multiplies them")
        currency, rule = self.totals.rule(row)
        balance = Balance(
            waiter=self._waiter(row),
            currency=currency,
            total=self.totals.amount("total", row, rule),
            paid=self.totals.amount("paid", row, rule) or 0,
            now=moment_in_utc(row[self._now]),
        )
        return balance, {name: row[place] for name, place in self._checked.items()}


def step_values(
    payment: Payment, balance: Balance, flags: Recorded, *, rule: RecordRule, fields: Fields, times: WrittenTimes
) -> dict[str, Any]:
    """The values of a payment that every step may use, beside those of `[record.check]`."""
    total = balance.total or 0
    after = balance.paid + payment.base
    details = payment.details
    attempted_at = balance.now if payment.attempted_at == NO_TIME else payment.attempted_at
    values: dict[str, Any] = {
        **payment_values(payment, flags, rule=rule, fields=fields, currency=balance.currency),
        **_amounts(
            fields,
            balance.currency,
            {
                "total": total,
                "paid_before": balance.paid,
                "paid_after": after,
                "due_after": max(total - after, 0),
            },
        ),
        "fully_paid": after >= total,
        "over_paid": after > total,
        "has_tip": payment.tips > 0,
        "has_cashback": payment.cashback > 0,
        **times_of(times, now=balance.now, attempted_at=attempted_at),
        "waiter": payment.waiter_id,
        "method": details.method or None,
        "scheme": details.scheme or None,
        "entry_mode": details.entry_mode or None,
        "auth_code": details.auth_code or None,
        "acquirer_id": details.acquirer_transaction_id or None,
    }
    if rule.tender:
        schemes = {name.casefold(): code for name, code in rule.tender.items()}
        values["tender"] = schemes.get(details.scheme.casefold(), rule.tender["default"])
    return values


def times_of(times: WrittenTimes, **moments: datetime) -> dict[str, Any]:
    """The parameters that are moments, each as its column holds it."""
    return {name: encode(moments[source]) for name, (source, encode) in times.items() if source in moments}


def payment_values(
    payment: Payment, flags: Recorded, *, rule: RecordRule, fields: Fields, currency: str
) -> dict[str, Any]:
    """The values that only the payment itself decides, the same whenever they are asked for."""
    key = _key_of(payment) if flags.conflict else payment.id
    amounts = {
        "amount": payment.base,
        "tip": payment.tips,
        "cashback": payment.cashback,
        "charged": payment.charged,
    }
    return {
        "payment_id": str(payment.id),
        "payment_key": str(key),
        "currency": currency,
        **_amounts(fields, currency, amounts),
        **{name: _made(kind, name, key) for name, kind in rule.make.items()},
    }


def _amounts(fields: Fields, currency: str, amounts: Mapping[str, int]) -> dict[str, Any]:
    """Amounts as the EPOS holds them, and in minor units."""
    money = _money(fields, currency)
    return {
        **{name: money(minor) for name, minor in amounts.items()},
        **{f"{name}_minor": minor for name, minor in amounts.items()},
        # For engines without exact decimals, where a text is to be made of them.
        **{f"{name}_text": format(money(minor), "f") for name, minor in amounts.items()},
    }


def _money(fields: Fields, currency: str) -> Callable[[int], Decimal | int]:
    """Minor units as the EPOS holds amounts."""
    if fields.binder.mapping.file.money.form == "minor":
        return lambda minor: minor
    digits = digits_of(currency)
    if digits is None:
        raise RowUnreadable(f"{currency!r} is no currency code")
    return lambda minor: Decimal(minor).scaleb(-digits)


def _key_of(payment: Payment) -> UUID:
    """A key of its own for a payment that shares its id with another, the same whenever it is repeated."""
    return uuid5(payment.id, repr([str(part) for part in payment.identity]))


def _made(kind: str, name: str, key: UUID) -> str:
    match kind:
        case "hash":
            return md5(f"{key}/{name}".encode(), usedforsecurity=False).hexdigest()
        case "uuid":
            return str(uuid5(key, name))
        case _:
            return str(uuid4())
