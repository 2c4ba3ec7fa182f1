"""How an open check is told from a finished one: by a flag, by a time that is set, or by a code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from adapter.inspect.bills import Money
from adapter.inspect.columns import Candidate, Known, is_code, is_flag, is_time
from adapter.inspect.entries import Quote
from adapter.inspect.gathering import ZERO, Bill, times
from adapter.inspect.profiles import exact, shown
from adapter.inspect.words import concepts

_PERSON = ("person_word", "aside", "staff")
_YES = (True, 1, "1", "Y", "y", "T", "t", "J", "j", "S", "true", "TRUE", "yes", "YES")
_OPEN_WORDS = frozenset({"live", "opened"})
_DONE_WORDS = frozenset({"closed", "paid", "void", "past"})
_LETTERS = {"O": "open", "A": "open", "C": "done", "F": "done", "V": "done", "P": "done"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How the mapping says that a check is finished."""

    value: Any = None
    """What `finished` is; None where every check there is is open."""
    open_when: str = ""
    """The condition under which a check is open, of the alias `{k}`; empty where it always is."""
    at: Candidate | None = None
    """When it was finished."""
    evidence: tuple[str, ...] = ()
    todo: str = ""
    sure: float = 0.0
    codes: Counter[Any] = field(default_factory=Counter)


def closing_time(known: Known, session: str) -> Candidate | None:
    """When a check was finished, if that is kept."""
    return known.first(session, ("closed",), is_time, avoid=("opened", "aside"))


def find_finished(
    known: Known, session: str, bills: Sequence[Bill], money: Money, paid: Sequence[Any], quote: Quote
) -> Finished:
    """The likeliest way, with the others that were considered; `paid` is what was paid of each bill."""
    at = closing_time(known, session)
    found = [
        *_by_flags(known, session, at, quote),
        *_by_time(at, quote),
        *_by_codes(known, session, at, bills, money, paid, quote),
    ]
    if not found:
        return Finished(
            at=at,
            evidence=("nothing tells a finished check: every row is taken to be an open one",),
            todo="is a check deleted, or moved to another table, when it is finished?",
        )
    best = max(found, key=lambda one: one.sure)
    others = [one.evidence[0] for one in sorted(found, key=lambda one: -one.sure) if one is not best][:2]
    also = (f"considered too: {'; '.join(others)}",) if others else ()
    return Finished(
        value=best.value,
        open_when=best.open_when,
        at=at,
        evidence=(*best.evidence, *also),
        todo=best.todo,
        sure=best.sure,
        codes=best.codes,
    )


def _by_flags(known: Known, session: str, at: Candidate | None, quote: Quote) -> list[Finished]:
    rows = known.survey.sample(session)
    found: list[Finished] = []
    for one in known.find(session, ("closed", "live", "status"), is_flag, avoid=("void", *_PERSON)):
        means = concepts(one.column.name)
        name = quote(one.column.name)
        inverse = "closed" not in means
        if inverse and "live" not in means and "open" not in one.column.name.lower():
            continue
        yes = [value for value in one.profile.counts if value in _YES]
        done = [value for value in one.profile.counts if (value in _YES) != inverse]
        values = [row.get(one.column.name) for row in rows]
        finished = [value is not None and (value in _YES) != inverse for value in values]
        sure = (0.45 if inverse else 0.5) - 0.1 * ("paid" in means)
        said = f"{one.column.name}: {sum(finished)} of {len(rows)} checks are finished by it"
        if at is not None and rows:
            agree = sum(
                1
                for row, is_done in zip(rows, finished, strict=True)
                if (row.get(at.column.name) is not None) == is_done
            )
            sure += 0.4 * (agree / len(rows)) - 0.1
            said += f"; {at.column.name} is set for them, and for no others, in {agree} of {len(rows)}"
        elif len(set(finished)) == 2:
            sure += 0.1
        found.append(_flag(one, name, inverse=inverse, yes=yes, done=done, sure=sure, said=said))
    return found


def _flag(
    one: Candidate, name: str, *, inverse: bool, yes: list[Any], done: list[Any], sure: float, said: str
) -> Finished:
    column = f"k.{name}"
    missing = {"missing": False} if one.column.nullable else {}
    literals = all(isinstance(value, str) for value in one.profile.counts) and one.profile.counts
    if literals:
        codes = [str(value) for value in (done or yes)]
        value: Any = (
            {"column": column, "true": codes, **missing}
            if codes
            else {"column": column, "false": [str(next(iter(one.profile.counts)))], **missing}
        )
        listed = ", ".join(f"'{code}'" for code in codes)
        test = f"COALESCE({{k}}.{name}, '') NOT IN ({listed})" if codes else "1 = 1"
        return Finished(value=value, open_when=test, evidence=(said,), sure=sure)
    boolean = one.column.family == "boolean" and one.column.type_name.startswith("bool")
    true, false = ("TRUE", "FALSE") if boolean else ("1", "0")
    if inverse:
        return Finished(
            value=f"COALESCE({column}, {false}) = {false}",
            open_when=f"{{k}}.{name} = {true}",
            evidence=(said,),
            sure=sure,
        )
    value = {"column": column, **missing} if missing else column
    return Finished(value=value, open_when=f"COALESCE({{k}}.{name}, {false}) = {false}", evidence=(said,), sure=sure)


def _by_time(at: Candidate | None, quote: Quote) -> list[Finished]:
    if at is None or not (at.column.nullable or at.profile.nulls):
        return []
    name, shape = quote(at.column.name), at.profile
    sure = 0.7 if shape.known and shape.nulls else 0.45
    said = f"{at.column.name} is set for {shape.known} of {shape.count} checks"
    return [
        Finished(value=f"k.{name} IS NOT NULL", open_when=f"{{k}}.{name} IS NULL", at=at, evidence=(said,), sure=sure)
    ]


def _by_codes(
    known: Known,
    session: str,
    at: Candidate | None,
    bills: Sequence[Bill],
    money: Money,
    paid: Sequence[Any],
    quote: Quote,
) -> list[Finished]:
    found: list[Finished] = []
    for one in known.find(session, ("status",), is_code, avoid=_PERSON):
        if (
            is_flag(one.column, one.profile)
            and one.column.family == "boolean"
            and one.column.type_name.startswith("bool")
        ):
            continue
        name, codes = one.column.name, one.profile.counts
        if not codes:
            continue
        opened, why, sure = _open_codes(known, session, one, at, bills, money, paid)
        if not opened:
            continue
        counts = ", ".join(f"{shown(code, masked=False)} ({many})" for code, many in codes.most_common(12))
        listed = ", ".join(_literal(code) for code in opened)
        found.append(
            Finished(
                value={
                    "column": f"k.{quote(name)}",
                    "false": [_code(code) for code in opened],
                    **({"missing": True} if one.column.nullable else {}),
                },
                open_when=f"{{k}}.{quote(name)} IN ({listed})",
                evidence=(
                    f"{name} {', '.join(shown(code, masked=False) for code in opened)} is an open check: {why}",
                    f"codes of {name} and how many checks have them: {counts}",
                ),
                todo=f"make sure what each code of {name} means; those not listed count as finished",
                sure=sure,
                codes=codes,
            )
        )
    return found


def _open_codes(
    known: Known,
    session: str,
    one: Candidate,
    at: Candidate | None,
    bills: Sequence[Bill],
    money: Money,
    paid: Sequence[Any],
) -> tuple[list[Any], str, float]:
    name, codes = one.column.name, one.profile.counts
    by_word = [code for code in codes if _says(code) == "open"]
    if by_word and any(_says(code) == "done" for code in codes):
        return by_word, "so the codes themselves say", 0.8
    rows = known.survey.sample(session)
    if at is not None and at.profile.known and at.profile.nulls:
        nulls = Counter(_plain(row.get(name)) for row in rows if row.get(at.column.name) is None)
        by_time = [code for code in codes if nulls[code] > 0.8 * codes[code]]
        if by_time and len(by_time) < len(codes):
            return by_time, f"{at.column.name} is not set for {sum(nulls[code] for code in by_time)} of them", 0.75
    return _by_payments(name, codes, bills, money, paid)


def _by_payments(
    name: str, codes: Counter[Any], bills: Sequence[Bill], money: Money, paid: Sequence[Any]
) -> tuple[list[Any], str, float]:
    """The codes whose checks have something to pay and are not paid in full."""
    settled: Counter[Any] = Counter()
    due: Counter[Any] = Counter()
    for bill, given in zip(bills, paid, strict=True):
        total = _worth(bill, money)
        if not total or given is None:
            continue
        code = _plain(bill.row.get(name))
        (settled if given >= total else due)[code] += 1
    unpaid = [code for code in codes if due[code] > settled[code]]
    if unpaid and len(unpaid) < len(codes):
        return unpaid, f"{sum(due[code] for code in unpaid)} of them are not paid in full", 0.55
    if len(codes) > 1:
        rarest = min(codes, key=lambda code: codes[code])
        return [rarest], "a mere guess, as the rarest code", 0.2
    return [], "", 0.0


def _worth(bill: Bill, money: Money) -> Any:
    if money.total is not None:
        return exact(bill.row.get(money.total.column.name))
    if money.price is None or not bill.items:
        return None
    many = money.quantity.column.name if money.quantity is not None and not money.per_line else None
    return sum((times(row, money.price.column.name, many) or ZERO for row in bill.items), ZERO)


def _says(code: Any) -> str:
    if not isinstance(code, str):
        return ""
    if len(code) == 1:
        return _LETTERS.get(code.upper(), "")
    means = concepts(code)
    return "done" if means & _DONE_WORDS else "open" if means & _OPEN_WORDS else ""


def _plain(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _code(code: Any) -> Any:
    return code if isinstance(code, (bool, str)) else int(code)


def _literal(code: Any) -> str:
    if isinstance(code, bool):
        return "TRUE" if code else "FALSE"
    return "'" + code.replace("'", "''") + "'" if isinstance(code, str) else str(int(code))
