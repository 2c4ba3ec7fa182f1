"""The gateway, the REST face and the registration of the EPOS Data API, with an adapter of a few lines."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from adapter.cli import main
from simulator.accounts import Account
from simulator.app import Simulator
from simulator.command import _beginning
from simulator.config import INVENTED_KEYS, settings_of
from simulator.errors import NotConnected, SimulatorError
from simulator.gateway import Gateway
from simulator.journal import Note
from simulator.orders.capabilities import NAMES, capability_of
from simulator.orders.dialect import OrdersDialect
from tests.unit.simulator.http_client import ask
from tests.unit.simulator.test_orders_judge import ORDER, RIGHT
from tests.unit.transport.loopback import run

KEY = "sk_sandbox_1nvented"
ACCOUNTS = {"kettle": Account(KEY, dialect="epos-data"), "old": Account("key-of-old")}
SHOWN = {"Authorization": f"Basic {KEY}", "software-house-id": "house"}
TO_PAY = {"orderId": "5101", "headers": {}}


@asynccontextmanager
async def adapter(gateway: Gateway) -> AsyncIterator[ClientConnection]:
    """A socket that answers every request right, and that there is no order but 5101."""
    async with connect(gateway.url_of("epos-data"), additional_headers=SHOWN, proxy=None) as ws:

        async def answer() -> None:
            async for text in ws:
                request = json.loads(text)
                if "headers" not in request["params"]:
                    continue
                said: dict[str, Any] = {"result": RIGHT[request["method"]][1]}
                if request["params"].get("orderId", "5101") != "5101":
                    said = {"error": {"errorType": "NotFound", "debugMessage": "no such order"}}
                await ws.send(json.dumps({"jsonrpc": "2.0", "id": request["id"], "method": request["method"], **said}))

        answering = asyncio.create_task(answer())
        try:
            await gateway.connected("kettle")
            yield ws
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)


def test_an_order_and_an_error_are_told_apart_by_the_member_they_stand_in() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway, adapter(gateway):
            found = await gateway.ask("kettle", "GetOrderByIdV1", {"orderId": "5101"})
            assert (found.result, found.error_code, found.findings) == (ORDER, None, ())
            missing = await gateway.ask("kettle", "GetOrderByIdV1", {"orderId": "1"})
            assert missing.error_code == "NotFound"
            assert missing.result["debugMessage"] == "no such order"

    run(test)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (base64.b64encode(KEY.encode()).decode(), "in the form of the provider's other protocol"),
        (base64.b64encode(f"kettle:{KEY}".encode()).decode(), "in the form of the provider's other protocol"),
        ("sk_sandbox_another", "wrong account name or API key"),
    ],
)
def test_the_key_is_shown_as_it_is_and_in_no_other_form(shown: str, said: str) -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway:
            with pytest.raises(InvalidStatus, match="401"):
                await connect(
                    gateway.url_of("epos-data"),
                    additional_headers=SHOWN | {"Authorization": f"Basic {shown}"},
                    proxy=None,
                )
            (note,) = [entry for entry in gateway.journal.since(0) if isinstance(entry, Note)]
            assert said in note.text
            assert KEY not in note.text
            with pytest.raises(NotConnected) as problem:
                await gateway.connected("kettle", timeout=0.01)
            assert problem.value.hint == note.text

    run(test)


def test_a_fault_meets_this_protocol_too() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway, adapter(gateway):
            gateway.faults.plan("duplicate", method="GetOrderByIdV1")
            await gateway.ask("kettle", "GetOrderByIdV1", TO_PAY)
            assert await gateway.next_frame("kettle")
            assert [frame.standing for frame in gateway.frames if frame.standing] == ["awaited", "late"]

    run(test)


@pytest.mark.parametrize(
    ("accounts", "said"),
    [
        ({"a": Account("11111111", dialect="epos-data")}, "begins with none of sk_sandbox_, sk_prod_"),
        ({"a": Account(KEY)}, "is one of the EPOS Data API"),
        ({"a": Account(KEY, dialect="epos-data"), "b": Account(KEY, dialect="epos-data")}, "a and b have one key"),
        ({"a": Account(KEY, dialect="orders")}, "speaks orders, which nobody knows"),
    ],
)
def test_a_key_that_cannot_be_one_is_refused_before_anybody_connects(accounts: dict[str, Account], said: str) -> None:
    with pytest.raises(SimulatorError, match=said):
        Gateway(accounts)


def test_the_endpoints_of_an_account_are_those_of_its_protocol() -> None:
    async def test() -> None:
        async with Simulator(ACCOUNTS) as one, adapter(one.gateway):
            page = await ask(f"{one.url}/v1/kettle/SearchOrdersV1", "POST", {"cursor": {"limit": 2, "after": "c1"}})
            assert (page.status, page.json) == (200, RIGHT["SearchOrdersV1"][1])
            assert page.headers["simulator-findings"] == "0"
            missing = await ask(f"{one.url}/v1/kettle/GetOrderByIdV1", "POST", {"orderId": "1"})
            assert (missing.status, missing.json["errorType"]) == (422, "NotFound")
            assert (await ask(f"{one.url}/v1/kettle/ListTables", "POST", {})).status == 404
            paths = (await ask(f"{one.url}/openapi.json")).json["paths"]
            for operation in OrdersDialect.operations:
                described = paths[f"/v1/{{account}}/{operation.method}"]["post"]
                assert described["parameters"][0]["schema"]["enum"] == ["kettle"]
                assert "headers" in described["requestBody"]["content"]["application/json"]["example"]
            first, _ = (await ask(f"{one.url}/api/connections")).json["connections"]
            assert (first["environment"], first["dialect"], first["registered"]) == ("sandbox", "epos-data", None)

    run(test)


def test_what_is_registered_is_kept_and_what_is_not_is_not_asked() -> None:
    async def test() -> None:
        async with Simulator(ACCOUNTS) as one, adapter(one.gateway):
            place = f"{one.url}/epos/integrations/ws"
            assert (await ask(place, headers=SHOWN)).json == []
            body = {"capabilities": [{"name": name, "version": "v1"} for name in ("SearchOrders", "GetOrderBill")]}
            put = await ask(place, "PUT", body, SHOWN)
            (kept,) = put.json
            (listed, _) = (await ask(f"{one.url}/api/connections")).json["connections"]
            assert listed["registered"] == ["SearchOrders", "GetOrderBillById"]
            assert [each["name"] for each in kept["capabilities"]] == ["SearchOrders", "GetOrderBill"]
            assert (await ask(f"{one.url}/epos/integrations", headers=SHOWN)).json["wsIntegrations"] == [kept]
            assert (await ask(f"{one.url}/v1/kettle/GetOrderBillByIdV1", "POST", {"orderId": "5101"})).status == 200
            refused = await ask(f"{one.url}/v1/kettle/ListAreasV1", "POST", {})
            assert (refused.status, refused.json["error"]) == (
                409,
                "ListAreas is not registered for kettle, so the provider does not ask for it",
            )
            for status, bad, shown in [
                (401, body, {}),
                (401, body, {"Authorization": "Basic key-of-old", "software-house-id": "house"}),
                (401, body, {"Authorization": f"Basic {KEY}"}),
                (400, {"capabilities": [{"name": "DropTable", "version": "v1"}]}, SHOWN),
                (400, {"capabilities": [{"name": "SearchOrders", "version": "v2"}]}, SHOWN),
                (400, {"names": []}, SHOWN),
            ]:
                assert (await ask(place, "PUT", bad, shown)).status == status
            assert (await ask(place, headers=SHOWN)).json == [kept]

    run(test)


def test_the_adapter_registers_itself_with_the_simulator(tmp_path: Path) -> None:
    async def test() -> None:
        async with Simulator(ACCOUNTS) as one:
            file = tmp_path / "config.toml"
            file.write_text(
                'mapping = "floreant"\n[database]\nurl = "postgresql://x@127.0.0.1/x"\n'
                f'[registration]\napi = "{one.url}"\napi_key = "{KEY}"\nsoftware_house_id = "house"\n',
                encoding="utf-8",
            )
            for arguments, code in ((["--apply"], 0), ([], 0)):
                done = await asyncio.to_thread(
                    CliRunner().invoke, main, ["register", "--config", str(file), *arguments]
                )
                assert done.exit_code == code, done.output
            (kept,) = one.gateway.registry.integrations("kettle")
            assert {each["name"] for each in kept["capabilities"]} <= set(NAMES)

    run(test)


def test_every_operation_belongs_to_a_capability_that_there_is() -> None:
    for operation in OrdersDialect.operations:
        assert capability_of(operation.method, operation.example) in NAMES


def test_the_options_make_accounts_of_this_protocol_and_say_what_the_adapter_needs() -> None:
    assert settings_of(accounts=[f"kettle:{KEY}"], protocol="epos-data").accounts["kettle"].dialect == "epos-data"
    settings = settings_of(protocol="epos-data")
    assert settings.accounts["demo"] == Account(INVENTED_KEYS["epos-data"], dialect="epos-data")
    text = "\n".join(_beginning(Simulator(settings.accounts), settings))
    assert 'protocol = "epos-data"' in text
    assert "[registration]" in text
    assert "account =" not in text
