from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from adapter.mapping.keys import Form, Packing, Part, UnpackableKey, packing


def single(form: Form) -> Packing:
    return packing([Part(form=form, bits=64)])


def composite(*parts: tuple[Form, int]) -> Packing:
    return packing([Part(form=form, bits=bits) for form, bits in parts])


@pytest.mark.parametrize("number", [0, 1, -1, 42, 2**31, -(2**31), 2**63 - 1, -(2**63), 2**119 - 1, -(2**119)])
def test_an_integer_comes_back(number: int):
    packed = single("integer").pack((number,))
    assert packed.version == 8
    assert packed.variant == "specified in RFC 4122"
    assert single("integer").unpack(packed) == (number,)


def test_the_uuid_of_a_key_never_changes():
    assert str(single("integer").pack((1042,))) == "00000000-0000-8000-8000-000000000412"


@pytest.mark.parametrize("number", [2**119, -(2**119) - 1, 10**40])
def test_an_integer_that_is_too_wide_is_refused(number: int):
    with pytest.raises(UnpackableKey, match="bits"):
        single("integer").pack((number,))


@pytest.mark.parametrize("value", [Decimal(7), 7.0])
def test_a_whole_number_of_another_type_is_the_same_key(value: Any):
    assert single("integer").pack((value,)) == single("integer").pack((7,))


@pytest.mark.parametrize("value", [Decimal("1.5"), 1.5, None, "abc", "", Decimal("NaN"), float("inf"), b"\x01"])
def test_what_is_no_integer_is_refused_with_a_reason(value: Any):
    with pytest.raises(UnpackableKey) as caught:
        single("integer").pack((value,))
    assert str(caught.value)
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "a", "TAB-1", "é" * 7, "😀😀😀", "a" * 15, " a ", "漢" * 5, "-1", "\t\n"])
def test_a_short_text_comes_back(text: str):
    packed = single("text").pack((text,))
    assert packed.version == 8
    assert single("text").unpack(packed) == (text,)


@pytest.mark.parametrize("text", ["a" * 16, "é" * 8, "😀😀😀😀", "a\0b", "\0", "a\0"])
def test_a_text_that_does_not_fit_is_refused(text: str):
    with pytest.raises(UnpackableKey, match="text key"):
        single("text").pack((text,))


def test_a_text_that_is_a_uuid_passes_as_it_is():
    text = "5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c10"
    assert single("text").pack((text,)) == UUID(text)
    assert single("text").unpack(UUID(text)) == (text,)


@pytest.mark.parametrize(
    "text",
    [
        "5B0E3C64-2F0D-4B57-8F35-9A3B6D4B7C10",
        "5b0e3c642f0d4b578f359a3b6d4b7c10",
        "00000000-0000-8000-8000-000000000412",
        "{5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c1}",
        "5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7cxx",
    ],
)
def test_a_uuid_in_an_unusual_spelling_is_refused(text: str):
    with pytest.raises(UnpackableKey):
        single("text").pack((text,))


def test_a_uuid_comes_back():
    value = UUID("5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c10")
    assert single("uuid").pack((value,)) == single("uuid").pack((str(value),)) == value
    assert single("uuid").unpack(value) == (value,)


@pytest.mark.parametrize("value", ["no uuid", None, 5])
def test_what_is_no_uuid_is_refused_with_a_reason(value: Any):
    with pytest.raises(UnpackableKey):
        single("uuid").pack((value,))


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        ([("integer", 64), ("integer", 32)], (2**63 - 1, -(2**31))),
        ([("integer", 64), ("integer", 56)], (-1, -1)),
        ([("integer", 32), ("text", 40)], (7, "abé")),
        ([("text", 40), ("integer", 32)], ("", 0)),
        ([("text", 24), ("text", 24), ("integer", 8)], ("abc", "d", -128)),
        ([("integer", 8)] * 15, tuple(range(-7, 8))),
    ],
)
def test_a_key_of_several_columns_comes_back(parts: list[tuple[Form, int]], key: tuple[Any, ...]):
    packed = composite(*parts).pack(key)
    assert packed.version == 8
    assert composite(*parts).unpack(packed) == key


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        ([("integer", 64), ("integer", 32)], (0, 2**31)),
        ([("integer", 8), ("integer", 8)], (-129, 0)),
        ([("integer", 8), ("text", 16)], (0, "abc")),
        ([("integer", 8), ("text", 16)], (0, "\0")),
        ([("integer", 8), ("integer", 8)], (0, None)),
        ([("integer", 8), ("integer", 8)], (0, Decimal("0.5"))),
    ],
)
def test_a_part_that_does_not_fit_is_refused(parts: list[tuple[Form, int]], key: tuple[Any, ...]):
    with pytest.raises(UnpackableKey):
        composite(*parts).pack(key)


@pytest.mark.parametrize(
    "parts",
    [
        [("integer", 64), ("integer", 57)],
        [("uuid", 128), ("integer", 1)],
        [("text", 64), ("text", 64)],
        [("integer", 0), ("integer", 64)],
        [("integer", -8), ("integer", 64)],
        [("text", 12), ("integer", 64)],
    ],
)
def test_columns_that_cannot_be_told_apart_are_refused_before_any_key(parts: list[tuple[Form, int]]):
    with pytest.raises(UnpackableKey):
        composite(*parts)


@pytest.mark.parametrize("form", ["integer", "text"])
def test_a_uuid_of_the_wrong_kind_is_no_key(form: Form):
    other = composite(("integer", 32), ("integer", 32)).pack((1, 2))
    assert single(form).unpack(other) is None


def test_an_integer_is_no_text_and_a_text_no_integer():
    assert single("text").unpack(single("integer").pack((65,))) is None
    assert single("integer").unpack(single("text").pack(("A",))) is None
    assert composite(("integer", 8), ("integer", 8)).unpack(single("integer").pack((1,))) is None


@pytest.mark.parametrize("version", [1, 3, 4, 5, 7])
def test_a_foreign_uuid_is_no_integer(version: int):
    assert single("integer").unpack(UUID(int=(0x5B0E << 112) | (version << 76) | (0b10 << 62) | 7)) is None


@pytest.mark.parametrize(
    "wire",
    [
        UUID(int=0),
        UUID(int=2**128 - 1),
        UUID("00000000-0000-8000-c000-000000000001"),
        UUID("10000000-0000-8000-8000-0000000000ff"),
        UUID("10000000-0000-8000-8000-00000000ff00"),
    ],
)
def test_a_uuid_that_nothing_packs_to_is_no_text_or_comes_back(wire: UUID):
    found = single("text").unpack(wire)
    assert found is None or single("text").pack(found) == wire
