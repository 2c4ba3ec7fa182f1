"""A mapping with its tables in no schema, as temporary copies are. Works on values only."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from typing import TypeVar

from msgspec.structs import replace
from sqlglot import exp

from adapter.errors import InvalidFile, Problem
from adapter.mapping.catalogue import Catalogue, TableFact
from adapter.mapping.load import Mapping
from adapter.mapping.naming import TableName

Tree = TypeVar("Tree", bound=exp.Expr)


def flat_mapping(mapping: Mapping) -> Mapping:
    """The same mapping, its tables looked for where the connection finds them first."""
    clauses = {
        path: replace(
            clause,
            first=None if clause.first is None else _flat(clause.first),
            joins=tuple(_flat(join) for join in clause.joins),
        )
        for path, clause in mapping.clauses.items()
    }
    fragments = {
        path: tuple(replace(fragment, tree=_flat(fragment.tree)) for fragment in found)
        for path, found in mapping.fragments.items()
    }
    file = mapping.file.model_copy(update={"schema_": None})
    return replace(mapping, file=file, clauses=clauses, fragments=fragments)


def flat_catalogue(catalogue: Catalogue) -> Catalogue:
    """What is known of the tables, whatever schema they are in."""
    tables: AnyMapping[str, TableFact] = {
        name: fact for found in catalogue.tables.values() for name, fact in found.items()
    }
    return replace(catalogue, tables={None: tables})


def require_distinct(tables: set[TableName], file: str) -> None:
    """Raises InvalidFile where two schemas have tables of one name: their copies would be one."""
    names = [name.casefold() for _, name in tables]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"tests cannot be run: {', '.join(twice)} stands in several schemas, and copies of both in none"
        raise InvalidFile([Problem(file=file, line=0, key="test", message=message)])


def _flat(tree: Tree) -> Tree:
    copied = tree.copy()
    for node in copied.walk():
        if isinstance(node, exp.Table):
            node.set("db", None)
            node.set("catalog", None)
        elif isinstance(node, exp.Column):
            node.meta["schema"] = None
            node.set("db", None)
    return copied
