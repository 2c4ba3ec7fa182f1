"""Says in plain words why a connection could not be opened, or why it closed. Knows nothing of retrying."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from datetime import UTC, datetime

from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidProxy,
    InvalidProxyStatus,
    InvalidStatus,
    InvalidURI,
    ProxyError,
)
from websockets.frames import Close

_CLOSED_BY_THEM = {
    1000: "finished",
    1001: "it is going away",
    1002: "it says that this side broke the protocol",
    1005: "no reason given",
    1007: "it could not read what this side sent",
    1008: "it does not want this connection",
    1009: "a frame was too large for it",
    1011: "it has trouble of its own",
    1012: "it is restarting",
    1013: "it asks to try again later",
}

_CLOSED_BY_US = {
    1000: "this side was finished",
    1002: "the other end broke the WebSocket protocol",
    1009: "a frame was larger than this side takes",
    1011: "this side had trouble of its own",
    1012: "the adapter is stopping",
}

_CHECK_KEY = "check account and api_key of connection '{connection}'"
_STATUS = {
    401: "the provider refused the account name or API key (HTTP 401): " + _CHECK_KEY,
    403: "the provider does not let this account in (HTTP 403): " + _CHECK_KEY + ", and its software_house_id",
    404: "the provider has nothing at this address (HTTP 404): check dial of connection '{connection}'",
    407: "a proxy in between asks for a name and password of its own (HTTP 407)",
    429: "the provider says that we connect too often (HTTP 429): is another adapter using this account?",
}
_STATUS_CLASS = {
    1: "the provider answered in a way that makes no sense (HTTP {status})",
    2: "an ordinary web page answered, no WebSocket (HTTP {status}): check dial of connection '{connection}', "
    "or whether this network asks to log in first",
    3: "the provider, or a log-in page of this network, sends us elsewhere (HTTP {status}): "
    "check dial of connection '{connection}'",
    4: "the provider refused the connection (HTTP {status}): check the settings of connection '{connection}'",
    5: "the provider has trouble of its own (HTTP {status}): nothing to do here but wait",
}

_TAKEN = re.compile(
    r"\b(another|new(er)?|second|duplicate) (connection|socket|session|client)|replaced|supersed", re.IGNORECASE
)

_PROXY_REFUSED = "{place} refused to connect through (HTTP {status}): it may allow only some addresses"
_PROXY_STATUS = {
    407: "{place} refused to connect through (HTTP 407): it wants a name and password, or other ones; "
    "they stand in proxy of connection '{connection}'",
    502: "{place} cannot reach the provider (HTTP 502): check dial of connection '{connection}', and the proxy's own internet",
    503: "{place} cannot reach the provider (HTTP 503): check the proxy's own internet connection",
    504: "{place} had no answer from the provider (HTTP 504): check the proxy's own internet connection",
}

_THEY_MISTRUST_US = frozenset(
    {
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "TLSV1_ALERT_UNKNOWN_CA",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
    }
)
"""What OpenSSL calls the answer of an other end that wants a certificate of ours, or another one."""

# From OpenSSL's x509_vfy.h; Python's ssl module has no names for them.
_CERTIFICATE = {
    9: "is not valid yet",
    10: "has expired",
    18: "is signed by itself, by nobody that this computer trusts",
    19: "is signed by somebody whom this computer does not trust",
    20: "is signed by somebody whom this computer does not trust",
    21: "is signed by somebody whom this computer does not trust",
    62: "is for another name",
    64: "is for another address",
}

_NETWORK = {
    errno.ECONNREFUSED: "{place} refuses connections: nothing is listening there, or a firewall says no",
    errno.ECONNRESET: "{place} broke the connection off while it was being opened: a firewall or proxy in between?",
    errno.EHOSTUNREACH: "there is no way to {place}: check the network cable, the router and the internet connection",
    errno.ENETUNREACH: "there is no network to reach {place}: check the network cable, the router and the internet connection",
    errno.ETIMEDOUT: "{place} did not answer in time: check the internet connection and the firewall",
    1225: "{place} refuses connections: nothing is listening there, or a firewall says no",  # Windows' own number
}


def closed(end: ConnectionClosed) -> str:
    """Why a connection closed: who said goodbye first and what they said, or that nobody did."""
    theirs, ours = end.rcvd, end.sent
    if theirs is not None and (ours is None or end.rcvd_then_sent):
        words = _CLOSED_BY_THEM.get(theirs.code, "for a reason of its own")
        return f"the other end closed the connection: {words} ({_code_and_text(theirs)})"
    if ours is not None:
        words = _CLOSED_BY_US.get(ours.code, "this side closed the connection")
        return f"{words} ({_code_and_text(ours)})"
    cause = end.__cause__
    kind = f" ({type(cause).__name__})" if isinstance(cause, OSError) else ""
    return f"the connection was lost without a goodbye{kind}"


def is_taken(end: ConnectionClosed) -> bool:
    """Whether the other end closed it because another adapter has connected with the same account.

    No code is documented for that. A policy (1008) or a code of the provider's own (4000 and above) is taken for it, and
    words that say so; what is known to mean something else is not.
    """
    theirs = end.rcvd
    if theirs is None or (end.sent is not None and not end.rcvd_then_sent):
        return False
    return theirs.code == 1008 or theirs.code >= 4000 or _TAKEN.search(theirs.reason) is not None


def not_opened(problem: BaseException, *, connection: str, place: str, timeout: float) -> str:
    """Why a connection could not be opened, and what to do about it where that is known.

    `place` is where we dialled, as `host:port`; `timeout` is the patience with it, in seconds. The problem's own text
    is left out where it may hold what the other end, or a proxy's address, says.
    """
    match problem:
        case InvalidProxy() | ProxyError() | ImportError():
            return _proxy(problem, place, connection)
        case InvalidURI() | InvalidHandshake():
            return _handshake(problem, place, connection)
        case ssl.SSLError():
            return _tls(problem, place, connection)
        case OSError():
            return _network(problem, place, timeout)
    return f"opening the connection to {place} failed in an unexpected way ({type(problem).__name__})"


def _code_and_text(close: Close) -> str:
    # The text comes from the other end: on one line, and without whatever a terminal would obey.
    text = "".join(letter if letter.isprintable() else " " for letter in close.reason)
    return f"{close.code}: {text}" if text else str(close.code)


def _handshake(problem: Exception, place: str, connection: str) -> str:
    if isinstance(problem, InvalidStatus):
        status = problem.response.status_code
        words = _STATUS.get(status) or _STATUS_CLASS[status // 100]
        return words.format(status=status, connection=connection)
    if isinstance(problem, InvalidURI):
        return (
            f"the address is not a WebSocket address (wss://host/path, without name and password): "
            f"check dial of connection '{connection}'"
        )
    if isinstance(problem, InvalidMessage) and isinstance(problem.__cause__, EOFError):
        return f"{place} hung up in the middle of the handshake: a firewall or proxy in between?"
    return f"{place} answers, but not as a WebSocket server does: check dial of connection '{connection}'"


def _proxy(problem: BaseException, place: str, connection: str) -> str:
    if isinstance(problem, InvalidProxyStatus):
        status = problem.response.status_code
        return _PROXY_STATUS.get(status, _PROXY_REFUSED).format(place=place, status=status, connection=connection)
    if isinstance(problem, InvalidProxy):
        return f"the address of the proxy is not understood: check proxy of connection '{connection}', or this computer's own"
    if isinstance(problem, ImportError):
        return (
            "this computer is set to use a SOCKS proxy, which the adapter cannot use: "
            f"name an HTTP proxy in proxy of connection '{connection}', or \"none\""
        )
    return f"{place} does not answer as a proxy does"


def _tls(problem: ssl.SSLError, place: str, connection: str) -> str:
    # Errors that Python raises itself lack the attributes of those that come from OpenSSL.
    if not isinstance(problem, ssl.SSLCertVerificationError):
        detail = getattr(problem, "reason", None) or "no reason given"
        if detail in _THEY_MISTRUST_US:
            return (
                f"{place} wants a certificate that it trusts of this side (TLS, {detail}): "
                f"check certificate of connection '{connection}', and whether it has expired"
            )
        return (
            f"no secure connection to {place} could be agreed on (TLS, {detail}): "
            f"check dial of connection '{connection}', or a proxy in between"
        )
    code = getattr(problem, "verify_code", 0)
    detail = getattr(problem, "verify_message", None) or "no reason given"
    fault = _CERTIFICATE.get(code, f"cannot be trusted ({detail})")
    advice = "a proxy or virus scanner that reads along may be in between"
    if code in {9, 10}:
        advice = f"check the computer's clock, which says {datetime.now(UTC):%d %B %Y %H:%M} UTC"
    return f"the certificate of {place} {fault} (TLS): {advice}"


def _network(problem: OSError, place: str, timeout: float) -> str:
    if isinstance(problem, socket.gaierror):
        host = place.rpartition(":")[0]
        return f"the name {host} cannot be looked up (DNS): check the internet connection and the name"
    if isinstance(problem, TimeoutError):
        return f"{place} did not answer within {timeout:g} s: check the internet connection and the firewall"
    number = problem.errno
    if number is None and isinstance(problem, ConnectionError):
        number = errno.ECONNRESET  # asyncio's own words for a TLS handshake that broke off
    if number is None:
        # A name with several addresses: asyncio joins their errors into one text and drops the numbers.
        found = re.search(r"\[(?:Errno|WinError) (\d+)\]", str(problem))
        number = int(found[1]) if found else 0
    words = _NETWORK.get(number, "{place} could not be reached ({kind})")
    return words.format(place=place, kind=errno.errorcode.get(number, type(problem).__name__))
