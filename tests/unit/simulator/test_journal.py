from __future__ import annotations

import asyncio
from contextlib import aclosing

from simulator.journal import Entry, Frame, Journal, Note
from tests.unit.transport.loopback import run


def add(journal: Journal, data: str | bytes = "{}") -> Frame:
    return journal.add_frame(data, account="one", link=1, sender="gateway")


def test_frames_and_notes_are_numbered_together_in_their_order():
    journal = Journal()
    first = add(journal, "a")
    note = journal.add_note("left", "gone", account="one", link=1)
    second = add(journal, "b")
    assert [entry.number for entry in (first, note, second)] == [1, 2, 3]
    assert journal.since(1) == [note, second]
    assert journal.frames == [first, second]
    assert (journal.frame(3), journal.frame(2), journal.frame(4), journal.last) == (second, None, None, 3)


def test_the_oldest_are_forgotten_when_there_are_too_many():
    journal = Journal(kept=2)
    frames = [add(journal) for _ in range(4)]
    assert journal.since(0) == frames[2:]
    assert journal.frame(1) is None


def test_the_oldest_are_forgotten_when_they_are_too_long_but_the_newest_never():
    journal = Journal(kept_bytes=10)
    add(journal, "x" * 6)
    second = add(journal, "x" * 5)
    assert journal.since(0) == [second]
    third = add(journal, "x" * 50)
    assert journal.since(0) == [third]
    short = add(journal, "x")
    assert journal.since(0) == [short]


def test_no_secret_is_kept_whether_in_text_bytes_or_a_note():
    journal = Journal(secrets=["the-key", "", "the-key-and-more"])
    assert add(journal, "with the-key-and-more inside").data == "with *** inside"
    assert add(journal, b"\xffthe-key").data == b"\xff***"
    assert journal.add_note("unreachable", "ws://the-key@host").text == "ws://***@host"


def test_who_follows_gets_what_comes_and_what_came_since_and_ends_with_the_journal():
    async def test() -> None:
        journal = Journal()
        add(journal)
        seen: dict[str, list[Entry]] = {"from now on": [], "from the start": []}

        async def follow(name: str, since: int | None) -> None:
            async for entry in journal.follow(since):
                seen[name].append(entry)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(follow("from now on", None))
            tasks.create_task(follow("from the start", 0))
            await asyncio.sleep(0)
            add(journal)
            await asyncio.sleep(0)
            journal.add_note("left", "gone")
            add(journal)
            journal.close()
        assert [entry.number for entry in seen["from now on"]] == [2, 3, 4]
        assert [entry.number for entry in seen["from the start"]] == [1, 2, 3, 4]
        assert isinstance(seen["from the start"][2], Note)

    run(test)


def test_who_reads_too_slowly_goes_on_with_what_is_left():
    async def test() -> None:
        journal = Journal(kept=2)
        add(journal)
        async with aclosing(journal.follow(0)) as reading:
            assert (await anext(reading)).number == 1
            for _ in range(5):
                add(journal)
            assert (await anext(reading)).number == 5

    run(test)
