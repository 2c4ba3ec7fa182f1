"""The lines above and below a printed bill, as the Tables API has them. Knows nothing of methods.

Each line is its `receiptLineType` and one payload member of its own (get-full-bill page).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from msgspec import UNSET, UnsetType

from adapter.domain.values import ReceiptLine
from adapter.protocol.tables import wire

_ALIGNS: Final[dict[str, Literal["ALIGN_LEFT", "ALIGN_CENTER", "ALIGN_RIGHT"]]] = {
    "center": "ALIGN_CENTER",
    "left": "ALIGN_LEFT",
    "right": "ALIGN_RIGHT",
}
_SIZES: Final[dict[str, Literal["SIZE_HEADER_1", "SIZE_HEADER_2", "SIZE_BODY"]]] = {
    "body": "SIZE_BODY",
    "header_1": "SIZE_HEADER_1",
    "header_2": "SIZE_HEADER_2",
}


def receipt_lines(lines: tuple[ReceiptLine, ...]) -> wire.ReceiptLines | UnsetType:
    """A header or footer; not sent at all where it has no lines."""
    if not lines:
        return UNSET
    return wire.ReceiptLines(receipt_lines=[_KINDS[line.kind](line) for line in lines])


def _horizontal_line(line: ReceiptLine) -> wire.ReceiptLine:
    return wire.ReceiptLine(
        receipt_line_type="RECEIPT_LINE_TYPE_HORIZONTAL_LINE",
        receipt_horizontal_line=wire.ReceiptHorizontalLine(
            type="HORIZONTAL_LINE_DOUBLE" if line.double else "HORIZONTAL_LINE_SINGLE"
        ),
    )


def _logo(line: ReceiptLine) -> wire.ReceiptLine:
    return wire.ReceiptLine(
        receipt_line_type="RECEIPT_LINE_TYPE_LOGO", receipt_logo=wire.ReceiptLogo(svg_image=line.text)
    )


def _merchant_address(line: ReceiptLine) -> wire.ReceiptLine:
    return wire.ReceiptLine(
        receipt_line_type="RECEIPT_LINE_TYPE_MERCHANT_ADDRESS",
        receipt_merchant_address=wire.ReceiptMerchantAddress(address_lines=line.lines, postcode=line.postcode),
    )


def _merchant_email_address(line: ReceiptLine) -> wire.ReceiptLine:
    return wire.ReceiptLine(
        receipt_line_type="RECEIPT_LINE_TYPE_MERCHANT_EMAIL_ADDRESS",
        receipt_merchant_email_address=wire.ReceiptMerchantEmailAddress(email_address=line.text),
    )


def _merchant_name(line: ReceiptLine) -> wire.ReceiptLine:
    return wire.ReceiptLine(
        receipt_line_type="RECEIPT_LINE_TYPE_MERCHANT_NAME",
        receipt_merchant_name=wire.ReceiptMerchantName(merchant_name=line.text),
    )


def _merchant_phone_number(line: ReceiptLine) -> wire.ReceiptLine:
    return wire.ReceiptLine(
        receipt_line_type="RECEIPT_LINE_TYPE_MERCHANT_PHONE_NUMBER",
        receipt_merchant_phone_number=wire.ReceiptMerchantPhoneNumber(phone_number=line.text),
    )


def _text(line: ReceiptLine) -> wire.ReceiptLine:
    return wire.ReceiptLine(
        receipt_line_type="RECEIPT_LINE_TYPE_TEXT",
        receipt_text=wire.ReceiptText(
            value=line.text,
            size=_SIZES[line.size],
            align=UNSET if line.align is None else _ALIGNS[line.align],
            emphasis_bold=UNSET if line.bold is None else line.bold,
        ),
    )


def _vat_number(line: ReceiptLine) -> wire.ReceiptLine:
    return wire.ReceiptLine(
        receipt_line_type="RECEIPT_LINE_TYPE_VAT_NUMBER",
        receipt_vat_number=wire.ReceiptVatNumber(vat_number=line.text),
    )


_KINDS: Final[dict[str, Callable[[ReceiptLine], wire.ReceiptLine]]] = {
    "horizontal_line": _horizontal_line,
    "logo": _logo,
    "merchant_address": _merchant_address,
    "merchant_email_address": _merchant_email_address,
    "merchant_name": _merchant_name,
    "merchant_phone_number": _merchant_phone_number,
    "text": _text,
    "vat_number": _vat_number,
}
