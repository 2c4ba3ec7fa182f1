from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

from msgspec import structs

from adapter.events import FlagKind
from adapter.ops.page import POLICY, status_page
from adapter.ops.report import (
    ConnectionReport,
    DatabaseReport,
    Finding,
    FlaggedPayment,
    Level,
    MappingReport,
    NotedReport,
    OpenLock,
    RecordingReport,
    Report,
    RequestReport,
)

AT = datetime(2026, 11, 27, 20, 15, tzinfo=UTC)
EVIL = "</style></script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\ud800"


def report(text: str = "plain", level: Level = "good", kind: FlagKind = "gone") -> Report:
    """A report with this text wherever a text can be."""
    return Report(
        level=level,
        ready=True,
        missing=[text],
        findings=[Finding(level="attention", about=text, says=text, do=text)],
        at=AT,
        version=text,
        started_at=AT,
        connections=[
            ConnectionReport(
                name=text,
                way="listen",
                place=text,
                is_open=True,
                sockets=1,
                since=AT,
                peer=text,
                trouble=text,
                trouble_at=AT,
                retry_in=1,
                last_closed=text,
                last_closed_at=AT,
                last_frame_at=AT,
                last_sign_at=AT,
                ping_milliseconds=23.4,
                in_flight=1,
                turn="holds",
                turn_since=AT,
                holder=text,
                is_taken=True,
                taken_at=AT,
            )
        ],
        database=DatabaseReport(is_up=True, since=AT, last_error=text, last_error_at=AT, pool_in_use=1, pool_size=8),
        mapping=MappingReport(
            file=text,
            epos=text,
            digest=text,
            is_bound=True,
            since=AT,
            tables=1,
            problem_count=60,
            problems=[text],
            outgrown=text,
            outgrown_at=AT,
            refused=[],
            refused_at=None,
        ),
        recording=RecordingReport(is_on=True, is_known=True, reason=text, ledger=text),
        flagged=[FlaggedPayment(payment=text, session=text, at=AT, kind=kind, says=text, do=text)],
        locks=[OpenLock(session=text, seconds=1, terminal=text, payments=1)],
        locks_note=text,
        requests=[
            RequestReport(
                at=AT,
                connection=text,
                method=text,
                outcome=text,
                milliseconds=1,
                reason=text,
                terminal=text,
                reference=text,
            )
        ],
        noted=[NotedReport(at=AT, text=text, times=2, is_trouble=True)],
    )


class Tags(HTMLParser):
    """The tags of a page, as a browser reads them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_whatever_a_text_is_it_stays_a_text():
    evil, plain = (status_page(report(text)).decode() for text in (EVIL, "plain"))
    assert [tag for tag, _ in Tags(evil).found] == [tag for tag, _ in Tags(plain).found]
    assert not any(name.startswith("on") for _, attributes in Tags(evil).found for name in attributes)
    assert evil.count("&lt;script&gt;alert(1)") > 20


def test_nothing_on_the_page_comes_from_elsewhere():
    for tag, attributes in Tags(status_page(report()).decode()).found:
        for name in ("src", "href", "action", "srcset"):
            value = attributes.get(name)
            assert value is None or value.startswith("data:"), (tag, name, value)
        assert "style" not in attributes, tag


def test_the_policy_lets_in_the_pages_own_style_and_script_only():
    assert POLICY.startswith("default-src 'none';")
    assert "unsafe" not in POLICY
    assert len(re.findall(r"'sha256-", POLICY)) == 2


def test_without_a_script_the_page_shows_itself_anew_all_the_same():
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in status_page(report()).decode()


def test_a_status_is_a_shape_and_a_word_and_not_only_a_colour():
    seen = set()
    for level, word in (
        ("good", "Everything works"),
        ("attention", "somebody should look"),
        ("bad", "Something is wrong"),
    ):
        page = status_page(report(level=level)).decode()  # type: ignore[arg-type]
        banner = page.partition('<section class="banner')[2].partition("</section>")[0]
        assert word in banner
        seen.add(re.findall(r"<svg.*?</svg>", banner)[0])
    assert len(seen) == 3


def test_locks_that_cannot_be_told_are_not_told_as_none():
    page = status_page(structs.replace(report(), locks=None, locks_note="the database cannot be asked")).decode()
    assert "Cannot be told: the database cannot be asked." in page
    assert "No session is locked" not in page
