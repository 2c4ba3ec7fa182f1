"""A role with exactly what `grants` prints does everything that the adapter does, and with one thing less it does not."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import tomllib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import RawCursor
from sqlalchemy.engine import make_url

from adapter import grants
from adapter.app import App
from adapter.config import Config
from adapter.domain.orders import OrderSearch
from adapter.domain.recording import release_by_hand
from adapter.mapping.load import load_mapping
from adapter.privileges import Privilege, sql_for
from adapter.store.drivers import postgresql

GOLDEN = Path(__file__).parents[2] / "golden"
MAPPINGS = Path(__file__).parents[3] / "mappings"
PASSWORD = "invented"
TURNS: dict[str, list[dict[str, Any]]] = {
    # The till's own setting decides whether rates of tax are read; every one of these is some restaurant.
    "floreant": [{}, {"prices_include_tax": True}, {"prices_include_tax": False}],
    "pasteque": [{}],
}
WRITING = ("LockSession", "RecordPayment", "UnlockSession")

_numbers = itertools.count(1)


@dataclass
class Restricted:
    """A restaurant whose adapter is a role with what `grants` printed, and everything that it asked the database."""

    name: str
    owner: str
    """Address for whoever owns the tables."""
    url: str
    """Address for the role."""
    role: str
    found: grants.Grants
    asked: dict[str, Sequence[Any]] = field(default_factory=dict)
    """Each statement that was run, with its values."""
    answers: list[str] = field(default_factory=list)
    """What was wrong with answers."""


@pytest.fixture(scope="module", params=["floreant", "pasteque"])
def restricted(
    request: pytest.FixtureRequest,
    restaurant: Callable[[str], str],
    new_database: Callable[..., str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Restricted]:
    name = request.param
    owner = new_database(restaurant(name))
    role = f"epos_role_{os.getpid()}_{next(_numbers)}"
    config = tmp_path_factory.mktemp(name) / "config.toml"
    config.write_text(f'mapping = "{name}"\n[database]\nurl = "{owner}"\n', encoding="utf-8")
    with asyncio.Runner() as runner, psycopg.connect(plain(owner), autocommit=True) as connection:
        runner.run(with_app(name, owner, {}, lambda app: app.store.create_ledger()))
        found = runner.run(
            grants.find_grants(config_file=config, mapping_name=None, engine_name=None, role=role, ask=True)
        )
        database = make_url(owner).database or ""
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
        # What everybody has by default would hide what is missing.
        connection.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        connection.execute(found.text())  # type: ignore[call-overload]
        url = make_url(owner).set(username=role, password=PASSWORD).render_as_string(hide_password=False)
        made = Restricted(name, owner, url, role, found)
        with pytest.MonkeyPatch.context() as patch:
            listen(patch, made.asked)
            for site in TURNS[name]:
                runner.run(an_evening(made, site))
        yield made
        connection.execute(f"DROP OWNED BY {role}")
        connection.execute(f"DROP ROLE {role}")


def listen(patch: pytest.MonkeyPatch, asked: dict[str, Sequence[Any]]) -> None:
    """Note every statement that is run, and its values."""
    for name in ("run", "change"):
        real = getattr(postgresql, name)

        def noting(connection: Any, text: str, values: Sequence[Any], real: Any = real, **more: Any) -> Any:
            asked.setdefault(text, list(values))
            return real(connection, text, values, **more)

        patch.setattr(postgresql, name, noting)


async def with_app(name: str, url: str, site: dict[str, Any], work: Callable[[App], Any], check: str = "off") -> Any:
    config = Config.model_validate(
        {
            "mapping": name,
            "database": {"url": url},
            "site": site,
            "rules": {"waiter_check": check, "finished_within_hours": 0},
        }
    )
    app = App(config, load_mapping(MAPPINGS / f"{name}.toml"), lambda _event: None)
    try:
        return await work(app)
    finally:
        await app.store.close()


async def orders(app: App) -> None:
    """Ask what the EPOS Data API asks."""
    await app.store.read(lambda book: book.floor())
    searches = [OrderSearch(), OrderSearch(payable_only=True), OrderSearch(table_id="2")]
    for search in searches:
        page = await app.store.read(lambda book, search=search: book.orders(search))  # type: ignore[misc]
        for order in page.orders:
            await app.store.read(lambda book, order=order: book.order(order.session.id))  # type: ignore[misc]


async def an_evening(made: Restricted, site: dict[str, Any]) -> None:
    """Ask every golden request, and where nothing is set take payments as well, all as the role."""
    for suite in sorted(GOLDEN.glob("*/suite.toml")):
        told = tomllib.loads(suite.read_text(encoding="utf-8"))
        if told["restaurant"] == made.name and "protocol" not in told:

            async def ask(app: App, suite: Path = suite) -> None:
                for case in sorted(suite.parent.glob("*/request.json")):
                    if json.loads(case.read_bytes())["method"] in WRITING:
                        continue  # golden for a restaurant without a ledger; here they are really done, see `pay`
                    answer = json.loads(await app.endpoint("test").handle(case.read_bytes()) or b"null")
                    expected = json.loads((case.parent / "response.json").read_text(encoding="utf-8"))
                    if answer != expected and not site:
                        made.answers.append(f"{suite.parent.name}/{case.parent.name}: {answer}")
                await orders(app)

            await with_app(made.name, made.url, {**told.get("site", {}), **site}, ask, told["waiter_check"])
    if not site:
        await with_app(made.name, made.url, {}, lambda app: pay(made, app))


async def pay(made: Restricted, app: App) -> None:
    """Lock, pay in full and unlock; lock another and have the manager release it."""
    await app.store.bind()
    numbers = itertools.count(1)

    async def ask(method: str, **params: Any) -> dict[str, Any]:
        machine = {"terminalId": "T-1", "waiterId": 12}
        params["requestorInfo"] = {
            "requestorType": "REQUESTOR_TYPE_CARD_MACHINE",
            "cardMachineRequestorInfo": machine,
        }
        request = {"jsonrpc": "2.0", "id": str(next(numbers)), "method": method, "params": params}
        found: dict[str, Any] = json.loads(await app.endpoint("test").handle(json.dumps(request).encode()) or b"{}")
        result: dict[str, Any] = found["result"]
        if "errorCode" in result:
            made.answers.append(f"{method}: {result}")
        return result

    sessions = (await ask("ListSessions", filter={"isPayable": True})).get("sessions", [])
    sessions = [each for each in sessions if each.get("tableName")] or sessions
    assert len(sessions) > 1, sessions
    bill = (await ask("LockSession", sessionId=sessions[0]["id"]))["billItems"]
    payment = {
        "id": str(uuid.uuid4()),
        "sessionId": sessions[0]["id"],
        "currency": bill["currency"],
        "baseAmount": bill["totalAmount"] - bill["paidAmount"],
        "paymentSuccessful": True,
        "attemptedAt": "2026-11-20T21:40:00.000Z",
    }
    await ask("RecordPayment", payment=payment)
    await ask("UnlockSession", sessionId=sessions[0]["id"])
    await ask("LockSession", sessionId=sessions[1]["id"])
    other = uuid.UUID(sessions[1]["id"])
    assert len(await app.store.locks()) == 1
    assert await app.store.watched() is not None
    await app.store.write(lambda till: release_by_hand(till, other, by="somebody", reason="a test", force=True))
    await pay_order(made, app)


async def pay_order(made: Restricted, app: App) -> None:
    """Do over the EPOS Data API whatever can be done with a lock and a payment."""
    expiry = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()

    async def ask(method: str, **params: Any) -> dict[str, Any]:
        request = {"jsonrpc": "2.0", "id": "1", "method": method, "params": {**params, "headers": {}}}
        answer = await app.endpoint("orders", "epos-data").handle(json.dumps(request).encode())
        found: dict[str, Any] = json.loads(answer or b"{}")
        if found.get("error", {}).get("errorType", "Conflict") != "Conflict":
            made.answers.append(f"{method}: {found}")
        return found.get("result", {})

    orders = (await ask("SearchOrdersV1", payableOnly=True))["data"]
    lock = {"orderId": orders[-1]["id"], "lockId": "lock_1"}
    order = await ask("CreateOrderLockV1", **lock, expiry=expiry)
    await ask("ExtendOrderLockV1", **lock, expiry=expiry)
    due = order["totalAmount"]["value"] - order["paidAmount"]["value"]
    money = {"paidAmount": {**order["totalAmount"], "value": due}}
    await ask("RecordOrderPaymentByIdV1", **{**lock, **money, "lockId": "lock_2"}, paymentIntentId="pi_refused")
    await ask("DeleteOrderLockV1", **lock)
    for _ in range(2):
        assert await ask("RecordOrderPaymentByIdV1", **lock, **money, paymentIntentId="pi_1")
    await ask("DeleteOrderLockV1", **lock)
    await app.service.free_expired_locks()
    # What nothing needs now is run all the same.
    ledger, database = app.store._ledger, app.store._database
    assert ledger is not None
    await database.write(ledger.orders.purge)
    await database.read(lambda reader: ledger.orders.intents(reader, [uuid.uuid4()]))
    await database.write(lambda writer: ledger.orders.forget(writer, uuid.uuid4(), uuid.uuid4()))


def test_a_role_with_these_privileges_passes_every_golden_request_and_records_payments(restricted: Restricted):
    assert not restricted.answers
    assert any(text.startswith("INSERT") and "recorded_payment" in text for text in restricted.asked)
    assert any(text.startswith("DELETE") for text in restricted.asked)


def test_taking_away_any_one_privilege_makes_something_fail(restricted: Restricted):
    found = [*restricted.found.privileges, *restricted.found.ledger]
    assert len(found) > 60
    spare = []
    with (
        psycopg.connect(plain(restricted.owner), autocommit=True) as owner,
        psycopg.connect(plain(restricted.url), autocommit=True) as role,
    ):
        assert not any(fails(role, restricted, each) for each in found[:3])
        for each in found:
            (given,) = sql_for("postgresql", [each], restricted.role)
            taken = re.sub(r"\bGRANT\b", "REVOKE", re.sub(r" TO (?=\S+$)", " FROM ", given))
            owner.execute(taken)  # type: ignore[call-overload]
            if not fails(role, restricted, each):
                spare.append(given)
            owner.execute(given)  # type: ignore[call-overload]
    assert not spare


def fails(role: psycopg.Connection[Any], restricted: Restricted, privilege: Privilege) -> bool:
    """Whether any statement of the evening is refused now; those that name what was taken away are asked first."""
    if privilege.on == "DATABASE":
        try:
            psycopg.connect(plain(restricted.url)).close()
        except psycopg.OperationalError as error:
            return "permission denied" in str(error)
        return False
    name = privilege.name[1]
    near = sorted(restricted.asked, key=lambda text: (name not in text, privilege.column not in text, len(text)))
    for text in near:
        # A number is taken from a sequence only when the row is really written.
        lead = "" if privilege.on == "SEQUENCE" and text.startswith("INSERT") else "EXPLAIN "
        try:
            with role.transaction(force_rollback=True), RawCursor(role) as cursor:
                cursor.execute(f"{lead}{text}", restricted.asked[text])
        except psycopg.errors.InsufficientPrivilege:
            return True
        except psycopg.errors.UndefinedTable:
            return privilege.on == "SCHEMA"  # not to be seen is as good as not to be there
        except psycopg.errors.UniqueViolation:
            continue
    return False


def plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def test_a_ledger_whose_tables_may_not_be_used_is_said_before_anybody_locks(restricted: Restricted):
    async def lock(app: App) -> str:
        await app.store.bind()
        answer = await app.endpoint("test").handle(
            b'{"jsonrpc": "2.0", "id": "1", "method": "LockSession", "params": {"sessionId": "%s"}}'
            % str(uuid.uuid4()).encode()
        )
        return str(json.loads(answer or b"{}")["result"]["errorReason"])

    with psycopg.connect(plain(restricted.owner), autocommit=True) as owner:
        owner.execute(f"REVOKE SELECT ON epos_adapter.payment_intent FROM {restricted.role}")  # type: ignore[call-overload]
        reason = asyncio.run(with_app(restricted.name, restricted.url, {}, lock))
        owner.execute(restricted.found.text())  # type: ignore[call-overload]
    assert reason == "nothing can be locked or paid: the adapter may not use all tables of the ledger epos_adapter"
