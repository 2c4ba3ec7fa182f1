"""What may stand in `[receipt]`: the lines above and below a printed bill."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from adapter.toml.load import Strict


class Receipt(Strict):
    """One line above or below the printed bill.

    Texts may hold {site.name}, {session.name}, {session.table}, {session.covers} and {waiter.name}; a line in which one
    of them is empty is left out.
    """

    type: Literal[
        "text",
        "logo",
        "horizontal_line",
        "vat_number",
        "merchant_name",
        "merchant_address",
        "merchant_phone_number",
        "merchant_email_address",
    ]
    """What the line is."""
    text: str = ""
    """The text, name or number; for a logo, its SVG image."""
    lines: tuple[str, ...] = ()
    """The lines of an address."""
    postcode: str = ""
    """Of an address."""
    size: Literal["header_1", "header_2", "body"] = "body"
    """Of a text."""
    align: Literal["left", "center", "right"] | None = None
    """Of a text."""
    bold: bool | None = None
    """Of a text."""
    double: bool = False
    """Of a horizontal line: two instead of one."""

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Receipt:
        if self.type == "merchant_address":
            if not self.lines:
                raise ValueError('an address needs lines = ["..."]')
        elif self.type != "horizontal_line" and not self.text:
            raise ValueError(f'a line of type {self.type} needs text = "..."')
        return self


class ReceiptRule(Strict):
    """What stands above and below a printed bill."""

    header: tuple[Receipt, ...] = ()
    """Lines above the bill."""
    footer: tuple[Receipt, ...] = ()
    """Lines below the bill."""
