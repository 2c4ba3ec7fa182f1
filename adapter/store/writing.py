"""Runs a unit of writing in one transaction: durable before it is answered, run again when its outcome was lost.

Knows nothing of restaurants.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, stop_after_delay, wait_random_exponential

from adapter.deadline import Deadline, deadline
from adapter.errors import AdapterError, CommitRefused, DatabaseUnavailable, OutcomeUnknown, StoreError, TooSlow
from adapter.events import Emit
from adapter.store.connections import Connections
from adapter.store.drivers.base import Driver
from adapter.store.stacks import Stacks
from adapter.store.units import Writer


class Way(Protocol):
    """The way to the database, as `adapter.store.database.Database` is one."""

    @property
    def connections(self) -> Connections:
        """Where connections come from."""
        ...

    @property
    def stacks(self) -> Stacks:
        """What units run on."""
        ...

    @property
    def driver(self) -> Driver:
        """How the database is spoken to."""
        ...

    @property
    def driver_error(self) -> type[Exception]:
        """What the driver raises."""
        ...

    def translate(self, error: BaseException) -> AdapterError:
        """A driver's error as one of ours."""
        ...


class Writing:
    """One unit of writing, however often it must be run."""

    def __init__(
        self,
        way: Way,
        unit: Callable[[Writer], Any],
        emit: Emit | None,
        patience: float,
        *,
        even_unheard: bool,
        insists: bool = True,
    ) -> None:
        """`patience` is in seconds; without `even_unheard` it is given up when whoever asked goes away.

        Without `insists` it is tried once.
        """
        self._stop = stop_after_delay(patience) if insists else stop_after_attempt(1)
        self._even_unheard = even_unheard
        self._way = way
        self._unit = unit
        self._emit = emit
        self._patience = patience
        self._deadline = deadline.get() or Deadline()
        self._uncertain = False

    async def answer(self, ended: Callable[[], None]) -> Any:
        """Run the unit until its outcome is known; `ended` is called once nothing of it runs any more.

        A caller who goes away does not end it where a card may have been charged. One who has been answered at the
        deadline does. Neither does while it is being committed. Raises what `ports.Store.write` says.
        """
        work = asyncio.ensure_future(self._until_known())
        work.add_done_callback(lambda _: ended())
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            is_wanted = self._even_unheard and not self._deadline.passed
            if not is_wanted and not self._deadline.committing:
                work.cancel()
                await asyncio.wait({work})
            else:
                work.add_done_callback(_heard)
            raise

    async def _until_known(self) -> Any:
        try:
            async for attempt in AsyncRetrying(
                stop=self._stop,
                wait=wait_random_exponential(multiplier=0.02, max=1.0),
                retry=retry_if_exception(lambda error: isinstance(error, StoreError) and error.retryable),
                reraise=True,
            ):
                with attempt:
                    return await self._way.stacks.run(self._run)
        except AdapterError as error:
            is_told = isinstance(error, (CommitRefused, OutcomeUnknown))
            if self._uncertain and isinstance(error, StoreError) and not is_told:
                raise OutcomeUnknown(
                    "the connection to the database was lost while committing, so it may or may not have been recorded",
                    hint="sending it again is safe",
                ) from None
            raise
        raise DatabaseUnavailable("the database does not answer")

    def _run(self) -> Any:
        way = self._way
        try:
            connection = way.connections.take()
        except (SQLAlchemyError, way.driver_error) as error:
            raise way.translate(error) from None
        try:
            return self._run_on(connection)
        finally:
            way.connections.give_back(connection)

    def _run_on(self, connection: PoolProxiedConnection) -> Any:
        way = self._way
        try:
            way.driver.begin(connection)
            answer = self._unit(Writer(connection, way.driver, self._emit, uncertain=self._uncertain))
        except way.driver_error as error:
            translated = way.translate(error)
            self._abandon(connection, error if isinstance(translated, DatabaseUnavailable) else None)
            raise translated from None
        except BaseException:
            self._abandon(connection, None)
            raise
        self._commit(connection)
        return answer

    def _commit(self, connection: PoolProxiedConnection) -> None:
        if self._deadline.passed:
            self._abandon(connection, None)
            raise TooSlow("the EPOS database took too long")
        # From here on the server may have it, whatever we hear of it.
        self._deadline.committing = True
        try:
            self._way.driver.commit(connection, self._patience / 2)
        except (self._way.driver_error, TimeoutError) as error:
            translated = (
                DatabaseUnavailable("the database did not say whether it committed")
                if isinstance(error, TimeoutError)
                else self._way.translate(error)
            )
            if isinstance(translated, DatabaseUnavailable):
                self._uncertain = True
                self._way.connections.lost(connection, error)
            else:
                # The server refused it, so it is undone.
                self._deadline.committing = self._uncertain
                self._abandon(connection, None)
                if not translated.retryable:
                    translated = CommitRefused(translated.message)
            raise translated from None
        except BaseException as error:
            self._uncertain = True
            self._way.connections.lost(connection, error)
            raise

    def _abandon(self, connection: PoolProxiedConnection, error: BaseException | None) -> None:
        """Undo it; a connection that cannot even do that is thrown away, and the server undoes it then."""
        if error is None:
            try:
                self._way.driver.roll_back(connection)
            except BaseException as failed:  # noqa: BLE001 -- whatever it is, this connection must not be used again
                error = failed
        if error is not None:
            self._way.connections.lost(connection, error)


def _heard(work: asyncio.Future[Any]) -> None:
    """Take note of how a unit ended that nobody waits for any more; its caller will ask again."""
    if not work.cancelled():
        work.exception()
