"""What `epos-adapter simulate` is told: by options, or by a file."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from pydantic import Field as Key

from simulator.accounts import Account
from simulator.errors import SimulatorError

LISTEN = "127.0.0.1:8800"
GATEWAY = "127.0.0.1:8801"
INVENTED = ("demo", "00000000-0000-4000-8000-000000000001")
"""The account where none is given: it opens this simulator and nothing else."""
INVENTED_KEYS: Mapping[str, str] = {"tables": INVENTED[1], "epos-data": "sk_sandbox_00000000000000000000000000000001"}
"""Its key, by what it speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a simulator is to be started."""

    listen: str = LISTEN
    gateway: str = GATEWAY
    accounts: Mapping[str, Account] = field(default_factory=lambda: {INVENTED[0]: Account(INVENTED[1])})
    dial: Sequence[tuple[str, str]] = ()
    """Address and account name of each adapter that listens."""
    adapter: str | int | None = None
    """The command that starts the adapter, or the id of its process."""
    modifiers_apart: bool = False
    """Whether the price of an item does not hold its modifiers, in the Tables API."""
    explain: str = ""
    """Address of the adapter's status port, where it tells its SQL."""
    explain_token: str = field(default="", repr=False)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Env(_Strict):
    env: str


class _Account(_Strict):
    name: str = Key(min_length=1, pattern="^[^:]*$")
    key: SecretStr | _Env
    dialect: str = "tables"
    software_house_id: str | None = None
    reseller_id: str | None = None


class _Dial(_Strict):
    url: str
    account: str


class _File(_Strict):
    listen: str = LISTEN
    gateway: str = GATEWAY
    adapter: str | None = None
    modifiers_apart: bool = False
    explain: str = ""
    explain_token: SecretStr | _Env | None = None
    account: list[_Account] = []
    dial: list[_Dial] = []


class Given(TypedDict, total=False):
    """Options that take the place of what the file says: members of Settings, where somebody gave them."""

    listen: str | None
    gateway: str | None
    adapter: str | int | None
    modifiers_apart: bool
    explain: str | None


def settings_of(
    *,
    accounts: Sequence[str] = (),
    dial: Sequence[str] = (),
    file: Path | None = None,
    protocol: str = "tables",
    **given: Unpack[Given],
) -> Settings:
    """What options and file say together; options come before the file, accounts and addresses are added to its own.

    `accounts` are NAME:KEY, `dial` addresses of adapters for the only account; `protocol` is what `accounts` speak, and
    the invented one.
    Raises SimulatorError.
    """
    found = _read(file) if file is not None else Settings(accounts={})
    known = dict(found.accounts)
    for text in accounts:
        name, colon, key = text.partition(":")
        if not (name and colon and key):
            raise SimulatorError("--account wants a name and a key, with a colon between them", hint="demo:the-api-key")
        known[name] = Account(key, dialect=protocol)
    if not known:
        known = {INVENTED[0]: Account(INVENTED_KEYS[protocol], dialect=protocol)}
    if dial and len(known) != 1:
        raise SimulatorError(
            f"--dial does not say for which of {', '.join(known)}",
            hint="with several accounts, write [[dial]] in a file",
        )
    instead: dict[str, Any] = {name: value for name, value in given.items() if value}
    return replace(
        found,
        accounts=known,
        dial=(*found.dial, *((url, next(iter(known))) for url in dial)),
        **instead,
    )


def _read(file: Path) -> Settings:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise SimulatorError(f"{file} cannot be read: {type(problem).__name__}") from None
    try:
        read = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as problem:
        raise SimulatorError(f"{file} is not TOML: {problem}") from None
    except ValidationError as problem:
        # Not the values: one of them may be a key.
        said = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in problem.errors())
        raise SimulatorError(f"{file}: {said}") from None
    names = [account.name for account in read.account]
    if twice := {name for name in names if names.count(name) > 1}:
        raise SimulatorError(f"{file}: account {', '.join(sorted(twice))} is there more than once")
    return Settings(
        listen=read.listen,
        gateway=read.gateway,
        accounts={
            account.name: Account(
                _secret(account.key, file, f"account {account.name}", "key"),
                dialect=account.dialect,
                software_house_id=account.software_house_id,
                reseller_id=account.reseller_id,
            )
            for account in read.account
        },
        dial=[(dial.url, dial.account) for dial in read.dial],
        adapter=read.adapter,
        modifiers_apart=read.modifiers_apart,
        explain=read.explain,
        explain_token="" if read.explain_token is None else _secret(read.explain_token, file, "explain_token", "token"),
    )


def _secret(written: SecretStr | _Env, file: Path, whose: str, name: str) -> str:
    if isinstance(written, SecretStr):
        secret, where = written.get_secret_value(), name
    else:
        secret, where = os.environ.get(written.env, ""), f"the environment variable {written.env}"
    if not secret:
        raise SimulatorError(f"{file}: {whose}: {where} is empty or not set")
    return secret
