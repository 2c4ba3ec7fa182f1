"""`epos-adapter grants`: the least privileges that a mapping needs, as SQL to run.

What is needed comes from the statements themselves (`mapping/needs.py`), how it is granted from `privileges.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from adapter.app import load
from adapter.config import Config, LedgerConfig
from adapter.errors import AdapterError
from adapter.explain import find_and_load
from adapter.mapping.bind import Binder
from adapter.mapping.catalogue import Catalogue
from adapter.mapping.engines import ENGINES, Engine, engine_for
from adapter.mapping.load import Mapping as LoadedMapping
from adapter.mapping.naming import TableName
from adapter.mapping.needs import Needs, needs_of, needs_of_fragments, needs_of_plans
from adapter.privileges import Privilege, engine_privileges, sql_for
from adapter.serving import database_settings
from adapter.store.choosing import Chooser, tables_of
from adapter.store.database import Database
from adapter.store.engines import connect, engine_of
from adapter.store.fitting import constant_of
from adapter.store.lease import lease_plans
from adapter.store.ledger import Ledger
from adapter.store.reflect import reading
from adapter.store.surroundings import Surroundings, surroundings

_ROLE = "epos_adapter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """What was found."""

    engine: str
    role: str
    mapping: str
    epos: str
    database: str
    """Its name; empty where none was asked."""
    needs: Needs
    """What the EPOS's own tables are needed for."""
    own: Needs
    """What the ledger's tables are needed for."""
    privileges: tuple[Privilege, ...]
    ledger: tuple[Privilege, ...]
    notes: tuple[str, ...]
    """What else should be known, a sentence each."""

    def statements(self) -> list[str]:
        """The SQL, a statement each, without comments of their own."""
        return sql_for(self.engine, [*self.privileges, *self.ledger], self.role) if self.engine != "sqlite" else []

    def text(self) -> str:
        """The SQL with what a reader should know, ready to be run."""
        if self.engine == "sqlite":
            writing = "read and write" if self.needs.writes else "only read"
            return (
                "-- SQLite has no privileges: whoever can open the file can do everything in it.\n"
                f"-- Let the adapter's user {writing} the file and its folder, and nobody else who need not."
            )
        where = f' in the database "{self.database}"' if self.database else ""
        head = [
            f"-- What {self.epos} ({self.mapping}) needs, and no more. Run it{where} as whoever owns the tables.",
            f"-- The role must be there: {_CREATE[self.engine].format(role=self._role())}",
        ]
        if not self.database:
            head.append("-- Without a database: optional columns are taken to be there; delete those that are not.")
        if self.engine == "postgresql" and not self.database:
            head.append(
                "-- Numbers of new rows that come from a sequence need USAGE on it: only the database can tell."
            )
        head += [f"-- {line}" for line in self.notes]
        blocks = ["\n".join(head)]
        blocks.append("\n".join(f"{text};" for text in sql_for(self.engine, self.privileges, self.role)))
        if self.ledger:
            blocks.append(
                "-- The adapter's own tables; `epos-adapter ledger create` makes them, once, as somebody who may.\n"
                + "\n".join(f"{text};" for text in sql_for(self.engine, self.ledger, self.role))
            )
        return "\n\n".join(blocks)

    def _role(self) -> str:
        return self.role if self.engine != "mariadb" else self.role.partition("@")[0]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "engine": self.engine,
            "role": self.role,
            "mapping": self.mapping,
            "tables": self.needs.as_dict(),
            "ledger": self.own.as_dict(),
            "statements": self.statements(),
        }


_CREATE = {
    "postgresql": "CREATE ROLE {role} LOGIN PASSWORD '...';",
    "mariadb": "CREATE USER {role} IDENTIFIED BY '...';",
    "mysql": "CREATE USER {role} IDENTIFIED BY '...';",
    "sqlserver": "CREATE LOGIN {role} WITH PASSWORD = '...'; CREATE USER {role} FOR LOGIN {role};",
}


async def find_grants(
    *, config_file: Path | None, mapping_name: str | None, engine_name: str | None, role: str | None, ask: bool
) -> Grants:
    """Find out what a mapping needs; `ask` the database for what only it can tell.

    The database is asked for its schema only, so that it can be done by a role that has no privileges yet.
    Raises AdapterError, InvalidFile when the mapping does not fit the database.
    """
    config, mapping = _load(config_file, mapping_name)
    engine = _engine(config, mapping, engine_name)
    catalogue: Catalogue | None = None
    around: Surroundings | None = None
    chosen = mapping
    database = Database(connect(database_settings(config))) if config is not None and ask else None
    try:
        if database is not None:
            catalogue = await database.inspect(reading(tables_of(mapping)))
            chosen, _ = await Chooser(mapping, database, engine).chosen(catalogue)
        needs = _needs(config, chosen, engine, catalogue) | _probes(mapping, engine, catalogue)
        if database is not None:
            around = await database.inspect(surroundings(list(needs.writes)))
    finally:
        if database is not None:
            await database.close()
    settings = config.ledger if config is not None else LedgerConfig()
    own = _ledger_needs(settings, chosen, engine)
    if config is not None and any(connection.standby for connection in config.connection):
        own |= needs_of_plans(lease_plans(Ledger(settings.schema_, engine)), engine)
    found = engine_privileges(engine.name, needs, around, _columns(catalogue))
    of_ledger = engine_privileges(engine.name, own, None, {})
    return Grants(
        engine=engine.name,
        role=role or _user(config) or _ROLE,
        mapping=mapping.source.file,
        epos=mapping.file.epos,
        database=around.database if around is not None else "",
        needs=needs,
        own=own,
        privileges=tuple(found),
        ledger=tuple(each for each in of_ledger if each not in found),
        notes=tuple(_notes(mapping, chosen, around)),
    )


def _notes(mapping: LoadedMapping, chosen: LoadedMapping, around: Surroundings | None) -> Iterator[str]:
    names = [variant.name for variant in mapping.variants]
    if names and around is None:
        yield f"Without a database no variant is chosen; there are {', '.join(names)}."
    elif names:
        name = next((variant.name for variant in mapping.variants if variant.mapping is chosen), "")
        yield f"This database needs the variant {name}." if name else "This database needs no variant."
    for trigger in around.triggers if around is not None else ():
        yield (
            f"Look at the trigger {trigger.name} of {trigger.table[1]}: "
            f"what {trigger.function} does needs rights as well."
        )


def _needs(config: Config | None, mapping: LoadedMapping, engine: Engine, catalogue: Catalogue | None) -> Needs:
    given = dict(config.site) if config is not None else {}
    binder = Binder(mapping=mapping, catalogue=catalogue, engine=engine)
    binder.check()
    binder.site = {name: constant_of(rule, given.get(name)) for name, rule in mapping.file.site.items()}
    ledger = config.ledger.use if config is not None else True
    needs = needs_of(binder, engine, given=given, ledger=ledger)
    binder.finish()
    return needs


def _probes(mapping: LoadedMapping, engine: Engine, catalogue: Catalogue | None) -> Needs:
    """What it takes to tell which variant the database needs, which is asked whenever the adapter starts."""
    found = Needs(reads={}, writes={})
    for variant in mapping.variants:
        if variant.probe is not None:
            # By the names that it gives its tables, which may not be those of the file.
            binder = Binder(mapping=variant.mapping, catalogue=catalogue, engine=engine)
            found |= needs_of_fragments([variant.probe], binder, engine)
    return found


def _ledger_needs(settings: LedgerConfig, mapping: LoadedMapping, engine: Engine) -> Needs:
    record = mapping.file.record
    if not settings.use or record is None or not mapping.file.capabilities.record_payment:
        return Needs(reads={}, writes={})
    return needs_of_plans(Ledger(settings.schema_, engine).plans(verify=record.verify is not None), engine)


def _columns(catalogue: Catalogue | None) -> Mapping[TableName, Sequence[str]]:
    if catalogue is None:
        return {}
    return {
        (schema, name): [fact.name for fact in table.columns.values()]
        for schema, tables in catalogue.tables.items()
        for name, table in tables.items()
    }


def _load(config_file: Path | None, mapping_name: str | None) -> tuple[Config | None, LoadedMapping]:
    if mapping_name is None:
        return load(config_file or Path("config.toml"))
    return None, find_and_load(mapping_name)


def _engine(config: Config | None, mapping: LoadedMapping, name: str | None) -> Engine:
    """The engine that is meant: the one that is named, else that of the database, else that of the mapping.

    Raises AdapterError when the mapping is not written for it.
    """
    if config is not None:
        return engine_of(config.database.url.get_secret_value())
    speaks = mapping.file.sql
    if name is None:
        return ENGINES[next(iter(mapping.file.engines), engine_for(speaks).name)]
    served = {engine.name for engine in ENGINES.values() if engine.speaks == speaks} | set(mapping.file.engines)
    if name not in served:
        raise AdapterError(
            f"{mapping.source.file} is written in the SQL of {speaks}, which {name} does not speak",
            hint=f"give --engine {' or '.join(known for known in ENGINES if known in served)}",
        )
    return ENGINES[name]


def _user(config: Config | None) -> str:
    """Who the adapter is to the database."""
    return (make_url(config.database.url.get_secret_value()).username or "") if config is not None else ""
