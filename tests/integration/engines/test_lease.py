"""The lease of an account on every engine that we run, by two adapters with connections of their own."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from adapter.errors import NotEnabled
from adapter.mapping.engines import ENGINES
from adapter.store.database import Database
from adapter.store.engines import DatabaseSettings, connect
from adapter.store.lease import SECONDS, SqlLease, lease_name, lease_plans
from adapter.store.ledger import Ledger

ACCOUNT = lease_name("wss://api.example/ws", "shop")


def lease(place: Any, holder: int) -> SqlLease:
    database = Database(connect(DatabaseSettings(url=place.url, pool_size=1)), write_patience=2.0)
    ledger = Ledger("epos_adapter", place.engine)
    return SqlLease(database, ledger, account=ACCOUNT, holder=UUID(int=holder), held_by=f"adapter {holder}")


def run_out(place: Any) -> None:
    """Let time pass for the database alone."""
    table = place.engine.table("epos_adapter", "dialing_lease")
    past = {
        "postgresql": f"clock_timestamp() - interval '{SECONDS}.1 seconds'",
        "mariadb": f"UTC_TIMESTAMP(6) - INTERVAL {SECONDS}.1 SECOND",
        "sqlite": f"STRFTIME('%Y-%m-%d %H:%M:%f', 'now', '-{SECONDS}.1 seconds')",
    }
    place.script(f"UPDATE {table} SET renewed_at = {past[place.name]}")


def test_one_holds_the_lease_until_it_gives_it_back_or_does_not_renew_it(place: Any):
    for plan in Ledger("epos_adapter", place.engine).creation_plans():
        place.run(place.database.write(lambda writer, plan=plan: writer.define(plan)))
    first, second = lease(place, 1), lease(place, 2)

    async def asked(*whom: SqlLease) -> list[bool]:
        return [(await one.take()).mine for one in whom]

    async def test() -> None:
        assert await asked(first, second, first) == [True, False, True]
        assert (await second.take()).by == "adapter 1"
        run_out(place)
        assert await asked(first, second) == [True, False], "a holder that is late renews what nobody has taken"
        run_out(place)
        assert await asked(second, first, second) == [True, False, True]
        await first.give_back()
        assert await asked(first) == [False], "one cannot give back what another holds"
        await second.give_back()
        assert await asked(first, second) == [True, False]
        for _ in range(5):
            run_out(place)
            held = await asyncio.gather(first.take(), second.take())
            assert [one.mine for one in held].count(True) == 1
        await first.give_back()
        await second.give_back()
        held = await asyncio.gather(first.take(), second.take())
        assert [one.mine for one in held].count(True) == 1
        await first.close()
        await second.close()

    place.run(test())


def test_a_ledger_without_the_table_is_said_with_what_to_do(place: Any):
    one = lease(place, 1)

    async def test() -> None:
        with pytest.raises(NotEnabled) as caught:
            await one.take()
        assert "epos-adapter ledger create" in caught.value.hint
        await one.close()

    place.run(test())


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_its_statements_are_made_for_every_engine(engine: str):
    take, begin, of, end = lease_plans(Ledger("ours", ENGINES[engine]))
    assert "dialing_lease" in take.shown
    assert take.names.count("holder") >= 1
    assert {"account", "holder", "held_by"} == set(begin.names)
    assert set(of.names) == {"account"}
    assert set(end.names) == {"account", "holder"}


def test_accounts_and_addresses_have_leases_of_their_own():
    names = {lease_name(url, account) for url in ("wss://a/ws", "wss://b/ws") for account in ("x", "y")}
    assert len(names) == 4
    assert lease_name("wss://a/ws?token=1", "x") == lease_name("wss://a/ws", "x")
