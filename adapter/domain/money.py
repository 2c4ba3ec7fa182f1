"""Money: whole minor units, made in one place from what a database holds. Knows neither wire nor database.

Floats are never calculated with: a float is taken by its shortest decimal text, and digits far below a minor unit,
which only float arithmetic leaves behind, are dropped before anything is rounded.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal, InvalidOperation
from typing import Any

ROUNDINGS = {
    "down": ROUND_DOWN,
    "half-even": ROUND_HALF_EVEN,
    "half-up": ROUND_HALF_UP,
    "up": ROUND_UP,
}

_MOST_DIGITS = 17
_NOISE = Decimal("0.00000001")
"""What a float may be off by: 34.22499999999999 is 34.225."""

_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY "
        "COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS "
        "INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR "
        "MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD "
        "SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DIGITS_OF = {code: digits for digits, codes in _DIGITS.items() for code in codes.split()}


class NotMoney(ValueError):
    """A value is no amount of money, or does not fit the currency."""


def digits_of(currency: str) -> int | None:
    """How many decimals a currency has (ISO 4217), or None for a code that is no currency."""
    return _DIGITS_OF.get(currency)


def exact(value: Any, *, mark: str = ".") -> Decimal:
    """The amount that a database value stands for, as a decimal; `mark` is the decimal mark of texts.

    Raises NotMoney for anything that is no finite number.
    """
    if isinstance(value, float):
        found = _bounded(_decimal(repr(value)))
        return found if found == found.quantize(Decimal(1)) else found.quantize(_NOISE).normalize()
    if isinstance(value, str):
        text = value.strip()
        if mark != ".":
            if "." in text:
                raise NotMoney(f"holds a point though its decimal mark is {mark}")
            text = text.replace(mark, ".")
        return _bounded(_decimal(text))
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise NotMoney("is no number")
        return _bounded(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _bounded(Decimal(value))
    raise NotMoney(f"is no number but {type(value).__name__}")


def minor(amount: Decimal, digits: int, rounding: str) -> int:
    """The amount in whole minor units of a currency with so many decimals.

    Raises NotMoney for an amount that nobody owes.
    """
    return int(_bounded(amount).scaleb(digits).quantize(Decimal(1), rounding=ROUNDINGS[rounding]))


def minor_if_exact(amount: Decimal, digits: int) -> int | None:
    """The amount in minor units, or None when it does not fit them without rounding."""
    scaled = amount.scaleb(digits)
    whole = int(scaled)
    return whole if whole == scaled else None


def _bounded(amount: Decimal) -> Decimal:
    """Amounts beyond this are mistakes, and calculating with them exactly would need more digits than there are."""
    if amount.adjusted() > _MOST_DIGITS:
        raise NotMoney("is too large")
    return amount


def _decimal(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise NotMoney("is no number") from None
    if not found.is_finite():
        raise NotMoney("is no number")
    return found
