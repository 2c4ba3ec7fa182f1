"""Finds out which variant of a mapping a database needs. Knows nothing of what the variants say."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from sqlglot import exp

from adapter.errors import AdapterError, InvalidFile, MappingMismatch, StoreError, TooSlow
from adapter.mapping.catalogue import Catalogue
from adapter.mapping.engines import Engine
from adapter.mapping.load import Mapping
from adapter.mapping.naming import Naming, TableName
from adapter.mapping.plans import Plan
from adapter.mapping.readings import plain_text
from adapter.mapping.variants import Variant
from adapter.store.database import Database
from adapter.store.engines import DatabaseSettings, connect, engine_of
from adapter.store.reflect import reading
from adapter.toml.load import Source


def tables_of(mapping: Mapping) -> set[TableName]:
    """Every table that a mapping or one of its variants reads or asks for, by the name it has in the database."""
    found = Naming(mapping=mapping, catalogue=None, source=mapping.source).tables()
    for variant in mapping.variants:
        found |= Naming(mapping=variant.mapping, catalogue=None, source=mapping.source).tables()
        if variant.probe is not None:
            found |= _names_of_probe(mapping, variant, None).tables()
        else:
            found.add(_asked_for(variant))
    return found


async def variant_for(mapping: Mapping, settings: DatabaseSettings) -> Mapping:
    """The variant of a mapping that a database needs; asked over a connection of its own.

    Raises InvalidFile, StoreError.
    """
    if not mapping.variants:
        return mapping
    database = Database(connect(settings))
    try:
        catalogue = await database.inspect(reading(tables_of(mapping)))
        return (await Chooser(mapping, database, engine_of(settings.url)).chosen(catalogue))[0]
    finally:
        await database.close()


class Chooser:
    """Chooses among the variants of one mapping."""

    def __init__(self, mapping: Mapping, database: Database, engine: Engine) -> None:
        self._mapping = mapping
        self._database = database
        self._engine = engine

    async def chosen(self, catalogue: Catalogue) -> tuple[Mapping, str]:
        """The first variant that the database is, with its name; the mapping itself, and no name, where it is none.

        Raises InvalidFile for a probe that the database refuses, StoreError.
        """
        for variant in self._mapping.variants:
            if await self._holds(variant, catalogue):
                return variant.mapping, variant.name
        return self._mapping, ""

    async def _holds(self, variant: Variant, catalogue: Catalogue) -> bool:
        file = self._mapping.file
        if variant.probe is None:
            fact = catalogue.table(*_asked_for(variant))
            column = (variant.when.column or "").partition(".")[2]
            return fact is not None and (not column or fact.column(column) is not None)
        names = _names_of_probe(self._mapping, variant, catalogue)
        names.check(variant.probe.path, variant.probe.tree)
        absent = any(names.is_absent(column) for column in variant.probe.tree.find_all(exp.Column))
        if names.source.problems or absent:
            return False  # a version that lacks what is asked is not the one
        tree = variant.probe.tree.copy()
        if file.sql != self._engine.speaks:
            tree = self._engine.ported(tree)
        text = self._engine.text(names.resolve(tree))
        driver, parameters = self._engine.driver(text)
        plan = Plan(
            name=f"variant.{variant.name}",
            shown=self._engine.shown_text(text),
            driver=driver,
            names=parameters,
            branches=(),
        )
        try:
            rows = await self._database.read(lambda reader: reader.rows(plan, {}))
        except (MappingMismatch, StoreError) as error:
            if error.retryable or isinstance(error, TooSlow):
                raise
            raise self._refused(variant, error) from None
        return any(_says_yes(row[0]) for row in rows)

    def _refused(self, variant: Variant, error: AdapterError) -> InvalidFile:
        source = Source(file=self._mapping.source.file, locator=self._mapping.source.locator)
        path = variant.probe.path if variant.probe is not None else ()
        source.report(path, f"the database refuses this SQL ({error.message})", f"{self._engine.client} says more")
        return InvalidFile(source.problems)


def _asked_for(variant: Variant) -> TableName:
    """The table that must be there, by the name that it has where the variant holds."""
    name = variant.when.table or (variant.when.column or "").partition(".")[0]
    file = variant.mapping.file
    return file.schema_, f"{file.prefix}{name}"


def _names_of_probe(mapping: Mapping, variant: Variant, catalogue: Catalogue | None) -> Naming:
    """The names of a variant's probe alone, with problems of their own."""
    probe = variant.probe
    alone = replace(variant.mapping, clauses={}, fragments={probe.path: (probe,)} if probe is not None else {})
    source = Source(file=mapping.source.file, locator=mapping.source.locator)
    return Naming(mapping=alone, catalogue=catalogue, source=source)


def _says_yes(value: Any) -> bool:
    """Whether a value is a yes: true, a number but 0, or a word for it."""
    if isinstance(value, bytes):  # a bit, as some drivers give it
        return any(value)
    return value is not None and plain_text(value).casefold() not in ("", "0", "f", "false", "n", "no")
