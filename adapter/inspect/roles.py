"""How much a table looks like tables, checks, lines and so on: by its name, its columns, its rows. Pure scoring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from adapter.inspect.columns import Known, is_amount, is_anything, is_count, is_text, is_time, is_whole
from adapter.inspect.words import meanings, words

Role = Literal["table", "session", "item", "payment", "modifier", "staff", "area", "tax", "discount"]
ROLES: tuple[Role, ...] = get_args(Role)

_SPOKEN: dict[Role, str] = {
    "area": "area",
    "discount": "discount",
    "item": "line",
    "modifier": "modifier",
    "payment": "payment",
    "session": "check",
    "staff": "staff",
    "table": "table",
    "tax": "tax",
}
_FOR: dict[Role, dict[str, float]] = {
    "area": {"dining": 0.1},
    "discount": {"check": 0.1},
    "item": {"check": 0.3, "live": 0.3},
    "modifier": {"line": 0.3, "check": 0.2},
    "payment": {"check": 0.2},
    "session": {"live": 0.3},
    "staff": {},
    "table": {"dining": 0.15},
    "tax": {},
}
"""Concepts beside its own that speak for a role."""
_AGAINST: dict[Role, dict[str, float]] = {
    "area": {"check": 0.4, "staff": 0.3, "table": 0.2},
    "discount": {"product": 0.3, "line": 0.2, "table": 0.2},
    "item": {"product": 0.3, "modifier": 0.4, "discount": 0.4, "tax": 0.4, "payment": 0.4, "table": 0.2},
    "modifier": {"product": 0.2, "price": 0.3, "quantity": 0.1},
    "payment": {"line": 0.3, "staff": 0.2, "tax": 0.3},
    "session": {
        "line": 0.3,
        "modifier": 0.5,
        "payment": 0.5,
        "tax": 0.5,
        "discount": 0.4,
        "product": 0.4,
        "table": 0.3,
    },
    "staff": {"check": 0.4, "table": 0.3},
    "table": {"check": 0.4, "line": 0.4, "payment": 0.4, "staff": 0.3, "product": 0.3, "tax": 0.3},
    "tax": {"line": 0.4, "check": 0.3, "product": 0.2},
}
_ASIDE, _PAST = 0.35, 0.4
_LIKE_A_KIND = 0.35
_FEW_TABLES, _MANY_TABLES = 2, 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How much a table looks like one role, from 0 to 1, and why."""

    table: str
    role: Role
    score: float
    by_name: float
    evidence: tuple[str, ...]


def by_name(role: Role, name: str, ignored: frozenset[str] = frozenset()) -> float:
    """How much the name of a table speaks of a role, from 0 to 1; `ignored` are words that every table's name has."""
    said = [one for one in words(name) if one not in ignored and not one.isdigit()]
    concept = _SPOKEN[role]
    hits = [index for index, word in enumerate(said) if concept in meanings(word)]
    if not hits:
        return 0.0
    last = len(said) - 1
    # In a Romance language the head stands first: linea_de_pedido.
    score = 0.7 if last in hits else 0.45 if 0 in hits and role in ("item", "modifier") else 0.3
    if role in ("item", "modifier") and not any("check" in meanings(word) for word in said):
        score -= 0.25 if role == "item" else 0.1
    for index, word in enumerate(said):
        means = meanings(word)
        if index in hits and concept in means and not (means & {"aside"}):
            continue
        score += max((_FOR[role].get(one, 0.0) for one in means), default=0.0)
        score -= max((_AGAINST[role].get(one, 0.0) for one in means), default=0.0)
        score -= _ASIDE * ("aside" in means) + _PAST * ("past" in means)
        if index == last and "kind_of" in means:
            score -= _LIKE_A_KIND
    return min(1.0, max(0.0, score))


def best_by_name(name: str, ignored: frozenset[str] = frozenset()) -> float:
    """How much a name speaks of any role at all."""
    return max(by_name(role, name, ignored) for role in ROLES)


def likeness(role: Role, name: str, known: Known, ignored: frozenset[str] = frozenset()) -> Likeness:
    """How much a table looks like a role, all told."""
    spoken = by_name(role, name, ignored)
    shape, seen = _SHAPES[role](known, name)
    evidence = ([f"its name, {name}"] if spoken >= 0.4 else []) + ([f"has {', '.join(seen)}"] if seen else [])
    rows = known.table(name).rows
    score = 0.55 * spoken + 0.45 * min(1.0, max(0.0, shape))
    if rows == 0:
        score *= 0.7
        evidence.append("but it is empty")
    elif rows is not None:
        evidence.append(f"{rows} row{'s' if rows != 1 else ''}")
    return Likeness(table=name, role=role, score=score, by_name=spoken, evidence=tuple(evidence))


_Shape = tuple[float, list[str]]


def _weigh(known: Known, table: str, parts: list[tuple[float, str, str, Callable[..., bool], str]]) -> _Shape:
    """Adds up what a table has: weight, what to call it, concepts wanted, the test of values, concepts to avoid."""
    total, seen = 0.0, []
    used: set[str] = set()
    for weight, called, wanted, fits, avoid in parts:
        found = known.first(table, wanted.split(), fits, avoid=avoid.split(), without=used)
        if found is not None and found.score >= 0.4:
            total += weight * min(1.0, found.score + 0.2)
            used.add(found.column.name)
            seen.append(f"{called} {found.column.name}" if called else found.column.name)
    return total, seen


def _session(known: Known, table: str) -> _Shape:
    total, seen = _weigh(
        known,
        table,
        [
            (0.25, "a time", "opened moment closed", is_time, "person_word"),
            (0.2, "a total", "total price balance", is_amount, "line percent"),
            (0.2, "guests", "guests", is_whole, "person_word"),
            (0.2, "a state", "closed status void", is_anything, ""),
            (0.1, "staff", "staff", is_anything, "person_word"),
        ],
    )
    seats = [one for one in known.referring(table) if by_name("table", one.to) >= 0.4 and one.strength >= 0.3]
    if seats:
        total += 0.3
        seen.append(f"a table {seats[0].column}")
    return total, seen


def _item(known: Known, table: str) -> _Shape:
    return _weigh(
        known,
        table,
        [
            (0.35, "a quantity", "quantity count_word", is_count, "price tax discount cost"),
            (0.35, "a price", "price total", is_amount, "tax discount percent cost"),
            (0.25, "a product", "product line name", is_anything, "price tax discount quantity"),
            (0.05, "an order", "order", is_whole, ""),
        ],
    )


def _payment(known: Known, table: str) -> _Shape:
    return _weigh(
        known,
        table,
        [
            (0.45, "an amount", "price total", is_amount, "tax quantity product percent"),
            (0.3, "a means", "method payment", is_anything, "moment price person_word"),
            (0.15, "a time", "opened moment closed", is_time, ""),
            (0.1, "a check", "check", is_anything, ""),
        ],
    )


def _modifier(known: Known, table: str) -> _Shape:
    return _weigh(
        known,
        table,
        [
            (0.3, "a price", "price total", is_amount, "tax discount percent"),
            (0.25, "a quantity", "quantity count_word", is_count, "price tax"),
            (0.2, "a name", "name modifier", is_text, ""),
            (0.25, "a line", "line", is_anything, "price quantity name"),
        ],
    )


def _table(known: Known, table: str) -> _Shape:
    total, seen = _weigh(
        known,
        table,
        [
            (0.3, "a name", "name table", is_anything, "id"),
            (0.25, "seats", "capacity", is_whole, ""),
            (0.2, "an area", "area", is_anything, ""),
            (0.1, "a state", "status live closed void", is_anything, ""),
        ],
    )
    names = {column.name.lower() for column in known.table(table).columns}
    if {"x", "y"} <= names or {"pos_x", "pos_y"} <= names or {"left", "top"} <= names:
        total += 0.15
        seen.append("a place on the plan")
    rows = known.table(table).rows
    if rows is not None and _FEW_TABLES <= rows <= _MANY_TABLES:
        total += 0.15
    if known.first(table, {"quantity", "total", "price"}, is_amount) is not None:
        total -= 0.4
    if known.first(table, {"opened", "closed", "moment"}, is_time) is not None:
        total -= 0.15
    return total, seen


def _staff(known: Known, table: str) -> _Shape:
    return _weigh(
        known,
        table,
        [(0.5, "names", "name person_word staff", is_text, ""), (0.3, "a secret", "person_word", is_anything, "name")],
    )


def _area(known: Known, table: str) -> _Shape:
    total, seen = _weigh(known, table, [(0.6, "a name", "name area", is_text, "")])
    return total + (0.3 if len(known.table(table).columns) <= 8 else 0.0), seen


def _tax(known: Known, table: str) -> _Shape:
    return _weigh(
        known, table, [(0.7, "a rate", "percent tax price", is_amount, "id"), (0.3, "a name", "name", is_text, "")]
    )


def _discount(known: Known, table: str) -> _Shape:
    return _weigh(
        known,
        table,
        [
            (0.5, "an amount", "price percent discount total", is_amount, "id"),
            (0.3, "a check", "check line", is_anything, "price"),
            (0.2, "a name", "name", is_text, ""),
        ],
    )


_SHAPES: dict[Role, Callable[[Known, str], _Shape]] = {
    "area": _area,
    "discount": _discount,
    "item": _item,
    "modifier": _modifier,
    "payment": _payment,
    "session": _session,
    "staff": _staff,
    "table": _table,
    "tax": _tax,
}
