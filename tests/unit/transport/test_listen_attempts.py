"""Who shows wrong keys, at the door itself."""

from __future__ import annotations

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from adapter.connection_events import ConnectionOpened, ConnectionRefused, LockedOut
from adapter.transport import listen as door
from adapter.transport.attempts import FREE, WAIT, Attempts
from adapter.transport.credentials import basic_authorization
from tests.unit.transport.loopback import run
from tests.unit.transport.test_listen import ACCOUNT, RIGHT, listens

WRONG = basic_authorization(ACCOUNT, "guessed-key")


async def answer(url: str, shown: str = "", host: str = "127.0.0.1", **headers: str) -> tuple[int, float]:
    """What the handshake is answered, and how long it says to wait."""
    if shown:
        headers["Authorization"] = shown
    try:
        async with connect(url, additional_headers=headers, proxy=None, local_addr=(host, 0)):
            return 101, 0.0
    except InvalidStatus as refusal:
        return refusal.response.status_code, float(refusal.response.headers.get("Retry-After", "0"))


async def status(url: str, shown: str = "", host: str = "127.0.0.1", **headers: str) -> int:
    return (await answer(url, shown, host, **headers))[0]


def test_who_guesses_is_locked_out_even_with_the_right_key_and_nobody_else_is() -> None:
    async def test() -> None:
        async with listens() as (url, _, heard):
            assert [await status(url, WRONG) for _ in range(FREE + 2)] == [401] * FREE + [429] * 2
            code, wait = await answer(url, RIGHT)
            assert code == 429
            assert WAIT / 2 < wait <= WAIT
            assert await status(url, RIGHT, host="127.0.0.2") == 101
            (told,) = heard.of(LockedOut)
            assert (told.connection, told.address, told.attempts, told.seconds) == ("local", "127.0.0.1", FREE, WAIT)
            # What comes while it lasts is not told: a log must not fill.
            assert len(heard.of(ConnectionRefused)) == FREE
            assert len(heard.of(ConnectionOpened)) == 1
            assert "guessed-key" not in repr(list(heard))

    run(test)


def test_the_door_opens_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(door, "Attempts", lambda: Attempts(lambda: now[0]))

    async def test() -> None:
        async with listens() as (url, _, _heard):
            for _ in range(FREE):
                await status(url, WRONG)
            assert await status(url, RIGHT) == 429
            now[0] += WAIT
            assert await status(url, RIGHT) == 101
            assert [await status(url, WRONG) for _ in range(FREE)] == [401] * FREE

    run(test)


def test_who_shows_no_key_at_all_guesses_nothing() -> None:
    async def test() -> None:
        async with listens() as (url, _, heard):
            assert [await status(url) for _ in range(FREE + 2)] == [401] * (FREE + 2)
            assert await status(url, RIGHT) == 101
            assert not heard.of(LockedOut)

    run(test)


def test_a_page_in_a_browser_is_not_let_in_and_uses_up_nobodys_attempts() -> None:
    async def test() -> None:
        async with listens() as (url, _, heard):
            browser = {"Sec-Fetch-Site": "cross-site"}
            assert [await status(url, WRONG, **browser) for _ in range(FREE + 2)] == [403] * (FREE + 2)
            assert await status(url, RIGHT, **browser) == 403
            assert await status(url, RIGHT) == 101
            assert {event.reason for event in heard.of(ConnectionRefused)} == {"it is a web browser, and no gateway"}

    run(test)
