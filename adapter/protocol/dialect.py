"""What one version of the provider's protocol consists of. Knows no version in particular, and no sockets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Raw, Struct

from adapter.domain.requests import Request
from adapter.errors import AdapterError, InvalidParams
from adapter.protocol.jsonrpc import HALF_A_CHARACTER

Params = TypeVar("Params")
Answer = TypeVar("Answer")

_PATH = re.compile(r" - at `\$\.([\w.]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Generic[Params, Answer]):
    """How one method is read and how it is answered."""

    params: msgspec.json.Decoder[Params]
    to_request: Callable[[Params], Request]
    """Raises InvalidParams."""
    to_result: Callable[[Answer], Struct | Sequence[Struct]]


class Complaint(Struct, frozen=True, kw_only=True):
    """What the provider says about an answer that it could not read; safe for the log."""

    error_code: str
    reason: str
    reference: str
    """Id of the request whose answer it was."""


class Dialect(Struct, frozen=True, kw_only=True):
    """One version of the protocol, as tables."""

    routes: Mapping[str, Route[Any, Any]]
    """By method name, in the exact case of the wire."""
    notifications: Mapping[str, Callable[[Raw], Complaint]]
    """Methods that are never answered, with what reads their parameters without ever failing."""
    expected: Mapping[str, str]
    """What each parameter should be, by dotted path: `sessionId` -> `a UUID`."""
    error_codes: Mapping[type[AdapterError], str]
    """Wire code of an error class and of all below it that have none of their own; AdapterError is always there."""
    error_member: Literal["result", "error"]
    """Member of the answer that carries an error."""
    to_error: Callable[[str, str], Struct]
    """Makes an error of a wire code and a reason."""
    echoes_method: bool = False
    """Whether an answer names the method of its request."""
    not_offered: Mapping[str, str] = {}
    """Methods that the protocol has and this adapter has not, and why."""
    unanswered: frozenset[tuple[str, type[AdapterError]]] = frozenset()
    """Methods and errors that are not answered at all, because any answer could be untrue; nor is such a method at its
    deadline."""


def decode_request(dialect: Dialect, route: Route[Any, Any], params: Raw) -> Request:
    """Read the parameters of a method.

    Raises InvalidParams with the path of what is wrong, and never with what was sent.
    """
    try:
        decoded = route.params.decode(params)
    except msgspec.ValidationError as error:
        found = _PATH.search(str(error))
        raise unfit(found.group(1) if found else "", dialect.expected) from None
    except msgspec.DecodeError:
        if params is HALF_A_CHARACTER:
            raise InvalidParams("params: a text ends in the middle of a character (half of a surrogate pair)") from None
        raise InvalidParams("params: not readable") from None
    except RecursionError:
        raise InvalidParams("params: nested too deeply") from None
    return route.to_request(decoded)


def unfit(path: str, expected: Mapping[str, str]) -> InvalidParams:
    """The refusal of the parameter at this dotted path; an empty path means the parameters as a whole."""
    where = f"params.{path}" if path else "params"
    return InvalidParams(f"{where}: expected {expected.get(path, 'something else')}")


def error_code(dialect: Dialect, error: AdapterError) -> str:
    """The wire code of an error: that of its own class, else of the nearest class above it."""
    return next(dialect.error_codes[kind] for kind in type(error).__mro__ if kind in dialect.error_codes)
