"""Proves on live data that the conditions of [session.filter] mean the same as the field they search for."""

from __future__ import annotations

from sqlglot import exp

from adapter.check.looking import Look
from adapter.toml.locate import Path


async def look_at_filters(look: Look) -> None:
    """Find conditions that lose sessions, or let through more than is wanted."""
    mapping, binder = look.mapping, look.binder
    if ("session", "finished") not in mapping.fragments or not look.fit.is_whole("session"):
        return
    for name, wanted in (("finished", True), ("unfinished", False)):
        path: Path = ("session", "filter", name)
        fragment = mapping.fragment(*path)
        if fragment is None:
            continue
        field = binder.flag(("session", "finished"), wanted=wanted)
        own = binder.condition(fragment)
        lost = exp.and_(exp.paren(field.copy()), exp.EQ(this=_as_number(own), expression=exp.Literal.number(0)))
        more = exp.and_(exp.paren(own.copy()), exp.EQ(this=_as_number(field), expression=exp.Literal.number(0)))
        key = look.key_trees(("session", "id"))[0]
        for condition, severity, says in (
            (lost, "error", "leaves out {count} of the {name} sessions (such as {key}): they would never be listed"),
            (
                more,
                "warning",
                "lets through {count} sessions that are not {name} (such as {key}): listing takes longer",
            ),
        ):
            select = look.select(("session",), exp.Count(this=exp.Star()), exp.Max(this=key.copy()))
            select = select.where(condition, copy=False)
            rows = await look.prober.select(path, f"the condition for {name} sessions", select)
            if rows and rows[0][0]:
                look.findings.add(
                    severity,  # type: ignore[arg-type]
                    "filter-differs",
                    path,
                    says.format(count=rows[0][0], name=name, key=rows[0][1]),
                    "it must mean the same as session.finished",
                )


def _as_number(condition: exp.Expr) -> exp.Expr:
    """1 where a condition holds, 0 where it does not or is unknown."""
    return exp.Case(ifs=[exp.If(this=condition.copy(), true=exp.Literal.number(1))], default=exp.Literal.number(0))
