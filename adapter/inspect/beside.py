"""Guesses modifiers, and the discounts and charges that stand beside the lines. Pure: sections of a draft come out."""

from __future__ import annotations

from typing import Any

from adapter.inspect.amounts import computed, joined_tax, taxed_by
from adapter.inspect.columns import is_amount, is_text
from adapter.inspect.entries import Section
from adapter.inspect.findings import Findings, because
from adapter.inspect.profiles import samples


def modifier_section(findings: Findings) -> Section | None:
    """`[modifier]`, where there is a table of them."""
    link, table = findings.cast.modifier_to_item, findings.cast.name("modifier")
    if link is None or table is None:
        return None
    known, found = findings.known, findings.money.explanation
    section = Section(title="[modifier]", evidence=because(findings, "modifier"))
    section.say(
        "from",
        f"JOIN {findings.table_name('modifier')} m ON {findings.on('m', 'i', link, reverse=True)}",
    )
    if taxed_by(findings) is not None:
        section.say("tax", {"included": True}, "the totals add no tax to them")
    name = known.first(table, ("name", "modifier"), is_text, avoid=("id", "kind_of", "status"))
    if name is not None:
        section.say(
            "name",
            {"column": findings.column("m", name.column.name), "missing": "Extra"},
            sample=samples(name.profile, masked=False),
        )
    else:
        section.say("name", "'Extra'", todo="no column looked like the name of a modifier")
    term = found.has("modifiers") if found is not None else None
    if term is not None:
        price, count, per = term.columns
        if count:
            section.say(
                "quantity",
                {"column": findings.column("m", count), "per": per},
                f"counted for the whole {per}" if per == "line" else "counted for each item",
            )
            section.say(
                "amount", {"column": findings.column("m", price), "missing": 0}, f"{term.says}, as the totals say"
            )
        else:
            if per == "line":
                section.say("quantity", {"sql": "1", "per": "line"}, "once for the whole line")
            said = f"{term.says}, as the totals say"
            section.say("amount", {"column": findings.column("m", price), "missing": 0}, said)
        return section
    if found is not None and found.nearly:
        said = "the totals are explained without them: what they cost is in the price of their line"
        section.say("amount", "0", said)
        return section
    guess = known.first(table, ("price",), is_amount, avoid=("tax", "percent", "discount", "cost", "total"))
    todo = "no total tells whether this is for each item or for the whole line"
    amount = {"column": findings.column("m", guess.column.name), "missing": 0} if guess is not None else "0"
    section.say("amount", amount, todo=todo)
    return section


def beside_sections(findings: Findings) -> list[Section]:
    """`[[discount]]` and `[[charge]]`, as far as the totals say that there are any."""
    found = findings.money.explanation
    return [
        section
        for term in (found.terms if found is not None else ())
        if (section := _beside(findings, term.name, term.columns)) is not None
    ]


def _beside(findings: Findings, name: str, columns: tuple[str, ...]) -> Section | None:
    link, money, found = findings.cast.to_session, findings.money, findings.money.explanation
    assert link is not None  # noqa: S101 - a cast has it
    if name.startswith("line discount"):
        column = f"COALESCE({findings.column('i', columns[0])}, 0)"
        amount = column
        if name != "line discount" and money.price is not None:
            worth = findings.column("i", money.price.column.name)
            if money.quantity is not None and not money.per_line:
                worth = f"{findings.column('i', money.quantity.column.name)} * {worth}"
            amount = f"{worth} * {column}{' / 100.0' if name.endswith('percent') else ''}"
        section = Section(title="[[discount]]", evidence=["of a line, as the totals say"])
        section.say(
            "from",
            f"JOIN {findings.table_name('item')} i ON {findings.on('i', 'k', link, reverse=True)}{joined_tax(findings)}",
        )
        section.say("where", f"{column} <> 0")
        by_rate, taxed = found.has("tax by rate") if found is not None else None, taxed_by(findings)
        tax: dict[str, Any] = {"included": True}
        if by_rate is not None and taxed is not None and len(by_rate.columns) > 1:
            tax = {"included": False, "rate": findings.column(taxed[0], taxed[1]), "form": taxed[2]}
        return _named(findings, section, "discount-line", "Discount", amount, tax)
    if name == "discount":
        column = f"COALESCE({findings.column('k', columns[0])}, 0)"
        section = Section(title="[[discount]]", evidence=["of the whole check, as the totals say"])
        section.say("where", f"{column} <> 0")
        return _named(findings, section, "discount", "Discount", column)
    if name.startswith("discount by"):
        parts = " / 100.0" if name.endswith("percent") else ""
        rate = f"COALESCE({findings.column('k', columns[0])}, 0){parts}"
        section = Section(title="[[discount]]", evidence=["of the whole check, by a rate, as the totals say"])
        section.say("where", f"{rate} <> 0")
        # What is left is (1 - rate) of what the lines came to.
        whole = findings.column("k", money.total.column.name) if money.total is not None else f"({computed(findings)})"
        return _named(findings, section, "discount", "Discount", f"{whole} * {rate} / NULLIF(1 - {rate}, 0)")
    if name in ("delivery", "tax"):
        column = f"COALESCE({findings.column('k', columns[0])}, 0)"
        section = Section(title="[[charge]]", evidence=[f"{columns[0]} is added to the lines, as the totals say"])
        section.say("where", f"{column} <> 0")
        return _named(findings, section, name, "Delivery" if name == "delivery" else "Tax", column)
    if name == "line tax":
        column = f"COALESCE({findings.column('i', columns[0])}, 0)"
        section = Section(title="[[charge]]", evidence=[f"{columns[0]} is added to each line, as the totals say"])
        section.say(
            "from",
            f"JOIN {findings.table_name('item')} i ON {findings.on('i', 'k', link, reverse=True)}",
        )
        section.say("where", f"{column} <> 0")
        return _named(findings, section, "tax", "Tax", column)
    return None


def _named(findings: Findings, section: Section, key: str, name: str, amount: str, tax: Any = None) -> Section:
    section.say("id", f"'{key}'")
    section.say("name", f"'{name}'")
    section.say("amount", amount)
    if taxed_by(findings) is not None:
        section.say("tax", tax or {"included": True}, "as the totals say")
    return section
