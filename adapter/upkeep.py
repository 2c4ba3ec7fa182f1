"""What the manager and the installer do by hand: make the ledger, look at the locks, release one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from rich.console import Console
from rich.table import Table

from adapter.app import App
from adapter.config import Config
from adapter.domain.payments import Lock
from adapter.domain.recording import release_by_hand
from adapter.errors import AdapterError
from adapter.events import Emit, LockReleased
from adapter.mapping.keys import Key, Packing, UnpackableKey
from adapter.mapping.load import Mapping

_WIDTH = 110
_PATIENCE = 3.0
"""Seconds: somebody sits before the screen."""


class ShownLock(Struct, frozen=True, kw_only=True):
    """One lock, as it is listed."""

    session: str
    """Id on the wire."""
    check: str
    """What staff call it; empty when it has left the till."""
    locked_at: datetime | None
    minutes: float
    terminal: str
    waiter: str
    payments: int
    """Recorded since it was locked."""
    until: datetime | None = None
    """When it ends by itself; None for a lock of the Tables API."""


async def create_ledger(config: Config, mapping: Mapping) -> None:
    """Make the adapter's own tables; raises AdapterError when it cannot."""
    app = App(config, mapping, _nobody, write_patience=_PATIENCE)
    try:
        await app.store.create_ledger()
    finally:
        await app.store.close()


async def list_locks(config: Config, mapping: Mapping) -> list[ShownLock]:
    """Every lock, the oldest first; raises AdapterError."""
    app = App(config, mapping, _nobody, write_patience=_PATIENCE)
    try:
        found = []
        for row in await app.store.locks():
            session = await app.store.read(lambda book, row=row: book.session(row.session_id))  # type: ignore[misc]
            found.append(
                ShownLock(
                    session=str(row.session_id),
                    check=session.name if session is not None else "",
                    locked_at=row.lock.locked_at,
                    minutes=round(row.seconds / 60, 1),
                    terminal=row.lock.terminal or "",
                    waiter=row.lock.waiter or "",
                    payments=row.payments,
                    until=row.lock.order.expires_at if row.lock.order is not None else None,
                )
            )
        return found
    finally:
        await app.store.close()


async def unlock(
    config: Config, mapping: Mapping, session: str, *, by: str, reason: str, force: bool, emit: Emit
) -> Lock:
    """Release a lock by hand; `session` is its id on the wire, or the key of its check in the EPOS.

    Raises AdapterError when there is none, or a payment may be under way.
    """
    app = App(config, mapping, _nobody, write_patience=_PATIENCE)
    try:
        bound = await app.store.bind()
        session_id = session_of(session, bound.fields.packing)
        held = await app.store.write(lambda till: release_by_hand(till, session_id, by=by, reason=reason, force=force))
        emit(LockReleased(session=str(session_id), by=by, reason=reason))
        return held
    finally:
        await app.store.close()


def show_locks(locks: list[ShownLock], console: Console) -> None:
    """Print locks for people."""
    if not locks:
        console.print("Nothing is locked.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("check", "locked", "minutes", "until", "terminal", "waiter", "paid", "session"):
        table.add_column(name, justify="right" if name in ("minutes", "paid") else "left", no_wrap=True)
    for lock in locks:
        at = f"{lock.locked_at.astimezone():%d %b %H:%M}" if lock.locked_at is not None else ""
        table.add_row(
            lock.check or "(gone)",
            at,
            f"{lock.minutes:.1f}",
            f"{lock.until.astimezone():%H:%M:%S}" if lock.until is not None else "",
            lock.terminal,
            lock.waiter,
            str(lock.payments),
            lock.session,
        )
    # An id that is cut short can release nothing: rather let a narrow terminal break the line.
    console.width = max(console.width, _WIDTH)
    console.print(table)


def session_of(text: str, packing: Packing) -> UUID:
    """The session that somebody means by its id on the wire, or by its key in the EPOS; columns parted by commas.

    Raises AdapterError for what is neither.
    """
    count = len(packing.parts)
    parts = text.split(",") if count > 1 else [text]
    try:
        key: Key = tuple(
            int(part) if of.form == "integer" else part.strip() for part, of in zip(parts, packing.parts, strict=True)
        )
        return packing.pack(key)
    except (ValueError, UnpackableKey):
        pass
    try:
        return UUID(text)
    except ValueError:
        how = f", all {count} parts of it with commas between them" if count > 1 else ""
        hint = f"give the key of its check{how}, or the id that card machines know it by"
        raise AdapterError(f"{text} is no session", hint=hint) from None


def _nobody(_: object) -> None:
    """What these commands find they say themselves."""
