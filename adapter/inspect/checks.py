"""Guesses the fields of checks, each with what speaks for it. Pure: values in, sections of a draft out."""

from __future__ import annotations

import re
from typing import Any

from adapter.inspect.columns import Known, is_text, is_time, is_whole
from adapter.inspect.entries import Section
from adapter.inspect.facts import Column, Reference
from adapter.inspect.findings import Findings, because, leave_out_void, time_value
from adapter.inspect.finished import closing_time
from adapter.inspect.profiles import Profile, samples
from adapter.inspect.words import concepts


def session_section(findings: Findings) -> Section:
    """`[session]`, without its tables where they are in a table of links."""
    known, cast = findings.known, findings.cast
    name = cast.name("session") or ""
    section = Section(title="[session]", evidence=because(findings, "session"))
    source = f"{findings.table_name('session')} k"
    person = _person(findings)
    if cast.to_staff is not None:
        source += f" LEFT JOIN {findings.table_name(cast.to_staff.to)} u ON {findings.on('k', 'u', cast.to_staff)}"
        if person is not None:
            source += f" LEFT JOIN {findings.table_name(person.to)} w ON {findings.on('u', 'w', person)}"
    section.say("from", source)
    leave_out_void(findings, section, name, "k", "checks")
    link = cast.to_session
    targets = tuple(target for _, target in link.pairs) if link is not None else ()
    key = known.table(name).key or targets or (known.table(name).columns[0].name,)
    key = targets if len(targets) == 1 and len(key) > 1 and _unique(known, name, targets[0]) else key
    columns = [findings.column("k", one) for one in key]
    _session_id(findings, section, name, key, columns)
    _session_name(findings, section, name, key)
    _created(findings, section, name)
    finished = findings.finished
    if finished.value is not None:
        section.say("finished", finished.value, *finished.evidence, todo=finished.todo)
    else:
        section.evidence += [*finished.evidence, f"TODO {finished.todo}"]
    if finished.at is not None and finished.value is not None:
        section.say(
            "finished_at", time_value(findings, finished.at), sample=samples(finished.at.profile, masked=False, most=2)
        )
    guests = known.first(name, ("guests",), _counted, avoid=("person_word",))
    if guests is not None:
        section.say("covers", findings.column("k", guests.column.name), sample=samples(guests.profile, masked=False))
    _waiter(findings, section, person)
    if cast.to_table is not None:
        own = [column for column, _ in cast.to_table.pairs]
        section.say("table", findings.columns("k", own), cast.to_table.evidence)
    elif cast.linking is None:
        section.evidence.append("TODO nothing was found that says at which table a check is: see [session.tables]")
    return section


_LONGEST_ID = 15
"""Bytes of a text that a session's id can hold."""
_ROOM = 120
"""Bits of a session's id."""
_LEAST_BITS = 16
"""Below which a count is not trusted to fit."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")


def _session_id(findings: Findings, section: Section, table: str, key: tuple[str, ...], columns: list[str]) -> None:
    known = findings.known
    said = "" if known.table(table).key else "it has no declared key"
    column = known.table(table).column(key[0])
    bits = _bits(known, table, key) if len(key) > 1 else None
    if bits is not None:
        room = f"its types are wider than the {_ROOM} bits of a session's id: see that these are enough for years"
        section.say("id", {"parts": columns, "bits": bits}, said, todo=room)
        return
    if len(key) > 1 or column is None or column.family != "text":
        section.say("id", columns[0] if len(columns) == 1 else columns, said)
        return
    shape = known.profile(table, key[0])
    long = [one for one in shape.counts if not _UUID.fullmatch(str(one)) and len(str(one).encode()) > _LONGEST_ID]
    todo = (
        f"{len(long)} of {shape.distinct} are neither UUIDs nor of {_LONGEST_ID} letters at most: another key is needed"
    )
    section.say("id", {"column": columns[0], "form": "text"}, said, todo=todo if long else "")


def _bits(known: Known, table: str, key: tuple[str, ...]) -> list[int] | None:
    """Room for each part of a key, where their types have too much together; None where they have not."""
    columns = [known.table(table).column(name) for name in key]
    widths = [_width(known, column) if column is not None else 64 for column in columns]
    if sum(widths) <= _ROOM:
        return None
    found = [None if column is None or column.family != "text" else 0 for column in columns]
    for place, name in enumerate(key):
        if found[place] is not None:
            longest = max((len(str(one).encode()) for one in known.profile(table, name).counts), default=0)
            found[place] = 8 * longest or 64
    numbers = found.count(None)
    left = _ROOM - sum(width or 0 for width in found)
    each = left // numbers if numbers else left
    if each < _LEAST_BITS and numbers:
        return None
    return [each if width is None else width for width in found]


def _width(known: Known, column: Column) -> int:
    """How many bits the adapter takes a column to need, by its type."""
    if column.family == "text":
        length = re.search(r"\((\d+)", column.type_name)
        return 8 * (int(length[1]) if length is not None else _LONGEST_ID)
    is_long = known.survey.engine == "sqlite" or "bigint" in column.type_name
    return 16 if "smallint" in column.type_name else 64 if is_long else 32


def _counted(column: Column, shape: Profile) -> bool:
    return is_whole(column, shape) and not column.name.lower().endswith("id")


def _unique(known: Known, table: str, column: str) -> bool:
    found = known.profile(table, column)
    return found.known == found.distinct


def _session_name(findings: Findings, section: Section, table: str, key: tuple[str, ...]) -> None:
    known = findings.known
    refers = {column for one in known.referring(table) if one.strength >= 0.3 for column, _ in one.pairs}

    def names_it(column: Column, shape: Profile) -> bool:
        return column.family in ("text", "integer") and column.name not in refers and shape.nulls == 0

    for wanted in (("name",), ("numbered",)):
        label = known.first(
            table,
            wanted,
            names_it,
            avoid=("person_word", "method", "void", "tax", "guests", "staff", "line"),
            without=set(key),
        )
        if (
            label is not None
            and label.profile.known
            and label.profile.distinct * 2 >= label.profile.known
            and label.score > 0.6
        ):
            section.say(
                "name",
                findings.column("k", label.column.name),
                "what the guests' bill and the card machine show",
                sample=samples(label.profile, masked=True),
            )
            return
    section.say(
        "name",
        findings.joined("'Check '", findings.column("k", key[-1])),
        todo="is there a number that staff know a check by?",
    )


def _created(findings: Findings, section: Section, table: str) -> None:
    known = findings.known
    closed = closing_time(known, table)
    without = {closed.column.name} if closed is not None else set[str]()
    found = known.find(
        table, ("opened", "moment"), is_time, avoid=("closed", "aside", "delivery", "past"), without=without
    )
    if found:
        # Of several times the one that is always set: a check is always opened, and not always served or sent out.
        best = max(found, key=lambda one: (one.profile.known, one.score))
        others = [one.column.name for one in found if one is not best][:3]
        said = f"set for {best.profile.known} of {best.profile.count} checks"
        section.say(
            "created_at",
            time_value(findings, best),
            said,
            f"considered too: {', '.join(others)}" if others else "",
            todo="" if best.profile.aware else "is it when the check was opened, in the restaurant's local time?",
            sample=samples(best.profile, masked=False, most=2),
        )
        return
    kind = {"postgresql": "CAST(NULL AS timestamp)", "mysql": "CAST(NULL AS datetime)"}.get(findings.engine(), "NULL")
    section.say("created_at", {"sql": kind, "missing": "now"}, todo="no column says when a check was opened")


def _first_and_last(findings: Findings, table: str) -> list[str]:
    """The columns of a person's own names."""
    found = [one.name for one in findings.known.table(table).columns if {"person_word", "name"} <= concepts(one.name)]
    own = [name for name in found if not _secret(name) and _holds_words(findings, table, name)]
    return sorted(own, key=lambda name: any(word in name.lower() for word in ("last", "nach", "sur")))[:2]


def _holds_words(findings: Findings, table: str, name: str) -> bool:
    column = findings.known.table(table).column(name)
    return column is not None and is_text(column, findings.known.profile(table, name))


def _person(findings: Findings) -> Reference | None:
    """The table of people to which that of staff refers, where the names stand there only."""
    link = findings.cast.to_staff
    if link is None or len(_first_and_last(findings, link.to)) == 2:
        return None
    further = (one for one in findings.known.referring(link.to) if one.strength >= 0.5)
    return next((one for one in further if len(_first_and_last(findings, one.to)) == 2), None)


def _waiter(findings: Findings, section: Section, person: Reference | None) -> None:
    link = findings.cast.to_staff
    if link is None:
        section.evidence.append("no column was found that says who serves a check")
        return
    known = findings.known

    def speaks(column: Column, shape: Profile) -> bool:
        return is_text(column, shape) and not concepts(column.name) & {"code", "method"} and not _secret(column.name)

    alias, table = ("w", person.to) if person is not None else ("u", link.to)
    names = _first_and_last(findings, table)
    if len(names) < 2:
        found = known.find(table, ("name",), speaks)[:1] or known.find(table, ("staff",), speaks)[:1]
        names = [one.column.name for one in found]
    value: dict[str, Any] = {"id": findings.column("u", link.target)}
    if names:
        listed = [findings.column(alias, name) for name in names]
        value["name"] = listed[0] if len(listed) == 1 else listed
    section.say(
        "waiter",
        value,
        f"{link.to}, by {link.column} ({link.evidence})",
        todo="is id the number that staff key in at the till?",
    )


def _secret(name: str) -> bool:
    return any(word in name.lower() for word in ("pass", "pwd", "pin", "secret", "hash", "card", "mail", "phone"))


def tables_section(findings: Findings) -> Section | None:
    """`[session.tables]`, where a table of links says which check is on which table."""
    pair = findings.cast.linking
    if pair is None:
        return None
    left, right = pair
    section = Section(title="[session.tables]", evidence=[f"{left.table}: {left.evidence}; {right.evidence}"])
    join = findings.on("n", "k", left, reverse=True)
    table = findings.columns("n", [column for column, _ in right.pairs])
    section.say("from", f"JOIN {findings.table_name(left.table)} n ON {join}")
    section.say("table", table)
    section.say("order", table if isinstance(table, list) else [table])
    return section
