"""The lines above and below a printed bill, as the EPOS Data API has them. Knows nothing of methods.

Each line is its `lineType` and one payload member of its own (BillLine of the specification).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from msgspec import UNSET

from adapter.domain.values import ReceiptLine
from adapter.protocol.orders import wire

_ALIGNS: Final[dict[str, Literal["Left", "Center", "Right"]]] = {"center": "Center", "left": "Left", "right": "Right"}
_SIZES: Final[dict[str, Literal["Body", "Header1", "Header2"]]] = {
    "body": "Body",
    "header_1": "Header1",
    "header_2": "Header2",
}


def bill_lines(lines: tuple[ReceiptLine, ...]) -> wire.BillLines:
    """A header or footer, which is sent even where it has no lines."""
    return wire.BillLines(lines=[_KINDS[line.kind](line) for line in lines])


def _horizontal_line(line: ReceiptLine) -> wire.BillLine:
    payload = wire.HorizontalLine(line="Double" if line.double else "Single")
    return wire.BillLine(line_type="HorizontalLine", horizontal_line=payload)


def _logo(line: ReceiptLine) -> wire.BillLine:
    return wire.BillLine(line_type="Logo", logo=wire.Svg(svg_image=line.text))


def _merchant_address(line: ReceiptLine) -> wire.BillLine:
    payload = wire.MerchantAddress(address_lines=line.lines, postcode=line.postcode)
    return wire.BillLine(line_type="MerchantAddress", merchant_address=payload)


def _merchant_email_address(line: ReceiptLine) -> wire.BillLine:
    payload = wire.MerchantEmailAddress(email_address=line.text)
    return wire.BillLine(line_type="MerchantEmailAddress", merchant_email_address=payload)


def _merchant_name(line: ReceiptLine) -> wire.BillLine:
    return wire.BillLine(line_type="MerchantName", merchant_name=wire.MerchantName(name=line.text))


def _merchant_phone_number(line: ReceiptLine) -> wire.BillLine:
    payload = wire.MerchantPhoneNumber(phone_number=line.text)
    return wire.BillLine(line_type="MerchantPhoneNumber", merchant_phone_number=payload)


def _text(line: ReceiptLine) -> wire.BillLine:
    return wire.BillLine(
        line_type="Text",
        text=wire.Text(
            value=line.text,
            size=_SIZES[line.size],
            align=UNSET if line.align is None else _ALIGNS[line.align],
            bold=UNSET if line.bold is None else line.bold,
        ),
    )


def _vat_number(line: ReceiptLine) -> wire.BillLine:
    return wire.BillLine(line_type="TaxNumber", tax_number=wire.TaxNumber(name="VAT", number=line.text))


_KINDS: Final[dict[str, Callable[[ReceiptLine], wire.BillLine]]] = {
    "horizontal_line": _horizontal_line,
    "logo": _logo,
    "merchant_address": _merchant_address,
    "merchant_email_address": _merchant_email_address,
    "merchant_name": _merchant_name,
    "merchant_phone_number": _merchant_phone_number,
    "text": _text,
    "vat_number": _vat_number,
}
