"""Everything that can go wrong, as one tree. Knows nothing of wires, SQL or sockets.

    AdapterError
    ├── InvalidFile           E001  a configuration or mapping file holds problems
    ├── RequestError          E1xx  MalformedRequest, UnknownMethod, InvalidParams
    ├── NotFound              E2xx  SessionNotFound, TableNotFound, BillNotFound
    ├── WaiterIncorrect       E210
    ├── Conflict              E3xx  AlreadyLocked, NotLocked, UnableToUnlock, PaymentAlreadyRecorded, PaymentNotRecorded,
    │                               PaymentUnderWay, PaymentDiffers, PaymentRefused
    ├── NotEnabled            E310  the operation exists, but this installation does not offer it
    ├── StoreError            E4xx  DatabaseUnavailable, DatabaseBusy, TooSlow, OutcomeUnknown,
    │                               CommitRefused
    ├── MappingError          E5xx  MappingMismatch, RowUnreadable, BillUnbalanced, TooManyRows
    └── Bug                   E900  anything else; carries only a reference

A message may be shown to a waiter and sent to the provider: it never holds SQL, parameters, secrets or card data.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import ClassVar

from msgspec import Struct

_OURS = Path(__file__).resolve().parent
_MOST_FRAMES = 12


class Problem(Struct, frozen=True, kw_only=True):
    """One thing wrong with a file: where it stands, what it is, and what to do about it."""

    file: str
    line: int
    """Line in the file, from 1; 0 where the problem is not tied to a line."""
    key: str
    """Dotted path of the setting, as `session.tables.from`; empty for the file as a whole."""
    message: str
    hint: str = ""
    """What to do, or what was probably meant."""
    column: int = 0
    """Column in the line, from 1; 0 where only the line is known."""

    def __str__(self) -> str:
        """`file:line:column: key: message; hint`, the form editors and people can jump from."""
        place = self.file
        if self.line:
            place += f":{self.line}"
            if self.column:
                place += f":{self.column}"
        parts = [place]
        if self.key:
            parts.append(self.key)
        text = ": ".join([*parts, self.message])
        return f"{text}; {self.hint}" if self.hint else text


class AdapterError(Exception):
    """Base of all errors: a code, one sentence, and a hint of what to do."""

    code: ClassVar[str] = "E000"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidFile(AdapterError):
    """A configuration or mapping file cannot be used; carries every problem found in it."""

    code = "E001"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class RequestError(AdapterError):
    """The request itself cannot be understood."""

    code = "E100"


class MalformedRequest(RequestError):
    """The frame is not a JSON-RPC request."""

    code = "E101"


class UnknownMethod(RequestError):
    """The request names a method that this protocol does not have."""

    code = "E102"


class InvalidParams(RequestError):
    """A parameter is missing or of the wrong type; the message names its path."""

    code = "E103"


class NotFound(AdapterError):
    """What was asked for does not exist."""

    code = "E200"


class SessionNotFound(NotFound):
    """No session has this id."""

    code = "E201"


class TableNotFound(NotFound):
    """No table has this name."""

    code = "E202"


class BillNotFound(NotFound):
    """The session exists but has no bill."""

    code = "E203"


class WaiterIncorrect(AdapterError):
    """The waiter is missing, unknown, or not the one who serves this session."""

    code = "E210"


class Conflict(AdapterError):
    """The request is understood, but the session or payment does not stand as it needs."""

    code = "E300"


class AlreadyLocked(Conflict):
    """Somebody else holds the session."""

    code = "E301"


class NotLocked(Conflict):
    """Nobody holds the session, and the request needs that somebody does."""

    code = "E302"


class UnableToUnlock(Conflict):
    """The session is held by the till itself."""

    code = "E303"


class PaymentAlreadyRecorded(Conflict):
    """This very payment has been recorded before; nothing was changed."""

    code = "E304"


class PaymentNotRecorded(Conflict):
    """The payment cannot be recorded, and nothing of it was."""

    code = "E305"


class PaymentUnderWay(Conflict):
    """A lock is too young to be released by hand: somebody may be paying."""

    code = "E306"


class PaymentDiffers(Conflict):
    """Another payment was recorded under this id before, and nothing of this one is."""

    code = "E307"


class PaymentRefused(Conflict):
    """This very payment was refused before, and whoever asked was told so: it is never recorded."""

    code = "E308"


class NotEnabled(AdapterError):
    """This installation does not offer the operation."""

    code = "E310"


class StoreError(AdapterError):
    """The database did not do what was asked."""

    code = "E400"


class DatabaseUnavailable(StoreError):
    """The database cannot be reached, or the connection to it was lost."""

    code = "E401"
    retryable = True


class DatabaseBusy(StoreError):
    """Somebody else holds what is needed (lock timeout, deadlock, too many connections)."""

    code = "E402"
    retryable = True


class TooSlow(StoreError):
    """The database took longer than it may."""

    code = "E403"


class OutcomeUnknown(StoreError):
    """The connection was lost while a change was being committed, and nobody can be asked whether it was."""

    code = "E404"


class CommitRefused(StoreError):
    """The database refused the change when it was to be committed, and undid it."""

    code = "E405"


class MappingError(AdapterError):
    """The mapping and the database do not fit each other."""

    code = "E500"


class MappingMismatch(MappingError):
    """The live schema does not have what the mapping names."""

    code = "E501"


class RowUnreadable(MappingError):
    """A value in the database cannot be read as the mapping says."""

    code = "E502"


class BillUnbalanced(MappingError):
    """The lines of a bill do not add up to its total."""

    code = "E503"


class TooManyRows(MappingError):
    """An answer would be larger than this installation allows."""

    code = "E504"


class Bug(AdapterError):
    """Something that should not happen; the log holds the details under the same reference."""

    code = "E900"


def where_of(error: BaseException) -> str:
    """The innermost of our own frames that an error passed, as file, line and function, without values."""
    frames = [
        f"{path.relative_to(_OURS.parent).as_posix()}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if (path := Path(frame.f_code.co_filename)).is_relative_to(_OURS)
    ]
    return " > ".join(frames[-_MOST_FRAMES:])
