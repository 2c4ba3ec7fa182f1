"""The lease of an account: whoever holds it may dial. Kept in the ledger, by the database's clock alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID, uuid5

from adapter.errors import DatabaseUnavailable, MappingMismatch, NotEnabled
from adapter.lease import Held
from adapter.mapping.plans import Plan
from adapter.store.database import Database
from adapter.store.ledger import Ledger
from adapter.store.units import Writer

Answer = TypeVar("Answer")

SECONDS = 6
"""How long a lease lasts that is not renewed; the same in every version, or two would differ on whether it is over."""

PATIENCE = 15.0
"""Seconds after which a question for it is given up: a firewall that forgets a connection leaves it without an answer for
a quarter of an hour."""

_ACCOUNTS = UUID("6f1d0a52-5c0e-4f0b-9d5e-1f9f3c1b7a40")

_STATEMENTS = {
    # taken_at first: MariaDB gives the columns behind a value that was set the new one.
    "take": """\
UPDATE {dialing_lease}
SET taken_at = CASE WHEN holder = :holder THEN taken_at ELSE {clock} END,
    holder = :holder, held_by = :held_by, renewed_at = {clock}
WHERE account = :account AND (holder = :holder OR NOT ({renewed}))""",
    "begin": """\
INSERT INTO {dialing_lease} (account, holder, held_by)
VALUES (:account, :holder, :held_by){once}""",
    "of": "SELECT held_by, {renewed_age} FROM {dialing_lease} WHERE account = :account",
    "end": "DELETE FROM {dialing_lease} WHERE account = :account AND holder = :holder",
}


def lease_plans(ledger: Ledger) -> list[Plan]:
    """Every statement that an adapter with `standby` runs."""
    return [ledger.made(f"lease_{name}", text, once=name == "begin") for name, text in _STATEMENTS.items()]


def lease_name(address: str, account: str) -> UUID:
    """What an account at an address is called in the ledger: nothing that could be read back."""
    return uuid5(_ACCOUNTS, f"{address.partition('?')[0]}\n{account}")


class SqlLease:
    """The lease of one account, as one adapter asks for it."""

    def __init__(self, database: Database, ledger: Ledger, *, account: UUID, holder: UUID, held_by: str) -> None:
        """`database` is best one of its own: requests that wait for connections must not cost the lease.

        `holder` is this run of this adapter, and `held_by` its name for people.
        """
        self._database = database
        self._ledger = ledger
        self._take, self._begin, self._of, self._end = lease_plans(ledger)
        self._whose = {"account": account, "holder": holder}
        self._held_by = held_by

    async def take(self) -> Held:
        """Take the lease, or renew it, unless somebody else holds it. Raises StoreError, NotEnabled."""
        return await self._run(self._taken)

    async def give_back(self) -> None:
        """Let the next one have it at once. Raises StoreError, NotEnabled."""
        await self._run(lambda writer: writer.change(self._end, self._whose))

    async def close(self) -> None:
        """Close its way to the database."""
        await self._database.close()

    def _taken(self, writer: Writer) -> Held:
        mine = {**self._whose, "held_by": self._held_by, "seconds": SECONDS}
        touched, _ = writer.change(self._take, mine)
        if not touched:
            touched, _ = writer.change(self._begin, mine)
        if touched:
            return Held(mine=True, by=self._held_by)
        rows = writer.rows(self._of, self._whose)
        return Held(mine=False, by=str(rows[0][0]) if rows else "somebody else")

    async def _run(self, unit: Callable[[Writer], Answer]) -> Answer:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._database.write(unit, even_unheard=False)
        except TimeoutError:
            # Its network is dead, which the server's own limits cannot tell; the next question has a new connection.
            raise DatabaseUnavailable("the database does not answer") from None
        except MappingMismatch:
            raise NotEnabled(
                f"standby needs a table more in the ledger {self._ledger.schema}, or the right to use it",
                hint="run: epos-adapter ledger create, and epos-adapter grants",
            ) from None
