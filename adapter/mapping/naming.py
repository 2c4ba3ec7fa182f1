"""Names of a mapping in a live schema: looked up, spelled as the database has them, told when they are not there.

Works on values only. Knows nothing of what the names mean.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from sqlglot import exp

from adapter.mapping import schema
from adapter.mapping.catalogue import Catalogue, ColumnFact, TableFact
from adapter.mapping.load import Mapping
from adapter.toml.load import Source, suggest
from adapter.toml.locate import Path

TableName = tuple[str | None, str]
"""Schema as written or set (None for the connection's own) and table name, prefix included."""


class Naming(Struct):
    """The names of one mapping against one catalogue; without one, everything that is named is taken to exist."""

    mapping: Mapping
    catalogue: Catalogue | None
    source: Source
    """Where problems are noted."""

    def tables(self) -> set[TableName]:
        """Every table that the mapping reads, by the name it has in the database."""
        trees: list[exp.Expr] = [fragment.tree for found in self.mapping.fragments.values() for fragment in found]
        for clause in self.mapping.clauses.values():
            trees += [clause.first] if clause.first is not None else []
            trees += clause.joins
        return {self._table_name(node) for tree in trees for node in _tables(tree)}

    def resolve(self, tree: exp.Expr) -> exp.Expr:
        """Names as this database has them: prefix, schema, and letter-by-letter spelling where asked for."""
        quoted = self.mapping.file.identifiers == "exact"
        for node in _tables(tree):
            if "resolved" in node.meta:
                continue
            node.meta["resolved"] = True
            schema_name, name = self._table_name(node)
            if not node.alias:
                alias = exp.to_identifier(node.name, quoted=bool(node.this.args.get("quoted")))
                node.set("alias", exp.TableAlias(this=alias))
            fact = self._table_fact(node)
            spelled, exactly = self._spelling(name, fact.name if fact is not None else None, node.this)
            if fact is not None and not exactly:
                spelled = fact.name  # MariaDB on Linux tells TICKET from ticket
            node.set("this", exp.to_identifier(spelled, quoted=quoted or exactly))
            if schema_name is not None:
                node.set("db", exp.to_identifier(schema_name, quoted=True))
        for column in tree.find_all(exp.Column):
            if column.table == "table":
                # The rows of `[table] select`; the word is SQL's own.
                column.set("table", exp.to_identifier("table", quoted=True))
            fact_of_column = self.fact(column)
            known = fact_of_column.name if fact_of_column is not None else None
            spelled, exactly = self._spelling(column.name, known, column.this)
            column.set("this", exp.to_identifier(spelled, quoted=quoted or exactly))
        return tree

    @staticmethod
    def _spelling(written: str, known: str | None, identifier: exp.Expr) -> tuple[str, bool]:
        """A name and whether it needs quotes: as the catalogue spells it where that is not how it was written."""
        if identifier.args.get("quoted"):
            return written, True
        if known is not None and known != known.lower():
            return known, True
        return written, False

    def check(self, path: Path, tree: exp.Expr) -> None:
        """Report every name in a tree that the catalogue does not have."""
        if self.catalogue is None:
            return
        for node in _tables(tree):
            table_fact = self._table_fact(node)
            exactly = self.mapping.file.identifiers == "exact" or bool(node.this.args.get("quoted"))
            if table_fact is None or (exactly and table_fact.name != self._table_name(node)[1]):
                name = self._table_name(node)[1]
                index = node.this.meta.get("start", 0)
                hint = suggest(name, self.catalogue.known) or "or the role may not see it"
                self._report_name(path, int(index), node, f"the database has no table {name}", hint)
        for column in tree.find_all(exp.Column):
            table = self._table_of(column)
            if table is None or self._is_optional(column):
                continue
            there = table.column(column.name)
            exactly = self.mapping.file.identifiers == "exact" or bool(column.this.args.get("quoted"))
            if there is not None and (not exactly or there.name == column.name):
                continue
            known = [fact.name for fact in table.columns.values()]
            hint = suggest(column.name, known) or f"it has {', '.join(sorted(known))}"
            self._report_name(
                path,
                int(column.meta.get("index", 0)),
                column,
                f"the table {table.name} has no column {column.name}",
                hint,
            )

    def _report_name(self, path: Path, index: int, node: exp.Expr, message: str, hint: str) -> None:
        if isinstance(node, exp.Table):
            self.source.report(path, message, hint)
        else:
            self.source.report_inside(path, index, message, hint)

    def check_declared(self) -> None:
        """Report what `[columns]` says of columns that are not there."""
        if self.catalogue is None:
            return
        for table, columns in self.mapping.file.columns.items():
            fact = self.catalogue.table(self.mapping.file.schema_, f"{self.mapping.file.prefix}{table}")
            for name, rule in columns.items():
                if fact is not None and not rule.optional and fact.column(name) is None:
                    hint = suggest(name, fact.columns)
                    self.source.report(("columns", table, name), f"the table {fact.name} has no column {name}", hint)

    def untransacted(self) -> list[tuple[str, str]]:
        """The tables that recording writes or holds and whose storage cannot undo it, each with that storage."""
        if self.catalogue is None:
            return []
        written = [
            found[0].tree
            for path, found in self.mapping.fragments.items()
            if path[:2] == ("record", "step") and path[-1] == "table"
        ]
        session = self.mapping.clauses.get(("session",))
        if session is not None and session.first is not None:
            written.append(session.first)
        facts = [self._table_fact(node) for tree in written for node in _tables(tree)]
        return sorted({(fact.name, fact.storage) for fact in facts if fact is not None and fact.storage is not None})

    def column_rule(self, column: exp.Column) -> schema.ColumnReading | None:
        """What `[columns]` says of a column."""
        table = column.meta.get("table")
        if table is None:
            return None
        for name, columns in self.mapping.file.columns.items():
            if name.casefold() == str(table).casefold():
                for column_name, rule in columns.items():
                    if column_name.casefold() == column.name.casefold():
                        return rule
        return None

    def _is_optional(self, column: exp.Column) -> bool:
        rule = self.column_rule(column)
        return rule is not None and rule.optional

    def is_absent(self, column: exp.Column) -> bool:
        """Whether this is an optional column that this site's schema lacks."""
        table = self._table_of(column)
        return table is not None and table.column(column.name) is None and self._is_optional(column)

    def fact(self, column: exp.Column) -> ColumnFact | None:
        """What the catalogue knows of a column."""
        table = self._table_of(column)
        return table.column(column.name) if table is not None else None

    def _table_of(self, column: exp.Column) -> TableFact | None:
        table = column.meta.get("table")
        if table is None or self.catalogue is None:
            return None
        schema_name = column.meta.get("schema") or self.mapping.file.schema_
        return self.catalogue.table(schema_name, f"{self.mapping.file.prefix}{table}")

    def _table_fact(self, node: exp.Table) -> TableFact | None:
        if self.catalogue is None:
            return None
        schema_name, name = self._table_name(node)
        return self.catalogue.table(schema_name, name)

    def _table_name(self, node: exp.Table) -> TableName:
        return node.db or self.mapping.file.schema_, f"{self.mapping.file.prefix}{node.meta.get('table', node.name)}"


def _tables(tree: exp.Expr) -> Iterator[exp.Table]:
    for node in [*tree.find_all(exp.Table)]:
        if isinstance(node.this, exp.Identifier) and not node.meta.get("cte"):
            yield node
