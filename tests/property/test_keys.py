from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.mapping.keys import Form, Packing, Part, UnpackableKey, packing

VERSION_8 = st.integers(0, 2**122 - 1).map(
    lambda body: UUID(int=(body >> 74) << 80 | 8 << 76 | ((body >> 62) & 0xFFF) << 64 | 0b10 << 62 | body & (2**62 - 1))
)
SMALL_VERSION_8 = st.builds(
    lambda kind, body: UUID(
        int=(kind << 46 | body >> 74) << 80 | 8 << 76 | ((body >> 62) & 0xFFF) << 64 | 0b10 << 62 | body & (2**62 - 1)
    ),
    st.integers(0, 3),
    st.one_of(
        st.integers(0, 2**120 - 1),
        st.integers(0, 2**40),
        st.text(max_size=4).map(lambda text: int.from_bytes(text.encode().ljust(15, b"\0")[:15], "big")),
    ),
)
FOREIGN = st.one_of(
    st.uuids(), st.integers(0, 2**128 - 1).map(lambda number: UUID(int=number)), VERSION_8, SMALL_VERSION_8
)


@st.composite
def packings(draw: Any) -> Packing:
    forms: list[Form] = draw(st.lists(st.sampled_from(["integer", "text"]), min_size=2, max_size=4))
    room = 120 // len(forms) // 8 * 8
    return packing([Part(form=form, bits=draw(st.integers(1, room // 8)) * 8) for form in forms])


def single(form: Form) -> Packing:
    return packing([Part(form=form, bits=64)])


@st.composite
def fitting(draw: Any, found: Packing) -> tuple[Any, ...]:
    key = []
    for part in found.parts:
        if part.form == "integer":
            key.append(draw(st.integers(-(2 ** (part.bits - 1)), 2 ** (part.bits - 1) - 1)))
        else:
            text = draw(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5))
            key.append(text.encode()[: part.bits // 8].decode(errors="ignore"))
    return tuple(key)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
def test_any_fitting_key_of_several_columns_comes_back(data: st.DataObject):
    found = data.draw(packings())
    key = data.draw(fitting(found))
    packed = found.pack(key)
    assert (packed.version, packed.variant) == (8, "specified in RFC 4122")
    assert found.unpack(packed) == key


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(-(2**119), 2**119 - 1))
def test_any_integer_comes_back(number: int):
    packed = single("integer").pack((number,))
    assert (packed.version, packed.variant) == (8, "specified in RFC 4122")
    assert single("integer").unpack(packed) == (number,)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.one_of(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=16), st.uuids().map(str)))
def test_any_text_comes_back_or_is_refused(text: str):
    try:
        found = single("text").unpack(single("text").pack((text,)))
    except UnpackableKey:
        found = (text,) if len(text.encode()) > 15 or "\0" in text else None
    assert found == (text,)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(["integer", "text"]), st.lists(st.integers(-3, 300), min_size=2, max_size=2, unique=True))
def test_different_keys_have_different_uuids(form: Form, pair: list[int]):
    first, second = ((str(number) if form == "text" else number) for number in pair)
    assert single(form).pack((first,)) != single(form).pack((second,))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.sampled_from(["integer", "text", "uuid"]), FOREIGN)
def test_a_foreign_uuid_is_no_key_or_the_key_that_packs_to_it(form: Form, wire: UUID):
    found = single(form).unpack(wire)
    assert found is None or single(form).pack(found) == wire


@settings(max_examples=400, deadline=None, derandomize=True)
@given(packings(), FOREIGN)
def test_a_foreign_uuid_is_no_composite_key_or_the_one_that_packs_to_it(several: Packing, wire: UUID):
    found = several.unpack(wire)
    assert found is None or several.pack(found) == wire
