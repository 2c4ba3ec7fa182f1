"""Writes moments as the provider's protocols do. Knows no protocol in particular."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

import msgspec


@lru_cache(maxsize=4096)  # most times occur more than once, in one answer and in the next
def moment_text(moment: datetime) -> str:
    """UTC with milliseconds and Z, by way of msgspec, which is four times as fast as `isoformat`."""
    text: str = msgspec.to_builtins(moment.astimezone(UTC))
    return f"{text[:23]}Z" if len(text) > len("2024-05-01T17:40:00Z") else f"{text[:19]}.000Z"
