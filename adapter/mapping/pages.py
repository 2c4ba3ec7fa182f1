"""The statement that gives the keys of one page of sessions, in the order of their keys.

What a page ends with is where the next one begins, so that none costs more than the first, however deep it is, and
nothing is skipped or repeated while sessions are added. Knows nothing of what is read of the sessions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import Dialect, exp

from adapter.mapping.engines import Engine
from adapter.mapping.plans import Part, Plan, pruned, select_of


def page_plan(
    name: str,
    part: Part,
    keys: Sequence[exp.Expr],
    engine: Engine,
    site: Mapping[str, Any],
    *,
    forward: bool,
    goes_on: bool,
    narrow: bool,
) -> Plan:
    """The keys of at most `page_size` sessions of a branch, from the first or from the last on.

    With `goes_on` they are those behind the one whose key is in `from_0` and so on, in that direction. `narrow` is whether
    few of all sessions are wanted: they are found by what makes them few, and then put in order.
    """
    where = list(part.where)
    # By what the page is put in order, the place where it goes on is found too.
    places = [_apart(key) for key in keys] if narrow else list(keys)
    if goes_on:
        where.append(_behind(places, forward=forward))
    select = select_of(pruned(part), where=tuple(where))
    select.set("expressions", [exp.alias_(key.copy(), f"key_{index}") for index, key in enumerate(keys)])
    is_small = Dialect.get_or_raise(engine.writes).NULL_ORDERING == "nulls_are_small"
    # NULLs stand where the engine has them by itself, or no index would give the order.
    ordered = [exp.Ordered(this=place.copy(), desc=not forward, nulls_first=is_small is forward) for place in places]
    select.set("order", exp.Order(expressions=ordered))
    select.set("limit", exp.Limit(expression=exp.Placeholder(this="page_size")))
    text = engine.text(select)
    driver, names = engine.driver(text)
    return Plan(
        name=name,
        shown=engine.shown_text(text),
        driver=driver,
        names=names,
        branches=(),
        constants={given: site.get(given.removeprefix("site_")) for given in names if given.startswith("site_")},
    )


def _apart(key: exp.Expr) -> exp.Expr:
    """A key in a form that no index has.

    The database would otherwise go through the finished checks of years in the order of the primary key, to find that the
    open ones are the last.
    """
    return exp.Coalesce(this=key.copy(), expressions=[key.copy()])


def _behind(keys: Sequence[exp.Expr], *, forward: bool) -> exp.Expr:
    """A test that a key comes behind another; in the form that an index on its columns serves on every engine."""
    beyond, here_or_beyond = (exp.GT, exp.GTE) if forward else (exp.LT, exp.LTE)
    tests: exp.Expr | None = None
    for index, key in reversed(list(enumerate(keys))):
        given = exp.Placeholder(this=f"from_{index}")
        is_beyond = beyond(this=key.copy(), expression=given)
        if tests is None:
            tests = is_beyond
            continue
        near = here_or_beyond(this=key.copy(), expression=given.copy())
        tests = exp.and_(near, exp.paren(exp.or_(is_beyond, exp.paren(tests) if isinstance(tests, exp.And) else tests)))
    assert tests is not None  # noqa: S101 - a key has at least one column
    return tests
