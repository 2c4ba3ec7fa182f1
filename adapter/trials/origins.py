"""Where in a mapping a member of an answer, or a column of a written row, comes from. Works on values only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp

from adapter.mapping.fragments import SITE
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
        "note": ("note",),
        "plu": ("plu",),
        "modifiers": (),
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
_OF_ORDER: dict[str, Path] = {
    "collectAt": ("session", "collect_at"),
    "createdAt": ("session", "created_at"),
    "displayName": ("session", "display_name"),
    "note": ("bill", "note"),
    "orderType": ("session", "kind"),
    "paidAmount": ("bill", "paid"),
    "payable": ("session", "payable"),
    "reference": ("session", "reference"),
    "serviceChargeAmount": ("bill", "service_charge"),
    "status": ("session", "status"),
    "tipsAmount": ("bill", "tips"),
    "totalAmount": ("bill", "total"),
    "updatedAt": ("session", "updated_at"),
    "waiterId": ("session", "waiter"),
}
"""Members of an order of the EPOS Data API, and the fields they come from."""
_LISTED = {"discounts": "discount", "payments": "payment", "taxLines": "tax_line"}
_OF_LISTED: dict[str, str] = {
    "affectedPlu": "plu",
    "amountPercentage": "rate",
    "amountTotal": "amount",
    "id": "id",
    "name": "name",
    "paidAmount": "amount",
    "paymentIntentId": "id",
    "tipsAmount": "tip",
}
_BESIDE: dict[Path, tuple[Path, ...]] = {
    ("item", "amount_per_item"): (
        ("item", "tax"),
        ("item", "quantity"),
        ("modifier", "amount"),
        ("modifier", "quantity"),
        ("modifier", "tax"),
    ),
    ("item", "name"): (("item", "quantity"),),
    ("modifier", "amount"): (("modifier", "tax"),),
    ("session", "finished_at"): (("session", "finished"),),
    ("session", "payable"): (("session", "finished"), ("bill", "total"), ("bill", "paid")),
}
"""Fields of which a value is made beside its own."""
_SOURCES = ("column", "sql", "codec", "path", "map")
_TIMES = frozenset({"created_at", "finished_at", "ordered_at"})


def origin_of_member(mapping: Mapping, path: Path, *, negative: bool = False) -> str:
    """`it is item.amount_per_item, line 85` for the path of a member in an answer; empty where that cannot be told.

    A `negative` amount may be that of a discount.
    """
    if path[:1] == ("error",):
        return _told(
            mapping,
            "it is decided by",
            [("capabilities", name) for name in type(mapping.file.capabilities).model_fields],
        )
    told = _of_order(mapping, path)
    if told:
        return told
    entity = ""
    for place, name in enumerate(path):
        if entity == "item" and name == "modifiers":
            entity = "modifier"
            continue
        if name in _ENTITIES and not (name == "table" and place):
            entity = _ENTITIES[str(name)]
            continue
        field = _FIELDS.get(entity, {}).get(str(name))
        if field is not None:
            if field == ("ordered_at",) and mapping.file.item.ordered_at is None:
                return _of_field(mapping, ("session", "created_at"))  # which stands in for it
            if entity == "item":
                return _of_line(mapping, field, negative=negative)
            rest = tuple(str(part) for part in path[place + 1 :]) if name == "waiter" else ()
            return _of_field(mapping, (entity, *field, *rest))
    return _of_rows(mapping, entity) if entity not in ("", "bill") else ""


def origin_of_order(mapping: Mapping, path: Path) -> str:
    """`they are put in order by item.order.0, line 85` for the path of a list; where that is not told, where its rows come from."""
    last = str(path[-1]) if path else ""
    sections: list[Path] = [("item",)] if last == "items" else [("modifier",)] if last == "modifiers" else []
    if last in _LISTED:
        sections = [(_LISTED[last], index) for index in range(len(getattr(mapping.file, _LISTED[last])))]
    keys = mapping.source.locator.keys
    known = [key for key in keys if any(key[: len(each) + 1] == (*each, "order") for each in sections)]
    known = [key for key in known if (*key, 0) not in keys]  # of a list, its entries
    return _told(mapping, "they are put in order by", known) or origin_of_member(mapping, path)


def _of_order(mapping: Mapping, path: Path) -> str:
    """The same for a member that only an order has; empty for any other."""
    first = str(path[0]) if path else ""
    section = _LISTED.get(first)
    if section is None:
        names = [str(name) for name in path if name in _OF_ORDER] if first in ("details", *_OF_ORDER) else []
        return _of_field(mapping, _OF_ORDER[names[-1]]) if names else ""
    count = len(getattr(mapping.file, section))
    field = _OF_LISTED.get(str(path[2])) if len(path) > 2 else None
    fields = ("from", "where", "order") if field is None else (field, "tax") if field == "amount" else (field,)
    places: list[Path] = [(section, index, name) for index in range(count) for name in fields]
    if field is None:
        places += [each for index in range(count) for each in _made_of(mapping, (section, index, "where"))]
    lead = "its rows come from" if field is None else "it is"
    return _told(mapping, lead, [each for each in places if each in mapping.source.locator.keys])


def origin_of_column(mapping: Mapping, table: str, column: str) -> str:
    """`it is set by record.step[1], line 190`, or wherever a step writes this table or column; empty where none does."""
    record = mapping.file.record
    steps = [
        (index, step)
        for index, step in enumerate(record.step if record is not None else ())
        if step.table.casefold() == table.casefold()
    ]
    for index, step in steps:
        written = next((name for name in step.set if name.casefold() == column.casefold()), None)
        if written is not None:
            return _of_field(mapping, ("record", "step", index, "set", written), lead="it is set by")
    return _told(mapping, "it is written by", [("record", "step", index) for index, _ in steps])


def _of_line(mapping: Mapping, field: Path, *, negative: bool) -> str:
    """A member of a line, which may be an item, or a discount or charge that stands on the bill as one."""
    own = list(_with_parts(mapping, ("item", *field)))
    names = {"amount_per_item": ("amount", "tax"), "id": ("id",), "name": ("name",), "ordered_at": ("ordered_at",)}
    extras: list[Path] = [
        (kind, index, name)
        for kind, rules in (("discount", mapping.file.discount), ("charge", mapping.file.charge))
        for index in range(len(rules))
        for name in names.get(str(field[0]) if field else "", ())
    ]
    extras = [each for each in extras if each in mapping.source.locator.keys]
    return _told(mapping, "it is", [*extras, *own] if negative else [*own, *extras])


def _with_parts(mapping: Mapping, path: Path) -> Iterator[Path]:
    for each in (path, *_BESIDE.get(path, ())):
        yield each
        yield from _made_of(mapping, each)


def _of_field(mapping: Mapping, path: Path, lead: str = "it is") -> str:
    return _told(mapping, lead, _with_parts(mapping, path))


def _made_of(mapping: Mapping, path: Path) -> Iterator[Path]:
    """What is said elsewhere of the columns and constants that a field is made of."""
    declared = {
        (table.casefold(), column.casefold()): (table, column)
        for table, columns in mapping.file.columns.items()
        for column in columns
    }
    joined = _joined(mapping, path)
    for fragment in mapping.fragments.get(path, ()):
        for column in fragment.tree.find_all(exp.Column):
            said = declared.get((str(column.meta.get("table")).casefold(), column.name.casefold()))
            if said is not None:
                yield ("columns", *said)
            elif column.meta.get("field"):
                yield (column.table.casefold(), column.name.casefold())
            if column.table.casefold() in joined:
                yield (path[0], "from")
        for constant in fragment.tree.find_all(exp.Placeholder):
            if constant.name.startswith(SITE):
                yield ("site", constant.name.removeprefix(SITE))
    if path[-1] in _TIMES:
        yield ("time",)
        if mapping.file.time.zone.startswith(":site."):
            yield ("site", mapping.file.time.zone.removeprefix(":site."))


def _joined(mapping: Mapping, path: Path) -> frozenset[str]:
    """The aliases that the FROM of a field's entity joins to the table of its rows."""
    clause = mapping.clauses.get(path[:1])
    joins = clause.joins[0 if clause.first is not None else 1 :] if clause is not None else ()
    return frozenset(join.alias_or_name.casefold() for join in joins)


def _of_rows(mapping: Mapping, entity: str) -> str:
    """Where the rows of an entity come from, those of discounts and charges for the lines of a bill."""
    places: list[Path] = [(entity, "from"), (entity, "where"), (entity, "order"), *_made_of(mapping, (entity, "where"))]
    if entity == "item":
        places += [("discount", index) for index in range(len(mapping.file.discount))]
        places += [("charge", index) for index in range(len(mapping.file.charge))]
        places.append(("modifier", "positional"))
    if entity == "session":
        places += [("session", "finished"), ("session", "payable"), *_made_of(mapping, ("session", "finished"))]
    if entity == "table":
        places.append(("table", "status"))
    return _told(mapping, "its rows come from", places)


def _told(mapping: Mapping, lead: str, paths: Iterable[Path]) -> str:
    """The keys that the file has, each with its line; the rest of them in brackets, since the first is the likeliest.

    For a field that is not written by itself, its section stands.
    """
    keys = mapping.source.locator.keys
    found: dict[Path, int] = {}
    for number, path in enumerate(paths):
        known = path
        while known and known not in keys:
            known = known[:-1] if not number else ()
        # A field that has a section of its own is made by what stands in it.
        inner = [(*known, name) for name in _SOURCES if (*known, name) in keys] if known == path else []
        for each in inner or [known]:
            if each:
                found.setdefault(each, mapping.source.locator.place(each)[0])
    named = [f"{dotted(path)}, line {line}" for path, line in found.items()]
    if not named:
        return ""
    rest = f" (or {'; '.join(named[1:])})" if named[1:] else ""
    return f"{lead} {named[0]}{rest}"
