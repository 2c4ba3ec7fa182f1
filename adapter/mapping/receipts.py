"""The lines above and below a printed bill, with their placeholders filled. Knows nothing of statements."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from adapter.domain.values import ReceiptLine, Session
from adapter.mapping.readings import plain_text
from adapter.mapping.receipt_schema import Receipt, ReceiptRule
from adapter.mapping.walk import PLACEHOLDER


class Receipts:
    """Header and footer of one installation."""

    def __init__(self, rule: ReceiptRule, site: Mapping[str, Any]) -> None:
        self._rule = rule
        self._site = {f"site.{name}": plain_text(value) for name, value in site.items()}

    def of(self, session: Session) -> tuple[Sequence[ReceiptLine], Sequence[ReceiptLine]]:
        """The lines for one session; a line in which a placeholder is empty is left out."""
        waiter = session.waiter.name if session.waiter is not None else None
        known = {
            **self._site,
            "session.name": session.name,
            "session.table": session.tables[0] if session.tables else "",
            "session.covers": "" if session.covers is None else str(session.covers),
            "waiter.name": waiter or "",
        }
        return self._filled(self._rule.header, known), self._filled(self._rule.footer, known)

    @staticmethod
    def _filled(lines: Sequence[Receipt], known: Mapping[str, str]) -> list[ReceiptLine]:
        found = [_line(line, known) for line in lines]
        return [line for line in found if line is not None]


def _line(line: Receipt, known: Mapping[str, str]) -> ReceiptLine | None:
    text = _fill(line.text, known)
    address = tuple(filled for filled in (_fill(part, known) for part in line.lines) if filled)
    if line.type == "merchant_address" and not address:
        return None
    if line.type not in ("merchant_address", "horizontal_line") and not text:
        return None
    return ReceiptLine(
        kind=line.type,
        text=text,
        lines=address,
        postcode=_fill(line.postcode, known),
        size=line.size,
        align=line.align,
        bold=line.bold,
        double=line.double,
    )


def _fill(text: str, known: Mapping[str, str]) -> str:
    """The text with its placeholders filled; empty when one of them is."""
    if any(not known.get(name) for name in PLACEHOLDER.findall(text)):
        return ""
    return re.sub(PLACEHOLDER, lambda match: known[match[1]], text)
