"""Remembers every frame of both directions, and what happened to the connections; bounded, and without secrets."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from simulator.judging import Finding, Standing

KEPT = 5_000
KEPT_BYTES = 64_000_000
MASK = "***"

Sender = Literal["gateway", "adapter"]
NoteKind = Literal["connected", "left", "refused", "unreachable", "registered", "fault", "adapter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is known of a frame of an adapter; see Frame."""

    answers: int | None
    standing: Standing
    milliseconds: float | None
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame as it crossed the socket."""

    number: int
    """Counts from 1 over frames and notes of all accounts."""
    when: datetime
    at: float
    """Seconds of the monotonic clock."""
    account: str
    link: int
    """Which connection: counts from 1 over all."""
    sender: Sender
    data: str | bytes
    """As sent, secrets masked: a string was a text frame, bytes were a binary one."""
    method: str = ""
    """What is asked, or what was asked of what this answers; empty where that is not known."""
    answers: int | None = None
    """The number of the request that it answers."""
    standing: Standing | None = None
    """How it stands to what was asked; None for the gateway's own frames."""
    milliseconds: float | None = None
    """Since that request was sent."""
    findings: Sequence[Finding] = ()
    """What is wrong with it."""
    fault: str = ""
    """What was done to it on purpose; empty for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that happened and is no frame."""

    number: int
    when: datetime
    at: float
    account: str
    """Empty where it belongs to none."""
    kind: NoteKind
    text: str
    link: int | None = None


Entry = Frame | Note


@dataclass
class Journal:
    """Frames and notes in the order they happened."""

    secrets: Iterable[str] = ()
    """Texts that must not be kept."""
    kept: int = KEPT
    kept_bytes: int = KEPT_BYTES
    _entries: deque[Entry] = field(default_factory=deque, init=False)
    _bytes: int = field(default=0, init=False)
    _last: int = field(default=0, init=False)
    closed: bool = field(default=False, init=False)
    """Whether nothing more will come."""
    _news: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def __post_init__(self) -> None:
        # The longest first, so that a secret which holds another is masked as a whole.
        self._secrets = sorted({secret for secret in self.secrets if secret}, key=len, reverse=True)

    def frame(self, number: int) -> Frame | None:
        """The frame of this number; None where there is none, or it is forgotten."""
        found = next((entry for entry in self._entries if entry.number == number), None)
        return found if isinstance(found, Frame) else None

    @property
    def frames(self) -> list[Frame]:
        """All frames that are remembered."""
        return [entry for entry in self._entries if isinstance(entry, Frame)]

    @property
    def last(self) -> int:
        """The number of the newest entry; 0 before the first."""
        return self._last

    def last_refusal(self, account: str) -> str:
        """Why somebody who may have been this account's adapter is not connected; empty where nobody tried."""
        for entry in reversed(self._entries):
            if isinstance(entry, Note) and entry.kind in ("refused", "unreachable") and entry.account in ("", account):
                return entry.text
        return ""

    def since(self, number: int) -> list[Entry]:
        """Frames and notes after this number."""
        newer = []
        for entry in reversed(self._entries):
            if entry.number <= number:
                break
            newer.append(entry)
        return newer[::-1]

    async def follow(self, since: int | None = None) -> AsyncGenerator[Entry, None]:
        """Frames and notes after this number as they come, from now on without one; ends when the journal is closed.

        Who reads too slowly misses what was forgotten meanwhile, and sees it by the numbers.
        """
        number = self._last if since is None else since
        while True:
            for entry in self.since(number):
                number = entry.number
                yield entry
            if self.closed:
                return
            await self.newer(number)

    async def newer(self, number: int) -> None:
        """Wait until there is something after this number, or the journal is closed."""
        while self._last <= number and not self.closed:
            await self._news.wait()

    def add_frame(
        self,
        data: str | bytes,
        *,
        account: str,
        link: int,
        sender: Sender,
        method: str = "",
        verdict: Verdict | None = None,
        fault: str = "",
    ) -> Frame:
        """Remember a frame that crosses the socket now."""
        frame = Frame(
            number=self._last + 1,
            when=datetime.now(UTC),
            at=time.monotonic(),
            account=account,
            link=link,
            sender=sender,
            data=self._masked(data),
            method=method,
            answers=verdict.answers if verdict else None,
            standing=verdict.standing if verdict else None,
            milliseconds=verdict.milliseconds if verdict else None,
            findings=tuple(verdict.findings) if verdict else (),
            fault=fault,
        )
        self._add(frame)
        return frame

    def add_note(
        self,
        kind: NoteKind,
        text: str,
        *,
        account: str = "",
        link: int | None = None,
    ) -> Note:
        """Remember that something happened now."""
        note = Note(
            number=self._last + 1,
            when=datetime.now(UTC),
            at=time.monotonic(),
            account=account,
            kind=kind,
            text=str(self._masked(text)),
            link=link,
        )
        self._add(note)
        return note

    def close(self) -> None:
        """Let everybody who follows come to an end."""
        self.closed = True
        self._news.set()

    def _add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._last = entry.number
        self._bytes += _size(entry)
        while len(self._entries) > self.kept or (self._bytes > self.kept_bytes and len(self._entries) > 1):
            self._bytes -= _size(self._entries.popleft())
        self._news.set()
        self._news = asyncio.Event()

    def _masked(self, data: str | bytes) -> str | bytes:
        for secret in self._secrets:
            if isinstance(data, str):
                data = data.replace(secret, MASK)
            elif isinstance(data, bytes):
                data = data.replace(secret.encode(), MASK.encode())
        return data


def _size(entry: Entry) -> int:
    return len(entry.data if isinstance(entry, Frame) else entry.text)
