from __future__ import annotations

import pytest
from msgspec import Struct

from adapter.errors import MalformedRequest
from adapter.protocol.jsonrpc import HALF_A_CHARACTER, decode, encode


class Greeting(Struct):
    text: str


@pytest.mark.parametrize(
    "identity",
    [
        b'"0f6c1d0e-56a7-4a1c-9b1e-7a5b0c9f1a01"',
        b'""',
        b'" spaced "',
        b'"caf\\u00e9"',
        '"café"'.encode(),
        b'"with \\"quotes\\""',
        b"7",
        b"-1.50e+2",
        b"1e999",
        b"9" * 5000,
    ],
)
def test_an_id_is_kept_byte_for_byte(identity: bytes):
    envelope = decode(b'{"jsonrpc":"2.0", "id" : ' + identity + b' , "method":"GetTable"}')
    assert envelope.id == identity
    assert encode(identity, member="result", value=Greeting("hi")) == (
        b'{"jsonrpc":"2.0","id":' + identity + b',"result":{"text":"hi"}}'
    )


@pytest.mark.parametrize("identity", [b"null", b"true", b"false", b"[]", b'["a"]', b"{}"])
def test_an_id_of_another_type_is_no_id(identity: bytes):
    assert decode(b'{"id":' + identity + b',"method":"GetTable"}').id is None


def test_a_missing_id_is_no_id():
    assert decode(b'{"method":"GetTable"}').id is None


@pytest.mark.parametrize("method", [b"null", b"7", b'["GetTable"]', b"{}"])
def test_a_method_of_another_type_is_no_method(method: bytes):
    assert decode(b'{"id":1,"method":' + method + b"}").method is None


def test_a_missing_method_is_no_method():
    assert decode(b'{"id":1}').method is None


@pytest.mark.parametrize("version", [b'"1.0"', b'""', b"2.0", b"null", b"[]"])
def test_any_version_member_is_tolerated(version: bytes):
    assert decode(b'{"jsonrpc":' + version + b',"id":1,"method":"GetTable"}').method == "GetTable"


def test_parameters_are_left_unread():
    assert bytes(decode(b'{"id":1,"params":{"name" : "T1"}}').params) == b'{"name" : "T1"}'


def test_missing_parameters_are_an_empty_object():
    assert bytes(decode(b'{"id":1,"method":"ListTables"}').params) == b"{}"


def test_of_a_repeated_member_the_last_one_counts():
    assert decode(b'{"id":1,"id":2}').id == b"2"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b'{"id":1',
        b'{"id":1}x',
        b'{"id":1,}',
        b'{"id":01}',
        b'{"id":NaN}',
        b"{'id':1}",
        b'{"id":"a\nb"}',
        b'{"id":"\\x"}',
        b'\xef\xbb\xbf{"id":1}',
        '{"id":1}'.encode("utf-16"),
    ],
)
def test_what_is_not_json_is_refused(raw: bytes):
    with pytest.raises(MalformedRequest, match="not"):
        decode(raw)


@pytest.mark.parametrize(
    "text", [rb"\ud800", rb"x\uDFFFy", rb"\udc00\ud800", rb"\ud83d\ud83d\ude00", rb"\\\udbff", rb"\ud800\u0041"]
)
@pytest.mark.parametrize("where", [b'"params":{"name":"%s"}', b'"params":{"%s":1}', b'"jsonrpc":"%s"', b'"%s":1'])
def test_a_frame_with_half_a_surrogate_pair_has_its_id_and_method_and_no_parameters(text: bytes, where: bytes):
    envelope = decode(b'{"id":"caf\\u00e9 \\ud83d\\ude00","method":"GetTable",' + where % text + b"}")
    assert envelope.id == b'"caf\\u00e9 \\ud83d\\ude00"'
    assert envelope.method == "GetTable"
    assert envelope.params is HALF_A_CHARACTER


def test_an_id_with_half_a_surrogate_pair_is_no_id():
    assert decode(rb'{"id":"\ud800","method":"GetTable"}').id is None


def test_a_method_with_half_a_surrogate_pair_is_one_that_there_is_none_of():
    envelope = decode(rb'{"id":"1","method":"Get\ud800Table"}')
    assert (envelope.id, envelope.method) == (b'"1"', "Get\ufffdTable")


@pytest.mark.parametrize("text", [rb"\ud83d\ude00", rb"\\ud800", rb"\\\\udfff", rb"\ufffd", "\U0001f600".encode()])
def test_what_only_looks_like_half_a_surrogate_pair_is_read(text: bytes):
    raw = b'{"id":"' + text + b'","method":"GetTable","params":{"name":"' + text + b'"}}'
    assert decode(raw).id == b'"' + text + b'"'
    assert bytes(decode(raw).params) == b'{"name":"' + text + b'"}'


@pytest.mark.parametrize(
    "raw", [rb'{"id":"\ud800"', rb'{"id":"1","x":"\ud80"}', rb'{"id":"1","x":"\ud800\x"}', rb"{\ud800}"]
)
def test_half_a_surrogate_pair_in_what_is_no_json_makes_it_none(raw: bytes):
    with pytest.raises(MalformedRequest, match="not JSON"):
        decode(raw)


@pytest.mark.parametrize("raw", [b"null", b"7", b'"text"', b"true", b"[]", b'[{"id":1,"method":"GetTable"}]'])
def test_what_is_not_an_object_is_refused_batches_included(raw: bytes):
    with pytest.raises(MalformedRequest, match="not a JSON object"):
        decode(raw)


@pytest.mark.parametrize("raw", [b'{"id":"\xff"}', b'{"\xff":1,"id":2}', b'{"id":2,"params":"\xed\xa0\x80"}'])
def test_what_is_not_utf_8_is_refused(raw: bytes):
    with pytest.raises(MalformedRequest, match="not UTF-8"):
        decode(raw)


@pytest.mark.parametrize("member", [b"params", b"unknown", b"id"])
def test_deep_nesting_is_refused(member: bytes):
    depth = 200_000
    with pytest.raises(MalformedRequest, match="nested too deeply"):
        decode(b'{"method":"GetTable","' + member + b'":' + b"[" * depth + b"]" * depth + b"}")
