"""Judges the tables of the restaurant: names that are blank, double or hold a dash, and sessions whose table is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from sqlglot import exp

from adapter.check.looking import Look, judged, some
from adapter.check.probing import Row
from adapter.check.sampling import Sample
from adapter.domain.values import Table
from adapter.errors import AdapterError
from adapter.mapping.captures import complete, is_captured
from adapter.mapping.links import first_of
from adapter.mapping.table_status import conditions_of
from adapter.mapping.texts import text_of
from adapter.mapping.things import TableMaker
from adapter.toml.locate import Path

_NAME: Path = ("table", "name")


async def look_at_tables(look: Look) -> list[Table]:
    """Read every table and judge the names; gives those that could be read."""
    bound = look.fit.bound
    if bound is None or not look.fit.is_whole("table"):
        return []
    plan = bound.statements.tables(names=False, statuses=None)
    rows = await look.prober.rows(("table",), "the tables", plan, {})
    if rows == []:
        look.findings.add("note", "tables-empty", ("table",), "there is no table to look at")
    if not rows:
        return []
    rows = list(complete(plan, rows))
    raw = text_of(plan.branches[0].slots, "name") or (lambda _row: "")
    dashed = [name for name in map(raw, rows) if " - " in (name or "")]
    if dashed:
        look.findings.add(
            "note",
            "dash-in-name",
            _NAME,
            f"{len(dashed)} tables have ` - ` in their name ({some(dashed)}); card machines are shown ` – `",
        )
    tables, blank, reasons = _read(TableMaker(bound.fields, plan), rows, raw)
    _names(look, Counter(table.name for table in tables), blank, len(rows))
    for reason, bad in reasons.items():
        key, _, why = reason.rsplit(" (", 1)[0].partition(" ")
        look.findings.add(
            judged(len(bad), len(rows)),
            "row-unreadable",
            tuple(key.split(".")),
            f"{why}: {len(bad)} of {len(rows)} tables ({some(bad)})",
            "say what it means there (missing), or leave such rows out with where",
        )
    return tables


def _read(
    maker: TableMaker, rows: list[Row], raw: Callable[[Row], str | None]
) -> tuple[list[Table], int, dict[str, list[str]]]:
    """The tables, how many have no name, and why others cannot be read."""
    tables: list[Table] = []
    reasons: dict[str, list[str]] = {}
    blank = 0
    for row in rows:
        try:
            table = maker.make(row)
        except AdapterError as error:
            if error.message.startswith("table.name is empty"):
                blank += 1
            elif not error.message.startswith("table.status"):  # codes are counted by themselves
                reasons.setdefault(error.message, []).append(raw(row) or "a table without a name")
            continue
        if table is not None:
            tables.append(table)
    return tables, blank, reasons


def _names(look: Look, names: Counter[str], blank: int, count: int) -> None:
    if blank:
        look.findings.add(
            judged(blank, count),
            "name-blank",
            _NAME,
            f"is empty for {blank} of {count} tables, which are left out",
            "name them, as COALESCE(NULLIF(t.name, ''), CONCAT('Table ', t.id))",
        )
    double = [name for name, times in names.items() if times > 1]
    if double:
        look.findings.add(
            judged(sum(names[name] for name in double), count),
            "name-duplicate",
            _NAME,
            f"{len(double)} names are those of several tables ({some(double)}): a card machine cannot tell them apart",
            "add the area to the name, or mend the join that gives a table twice",
        )


async def look_at_links(look: Look, sample: Sample) -> None:
    """Find sessions that refer to a table which is not there."""
    mapping, binder = look.mapping, look.binder
    path: Path = ("session", "tables", "table") if mapping.file.session.tables is not None else ("session", "table")
    if path not in mapping.fragments or not look.fit.is_whole("table", "session"):
        return
    if is_captured(binder, path):
        # The database cannot compare what only the adapter reads, so the sessions that were read must do.
        lost = [one.lost_table for one, session in sample.sessions if not session.is_finished and one.lost_table]
        _tell_lost(look, path, len(lost), lost[0] if lost else None)
        return
    refs, ids = look.key_trees(path), look.key_trees(("table", "id"))
    table = binder.clause(mapping.clauses[("table",)])
    aliases = {alias: f"table_{alias}" for alias in mapping.clauses[("table",)].scope}
    parts = [first_of(table), *table.joins, *ids]
    for part in parts:
        _renamed(part, aliases)
    meets = [exp.EQ(this=one, expression=other) for one, other in zip(ids, refs, strict=False)]
    inner = exp.Select(expressions=[exp.Literal.number(1)]).from_(first_of(table))
    inner.set("joins", list(table.joins))
    inner.set("where", exp.Where(this=exp.and_(*(condition.copy() for condition in meets))))
    gone = exp.Not(this=exp.Exists(this=inner))
    told = exp.and_(*(exp.Not(this=exp.Is(this=ref.copy(), expression=exp.Null())) for ref in refs))
    select = look.select(("session",), exp.Count(this=exp.Star()), exp.Min(this=refs[0].copy()))
    if mapping.file.session.tables is not None:
        clause = binder.clause(mapping.clauses[path[:-1]])
        select.set("joins", [*(select.args.get("joins") or []), *clause.joins])
        for condition in conditions_of(binder, path[:-1]):
            select = select.where(condition, copy=False)
    select = select.where(exp.and_(gone, told), copy=False)
    if ("session", "finished") in mapping.fragments:
        select = select.where(binder.flag(("session", "finished"), wanted=False), copy=False)
    rows = await look.prober.select(path, "sessions whose table is gone", select)
    if rows:
        _tell_lost(look, path, *rows[0])


def _tell_lost(look: Look, path: Path, count: int, example: object) -> None:
    if count:
        look.findings.add(
            "warning",
            "table-lost",
            path,
            f"{count} open sessions refer to a table that is not there (such as {example})",
            "is it the right column? a session whose table is gone is shown without one",
        )


def _renamed(tree: exp.Expr, aliases: dict[str, str]) -> None:
    for node in list(tree.find_all(exp.Table, exp.Subquery, exp.Column)):
        if isinstance(node, exp.Column):
            if node.table.casefold() in aliases:
                node.set("table", exp.to_identifier(aliases[node.table.casefold()]))
        elif node.alias and node.alias.casefold() in aliases:
            node.set("alias", exp.TableAlias(this=exp.to_identifier(aliases[node.alias.casefold()])))
