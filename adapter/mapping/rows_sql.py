"""What a statement has to bring where rows are decoded: the encoded values, with the rows that hold them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from sqlglot import exp

from adapter.mapping import schema
from adapter.mapping.bind import Binder
from adapter.mapping.outputs import Outputs
from adapter.mapping.plans import given_name, rows_name


def sums_lines(file: schema.MappingFile) -> bool:
    """Whether a session's total is the sum of its lines, so that what it owes needs them all."""
    return file.bill.total is not None and file.bill.total.sum is not None


def encoded_outputs(
    binder: Binder, outputs: Outputs, owner: Literal["item", "session"], kinds: Collection[str]
) -> dict[str, exp.Expr]:
    """The values of a session's row, or of an item's, that hold encoded rows of these entities, and what goes with them."""
    found: dict[str, exp.Expr] = {}
    for path, rows in binder.mapping.rows.items():
        if path[0] in kinds and rows.inside is None and owner == ("item" if path[0] == "modifier" else "session"):
            found[rows_name(path)] = binder.expression(binder.mapping.fragments[(*path, "rows")][0])
            found |= {given_name(path, name): tree for name, tree in outputs.tax(path).items()}
    return found
