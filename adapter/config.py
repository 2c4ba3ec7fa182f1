"""The settings of one installation: config.toml, typed, every problem at once. Knows nothing of how they are used."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, SecretStr, field_validator, model_validator

from adapter.addresses import is_loopback
from adapter.connection_config import ADDRESS, ConnectionConfig, RegistrationConfig, split_address
from adapter.domain.capabilities import KEY_PREFIXES, environment_of
from adapter.domain.recording import LONGEST_LOCK, SHORTEST_LOCK
from adapter.errors import InvalidFile, Problem
from adapter.mapping.load import Mapping, load_mapping
from adapter.mapping.receipt_schema import ReceiptRule
from adapter.mapping.variants import files_of
from adapter.mapping.walk import check_receipt, fits
from adapter.tls import TlsFileError
from adapter.toml.load import Source, Strict, load, suggest
from adapter.toml.secrets import Secret
from adapter.traces_config import TracesConfig

_SHORTEST_TOKEN = 16
_SHORTEST_TIMEOUT = 0.01
"""Seconds. Databases are told whole milliseconds, and none of them means for ever."""

_SHORTEST_LOCK = SHORTEST_LOCK.seconds // 60
_DAY = 24 * 60


class DatabaseConfig(Strict):
    """`[database]`: where the EPOS keeps its data."""

    url: Secret
    """Address of the database, `postgresql://user:password@host:5432/name`. Usually a secret."""
    pool_size: int = Field(default=8, ge=1, le=100)
    """How many connections are kept."""
    pool_timeout: float = Field(default=3.0, gt=0, le=60)
    """Seconds to wait for a free connection."""
    connect_timeout: float = Field(default=5.0, ge=1, le=60)
    """Seconds to wait for a new connection."""
    statement_timeout: float = Field(default=5.0, ge=_SHORTEST_TIMEOUT, le=60)
    """Seconds after which the database ends a statement."""
    lock_timeout: float = Field(default=2.0, ge=_SHORTEST_TIMEOUT, le=60)
    """Seconds a statement waits for somebody else; shorter than `statement_timeout`."""
    prepare: bool = True
    """Whether statements are prepared on the server; false behind a PgBouncer older than 1.21."""

    @model_validator(mode="after")
    def _nested(self) -> DatabaseConfig:
        if self.lock_timeout >= self.statement_timeout:
            raise ValueError(
                f"lock_timeout must be shorter than statement_timeout ({self.lock_timeout:g} and "
                f"{self.statement_timeout:g} s): who waits too long for a till would be told that the database is slow"
            )
        return self


class RulesConfig(Strict):
    """`[rules]`: how this restaurant wants it."""

    waiter_check: Literal["off", "enforce"] = "off"
    """`enforce`: a session is shown to and paid by its own waiter only. Guests' own devices are never asked."""
    modifiers_in_item_price: bool = True
    """Whether the price of an item on the card machine includes its modifiers."""
    finished_within_hours: float = Field(default=24.0, ge=0)
    """How far back finished sessions are listed; 0 lists them all, which may be a million."""
    acknowledge_duplicates_first: bool = False
    """Whether an identical payment is acknowledged even when the session is not locked any more."""
    lock_age_limit_minutes: float = Field(default=0.0, ge=0)
    """Minutes after which a card machine may take over another's lock; 0 for never, else at least 5."""
    longest_lock_minutes: float = Field(default=LONGEST_LOCK.seconds // 60, ge=_SHORTEST_LOCK, le=_DAY)
    """Minutes for which the EPOS Data API may lock an order at a time; asked for longer, the lock ends then."""

    @field_validator("lock_age_limit_minutes")
    @classmethod
    def _no_payment_is_in_flight(cls, value: float) -> float:
        if 0 < value < _SHORTEST_LOCK:
            raise ValueError(f"must be 0 or at least {_SHORTEST_LOCK}: a payment may be under way for minutes")
        return value


class LedgerConfig(Strict):
    """`[ledger]`: the adapter's own tables, in which it keeps locks and payments."""

    schema_: str = Field(default="epos_adapter", alias="schema", pattern=r"^[a-z_][a-z0-9_]*$")
    """Schema of the tables in the EPOS's database; `epos-adapter ledger create` makes them."""
    use: bool = True
    """Whether there are such tables. Without them the mapping must name columns of the EPOS that serve."""


class LimitsConfig(Strict):
    """`[limits]`: what one connection may ask for at a time."""

    request_deadline: float = Field(default=8.0, gt=0, le=120)
    """Seconds after which a request is answered with an error; longer than `database.statement_timeout`."""
    max_in_flight: int = Field(default=32, ge=1, le=1000)
    """Requests answered at the same time on one connection; further ones wait unread."""
    max_message_bytes: int = Field(default=1_048_576, ge=1024, le=16_777_216)
    """Largest message that is read."""


class LogConfig(Strict):
    """`[log]`: what is said, and how. Logs hold no secrets and no card data."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """`debug` also tells every SQL statement, without its values."""
    format: Literal["auto", "console", "json"] = "auto"
    """`auto`: readable on a terminal, JSON otherwise."""
    file: str = ""
    """A file to write to, relative to this one, where nothing keeps what the program says; empty for none."""
    file_megabytes: int = Field(default=10, ge=1, le=1000)
    """Size at which the file is put aside and another begun."""
    files_kept: int = Field(default=7, ge=1, le=100)
    """How many that were put aside are kept."""


class StatusConfig(Strict):
    """`[status]`: the adapter's own port, on which it tells how it is."""

    use: bool = True
    """Whether there is one."""
    listen: str = Field(default="127.0.0.1:8791", pattern=ADDRESS)
    """Address and port of /live, /ready, /metrics, /status, /status.json and /statements.json."""
    token: Secret = SecretStr("")
    """What whoever looks must show: as a password under any name, or as `Authorization: Bearer`."""
    allow_anybody: bool = False
    """Whether to listen beyond this computer without a token."""
    explain: bool = False
    """Whether the SQL of the newest requests, without values, is told to programs on this computer; for setting up."""

    @field_validator("token")
    @classmethod
    def _cannot_be_guessed(cls, value: SecretStr) -> SecretStr:
        token = value.get_secret_value()
        if token and (len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable()):
            raise ValueError(
                f"must be {_SHORTEST_TOKEN} or more plain characters: whoever guesses must never get there"
            )
        return value

    @model_validator(mode="after")
    def _not_for_anybody(self) -> StatusConfig:
        host, port = self.listen_at
        if port > 65535:
            raise ValueError("listen has a port above 65535")
        if self.use and not self.token.get_secret_value() and not self.allow_anybody and not is_loopback(host):
            raise ValueError(
                f"would tell everybody on the network how the adapter is (listen on {host}): "
                "set a token, listen on 127.0.0.1, or set allow_anybody = true"
            )
        if self.explain and not is_loopback(host):
            raise ValueError(
                f"explain = true would tell the network the SQL of requests (listen on {host}): "
                "listen on 127.0.0.1, or take explain out"
            )
        return self

    @property
    def listen_at(self) -> tuple[str, int]:
        """Host and port to listen on."""
        return split_address(self.listen)


class Config(Strict):
    """A whole config.toml."""

    mapping: str
    """File of the mapping, relative to this one; or the name of one that comes with the adapter, as `floreant`."""
    database: DatabaseConfig
    rules: RulesConfig = RulesConfig()
    ledger: LedgerConfig = LedgerConfig()
    limits: LimitsConfig = LimitsConfig()
    log: LogConfig = LogConfig()
    status: StatusConfig = StatusConfig()
    traces: TracesConfig | None = None
    """With it, a trace of each request is sent to a collector."""
    site: dict[str, Any] = Field(default_factory=dict)
    """Values for the site constants of the mapping."""
    connection: tuple[ConnectionConfig, ...] = ()
    registration: RegistrationConfig | None = None
    """With it, `register` can register, and a start looks whether what is registered is what is offered."""
    receipt: ReceiptRule | None = None
    """Lines above and below the printed bill, in place of the mapping's."""


def load_config(file: Path) -> tuple[Config, Mapping]:
    """Read a configuration and the mapping that it names.

    Raises InvalidFile with every problem in both.
    """
    config, source = load(file, Config)
    _check_between(config, source)
    config = _with_registration(_with_files(config, file, source), source)
    mapping_file = find_mapping(config.mapping, beside=file)
    if mapping_file is None:
        known = sorted(path.stem for path in shipped_mappings())
        source.report(("mapping",), f"there is no file {config.mapping}", suggest(config.mapping, known))
        source.raise_if_any()
        raise InvalidFile(source.problems)
    try:
        mapping = load_mapping(mapping_file)
    except InvalidFile as error:
        raise InvalidFile([*sorted(source.problems, key=lambda problem: problem.line), *error.problems]) from None
    _check_site(config, mapping, source)
    _check_ledger(config, mapping, source)
    if config.receipt is not None:
        check_receipt(config.receipt, mapping.file.site, source)
    source.raise_if_any()
    return config, mapping


class _OnlyStatus(Strict):
    """What a config.toml says of the status port, whatever else it says."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    status: StatusConfig = StatusConfig()


def load_status_config(file: Path) -> StatusConfig:
    """Read `[status]` alone: who asks how the adapter is need not have the secrets that it runs with.

    Raises InvalidFile.
    """
    config, source = load(file, _OnlyStatus)
    source.raise_if_any()
    return config.status


def find_mapping(name: str, *, beside: Path) -> Path | None:
    """The file of a mapping: a path relative to the configuration, or the name of a shipped one."""
    if "\0" in name:
        return None
    candidate = (beside.parent / name).resolve()
    if candidate.is_file():
        return Path(os.path.relpath(candidate)) if candidate.is_relative_to(Path.cwd()) else candidate
    return next((path for path in shipped_mappings() if name in (path.stem, path.name)), None)


def shipped_mappings() -> list[Path]:
    """The mapping files that come with the adapter, installed or in a checkout."""
    here = Path(__file__).parent
    for folder in (here / "shipped_mappings", here.parent / "mappings"):
        if folder.is_dir():
            return sorted(folder.glob("*.toml"))
    return []


def _check_between(config: Config, source: Source) -> None:
    """Rules between settings of different sections."""
    database, deadline = config.database, config.limits.request_deadline
    for name, seconds in (
        ("statement_timeout", database.statement_timeout),
        ("pool_timeout", database.pool_timeout),
    ):
        if seconds >= deadline:
            source.report(
                ("limits", "request_deadline"),
                f"request_deadline must be longer than database.{name} ({deadline:g} and {seconds:g} s)",
                "each must end before what waits for it: lock_timeout < statement_timeout < request_deadline",
            )
    names: set[str] = set()
    for index, connection in enumerate(config.connection):
        if not connection.api_key.get_secret_value():
            source.report(("connection", index, "api_key"), "is empty, which would let anybody in")
        _check_credentials(connection, index, source)
        if connection.standby and not config.ledger.use:
            source.report(
                ("connection", index, "standby"), "needs the ledger, in which the adapters agree on who dials", "use it"
            )
        if connection.name in names:
            source.report(("connection", index), "needs a name of its own", f"{connection.name} is taken")
        names.add(connection.name)


def _with_files(config: Config, file: Path, source: Source) -> Config:
    """The same, with the files of its connections found beside it; reports those that are not what they should be."""
    found = tuple(connection.beside(file) for connection in config.connection)
    for index, connection in enumerate(found):
        try:
            connection.tls()
        except TlsFileError as error:
            source.report(("connection", index, error.setting), error.message, error.hint)
    return config.model_copy(update={"connection": found})


def _with_registration(config: Config, source: Source) -> Config:
    """The same, with what `[registration]` does not say from the connection; reports what neither says."""
    if config.registration is None:
        return config
    registration = config.registration.beside(config.connection)
    for name, is_said in (
        ("api_key", bool(registration.api_key.get_secret_value())),
        ("software_house_id", bool(registration.software_house_id)),
    ):
        if not is_said:
            source.report(
                ("registration", name),
                "is missing",
                "it may be left out where one connection dials the EPOS Data API, which has it then",
            )
    return config.model_copy(update={"registration": registration})


def _check_credentials(connection: ConnectionConfig, index: int, source: Source) -> None:
    """Each protocol has credentials of its own, and neither takes the other's."""
    key = connection.api_key.get_secret_value()
    if connection.protocol == "tables":
        if ":" in connection.account or not connection.account:
            source.report(("connection", index, "account"), "must be a name without a colon")
        if key and environment_of(key):
            source.report(
                ("connection", index, "api_key"),
                "is a key of the EPOS Data API, and this connection speaks the Tables API",
                'set protocol = "epos-data"',
            )
        return
    if connection.account:
        source.report(("connection", index, "account"), "is not used: the key of the EPOS Data API says whose it is")
    if key and not environment_of(key):
        begins = " or ".join(f"{prefix}..." for prefix in KEY_PREFIXES)
        source.report(("connection", index, "api_key"), "is no key of the EPOS Data API", f"they begin with {begins}")


def _check_ledger(config: Config, mapping: Mapping, source: Source) -> None:
    """Without tables of our own, the EPOS's must tell who holds a session and what was paid."""
    record = mapping.file.record
    if config.ledger.use or record is None:
        return
    if mapping.file.lock is None:
        source.report(("ledger", "use"), "locks have no place: the mapping has no [lock]", "use the ledger")
    if record.recorded is None:
        source.report(
            ("ledger", "use"), "payments could be entered twice: the mapping has no [record.recorded]", "use the ledger"
        )


def _check_site(config: Config, mapping: Mapping, source: Source) -> None:
    declared = {name: rule for file in files_of(mapping) for name, rule in file.site.items()}
    for name, value in config.site.items():
        if name not in declared:
            source.report(("site", name), "the mapping has no such constant", suggest(name, declared))
        elif not fits(value, declared[name].type):
            source.report(("site", name), f"must be a {declared[name].type}", declared[name].help)
    for name, constant in mapping.file.site.items():
        if constant.required and name not in config.site:
            line, _ = mapping.source.locator.place(("site", name))
            asked = f"{mapping.source.file}:{line} asks for it"
            hint = f"{asked}: {constant.help}" if constant.help else asked
            # A key that is not there stands on no line, but its section may.
            where = source.locator.place(("site",))[0] if ("site",) in source.locator.keys else 0
            source.problems.append(
                Problem(file=source.file, line=where, key=f"site.{name}", message="is missing", hint=hint)
            )
