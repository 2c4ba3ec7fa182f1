"""Guesses the amounts of checks, their lines and what comes beside them. Pure: values in, sections of a draft out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from adapter.inspect.columns import is_amount, is_anything, is_text, is_whole
from adapter.inspect.entries import Section
from adapter.inspect.findings import Findings, because
from adapter.inspect.gathering import paid_of, payment_sum
from adapter.inspect.profiles import exact, samples
from adapter.inspect.terms import rate_of
from adapter.inspect.words import concepts


def bill_section(findings: Findings) -> Section:
    """`[bill]`."""
    section = Section(title="[bill]")
    _total(findings, section)
    _paid(findings, section)
    found = findings.money.explanation
    service = found.has("service") if found is not None else None
    if service is not None:
        section.say(
            "service_charge",
            {"column": findings.column("k", service.columns[0]), "missing": 0},
            "the total includes it",
        )
    if found is not None and found.nearly > found.explained:
        many = found.nearly - found.explained
        section.say(
            "rounding_line", {"limit": 3}, f"{many} of {found.of} totals differ from the sum by a penny or three"
        )
    return section


def _total(findings: Findings, section: Section) -> None:
    money = findings.money
    found = money.explanation
    said = []
    if found is not None:
        said.append(f"{found.nearly} of {found.of} bills: {found.says}")
        if found.differing:
            keys = [_key_of(findings, index) for index in found.differing[:5]]
            said.append(f"it does not explain {len(found.differing)}, such as {', '.join(keys)}")
    if money.total is not None:
        value: Any = findings.column("k", money.total.column.name)
        tip = found.has("tip") if found is not None else None
        if tip is not None:
            value = f"{value} - COALESCE({_tip(findings, tip.columns)}, 0)"
            said.append("a tip is in the total, and is taken out: tips are never part of a bill")
        todo = _doubt(findings)
        section.say("total", value, *said, todo=todo, sample=samples(money.total.profile, masked=False))
        return
    section.say(
        "total",
        computed(findings),
        "no total is stored with a check: it is computed from the lines",
        *said,
        todo=_doubt(findings) or "see that this is what the till's own bill says",
    )


def _tip(findings: Findings, columns: tuple[str, ...]) -> str:
    if len(columns) == 1:
        return findings.column("k", columns[0])
    link, table, target, amount = columns
    where = f"{findings.column('g', target)} = {findings.column('k', link)}"
    return f"(SELECT {findings.column('g', amount)} FROM {findings.table_name(table)} g WHERE {where})"


def _doubt(findings: Findings) -> str:
    found = findings.money.explanation
    if found is None:
        what = f"; what may come beside it: {', '.join(findings.money.considered)}" if findings.money.considered else ""
        return f"no sum of lines could be compared with a total: are taxes, discounts and service in the prices?{what}"
    if found.nearly < found.of:
        return "find out what is in the totals that the sum does not explain: such bills are refused"
    return ""


def _key_of(findings: Findings, index: int) -> str:
    link = findings.cast.to_session
    return ", ".join(map(str, link.its(findings.bills[index].row))) if link is not None else str(index)


def computed(findings: Findings) -> str:
    """The total of a check by its lines, as SQL."""
    link, money = findings.cast.to_session, findings.money
    assert link is not None  # noqa: S101 - a cast has it
    if money.price is None:
        return "0"
    each = findings.column("l", money.price.column.name)
    if money.quantity is not None and not money.per_line:
        each = f"{findings.column('l', money.quantity.column.name)} * {each}"
    found = money.explanation
    each, joins = _with_terms(findings, each) if found is not None else (each, "")
    on = findings.on("l", "k", link, reverse=True)
    total = f"COALESCE((SELECT SUM({each}) FROM {findings.table_name('item')} l{joins} WHERE {on}), 0)"
    for term in found.terms if found is not None else ():
        if term.form == "factor":
            parts = " / 100.0" if term.name.endswith("percent") else ""
            total = f"{total} * (1 - COALESCE({findings.column('k', term.columns[0])}, 0){parts})"
        elif term.name in ("discount", "service", "delivery", "tax"):
            sign = "-" if term.name == "discount" else "+"
            total = f"{total} {sign} COALESCE({findings.column('k', term.columns[0])}, 0)"
    return total


def _with_terms(findings: Findings, each: str) -> tuple[str, str]:
    """What a line is worth with its own discount and tax."""
    found = findings.money.explanation
    joins = ""
    for term in found.terms if found is not None else ():
        column = findings.column("l", term.columns[0]) if term.columns else ""
        if term.name == "line discount":
            each = f"{each} - COALESCE({column}, 0)"
        elif term.name.startswith("line discount by"):
            each = f"{each} * (1 - COALESCE({column}, 0){' / 100.0' if term.name.endswith('percent') else ''})"
        elif term.name == "line tax":
            each = f"{each} + COALESCE({column}, 0)"
        elif term.name == "tax by rate":
            rate, joins = _rate_sql(findings, "l")
            each = f"({each}) * (1 + {rate})"
    return each, joins


def _rate_sql(findings: Findings, line: str) -> tuple[str, str]:
    """The rate of a line as a fraction, and the join that it needs."""
    found = rate_of(findings.known, findings.cast)
    link = findings.cast.to_tax
    if found is None:
        return "0", ""
    alias, column, form = found
    parts = " / 100.0" if form == "percent" else ""
    if alias == "i" or link is None:
        return f"COALESCE({findings.column(line, column)}, 0){parts}", ""
    join = f" JOIN {findings.table_name(link.to)} x ON {findings.on(line, 'x', link)}"
    return f"{findings.column('x', column)}{parts}", join


def _paid(findings: Findings, section: Section) -> None:
    known, cast = findings.known, findings.cast
    session = cast.name("session") or ""
    amount, void = payment_sum(known, cast)
    link = cast.payment_to_session
    column = known.first(session, ("paid",), is_amount, avoid=("opened", "percent", "id"))
    flag = void.column.name if void is not None else None
    payments = because(findings, "payment")[:1] if "payment" in cast.parts else []
    if column is not None and column.column.family != "boolean" and column.profile.kind != "flag":
        said = ""
        if amount is not None and link is not None:
            pairs = [
                (exact(bill.row.get(column.column.name)), paid_of(bill, amount.column.name, flag))
                for bill in findings.bills
            ]
            same = sum(
                1
                for stored, given in pairs
                if stored is not None and given is not None and abs(stored - given) <= Decimal("0.01")
            )
            said = f"{same} of {len(pairs)} bills: {column.column.name} = sum of {link.table}.{amount.column.name}"
        section.say(
            "paid",
            findings.column("k", column.column.name),
            said,
            *payments,
            sample=samples(column.profile, masked=False),
        )
        return
    if amount is None or link is None:
        todo = (
            f"payments look to be in {cast.name('payment')}, but no way from a check to them was found"
            if payments
            else "no payments were found"
        )
        section.say("paid", "0", *payments, todo=f"{todo}; right only where nothing is paid before a check is closed")
        return
    where = findings.on("p", "k", link, reverse=True)
    if void is not None:
        no = "FALSE" if void.column.type_name.startswith("bool") else "0"
        where += f" AND COALESCE({findings.column('p', void.column.name)}, {no}) = {no}"
    value = f"COALESCE((SELECT SUM({findings.column('p', amount.column.name)}) FROM {findings.table_name('payment')} p WHERE {where}), 0)"
    section.say(
        "paid", value, *payments, _refunds(findings), todo="are refunds and change negative here, or to be taken off?"
    )


def _refunds(findings: Findings) -> str:
    table = findings.cast.name("payment") or ""
    names = [column.name for column in findings.known.table(table).columns]
    told = [name for name in names if any(word in name.lower() for word in ("refund", "change", "rueck", "cashback"))]
    return f"{', '.join(told)} may have to be taken off" if told else ""


def item_section(findings: Findings) -> Section:
    """`[item]`."""
    cast, money = findings.cast, findings.money
    link = cast.to_session
    item = cast.name("item") or ""
    assert link is not None  # noqa: S101 - a cast has it
    section = Section(title="[item]", evidence=[*because(findings, "item"), f"{link.column}: {link.evidence}"])
    product = cast.to_product
    source = f"JOIN {findings.table_name('item')} i ON {findings.on('i', 'k', link, reverse=True)}"
    if product is not None:
        source += f" LEFT JOIN {findings.table_name(product.to)} r ON {findings.on('i', 'r', product)}"
    taxed = taxed_by(findings)
    source += joined_tax(findings)
    section.say("from", source)
    below = cast.modifier_to_item
    if below is not None:
        section.say("key", findings.columns("i", [target for _, target in below.pairs]))
    _order(findings, section, item)
    section.say("id", findings.column("i", product.column) if product is not None else _product_code(findings, item))
    _item_name(findings, section, item)
    if money.quantity is not None:
        section.say(
            "quantity",
            findings.column("i", money.quantity.column.name),
            sample=samples(money.quantity.profile, masked=False),
        )
    _price(findings, section)
    if taxed is not None:
        alias, column, form = taxed
        section.say(
            "tax",
            {"included": False, "rate": findings.column(alias, column), "form": form},
            "the totals include tax, and the prices do not",
        )
    _marks(findings, section, item)
    return section


def joined_tax(findings: Findings) -> str:
    """What the FROM of lines goes on with where the rate of their tax is in a table of its own."""
    taxed, link = taxed_by(findings), findings.cast.to_tax
    if taxed is None or taxed[0] != "x" or link is None:
        return ""
    return f" LEFT JOIN {findings.table_name(link.to)} x ON {findings.on('i', 'x', link)}"


def taxed_by(findings: Findings) -> tuple[str, str, str] | None:
    """The rate that the totals say is added to the prices of lines, as `rate_of` gives it."""
    found = findings.money.explanation
    taxed = found is not None and found.has("tax by rate") is not None
    return rate_of(findings.known, findings.cast) if taxed else None


def _order(findings: Findings, section: Section, item: str) -> None:
    link = findings.cast.to_session
    key = [name for name in findings.known.table(item).key if link is None or name not in dict(link.pairs)]
    order = findings.known.first(
        item,
        ("order",),
        is_whole,
        avoid=("price", "quantity", "name", "tax", "product"),
        without=set(key[:1]) if len(key) == 1 else (),
    )
    chosen = [order.column.name] if order is not None else key
    if chosen:
        section.say("order", [findings.column("i", name) for name in chosen])


def _product_code(findings: Findings, item: str) -> str:
    avoid = ("name", "price", "quantity", "tax", "discount")
    found = findings.known.find(item, ("product", "line", "code"), is_anything, avoid=avoid)
    named = [one.column.name for one in found if "order" not in concepts(one.column.name)]
    key = findings.known.table(item).key or (findings.known.table(item).columns[0].name,)
    return findings.column("i", [*named, key[-1]][0])


def _item_name(findings: Findings, section: Section, item: str) -> None:
    known, product = findings.known, findings.cast.to_product
    avoid = ("id", "tax", "discount", "quantity", "kind_of", "person_word")
    own = [
        one
        for one in known.find(item, ("name", "product"), is_text, avoid=avoid)
        if one.profile.known or not one.profile.count
    ]
    theirs = (
        known.find(product.to, ("name",), is_text, avoid=("id", "tax", "kind_of"))[:1] if product is not None else []
    )
    filled = [one for one in own if not one.profile.nulls]
    if filled:
        section.say(
            "name",
            findings.column("i", filled[0].column.name),
            "what the line itself says",
            sample=samples(filled[0].profile, masked=False),
        )
    elif theirs:
        column = findings.column("r", theirs[0].column.name)
        section.say(
            "name", {"column": column, "missing": "Item"}, f"the name of the product in {product.to if product else ''}"
        )
    elif own:
        section.say("name", {"column": findings.column("i", own[0].column.name), "missing": "Item"})
    else:
        section.say("name", "'Item'", todo="no column looked like the name of a line")


def _price(findings: Findings, section: Section) -> None:
    money = findings.money
    if money.price is None:
        section.say("amount_per_item", "0", todo="no column looked like the price of a line")
        return
    column = findings.column("i", money.price.column.name)
    value: Any = {"column": column, "per": "line"} if money.per_line else column
    if money.price.column.nullable:
        value = {**(value if isinstance(value, dict) else {"column": column}), "missing": 0}
    found = money.explanation
    said = (
        f"it is the price that explains {found.nearly} of {found.of} bills" if found is not None else "by its name only"
    )
    others = f"considered too: {', '.join(money.others)}" if money.others else ""
    section.say("amount_per_item", value, said, others, sample=samples(money.price.profile, masked=False))


def _marks(findings: Findings, section: Section, item: str) -> None:
    """Flags and pointers of lines that only a person can judge."""
    told: list[str] = []
    for column in findings.known.table(item).columns:
        small = column.name.lower()
        if any(word in small for word in ("void", "storno", "cancel", "deleted", "return")):
            told.append(f"{column.name} ({samples(findings.known.profile(item, column.name), masked=True)})")
    if told:
        section.evidence.append(f"TODO leave out void lines by where = ...: {', '.join(told)}")
    parents = [column.name for column in findings.known.table(item).columns if "parent" in column.name.lower()]
    if parents and findings.cast.name("modifier") is None:
        section.evidence.append(f"TODO lines may be modifiers of others, by {', '.join(parents)}")
    product = findings.cast.to_product
    if product is not None and findings.cast.name("modifier") is None:
        marks = [
            one.name
            for one in findings.known.table(product.to).columns
            if one.name.lower() in ("iscom", "is_modifier", "ismodifier", "is_addon", "is_extra", "istopping")
        ]
        if marks:
            section.evidence.append(
                f"TODO {product.to}.{marks[0]} may mark lines that modify the line before them: see positional"
            )
