"""Begins work anew that must not end by itself. Knows nothing of what the work is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from secrets import token_hex

from adapter.errors import where_of
from adapter.events import BugFound, Emit

PAUSE = 5.0
"""Seconds before work that has failed is begun again."""


async def unending(
    work: Callable[[], Awaitable[None]], stop: asyncio.Event, emit: Emit, *, hopeless: type[Exception] | tuple[()] = ()
) -> None:
    """Do it until it has done what it had to; where it fails, say so as a bug, and begin it again unless `stop` is set.

    An error of the kind `hopeless` is raised, since beginning again would not help. Cancelled from within counts as failed:
    a task that ended so would be missed by nobody, and an adapter that answers nobody would look well.
    """
    while True:
        failed: BaseException
        try:
            await work()
        except hopeless:
            raise
        except asyncio.CancelledError as error:
            if _is_cancelled():
                raise
            failed = error
        except Exception as error:  # noqa: BLE001 - whatever it is, trying again is all that can be done
            failed = error
        else:
            return
        emit(BugFound(reference=token_hex(6), error=type(failed).__name__, where=where_of(failed)))
        del failed  # it holds this frame
        if await _stopped(stop):
            return


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


async def _stopped(stop: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(stop.wait(), PAUSE)
    except TimeoutError:
        return False
    return True
