"""Who shows wrong keys, at the door itself."""

from __future__ import annotations

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from adapter.attempts import FREE, WAIT, Attempts
from adapter.connection_events import ConnectionOpened, ConnectionRefused, LockedOut, MoreRefused
from adapter.transport import listen as door
from adapter.transport import turned_away
from adapter.transport.credentials import basic_authorization
from adapter.transport.turned_away import TOLD, TurnedAway
from tests.unit.transport.loopback import Heard, run, until
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
            # What comes while it lasts is not told one by one: a log must not fill.
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


def test_who_knocks_without_end_fills_no_log_and_is_counted() -> None:
    async def test() -> None:
        async with listens() as (url, _, heard):
            for _ in range(TOLD + 5):
                await status(url)
            assert len(heard.of(ConnectionRefused)) == TOLD
            # What else is wrong is told all the same.
            for _ in range(FREE + 3):
                await status(url, WRONG)
            assert len(heard.of(ConnectionRefused)) == TOLD + FREE
            assert not heard.of(MoreRefused)
        (more,) = heard.of(MoreRefused)
        assert (more.connection, more.count) == ("local", 5 + 3)

    run(test)


def test_when_a_while_has_passed_they_are_told_of_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        heard = Heard()
        at_the_door = TurnedAway("local", heard.append)
        for _ in range(TOLD + 1):
            at_the_door.tell("till:1", "it showed no key")
        await until(lambda: heard.of(MoreRefused))
        at_the_door.tell("till:1", "it showed no key")
        assert len(heard.of(ConnectionRefused)) == TOLD + 1
        at_the_door.close()
        assert len(heard.of(MoreRefused)) == 1

    monkeypatch.setattr(turned_away, "WINDOW", 0.001)
    run(test)
