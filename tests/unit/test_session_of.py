"""Which session somebody means who types a key or an id: to preview, to unlock, to rehearse."""

from __future__ import annotations

from uuid import UUID

import pytest

from adapter.errors import AdapterError
from adapter.mapping.keys import Packing, Part
from adapter.upkeep import session_of

NUMBER = Packing(parts=(Part(form="integer", bits=32),))
TEXT = Packing(parts=(Part(form="text", bits=120),))
TWO = Packing(parts=(Part(form="integer", bits=32), Part(form="text", bits=64)))
IDS = Packing(parts=(Part(form="uuid", bits=128),))


@pytest.mark.parametrize(
    ("packing", "text", "key"),
    [(NUMBER, "5101", (5101,)), (TEXT, "T-7", ("T-7",)), (TWO, "20260110, A7", (20260110, "A7"))],
)
def test_a_session_is_meant_by_its_key(packing: Packing, text: str, key: tuple[object, ...]):
    assert session_of(text, packing) == packing.pack(key)


@pytest.mark.parametrize("packing", [NUMBER, TEXT, TWO, IDS])
def test_a_session_is_meant_by_its_id(packing: Packing):
    key = {NUMBER: (7,), TEXT: ("T-7",), TWO: (1, "A"), IDS: (UUID(int=7),)}[packing]
    assert session_of(str(packing.pack(key)), packing) == packing.pack(key)


@pytest.mark.parametrize("packing", [NUMBER, TWO, IDS])
def test_what_is_neither_is_refused_in_words(packing: Packing):
    with pytest.raises(AdapterError, match="nonsense is no session"):
        session_of("nonsense", packing)


def test_a_key_of_several_columns_is_asked_for_as_it_is_typed():
    with pytest.raises(AdapterError) as caught:
        session_of("20260110", TWO)
    assert "all 2 parts of it with commas between them" in (caught.value.hint or "")
