"""Writes open tickets as the Openbravo family keeps them, by the Java Object Serialization Stream Protocol.

`python -m tests.tickets` prints the rows of `sharedtickets` for the evening at uniCenta. The names of the classes, their
fields and their serialVersionUIDs are the vendor's; every ticket is invented.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_STRING = "Ljava/lang/String;"
_UIDS = {
    "ArrayList": 8683452581122892189,
    "Date": 7523967970034938905,
    "Hashtable": 1421746759512286392,
    "Properties": 4112578634029874840,
    "TaxInfo": -2705212098856473043,
    "TicketInfo": 2765650092387265178,
    "TicketLineInfo": 6608012948284450199,
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a ticket; prices are without tax."""

    product: str
    name: str
    units: float
    price: float
    rate: float = 0.2
    is_auxiliary: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """An open ticket."""

    id: str
    date: datetime
    lines: Sequence[Line]
    name: str = ""
    type: int = 0
    number: int = 0
    package: str = "com.openbravo.pos.ticket"
    with_status: bool = True
    """uniCenta writes one number more than Openbravo POS."""


def serialized(ticket: Ticket) -> bytes:
    """The ticket as `ObjectOutputStream` writes it."""
    stream = _Stream(ticket.package)
    stream.ticket(ticket)
    return bytes(stream.out)


@dataclass
class _Stream:
    package: str
    out: bytearray = field(default_factory=lambda: bytearray(b"\xac\xed\x00\x05"))
    _handles: dict[Any, int] = field(default_factory=dict)
    _count: int = 0

    def ticket(self, ticket: Ticket) -> None:
        self.out += b"\x73"
        # SC_EXTERNALIZABLE with SC_BLOCK_DATA: the class writes everything by its own hand.
        self._class(f"{self.package}.TicketInfo", "TicketInfo", 0x0C, [])
        self._new(None)
        self._text(ticket.id)
        self._block(struct.pack(">ii", ticket.type, ticket.number))
        self.out += b"\x70"  # no customer
        self._date(ticket.date)
        self._properties({"name": ticket.name} if ticket.name else {})
        self.out += b"\x73"
        self._class("java.util.ArrayList", "ArrayList", 0x03, [("I", "size", "")])
        self._new(None)
        self.out += struct.pack(">i", len(ticket.lines))
        self._block(struct.pack(">i", len(ticket.lines)))
        taxes: dict[float, int] = {}
        for number, line in enumerate(ticket.lines):
            self._line(ticket, number, line, taxes)
        self.out += b"\x78"
        if ticket.with_status:
            self._block(struct.pack(">i", 0))
        self.out += b"\x78"

    def _line(self, ticket: Ticket, number: int, line: Line, taxes: dict[float, int]) -> None:
        self.out += b"\x73"
        tax_class = f"L{self.package.replace('.', '/')}/TaxInfo;"
        fields = [
            ("I", "m_iLine", ""),
            ("D", "multiply", ""),
            ("D", "price", ""),
            ("L", "attributes", "Ljava/util/Properties;"),
            ("L", "attsetinstid", _STRING),
            ("L", "m_sTicket", _STRING),
            ("L", "productid", _STRING),
            ("L", "tax", tax_class),
        ]
        self._class(f"{self.package}.TicketLineInfo", "TicketLineInfo", 0x02, fields)
        self._new(None)
        self.out += struct.pack(">idd", number, line.units, line.price)
        known = {"product.name": line.name, "product.com": str(line.is_auxiliary).lower()}
        self._properties({**known, "product.taxcategoryid": "001", **({"notes": line.note} if line.note else {})})
        self.out += b"\x70"
        self._text(ticket.id)
        self._text(line.product)
        if line.rate in taxes:
            self._reference(taxes[line.rate])
        else:
            taxes[line.rate] = self._tax(line.rate)

    def _tax(self, rate: float) -> int:
        self.out += b"\x73"
        fields = [
            ("Z", "cascade", ""),
            ("D", "rate", ""),
            ("L", "id", _STRING),
            ("L", "name", _STRING),
            ("L", "order", "Ljava/lang/Integer;"),
            ("L", "parentid", _STRING),
            ("L", "taxcategoryid", _STRING),
            ("L", "taxcustcategoryid", _STRING),
        ]
        self._class(f"{self.package}.TaxInfo", "TaxInfo", 0x02, fields)
        handle = self._new(None)
        self.out += struct.pack(">?d", False, rate)
        self._text(f"t-{rate}")
        self._text(f"VAT {rate:.0%}")
        self.out += b"\x70\x70"
        self._text("001")
        self.out += b"\x70"
        return handle

    def _date(self, moment: datetime) -> None:
        self.out += b"\x73"
        self._class("java.util.Date", "Date", 0x03, [])
        self._new(None)
        self._block(struct.pack(">q", round(moment.timestamp() * 1000)))
        self.out += b"\x78"

    def _properties(self, values: Mapping[str, str]) -> None:
        self.out += b"\x73"
        above = [("F", "loadFactor", ""), ("I", "threshold", "")]
        self._class(
            "java.util.Properties",
            "Properties",
            0x02,
            [("L", "defaults", "Ljava/util/Properties;")],
            above=lambda: self._class("java.util.Hashtable", "Hashtable", 0x03, above),
        )
        self._new(None)
        self.out += struct.pack(">fi", 0.75, 8)
        self._block(struct.pack(">ii", 11, len(values)))
        for key, value in values.items():
            self._text(key)
            self._text(value)
        self.out += b"\x78"
        self.out += b"\x70"

    def _class(
        self,
        name: str,
        short: str,
        flags: int,
        fields: Sequence[tuple[str, str, str]],
        *,
        above: Callable[[], None] | None = None,
    ) -> None:
        if ("class", name) in self._handles:
            self._reference(self._handles["class", name])
            return
        self.out += b"\x72" + _utf(name) + struct.pack(">q", _UIDS[short])
        self._new(("class", name))
        self.out += struct.pack(">BH", flags, len(fields))
        for kind, field_name, type_name in fields:
            self.out += kind.encode() + _utf(field_name)
            if type_name:
                self._text(type_name)
        self.out += b"\x78"
        if above is None:
            self.out += b"\x70"
        else:
            above()

    def _text(self, text: str) -> None:
        if ("text", text) in self._handles:
            self._reference(self._handles["text", text])
            return
        self.out += b"\x74" + _utf(text)
        self._new(("text", text))

    def _block(self, data: bytes) -> None:
        self.out += b"\x77" + bytes([len(data)]) + data

    def _reference(self, handle: int) -> None:
        self.out += b"\x71" + struct.pack(">i", handle)

    def _new(self, key: Any) -> int:
        handle = 0x7E0000 + self._count
        self._count += 1
        if key is not None:
            self._handles[key] = handle
        return handle


def _utf(text: str) -> bytes:
    """Java's UTF-8, which is everybody's for what these tests write: no NUL, and nothing beyond the first plane."""
    raw = text.encode()
    return struct.pack(">H", len(raw)) + raw


@dataclass(frozen=True, kw_only=True)
class Shared:
    """A row of `sharedtickets`."""

    id: str
    name: str
    about: str
    ticket: Ticket
    user: str | None = None
    locked: str | None = None


def _evening(hour: int, minute: int, number: int, *lines: Line, name: str = "") -> Ticket:
    moment = datetime(2026, 11, 20, hour, minute, tzinfo=UTC)
    return Ticket(id=f"b1c0de00-0000-4000-8000-{number:012d}", date=moment, lines=lines, name=name)


EVENING = [
    Shared(
        id="1",
        name="Greta - (06:12 408)",
        about="Table 1: two pizzas with an extra each, a beer",
        user="Greta",
        ticket=_evening(
            18,
            12,
            1,
            Line(product="p-pizza", name="Stone-oven pizza", units=2, price=8.333333333333334),
            Line(product="p-mozza", name="Extra mozzarella", units=2, price=1.25, is_auxiliary=True),
            Line(product="p-beer", name="Quarry pale", units=1, price=3.75),
        ),
    ),
    Shared(
        id="2",
        name="Ines - (06:40 071)",
        about="Table 2: open at a terminal just now",
        user="Ines",
        locked="locked",
        ticket=_evening(18, 40, 2, Line(product="p-soup", name="Soup of the day", units=1, price=5.0)),
    ),
    Shared(
        id="3",
        name="Greta - (07:01 655)",
        about="Table 3: three rates of tax, cheese by weight",
        user="Greta",
        locked="",
        ticket=_evening(
            19,
            1,
            3,
            Line(product="p-sand", name="Cold sandwich to go", units=3, price=4.55, rate=0.0),
            Line(product="p-chee", name="Blue cheese", units=0.35, price=18.29, rate=0.05),
            Line(product="p-coff", name="Coffee", units=2, price=2.0875, note="one decaf"),
        ),
    ),
    Shared(
        id="4",
        name="Ines - (07:15 202)",
        about="Table 4: three lines that each round up",
        user="Ines",
        ticket=_evening(
            19,
            15,
            4,
            Line(product="p-egg", name="Pickled egg", units=1, price=0.9375),
            Line(product="p-cris", name="Crisps", units=1, price=0.9375),
            Line(product="p-oliv", name="Olives", units=1, price=0.9375),
        ),
    ),
    Shared(
        id="5",
        name="Tomas - (07:22 918)",
        about="Table 5: a discount by script, which is a line of its own; who served it has left",
        user="Tomas",
        ticket=_evening(
            19,
            22,
            5,
            Line(product="p-roas", name="Roast of the day", units=1, price=12.5),
            Line(product="p-disc", name="Early bird 10%", units=1, price=-1.25),
        ),
    ),
    Shared(
        id="6",
        name="Ines - (07:30 000)",
        about="Table 6: opened, nothing ordered yet",
        user="Ines",
        ticket=_evening(19, 30, 6),
    ),
    Shared(
        id="7d0f6c1e-58a1-4b7c-9a53-0c1d2e3f4a5b",
        name="Stag party",
        about="no table: a tab at the bar, taken over by a supervisor",
        user="Ines",
        locked="override",
        ticket=_evening(
            19, 35, 8, Line(product="p-stou", name="Stout", units=4, price=4.166666666666667), name="Stag party"
        ),
    ),
]
"""The open tickets of an invented evening."""


def statements(evening: Sequence[Shared]) -> str:
    """The SQL that makes the rows, as it stands in the evening of the restaurant."""
    return "\n\n".join(_statement(row) for row in evening) + "\n"


def _statement(row: Shared) -> str:
    values = ", ".join("NULL" if value is None else f"'{value}'" for value in (row.id, row.name, row.user, row.locked))
    content = f"'\\x{serialized(row.ticket).hex()}'"
    return (
        f"-- {row.about}\n"
        f"INSERT INTO sharedtickets (id, name, appuser, locked, content) VALUES ({values},\n    {content});"
    )


if __name__ == "__main__":
    sys.stdout.write(statements(EVENING))
