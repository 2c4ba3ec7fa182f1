"""How a session meets its tables in SQL. Knows nothing of what is read of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from msgspec import Struct
from sqlglot import exp

from adapter.mapping.bind import Binder, BoundClause
from adapter.mapping.captures import is_captured
from adapter.mapping.engines import Engine
from adapter.mapping.fragments import Clause
from adapter.mapping.search import Search
from adapter.mapping.table_status import conditions_of, name_expression
from adapter.toml.locate import Path

Tree = TypeVar("Tree", bound=exp.Expr)


class Link(Struct, frozen=True, kw_only=True):
    """The way from a session to its tables."""

    first: exp.Expr
    joins: tuple[exp.Join, ...]
    tied: exp.Expr
    """What ties the first table to the session."""
    where: tuple[exp.Expr, ...]


class Links:
    """The tables of the sessions of one bound mapping."""

    def __init__(self, binder: Binder, clauses: Mapping[Path, BoundClause]) -> None:
        self._binder = binder
        self._clauses = clauses

    @property
    def there_are(self) -> bool:
        """Whether the mapping knows of any way from a session to its tables."""
        file = self._binder.mapping.file
        return file.session.tables is not None or ("session", "table") in self._binder.mapping.fragments

    @property
    def are_decoded(self) -> bool:
        """Whether only the adapter can read at which table a session is."""
        return is_captured(self._binder, ("session", "table"))

    def ids(self) -> dict[str, exp.Expr]:
        """The id of each table, by which a reference that the adapter reads finds it."""
        keys = self._binder.mapping.fragments["table", "id"]
        return {f"id.{index}": self.tree(self._binder.expression(key)) for index, key in enumerate(keys)}

    def filter(self, search: Search, engine: Engine, *, hides: bool) -> list[exp.Expr]:
        """The conditions under which a session is at a table, or at one of those asked for."""
        if not self.there_are:
            return [exp.false()] if search.has_table or search.names or search.table else []
        if self.are_decoded or (search.has_table is False and hides):
            # A session whose only table is hidden has none, which only the reading of the rows can tell.
            return []
        link = self.link()
        conditions = [link.tied, *link.where]
        name = name_expression(self._binder) if search.names else None
        if name is not None:
            conditions.append(engine.one_of([self.tree(name)], ["names"]))
        if search.table:
            conditions += [
                exp.EQ(this=key, expression=exp.Placeholder(this=f"table_{index}"))
                for index, key in enumerate(self.ids().values())
            ]
        inner = exp.Select(expressions=[exp.Literal.number(1)]).from_(link.first.copy())
        if link.joins:
            inner.set("joins", [join.copy() for join in link.joins])
        inner.set("where", exp.Where(this=exp.and_(*(condition.copy() for condition in conditions))))
        exists = exp.Exists(this=inner)
        if search.has_table is False:
            return [exp.false()] if search.names else [exp.Not(this=exists)]
        return [exists]

    def link(self) -> Link:
        """The way from a session to its tables."""
        table = self._renamed(self._clauses[("table",)])
        ids = [self.tree(self._binder.expression(key)) for key in self._binder.mapping.fragments["table", "id"]]
        path: Path = (
            ("session", "tables", "table")
            if self._binder.mapping.file.session.tables is not None
            else ("session", "table")
        )
        refs = [self._binder.expression(ref) for ref in self._binder.mapping.fragments[path]]
        meets = exp.and_(*(exp.EQ(this=one, expression=other) for one, other in zip(ids, refs, strict=False)))
        if self.are_decoded:
            # Every table meets every session, and the reading of the rows tells which it is at.
            meets = exp.EQ(this=exp.Literal.number(1), expression=exp.Literal.number(1))
        visible = tuple(self.tree(condition) for condition in conditions_of(self._binder, ("table",)))
        if self._binder.mapping.file.session.tables is None:
            return Link(first=first_of(table), joins=table.joins, tied=meets, where=visible)
        own, *others = self._clauses[("session", "tables")].joins
        return Link(
            first=own.this,
            joins=(*others, exp.Join(this=first_of(table), on=meets), *table.joins),
            tied=own.args["on"],
            where=(*conditions_of(self._binder, ("session", "tables")), *visible),
        )

    def _renamed(self, clause: BoundClause) -> BoundClause:
        first = None if clause.first is None else self.tree(clause.first.copy())
        return BoundClause(first=first, joins=tuple(self.tree(join.copy()) for join in clause.joins))

    def tree(self, tree: Tree) -> Tree:
        """A piece of [table] for use inside a session's statement, its aliases changed where both use the same."""
        clashing = self._clashing()
        for node in tree.find_all(exp.Table, exp.Subquery, exp.Column):
            if isinstance(node, exp.Column):
                if node.table.casefold() in clashing:
                    node.set("table", exp.to_identifier(f"table_{node.table}"))
            elif node.alias and node.alias.casefold() in clashing:
                node.set("alias", exp.TableAlias(this=exp.to_identifier(f"table_{node.alias}")))
        return tree

    def _clashing(self) -> frozenset[str]:
        clauses: dict[Path, Clause] = self._binder.mapping.clauses
        session = set(clauses[("session",)].scope)
        if ("session", "tables") in clauses:
            session |= set(clauses[("session", "tables")].scope)
        return frozenset(session & set(clauses[("table",)].scope))


def first_of(clause: BoundClause) -> exp.Expr:
    """The first table of a FROM clause."""
    assert clause.first is not None  # noqa: S101 - the loader demands a FROM of tables and sessions
    return clause.first
