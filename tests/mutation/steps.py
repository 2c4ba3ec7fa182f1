"""Mistakes in what is written: the wrong amount, the wrong column, the wrong row."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.mutation.sheet import Edit, Sheet

_OTHERS = {
    "amount": "total",
    "paid_after": "paid_before",
    "due_after": "total",
    "tip": "amount",
    "payment_id": "auth_code",
    "fully_paid": "has_tip",
    "receipt": "payment",
}


def other_value(sheet: Sheet) -> Iterator[Edit]:
    """Another value of the payment."""
    for path, offset, content in sheet.strings:
        if path[:2] != ("record", "step"):
            continue
        for match in re.finditer(r"(?<!:):(\w+)", content):
            other = _OTHERS.get(match[1])
            if other is not None and not content[match.end() :].startswith("."):
                yield Edit(
                    path=path,
                    start=offset + match.start(1),
                    end=offset + match.end(1),
                    new=other,
                    what=f":{match[1]} -> :{other}",
                )


def dropped_step(sheet: Sheet) -> Iterator[Edit]:
    """A step that is forgotten."""
    blocks = list(sheet.blocks())
    for index, (path, start, end) in enumerate(blocks):
        if path[:2] == ("record", "step") and len(path) == 3:
            end_of_block = end
            following = blocks[index + 1] if index + 1 < len(blocks) else None
            if following is not None and following[0][:3] == path:
                end_of_block = following[2]
            yield Edit(
                path=path,
                start=start,
                end=end_of_block,
                new="\n" * sheet.text.count("\n", start, end_of_block),
                what=f"without step {path[2]}",
            )


def dropped_value(sheet: Sheet) -> Iterator[Edit]:
    """A column that is not set."""
    for path, start, end in sheet.entries():
        if path[:2] == ("record", "step") and "set" in path:
            yield Edit(
                path=path,
                start=start,
                end=end,
                new="\n" * sheet.text.count("\n", start, end),
                what=f"without {path[-1]}",
            )


def dropped_when(sheet: Sheet) -> Iterator[Edit]:
    """A step that always runs."""
    for path, start, end in sheet.entries():
        if path[:2] == ("record", "step") and path[-1] == "when":
            yield Edit(
                path=path,
                start=start,
                end=end,
                new="\n" * sheet.text.count("\n", start, end),
                what=f"without {sheet.text[start:end].strip()}",
            )


def literal_in_set(sheet: Sheet) -> Iterator[Edit]:
    """A constant with another value."""
    for path, offset, content in sheet.strings:
        if path[:2] == ("record", "step") and "set" in path:
            for word, other in (
                ("TRUE", "FALSE"),
                ("FALSE", "TRUE"),
                ("'CREDIT'", "'DEBIT'"),
                ("'magcard'", "'cash'"),
                ("'CREDIT_CARD'", "'CASH'"),
            ):
                if content == word:
                    yield Edit(
                        path=path,
                        start=offset,
                        end=offset + len(content),
                        new=other,
                        what=f"{path[-1]}: {word} -> {other}",
                    )


KINDS = (other_value, dropped_step, dropped_value, dropped_when, literal_in_set)
