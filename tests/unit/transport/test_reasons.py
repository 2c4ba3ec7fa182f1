from __future__ import annotations

import errno
import ssl

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError
from websockets.frames import Close

from adapter.transport import reasons


def why(problem: Exception) -> str:
    return reasons.not_opened(problem, connection="dojo", place="api.dojo.example:443", timeout=10.0)


@pytest.mark.parametrize(
    ("theirs", "ours", "theirs_first", "reason"),
    [
        ((1000, ""), (1000, ""), True, "the other end closed the connection: finished (1000)"),
        ((1012, ""), None, None, "the other end closed the connection: it is restarting (1012)"),
        ((4000, "odd"), (4000, ""), True, "the other end closed the connection: for a reason of its own (4000: odd)"),
        ((1002, "what?"), (1002, ""), True, "it says that this side broke the protocol (1002: what?)"),
        ((1009, ""), (1009, "too big"), False, "a frame was larger than this side takes (1009: too big)"),
        (None, (1011, ""), None, "this side had trouble of its own (1011)"),
        (None, (3000, ""), None, "this side closed the connection (3000)"),
        (None, None, None, "the connection was lost without a goodbye"),
    ],
)
def test_the_end_of_a_connection_is_put_down_to_who_said_goodbye_first(
    theirs: tuple[int, str] | None, ours: tuple[int, str] | None, theirs_first: bool | None, reason: str
) -> None:
    end = ConnectionClosed(theirs and Close(*theirs), ours and Close(*ours), theirs_first)
    assert reason in reasons.closed(end)


def test_the_cause_of_a_connection_lost_is_named() -> None:
    end = ConnectionClosedError(None, None)
    end.__cause__ = ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
    assert reasons.closed(end) == "the connection was lost without a goodbye (ConnectionResetError)"


def test_what_the_other_end_says_stays_on_one_line_and_gives_the_terminal_no_orders() -> None:
    end = ConnectionClosed(Close(1008, "one\r\ntwo \x1b[2Jthree"), None)
    assert "1008: one  two  [2Jthree" in reasons.closed(end)


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "there is no network to reach api.dojo.example:443"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "there is no way to api.dojo.example:443"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "broke the connection off while it was being opened"),
        (TimeoutError(errno.ETIMEDOUT, "timed out"), "did not answer within 10 s"),
        (OSError(errno.EPERM, "not permitted"), "could not be reached (EPERM)"),
        (OSError("no number at all"), "could not be reached (OSError)"),
        (
            OSError("Multiple exceptions: [Errno 101] Connect call failed, [Errno 101] Connect call failed"),
            "there is no network to reach",
        ),
        (
            OSError("Multiple exceptions: [WinError 1225] The remote computer refused the network connection"),
            "refuses connections",
        ),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "no secure connection"),
        (ssl.SSLCertVerificationError(1, "made by Python"), "cannot be trusted (no reason given)"),
        (ConnectionAbortedError("SSL handshake is taking too long"), "broke the connection off"),
        (RuntimeError("s3cret"), "in an unexpected way (RuntimeError)"),
    ],
)
def test_each_failure_to_reach_the_other_end_has_its_own_words(problem: Exception, words: str) -> None:
    assert words in why(problem)
    assert "s3cret" not in why(problem)


def test_a_certificate_fault_without_words_of_our_own_keeps_those_of_openssl() -> None:
    problem = ssl.SSLCertVerificationError(1, "certificate verify failed")
    problem.verify_code, problem.verify_message = 23, "certificate revoked"
    assert "cannot be trusted (certificate revoked) (TLS)" in why(problem)
