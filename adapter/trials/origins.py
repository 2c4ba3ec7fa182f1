"""Where in a mapping a member of an answer, or a column of a written row, comes from. Works on values only."""

from __future__ import annotations

from adapter.mapping.load import Mapping
from adapter.toml.locate import Path, dotted

_ENTITIES = {
    "modifiers": "modifier",
    "items": "item",
    "billItems": "bill",
    "session": "session",
    "sessions": "session",
    "table": "table",
    "tables": "table",
}
_FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    "bill": {
        "currency": ("currency",),
        "note": ("note",),
        "paidAmount": ("paid",),
        "serviceCharge": ("service_charge",),
        "taxAmount": ("tax",),
        "totalAmount": ("total",),
    },
    "item": {
        "amountPerItem": ("amount_per_item",),
        "category": ("category",),
        "id": ("id",),
        "lastOrderedAt": ("ordered_at",),
        "name": ("name",),
        "quantity": ("quantity",),
    },
    "modifier": {
        "amountPerModifier": ("amount",),
        "id": ("id",),
        "name": ("name",),
        "quantity": ("quantity",),
    },
    "session": {
        "createdAt": ("created_at",),
        "finishedAt": ("finished_at",),
        "id": ("id",),
        "isPayable": ("payable",),
        "name": ("name",),
        "numberOfCovers": ("covers",),
        "tableName": ("tables", "table"),
        "waiter": ("waiter",),
    },
    "table": {"maxCovers": ("max_covers",), "name": ("name",), "status": ("status",)},
}


def origin_of_member(mapping: Mapping, path: Path) -> str:
    """`it is item.amount_per_item, line 85` for the path of a member in an answer; empty where that cannot be told."""
    entity = ""
    for place, name in enumerate(path):
        if name in _ENTITIES and not (name == "table" and place):
            entity = _ENTITIES[str(name)]
            continue
        field = _FIELDS.get(entity, {}).get(str(name))
        if field is not None:
            rest = tuple(str(part) for part in path[place + 1 :]) if name == "waiter" else ()
            return _told(mapping, "it is", (entity, *field, *rest))
    return _told(mapping, "its rows come from", (entity,)) if entity not in ("", "bill") else ""


def origin_of_column(mapping: Mapping, table: str, column: str) -> str:
    """`it is set in record.step[1], line 190`, or wherever a step writes this table or column; empty where none does."""
    record = mapping.file.record
    steps = [
        (index, step)
        for index, step in enumerate(record.step if record is not None else ())
        if step.table.casefold() == table.casefold()
    ]
    for index, step in steps:
        written = next((name for name in step.set if name.casefold() == column.casefold()), None)
        if written is not None:
            return _told(mapping, "it is set by", ("record", "step", index, "set", written))
    places = [_told(mapping, "it is written by", ("record", "step", index)) for index, _ in steps[:1]]
    return places[0] if places else ""


def _told(mapping: Mapping, lead: str, path: Path) -> str:
    known = path
    while known and known not in mapping.source.locator.keys:
        known = known[:-1]
    if not known:
        return ""
    line, _ = mapping.source.locator.place(known)
    return f"{lead} {dotted(known)}, line {line}"
