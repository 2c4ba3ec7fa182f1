"""`epos-adapter explain`: the SQL a request becomes, how each field is read, and the database's plan.

Runs the same rules and the same book as the service, with a reader that notes the statements instead of running them.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text

from adapter.app import load
from adapter.config import Config, LedgerConfig, find_mapping
from adapter.domain.recording import RecordingRules
from adapter.domain.service import Service
from adapter.errors import AdapterError, InvalidFile, NotEnabled, NotFound, UnknownMethod
from adapter.mapping.bind import Binder
from adapter.mapping.describe import FieldNote, describe
from adapter.mapping.engines import ENGINES, Engine, engine_for
from adapter.mapping.load import Mapping as LoadedMapping
from adapter.mapping.load import load_mapping
from adapter.mapping.plans import Plan
from adapter.mapping.pruning import reading_only
from adapter.protocol.dialect import decode_request
from adapter.protocol.orders.dialect import orders_dialect
from adapter.protocol.tables.dialect import tables_dialect
from adapter.serving import database_settings, recording_rules
from adapter.store.book import Bound, SqlBook
from adapter.store.database import Database
from adapter.store.engines import connect, engine_of
from adapter.store.fitting import constant_of, make_bound
from adapter.store.ledger import Ledger
from adapter.store.recording_plans import ORDERS, TABLES, recording_plans
from adapter.store.store import SqlStore
from adapter.toml.load import suggest


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement that a request becomes."""

    name: str
    sql: str
    parameters: Mapping[str, Any]
    plan: tuple[str, ...]
    """What the database says it would do; empty without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What `explain` found."""

    method: str
    statements: tuple[Statement, ...]
    fields: tuple[FieldNote, ...]
    notes: tuple[str, ...]
    misfits: tuple[str, ...] = ()
    """What of the mapping does not fit the database, each with its line."""

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "method": self.method,
            "statements": [
                {**asdict(one), "parameters": {name: str(value) for name, value in one.parameters.items()}}
                for one in self.statements
            ],
            "fields": [asdict(one) for one in self.fields],
            "notes": list(self.notes),
            "misfits": list(self.misfits),
        }


class _NotingReader:
    """A reader that notes what would be run."""

    def __init__(self, key: tuple[Any, ...]) -> None:
        self._key = key
        self.noted: list[tuple[Plan, Mapping[str, Any]]] = []

    def rows(self, plan: Plan, parameters: Mapping[str, Any]) -> list[Any]:
        given = {**plan.constants, **parameters}
        self.noted.append((plan, {name: given[name] for name in plan.names}))
        # A page has one key, so that the statement for the orders of its keys is noted too.
        return [self._key] if plan.name == "page" else []


class _NotingStore:
    """A store that answers every unit from an empty restaurant."""

    def __init__(self, bound: Bound, reader: _NotingReader) -> None:
        self._book = SqlBook(reader, bound)  # type: ignore[arg-type]

    async def read(self, unit: Any) -> Any:
        return unit(self._book)

    async def write(self, unit: Any, *, even_unheard: bool = True, insists: bool = True) -> Any:  # noqa: ARG002 -- the protocol's names
        raise NotEnabled("explain knows the reading methods")

    async def expired_locks(self) -> tuple[()]:
        return ()

    def write_later(self, unit: Any) -> None:  # noqa: ARG002 -- as above
        raise NotEnabled("explain knows the reading methods")


async def explain(
    method: str,
    params: str,
    *,
    config_file: Path | None,
    mapping_name: str | None,
    connect_to_database: bool,
    engine_name: str | None = None,
) -> Explanation:
    """Find out what a request becomes; `engine_name` is whose SQL is shown where no database says which.

    Raises AdapterError when the method, the parameters or the files are not understood.
    """
    config, mapping = _load(config_file, mapping_name)
    asked = connect_to_database and config is not None
    base = await _with_database(config, mapping, method) if asked and config is not None else None
    if base is None:
        base = _Base(bound=_offline(config, mapping, _engine(config, mapping, engine_name)), notes=_unasked(mapping))
    try:
        engine = base.bound.fields.binder.engine
        noted: list[tuple[Plan, Mapping[str, Any]]] = [
            (plan, {}) for plan in _written(method, base.bound, config, engine)
        ]
        if method not in _WRITING:
            noted = await _asked(
                method, params, base.bound, recording_rules(config) if config is not None else RecordingRules()
            )
        statements = [
            Statement(
                name=plan.name,
                sql=plan.shown,
                parameters=given,
                plan=() if method in _WRITING else await _plan_of(base.store, plan, given),
            )
            for plan, given in noted
        ]
    finally:
        if base.store is not None:
            await base.store.close()
    fields = tuple(describe(base.bound.fields, _KINDS[method]))
    return Explanation(
        method=method, statements=tuple(statements), fields=fields, notes=tuple(base.notes), misfits=base.misfits
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """What an explanation rests on."""

    bound: Bound
    notes: list[str]
    store: SqlStore | None = None
    """Whom plans can be asked of."""
    misfits: tuple[str, ...] = ()


async def _with_database(config: Config, mapping: LoadedMapping, method: str) -> _Base:
    """The mapping as it fits the database; as far as it does, where it does not.

    What records may be amiss without a reading method's statements being any others. Raises StoreError.
    """
    misfits: tuple[str, ...] = ()
    for said in (mapping, reading_only(mapping)):
        store = _store(config, said)
        try:
            bound = await store.bind_or_raise()
        except InvalidFile as error:
            await store.close()
            misfits = misfits or tuple(str(problem) for problem in error.problems)
        except AdapterError:
            await store.close()
            raise
        else:
            notes = []
            if mapping.variants:
                notes.append(f"variant {bound.variant}" if bound.variant else "no variant: this database needs none")
            if not misfits or method not in _WRITING:
                return _Base(bound=bound, notes=notes, store=store, misfits=misfits)
            await store.close()
            chosen = next((one.mapping for one in mapping.variants if one.name == bound.variant), mapping)
            return _Base(bound=_offline(config, chosen, bound.fields.binder.engine), notes=notes, misfits=misfits)
    engine = engine_of(config.database.url.get_secret_value())
    return _Base(bound=_offline(config, mapping, engine), notes=_unasked(mapping), misfits=misfits)


def _unasked(mapping: LoadedMapping) -> list[str]:
    """What to know of statements that no database has been asked about."""
    notes = ["without a database: the schema is taken to be as the mapping says"]
    if mapping.variants:
        names = ", ".join(variant.name for variant in mapping.variants)
        notes.append(f"without a database no variant is chosen; there are {names}")
    return notes


async def _asked(method: str, params: str, bound: Bound, rules: RecordingRules) -> list[tuple[Plan, Mapping[str, Any]]]:
    """The statements of a reading method, by asking an empty restaurant."""
    reader = _NotingReader(_any_key(bound))
    request = _request(method, params, bound)
    with suppress(NotFound):
        await Service(_NotingStore(bound, reader), recording_rules=rules, emit=lambda _: None).answer(request)
    return reader.noted


def _written(method: str, bound: Bound, config: Config | None, engine: Engine) -> list[Plan]:
    """The statements of a writing method, in their order, between BEGIN and COMMIT; none for any other."""
    if method not in _WRITING:
        return []
    writes = bound.writes
    if writes is None:
        raise NotEnabled("nothing can be locked or paid: the mapping has no [record]")
    settings = config.ledger if config is not None else LedgerConfig()
    ledger = Ledger(settings.schema_, engine) if settings.use else None
    return recording_plans(method, bound, writes, ledger)


def show(found: Explanation, console: Console | None = None) -> None:
    """Print an explanation for people."""
    out = console or Console(soft_wrap=False)
    if found.misfits:
        out.print(
            "This mapping does not fit the database, so card machines are answered nothing. What can be shown is shown.",
            style="red",
        )
    for misfit in found.misfits:
        out.print(Text(f"! {misfit}", style="red"))
    for note in found.notes:
        out.print(Text(note, style="yellow"))
    for one in found.statements:
        out.rule(f"[bold]{found.method}[/bold]: {one.name}", align="left")
        out.print(Syntax(one.sql, "sql", background_color="default", word_wrap=True))
        if one.parameters:
            given = ", ".join(f"{name} = {value!r}" for name, value in one.parameters.items())
            out.print(Text(f"with {given}", style="dim"))
        if one.plan:
            out.print()
            out.print(Text("\n".join(one.plan), style="dim"))
    out.print()
    out.rule("[bold]How each field is read[/bold]", align="left")
    width = max((len(field.name) for field in found.fields), default=0)
    for field in found.fields:
        out.print(Text.assemble((f"{field.name:<{width}}  ", "bold"), field.reading, (f"  {field.place}", "dim")))
        out.print(Padding(Text(field.sql, style="cyan"), (0, 0, 0, width + 2)))


def _load(config_file: Path | None, mapping_name: str | None) -> tuple[Config | None, LoadedMapping]:
    if mapping_name is None:
        return load(config_file or Path("config.toml"))
    return None, find_and_load(mapping_name)


def find_and_load(mapping_name: str) -> LoadedMapping:
    """The mapping in a file, or one that comes with the adapter; raises AdapterError, InvalidFile."""
    file = find_mapping(mapping_name, beside=Path.cwd() / "config.toml")
    if file is None:
        raise AdapterError(f"there is no mapping {mapping_name}", hint="give a file, or the name of a shipped mapping")
    return load_mapping(file)


def _store(config: Config, mapping: LoadedMapping) -> SqlStore:
    settings = database_settings(config)
    return SqlStore(
        mapping=mapping,
        database=Database(connect(settings)),
        engine=engine_of(settings.url),
        site=config.site,
        receipt=config.receipt,
        history=timedelta(hours=config.rules.finished_within_hours) or None,
        emit=lambda _: None,
    )


def _engine(config: Config | None, mapping: LoadedMapping, name: str | None) -> Engine:
    """Whose SQL is shown: the engine that was asked for, else the installation's, else the mapping's own."""
    if name is None:
        return engine_for(mapping.file.sql) if config is None else engine_of(config.database.url.get_secret_value())
    engine = ENGINES[name]
    if engine.speaks != mapping.file.sql and name not in mapping.file.engines:
        served = ", ".join(mapping.file.engines) or mapping.file.sql
        raise AdapterError(f"the mapping does not serve {name}", hint=f"it serves {served}")
    return engine


def _offline(config: Config | None, mapping: LoadedMapping, engine: Engine) -> Bound:
    site = dict(config.site) if config is not None else {}
    constants = {name: constant_of(rule, site.get(name)) for name, rule in mapping.file.site.items()}
    binder = Binder(mapping=mapping, catalogue=None, site=constants, engine=engine)
    hours = config.rules.finished_within_hours if config is not None else 24.0
    return make_bound(
        binder,
        types={},
        engine=engine,
        receipt=None,
        history=timedelta(hours=hours) or None,
        emit=lambda _: None,
    )


def _request(method: str, params: str, bound: Bound) -> Any:
    dialect = orders_dialect() if method.endswith("V1") else tables_dialect()
    route = dialect.routes.get(method)
    if route is None or method not in _KINDS:
        raise UnknownMethod(f"there is no method {method}", hint=suggest(method, _KINDS) or ", ".join(_KINDS))
    try:
        given = msgspec.json.decode(params)
    except msgspec.DecodeError as error:
        raise AdapterError(f"--params is not JSON: {error}", hint="""write --params '{"name": "T1"}'""") from None
    if not isinstance(given, dict):
        raise AdapterError("--params must be a JSON object")
    if method in ("GetSession", "GetBillItems", "GetFullBill"):
        given.setdefault("sessionId", str(_any_session(bound)))
    if method in ("GetOrderBillByIdV1", "GetOrderByIdV1"):
        given.setdefault("orderId", str(_any_session(bound)))
    if method == "GetTable":
        given.setdefault("name", "T1")
    return decode_request(dialect, route, msgspec.Raw(msgspec.json.encode(given)))


def _any_session(bound: Bound) -> Any:
    """An id that a session of this mapping could have."""
    return bound.fields.packing.pack(_any_key(bound))


def _any_key(bound: Bound) -> tuple[Any, ...]:
    values: dict[str, Any] = {"integer": 1, "text": "1", "uuid": "00000000-0000-4000-8000-000000000001"}
    return tuple(values[part.form] for part in bound.fields.packing.parts)


async def _plan_of(store: SqlStore | None, plan: Plan, given: Mapping[str, Any]) -> tuple[str, ...]:
    if store is None:
        return ()
    rows = await store.explain(plan, given)
    return tuple(line for row in rows for line in str(row[-1]).splitlines())


_ORDER = frozenset({"bill", "charge", "discount", "item", "modifier", "payment", "session", "table", "tax_line"})
_KINDS: Mapping[str, frozenset[str]] = {
    "CreateOrderLockV1": _ORDER,
    "DeleteOrderLockV1": _ORDER,
    "ExtendOrderLockV1": frozenset({"session"}),
    "GetBillItems": frozenset({"bill", "charge", "discount", "item", "modifier", "session"}),
    "GetFullBill": frozenset({"bill", "charge", "discount", "item", "modifier", "session", "table"}),
    "GetOrderBillByIdV1": _ORDER,
    "GetOrderByIdV1": _ORDER,
    "GetSession": frozenset({"bill", "session", "table"}),
    "GetTable": frozenset({"table"}),
    "ListAreasV1": frozenset({"table"}),
    "ListBillItems": frozenset({"bill", "charge", "discount", "item", "modifier", "session"}),
    "ListSessions": frozenset({"bill", "session", "table"}),
    "ListTables": frozenset({"table"}),
    "LockSession": frozenset({"bill", "charge", "discount", "item", "modifier", "session"}),
    "RecordOrderPaymentByIdV1": _ORDER,
    "RecordPayment": frozenset({"bill", "session"}),
    "SearchOrdersV1": _ORDER,
    "SearchTablesV1": frozenset({"table"}),
    "UnlockSession": frozenset({"session"}),
}

_WRITING = TABLES | ORDERS
"""Methods whose statements are listed and not tried: they would lock and pay."""
