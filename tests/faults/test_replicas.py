"""Two adapters for one account; `make faults ARGS=standby` does it twenty times."""

from __future__ import annotations

import asyncio
import base64

from websockets.asyncio.client import connect

from adapter.store.lease import SECONDS
from simulator.gateway import Gateway
from tests.faults.adapters import Adapter, folder
from tests.faults.client import ACCOUNT, KEY
from tests.faults.replicas import replicas, report, said, turn, until
from tests.faults.restaurant import fill
from tests.faults.server import Server


def test_the_other_adapter_takes_over_within_seconds_and_nobody_connects_out_of_turn(server: Server):
    outcome = asyncio.run(replicas(server, 1))
    assert set(outcome.took) == {"killed (SIGKILL)", "held up (SIGSTOP)", "stopped in order (SIGTERM)"}
    assert outcome.stolen == 0
    # Twice the lease: the machine does other things beside.
    assert max(max(times) for times in outcome.took.values()) < 2 * SECONDS, outcome.lines()


def test_whoever_dials_gives_the_account_up_to_a_stranger_says_so_and_closes_before_its_lease_is_over(server: Server):
    fill(server.new_database("stranger"), 10)

    async def play() -> None:
        async with folder() as place, Gateway({ACCOUNT: KEY}) as gateway:
            more = "standby = true\n"
            one = Adapter(place, "one", server.url("stranger"), dial=gateway.url, more=more, longest_delay=60.0)
            await one.create_ledger()
            one.start()
            try:
                link = await gateway.connected(ACCOUNT, timeout=40)
                shown = base64.b64encode(f"{ACCOUNT}:{KEY}".encode()).decode()
                headers = {"Authorization": f"Basic {shown}", "software-house-id": "stranger"}
                async with connect(gateway.url, additional_headers=headers, compression=None, proxy=None):
                    await until(lambda: taken(one), lambda: one.log.read_text(encoding="utf-8"))
                    told = await report(one)
                    assert told["level"] == "bad"
                    (finding,) = (one for one in told["findings"] if one["about"] == "connection faults")
                    assert finding["level"] == "bad"
                    assert finding["says"].startswith("Another adapter has connected with this account")
                    assert gateway.link(ACCOUNT).number == link.number + 1
                    assert said(one, "AccountTaken") == 1
                server.freeze()
                try:
                    await until(lambda: not_held(one), lambda: one.log.read_text(encoding="utf-8"))
                finally:
                    server.thaw()
                await until(lambda: held(one), lambda: one.log.read_text(encoding="utf-8"))
                assert said(one, "LeaseLost") == 1
            finally:
                one.kill()

    async def taken(one: Adapter) -> bool:
        return bool((await report(one))["connections"][0]["is_taken"])

    async def not_held(one: Adapter) -> bool:
        return await turn(one) == "unknown"

    async def held(one: Adapter) -> bool:
        return await turn(one) == "holds"

    asyncio.run(play())
