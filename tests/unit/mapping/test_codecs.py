"""What codecs make of values, and that nothing of a value makes one stumble."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from adapter.mapping.codecs import content, registry
from adapter.mapping.codecs.content import Undecodable
from adapter.mapping.codecs.registry import CodecMissing, Remembering, codec_named, codec_names
from adapter.mapping.content_paths import BadPath, parse_path
from tests.tickets import Line, Ticket, serialized

TICKET = Ticket(
    id="t-1",
    date=datetime(2026, 11, 20, 18, 41, tzinfo=UTC),
    name="Window",
    number=7,
    lines=[
        Line(product="P-1", name="Pîe €5", units=2, price=8.25),
        Line(product="P-2", name="Gravy", units=2, price=0.5, is_auxiliary=True, note="hot"),
        Line(product="P-3", name="Water", units=1, price=1.0, rate=0.0),
    ],
)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('{"a": 1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a": "\xc3\xa9"}', {"a": "é"}),
        (memoryview(b"[1.10]"), [Decimal("1.10")]),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ("12345678901234567890123", Decimal(12345678901234567890123)),
        ("1e999999", "1e999999"),
        (gzip.compress(b'{"a": true}', mtime=0), {"a": True}),
        (zlib.compress(b"[null]"), [None]),
        ({"already": "decoded"}, {"already": "decoded"}),
        ("", None),
        (" \n", None),
        (b"", None),
    ],
)
def test_json_is_read_with_every_digit_and_the_last_of_two_members(value: Any, found: Any):
    assert codec_named("json")(value) == found


@pytest.mark.parametrize(
    "value",
    [
        "{",
        "-",
        "{'a': 1}",
        "NaN",
        "[1,]",
        b"\xff\xfe",
        gzip.compress(b"[1]", mtime=0)[:-9],
        b"\x1f\x8bnot",
        "[" * 200_000,
    ],
)
def test_what_is_no_json_is_refused(value: Any):
    with pytest.raises(Undecodable):
        codec_named("json")(value)


@pytest.mark.parametrize("name", ["json", "java-openbravo", "xml-properties"])
def test_a_value_may_not_grow_beyond_its_bound(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(content, "LARGEST", 1000)
    for value in ("[" + " " * 1000 + "]", gzip.compress(b" " * 1001, mtime=0), bytes(1001)):
        with pytest.raises(Undecodable, match="too large"):
            codec_named(name)(value)


def test_a_blank_text_holds_no_properties():
    assert codec_named("xml-properties")(" ") == codec_named("xml-properties")(b"") == {}


def test_properties_are_read_from_xml():
    text = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
    <!DOCTYPE properties SYSTEM "http://java.sun.com/dtd/properties.dtd">
    <properties><comment>x</comment><entry key="product.name">Fish &amp; chips</entry><entry key="a">1</entry>
    <entry key="a">2</entry></properties>"""
    assert codec_named("xml-properties")(text) == {"product.name": "Fish & chips", "a": "2"}
    assert codec_named("xml-properties")(text.encode()) == {"product.name": "Fish & chips", "a": "2"}


@pytest.mark.parametrize(
    "value",
    [
        "<properties>",
        "<other/>",
        '<!DOCTYPE p [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><properties><entry key="k">&c;</entry></properties>',
        '<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/passwd">]><properties><entry key="k">&a;</entry></properties>',
        b'<?xml version="1.0" encoding="no-such"?><properties/>',
        7,
    ],
)
def test_what_is_no_properties_file_is_refused_and_entities_are_never_read(value: Any):
    with pytest.raises(Undecodable):
        codec_named("xml-properties")(value)


def test_entities_are_found_in_whatever_encoding_they_are_written():
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE p [<!ENTITY a "b">]><properties><entry key="k">&a;</entry></properties>'
    with pytest.raises(Undecodable, match="entities"):
        codec_named("xml-properties")(text.encode("utf-16"))


@pytest.mark.parametrize("package", ["com.openbravo.pos.ticket", "uk.chromis.pos.ticket"])
@pytest.mark.parametrize("with_status", [True, False])
def test_an_open_ticket_is_read_whichever_product_of_the_family_wrote_it(package: str, with_status: bool):
    from dataclasses import replace

    found = codec_named("java-openbravo")(serialized(replace(TICKET, package=package, with_status=with_status)))
    assert {name: value for name, value in found.items() if name != "lines"} == {
        "id": "t-1",
        "type": 0,
        "number": 7,
        "date": datetime(2026, 11, 20, 18, 41, tzinfo=UTC),
        "attributes": {"name": "Window"},
    }
    assert [(line["units"], line["price"], line["is_modifier"], line["tax"]["rate"]) for line in found["lines"]] == [
        (2.0, 8.25, False, 0.2),
        (2.0, 0.5, True, 0.2),
        (1.0, 1.0, False, 0.0),
    ]
    assert [line["product"] for line in found["lines"]] == [
        {"id": "P-1", "name": "Pîe €5"},
        {"id": "P-2", "name": "Gravy"},
        {"id": "P-3", "name": "Water"},
    ]
    assert found["lines"][1]["attributes"]["notes"] == "hot"


def test_every_ticket_that_is_cut_off_is_refused():
    whole = serialized(TICKET)
    for length in range(len(whole)):
        with pytest.raises(Undecodable):
            codec_named("java-openbravo")(whole[:length])


@pytest.mark.parametrize(
    "value",
    [
        b"",
        "text",
        7,
        b"\xac\xed\x00\x05",
        b"\xac\xed\x00\x05\x74\x00\x01a",
        serialized(TICKET).replace(b"TicketInfo", b"TickerInfo"),
        serialized(TICKET).replace(b"TicketLineInfo", b"TicketLieeInfo"),
        serialized(TICKET).replace(b"java.util.ArrayList", b"java.util.ArrayLisp"),
        serialized(TICKET).replace(b"multiply", b"mutliply"),
        serialized(TICKET) + serialized(TICKET)[4:],
    ],
)
def test_what_is_no_open_ticket_is_refused(value: Any):
    with pytest.raises(Undecodable):
        codec_named("java-openbravo")(value)


@pytest.mark.parametrize("seed", range(5))
def test_no_damage_to_a_ticket_makes_the_codec_stumble(seed: int):
    choose, whole, decode = random.Random(seed), serialized(TICKET), codec_named("java-openbravo")  # noqa: S311 -- damage to be repeated
    refused = 0
    for _ in range(2_000):
        try:
            assert decode(_damaged(whole, choose)).keys() == decode(whole).keys()
        except Undecodable:
            refused += 1
    # Much damage shows, and some only changes a letter.
    assert 500 < refused < 2_000


@pytest.mark.parametrize("name", ["json", "xml-properties"])
def test_no_damage_to_a_text_makes_its_codec_stumble(name: str):
    whole = b'{"a": [1, 2.5, {"b": "\xc3\xa9"}], "c": null}'
    if name == "xml-properties":
        whole = b'<?xml version="1.0"?><properties><entry key="a">&amp;\xc3\xa9</entry></properties>'
    choose, decode = random.Random(7), codec_named(name)  # noqa: S311 -- as above
    for _ in range(2_000):
        try:
            decode(_damaged(whole, choose))
        except Undecodable:
            continue


def _damaged(whole: bytes, choose: random.Random) -> bytes:
    raw = bytearray(whole)
    for _ in range(choose.randint(1, 5)):
        at = choose.randrange(len(raw) + 1)
        match choose.randrange(4):
            case 0:
                raw[at : at + 1] = bytes([choose.randrange(256)])
            case 1:
                del raw[at : at + choose.randint(1, 30)]
            case 2:
                raw[at:at] = choose.randbytes(choose.randint(1, 12))
            case _:
                other = choose.randrange(len(raw) + 1)
                raw[at:at] = raw[other : other + choose.randint(1, 60)]
    return bytes(raw)


def test_a_package_may_bring_a_codec(monkeypatch: pytest.MonkeyPatch):
    ours = EntryPoint(name="json", value="json:loads", group=registry.GROUP)
    more = EntryPoint(name="upper", value="builtins:str.upper", group=registry.GROUP)
    broken = EntryPoint(name="broken", value="no_such_module:decode", group=registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [ours, more, broken] if group == registry.GROUP else [])
    assert codec_names() == ["broken", "java-openbravo", "json", "upper", "xml-properties"]
    assert codec_named("upper")("a") == "A"
    assert codec_named("json")("1.5") == Decimal("1.5")
    with pytest.raises(CodecMissing, match="cannot be loaded"):
        codec_named("broken")
    with pytest.raises(CodecMissing, match="there is no codec lower"):
        codec_named("lower")


def test_a_codec_whose_library_is_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    def refuse(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(registry, "import_module", refuse)
    with pytest.raises(CodecMissing, match=r'pip install "epos-adapter\[unicenta\]"'):
        codec_named("java-openbravo")


def test_a_value_is_decoded_once_for_all_that_read_it_and_a_bad_one_is_bad_each_time():
    asked: list[Any] = []

    def decode(value: Any) -> Any:
        asked.append(value)
        if value == "bad":
            raise Undecodable("is bad")
        return [value]

    codec: Callable[[Any], Any] = Remembering(decode)
    assert [codec("a"), codec("a"), codec("b"), codec(b"b"), codec("a")] == [["a"], ["a"], ["b"], [b"b"], ["a"]]
    for _ in range(2):
        with pytest.raises(Undecodable):
            codec("bad")
    assert asked == ["a", "b", b"b", "a", "bad", "bad"]


DATA = {
    "a": {"b": [{"id": 1, "v": "x"}, {"id": 2, "v": "y", "of": {"c": True}}]},
    "o": {"k": {"t": None}, "l": {"t": 5}},
    "odd name.x": 3,
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b[0].v", "x"),
        ("a.b[-1].v", "y"),
        ("a.b[2].v", None),
        ("a.b[id=2].v", "y"),
        ('a.b[v="y"].id', 2),
        ("a.b[of.c=true].id", 2),
        ("a.b[id=3].v", None),
        ("o.*.t", 5),
        ("a.b[*].v", "x"),
        ('["odd name.x"]', 3),
        ("a", None),
        ("a.b", None),
        ("a.x.y", None),
        ("a[0]", None),
    ],
)
def test_a_path_leads_to_a_single_value_or_nowhere(path: str, found: Any):
    assert parse_path(path).value(DATA) == found


@pytest.mark.parametrize("path", ["", "a..b", "a.", "a b", "a[", "a[x]", "a]", "a[1", "*a", "a[99999999999]"])
def test_what_is_no_path_is_refused_with_an_example(path: str):
    with pytest.raises(BadPath, match=r"\[id=2\]"):
        parse_path(path)
