"""Chooses which table plays which part: those that look like it and are linked as a restaurant's are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from adapter.inspect.columns import Known
from adapter.inspect.facts import Reference, Table
from adapter.inspect.roles import ROLES, Likeness, Role, by_name, likeness
from adapter.inspect.words import concepts, meanings, words

_TRIED = 8
_LINK_COLUMNS = 6
"""Columns that a table of links has at most."""
"""Tables tried for each part, the likeliest."""
_LEAST: dict[Role, float] = {
    "area": 0.4,
    "discount": 0.4,
    "item": 0.35,
    "modifier": 0.35,
    "payment": 0.35,
    "session": 0.3,
    "staff": 0.3,
    "table": 0.3,
    "tax": 0.4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The table that plays one part."""

    table: str
    confidence: float
    """From 0 to 1."""
    evidence: tuple[str, ...]
    runner_up: str = ""
    runner_up_confidence: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who plays what; None where nobody does."""

    parts: Mapping[Role, Part]
    to_table: Reference | None = None
    """How a check refers to its table, where it holds the reference itself."""
    linking: tuple[Reference, Reference] | None = None
    """How a table of links refers to checks, and to tables."""
    to_session: Reference | None = None
    """How a line refers to its check."""
    payment_to_session: Reference | None = None
    modifier_to_item: Reference | None = None
    to_staff: Reference | None = None
    to_area: Reference | None = None
    to_tax: Reference | None = None
    to_product: Reference | None = None

    def name(self, role: Role) -> str | None:
        """The table that plays a part."""
        part = self.parts.get(role)
        return part.table if part is not None else None


def candidates(tables: Collection[Table], ignored: frozenset[str], most: int) -> list[str]:
    """The tables that are worth looking into: those whose names speak of a part, then those that are referred to."""
    spoken: dict[str, float] = {}
    for role in ROLES:
        scored = sorted(((by_name(role, table.name, ignored), table.name) for table in tables), key=lambda one: -one[0])
        for score, name in scored[: most // 4]:
            if score > 0.1:
                spoken[name] = max(score, spoken.get(name, 0.0))
    chosen = sorted(spoken, key=lambda name: (-spoken[name], name))[:most]
    between = [table.name for table in tables if len(table.columns) <= _LINK_COLUMNS and _links(table.name)]
    dishes = [table.name for table in tables if _product_table(table.name, ignored)]
    return list(dict.fromkeys([*chosen, *between[: most // 4], *dishes[: most // 8]]))


def _product_table(name: str, ignored: frozenset[str]) -> bool:
    """Whether a table is named for what is sold, and for nothing else."""
    said = [one for one in words(name) if one not in ignored]
    if len(said) == 1:
        return bool(meanings(said[0]) & {"product", "line"})
    return len(said) == 2 and "product" in meanings(said[-1])


def _links(name: str) -> bool:
    """Whether a name speaks of checks and tables at once."""
    return {"check", "table"} <= concepts(name)


def cast(known: Known, names: Iterable[str], ignored: frozenset[str]) -> Cast | None:
    """The likeliest cast, or None when nothing looks like checks with lines."""
    likely = {role: _likely(known, names, role, ignored) for role in ROLES}
    best: tuple[float, Likeness, Likeness] | None = None
    scores: dict[tuple[Role, str], float] = {}
    for session in likely["session"]:
        for item in likely["item"]:
            score = _together(known, session, item, likely)
            if score is None:
                continue
            for one in (session, item):
                scores[(one.role, one.table)] = max(scores.get((one.role, one.table), 0.0), score)
            if best is None or score > best[0]:
                best = (score, session, item)
    if best is None:
        return None
    return _filled(known, best[1], best[2], likely, scores)


def nearest(known: Known, names: Iterable[str], ignored: frozenset[str]) -> dict[Role, Part]:
    """The likeliest table for each part, however little speaks for it, and whether or not they go together."""
    found = {}
    for role in ROLES:
        scored = [likeness(role, name, known, ignored) for name in names]
        best = max((one for one in scored if one.by_name > 0), key=lambda one: one.score, default=None)
        if best is not None:
            found[role] = Part(table=best.table, confidence=best.score, evidence=best.evidence)
    return found


def _likely(known: Known, names: Iterable[str], role: Role, ignored: frozenset[str]) -> list[Likeness]:
    found = [likeness(role, name, known, ignored) for name in names]
    good = [one for one in found if one.score >= _LEAST[role] and (one.by_name > 0 or role in ("session", "item"))]
    return sorted(good, key=lambda one: (-one.score, one.table))[:_TRIED]


def _together(known: Known, session: Likeness, item: Likeness, likely: Mapping[Role, list[Likeness]]) -> float | None:
    """How well checks and lines go together, with the best table and payments that go with them."""
    if session.table == item.table:
        return None
    link = known.link(item.table, session.table)
    if link is None or link.strength < 0.3:
        return None
    back = known.link(session.table, item.table)
    score = session.score + item.score + link.strength - (0.5 if back is not None and back.strength > 0.5 else 0.0)
    score += max((_table_bonus(known, session.table, one) for one in likely["table"]), default=0.0)
    score += max(
        (
            0.5 * one.score * found.strength
            for one in likely["payment"]
            if one.table not in (session.table, item.table)
            and (found := known.link(one.table, session.table)) is not None
        ),
        default=0.0,
    )
    return score


def _table_bonus(known: Known, session: str, table: Likeness) -> float:
    if table.table == session:
        return 0.0
    direct = known.link(session, table.table)
    strength = direct.strength if direct is not None else 0.0
    if _linking(known, session, table.table) is not None:
        strength = max(strength, 0.9)
    return table.score * (0.3 + strength)


def _linking(known: Known, session: str, table: str) -> tuple[Reference, Reference] | None:
    """A table whose rows say which check is on which table."""
    found: list[tuple[float, tuple[Reference, Reference]]] = []
    for one in {reference.table for reference in known.survey.references} - {session, table}:
        columns = known.table(one).columns
        if len(columns) > _LINK_COLUMNS:
            continue
        left, right = known.link(one, session), known.link(one, table)
        if left is None or right is None or left.column == right.column or min(left.strength, right.strength) < 0.5:
            continue
        rows = known.table(one).rows or 0
        found.append((left.strength + right.strength - 0.05 * len(columns) + (0.3 if rows else 0.0), (left, right)))
    return max(found, key=lambda each: (each[0], each[1][0].table))[1] if found else None


def _filled(
    known: Known,
    session: Likeness,
    item: Likeness,
    likely: Mapping[Role, list[Likeness]],
    scores: Mapping[tuple[Role, str], float],
) -> Cast:
    taken = {session.table, item.table}
    parts: dict[Role, Part] = {
        "session": _part(session, likely["session"], scores),
        "item": _part(item, likely["item"], scores),
    }

    def play(role: Role, link: Mapping[str, Reference | None], *, needs_link: bool = False) -> str | None:
        rated = {
            one.table: one.score + 0.6 * _strength(link.get(one.table))
            for one in likely[role]
            if one.table not in taken and (not needs_link or _strength(link.get(one.table)) >= 0.3)
        }
        chosen = sorted((one for one in likely[role] if one.table in rated), key=lambda one: -rated[one.table])
        if not chosen:
            return None
        taken.add(chosen[0].table)
        linked = link.get(chosen[0].table)
        also = (f"linked by {linked.table}.{linked.column} ({linked.evidence})",) if linked is not None else ()
        parts[role] = _part(chosen[0], chosen, {(role, name): rate for name, rate in rated.items()}, also)
        return chosen[0].table

    tables = {one.table: known.link(session.table, one.table) for one in likely["table"]}
    through = {one.table: _linking(known, session.table, one.table) for one in likely["table"]}
    table = play("table", {name: tables[name] or (pair[1] if (pair := through[name]) else None) for name in tables})
    payment = play("payment", {one.table: known.link(one.table, session.table) for one in likely["payment"]})
    modifier = play(
        "modifier", {one.table: known.link(one.table, item.table) for one in likely["modifier"]}, needs_link=True
    )
    staff = play(
        "staff", {one.table: _waiter(known, session.table, one.table) for one in likely["staff"]}, needs_link=True
    )
    area = (
        play("area", {one.table: known.link(table, one.table) for one in likely["area"]}, needs_link=True)
        if table is not None
        else None
    )
    tax = play("tax", {one.table: known.link(item.table, one.table) for one in likely["tax"]})
    play("discount", {one.table: known.link(one.table, session.table) for one in likely["discount"]})
    direct = tables.get(table) if table is not None else None
    pair = through.get(table) if table is not None else None
    if direct is not None and direct.strength < 0.5:
        direct = None
    return Cast(
        parts=parts,
        to_table=direct,
        linking=pair if direct is None else None,
        to_session=known.link(item.table, session.table),
        payment_to_session=_strong(known.link(payment, session.table)) if payment else None,
        modifier_to_item=known.link(modifier, item.table) if modifier else None,
        to_staff=_waiter(known, session.table, staff) if staff else None,
        to_area=known.link(table, area) if table and area else None,
        to_tax=_strong(known.link(item.table, tax)) if tax else None,
        to_product=_product(known, item.table, taken),
    )


def _product(known: Known, item: str, taken: set[str]) -> Reference | None:
    """The table of dishes that a line refers to."""
    found = [one for one in known.referring(item) if one.to not in taken and one.strength >= 0.5]
    rated = [(one, _like_products(one)) for one in found]
    good = [pair for pair in rated if pair[1] > 0]
    return max(good, key=lambda pair: pair[1] + pair[0].strength)[0] if good else None


def _waiter(known: Known, session: str, staff: str) -> Reference | None:
    """Of several references to staff, that to who serves: not to who drives, voids or closes."""
    found = [one for one in known.referring(session) if one.to == staff]
    return max(found, key=lambda one: (one.strength + _serving(one.column), one.column), default=None)


def _serving(column: str) -> float:
    means = concepts(column)
    return ("staff" in means) - 1.0 * bool(means & {"void", "closed", "aside"})


def _like_products(reference: Reference) -> float:
    named = concepts(reference.to)
    return 1.0 if "product" in named else 0.6 if "line" in named else 0.0


def _strength(reference: Reference | None) -> float:
    return reference.strength if reference is not None else 0.0


def _strong(reference: Reference | None) -> Reference | None:
    return reference if reference is not None and reference.strength >= 0.4 else None


def _part(
    chosen: Likeness,
    all_of: list[Likeness],
    scores: Mapping[tuple[Role, str], float],
    also: tuple[str, ...] = (),
) -> Part:
    others = sorted(
        (one for one in all_of if one.table != chosen.table and scores.get((one.role, one.table), 0.0) > 0),
        key=lambda one: -scores.get((one.role, one.table), 0.0),
    )
    second = others[0] if others else None
    return Part(
        table=chosen.table,
        confidence=_sure(scores.get((chosen.role, chosen.table), chosen.score), chosen),
        evidence=(*chosen.evidence, *also),
        runner_up=second.table if second is not None else "",
        runner_up_confidence=_sure(scores.get((second.role, second.table), 0.0), second) if second is not None else 0.0,
    )


_FULL_MARKS: dict[Role, float] = {"session": 4.2, "item": 4.2}


def _sure(score: float, one: Likeness) -> float:
    return round(min(0.99, score / _FULL_MARKS.get(one.role, 1.5)), 2)
