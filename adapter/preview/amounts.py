"""Writes amounts as people do. Knows nothing of what they are for."""

from __future__ import annotations

from adapter.domain.money import digits_of


def money(amount: int | None, currency: str) -> str:
    """An amount as people write it, without its currency: 1,234.50; empty for none."""
    if amount is None:
        return ""
    digits = digits_of(currency)
    scale = 10 ** (2 if digits is None else digits)
    whole, part = divmod(abs(amount), scale)
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole:,}" + (f".{part:0{len(str(scale)) - 1}d}" if scale > 1 else "")
