"""Guesses the fields of tables, each with what speaks for it. Pure: values in, a section of a draft out."""

from __future__ import annotations

from adapter.inspect.columns import is_code, is_text, is_whole
from adapter.inspect.entries import Section
from adapter.inspect.findings import Findings, because, leave_out_void, not_void, void_column
from adapter.inspect.profiles import samples


def table_section(findings: Findings) -> Section:
    """`[table]`."""
    name = findings.cast.name("table")
    if name is None:
        return _no_tables()
    known, cast = findings.known, findings.cast
    section = Section(title="[table]", evidence=because(findings, "table"))
    source = f"{findings.table_name('table')} t"
    area = cast.to_area
    if area is not None:
        source += f" LEFT JOIN {findings.table_name(area.to)} a ON {findings.on('t', 'a', area)}"
    section.say("from", source)
    leave_out_void(findings, section, name, "t", "tables")
    keys = table_key(findings)
    key = keys[-1]
    section.say("id", findings.columns("t", keys), "what checks refer to")
    _table_name(findings, section, name, key)
    seats = known.first(name, ("capacity",), is_whole, without=set(keys))
    if seats is not None:
        section.say(
            "max_covers",
            {"column": findings.column("t", seats.column.name), "missing": 0},
            sample=samples(seats.profile, masked=False),
        )
    else:
        section.say("max_covers", "4", todo="nothing says how many guests a table seats")
    _table_status(findings, section, name, key)
    if area is not None:
        label = known.first(area.to, ("name", "area"), is_text, avoid=("id",))
        named = label.column.name if label is not None else area.target
        value = {"id": findings.column("a", area.target), "name": findings.column("a", named)}
        section.say("area", value, f"{area.to}, by {area.evidence}")
    return section


def _no_tables() -> Section:
    section = Section(title="[table]", evidence=["no table looked like the restaurant's tables"])
    select = "SELECT 0 AS id, 'Counter' AS name, 0 AS max_covers"
    section.say(
        "select", select, todo="say where the restaurant's tables are; until then there is one that does not exist"
    )
    section.say("status", {"sql": "1", "map": {"1": "available"}})
    return section


def table_key(findings: Findings) -> list[str]:
    """The columns by which checks refer to tables."""
    if findings.cast.to_table is not None:
        return [target for _, target in findings.cast.to_table.pairs]
    if findings.cast.linking is not None:
        return [target for _, target in findings.cast.linking[1].pairs]
    table = findings.known.table(findings.cast.name("table") or "")
    return [(table.key or (table.columns[0].name,))[0]]


def _table_name(findings: Findings, section: Section, table: str, key: str) -> None:
    label = findings.known.first(table, ("name", "table"), is_text, avoid=("id",))
    label = label or findings.known.first(table, ("name", "table", "id"), is_whole, without={key})
    own = findings.column("t", key)
    if label is None:
        section.say("name", findings.joined("'Table '", own), todo="no column looked like the name of a table")
        return
    column = findings.column("t", label.column.name)
    blank = label.profile.nulls
    if label.column.family != "text":
        section.say("name", column, sample=samples(label.profile, masked=False))
    elif blank:
        value = f"COALESCE(NULLIF(TRIM({column}), ''), {findings.joined(chr(39) + 'Table ' + chr(39), own)})"
        section.say(
            "name", value, f"{blank} of {label.profile.count} have no name", sample=samples(label.profile, masked=False)
        )
    else:
        section.say("name", column, sample=samples(label.profile, masked=False))


def _table_status(findings: Findings, section: Section, table: str, key: str) -> None:
    cast, finished = findings.cast, findings.finished
    opened = f" AND {finished.open_when.replace('{k}', 'o')}" if finished.open_when else ""
    void = void_column(findings, cast.name("session") or "")
    if void is not None:
        opened += f" AND {not_void(findings, 'o', void)}"
    session = findings.table_name("session")
    inside = ""
    if cast.to_table is not None:
        inside = f"SELECT 1 FROM {session} o WHERE {findings.on('o', 't', cast.to_table, reverse=True)}{opened}"
    elif cast.linking is not None:
        left, right = cast.linking
        inside = (
            f"SELECT 1 FROM {findings.table_name(left.table)} n JOIN {session} o ON {findings.on('n', 'o', left)}"
            f" WHERE {findings.on('n', 't', right, reverse=True)}{opened}"
        )
    said = [
        f"{one.column.name} may be a status too, with the values {samples(one.profile, masked=False, most=8)}"
        for one in findings.known.find(table, ("status", "live", "closed"), is_code, without={key})[:2]
        if one.profile.known
    ]
    if inside:
        section.say(
            "status",
            {"sql": f"EXISTS ({inside})", "map": {"true": "occupied", "false": "available"}},
            "occupied while it has an open check",
            *said,
            todo="should booked tables, or tables out of use, be shown as such?" if said else "",
        )
    else:
        todo = "nothing says which tables are occupied: no check refers to a table"
        section.say("status", {"sql": "1", "map": {"1": "available"}}, *said, todo=todo)
