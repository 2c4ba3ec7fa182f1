"""Which mistakes are made: some of each kind, spread over the whole file, the same every time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.mutation import amounts, decoded, meanings, names, steps
from tests.mutation.sheet import Edit, Sheet

_OF_ROWS: tuple[Callable[[Sheet], Iterator[Edit]], ...] = (
    *names.KINDS,
    *meanings.KINDS,
    *amounts.KINDS,
    *steps.KINDS,
)
KINDS = (*_OF_ROWS, *decoded.KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One mistake to be made."""

    mapping: str
    kind: str
    edit: Edit


def tasks(sheet: Sheet, each: int) -> Iterator[Task]:
    """At most so many mistakes of each kind; in a mapping of decoded rows, those of decoding only."""
    for kind in decoded.KINDS if " codec " in sheet.text else _OF_ROWS:
        edits = [edit for edit in kind(sheet) if sheet.apply(edit) != sheet.text and "test" not in edit.path[:1]]
        for place in range(min(each, len(edits))):
            edit = edits[place * len(edits) // min(each, len(edits))]
            yield Task(mapping=sheet.name, kind=kind.__name__, edit=edit)


def meaning_of(kind: str) -> str:
    """What a kind of mistake is, in words."""
    function = next(one for one in KINDS if one.__name__ == kind)
    return (function.__doc__ or kind).strip().rstrip(".")
