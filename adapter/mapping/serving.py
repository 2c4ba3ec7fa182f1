"""Checks that a mapping can serve the engines that it names. Needs no database."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from adapter.mapping import schema
from adapter.mapping.engines import ENGINES
from adapter.mapping.engines.portable import problems
from adapter.toml.load import Source
from adapter.toml.locate import Path


def check_engines(file: schema.MappingFile, trees: Iterable[tuple[Path, exp.Expr]], source: Source) -> None:
    """Report an engine that cannot be served, and every fragment that means something else on one.

    Where several are served, a fragment may use only what means the same on each of them.
    """
    engines = file.engines
    others = [engine for engine in (ENGINES[name] for name in engines) if engine.speaks != file.sql]
    if engines and not any(ENGINES[engine].speaks == file.sql for engine in engines):
        source.report(("engines",), f"must hold an engine that speaks {file.sql}")
    if others and file.sql != "postgresql":
        hint = 'write it in the SQL of PostgreSQL: sql = "postgresql"'
        named = ", ".join(engine.name for engine in others)
        source.report(("engines",), f"only what is written for PostgreSQL can serve {named} too", hint)
        return
    check_fragments(file, trees, source)


def check_fragments(file: schema.MappingFile, trees: Iterable[tuple[Path, exp.Expr]], source: Source) -> None:
    """Report every fragment that means something else on one of the engines."""
    others = [engine for engine in (ENGINES[name] for name in file.engines) if engine.speaks != file.sql]
    for path, tree in trees if others else ():
        for engine in others:
            for node, message, hint in problems(tree, engine):
                columns = [column.meta["index"] for column in node.find_all(exp.Column) if "index" in column.meta]
                source.report_inside(path, min(columns, default=0), message, hint)
