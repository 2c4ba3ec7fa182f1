"""What a mapping offers of the EPOS Data API follows from what it says, and from nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.domain.capabilities import EVENTS, NO_LEDGER, NOT_OFFERED, PAYING, READING, method_of, name_of
from adapter.mapping.capabilities import offered_by, served_by
from adapter.mapping.load import Mapping, load_mapping, load_mapping_text

MAPPINGS = Path(__file__).parents[3] / "mappings"


def mapping(name: str, *changes: tuple[str, str]) -> Mapping:
    text = (MAPPINGS / f"{name}.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return load_mapping_text(text)


@pytest.mark.parametrize(
    ("name", "without"),
    [
        ("floreant", ()),
        ("pasteque", ()),
        ("ospos", ("ListAreas",)),
        ("unicenta", PAYING),
    ],
)
def test_every_shipped_mapping_offers_what_its_till_can_hold(name: str, without: tuple[str, ...]):
    offered = offered_by(load_mapping(MAPPINGS / f"{name}.toml"))
    assert offered == tuple(each for each in (*READING, *PAYING) if each not in without)


def test_without_a_place_for_payments_nothing_is_locked_or_recorded():
    refusing = mapping("floreant", ("[columns.ticket]\n", "[capabilities]\nrecord_payment = false\n[columns.ticket]\n"))
    assert offered_by(refusing) == READING
    reasons = {one.name: one.reason for one in served_by(refusing) if not one.is_offered}
    assert {reasons[name] for name in PAYING} == {"the mapping says record_payment = false"}
    assert reasons.keys() == {*PAYING, *NOT_OFFERED}


def test_without_a_ledger_nobody_is_told_to_register_what_could_not_be_answered():
    assert not {*offered_by(mapping("floreant"), ledger=False)} & {*PAYING}
    assert {one.reason for one in served_by(mapping("floreant"), ledger=False) if one.name in PAYING} == {NO_LEDGER}


def test_what_is_refused_of_a_payment_is_said_with_what_to_do():
    limits = {name: served_by(load_mapping(MAPPINGS / f"{name}.toml")) for name in ("floreant", "pasteque", "ospos")}
    said = {name: [limit for one in found for limit in one.limits] for name, found in limits.items()}
    assert said["floreant"] == []
    assert "no split bills" in said["pasteque"][0]
    assert "switch tips off" in said["ospos"][0]


def test_what_a_mapping_says_is_not_told_as_missing():
    keys = {each.key for one in served_by(mapping("floreant")) for each in one.missing}
    assert {"session.status", "item.plu", "bill.tips", "lock"} <= keys
    said = mapping(
        "floreant",
        (
            'covers      = "k.number_of_guests"',
            'covers = "k.number_of_guests"\nstatus = "k.status"\nupdated_at = "k.active_date"',
        ),
        ('key             = "i.id"', 'key = "i.id"\nplu = "i.item_id"'),
    )
    left = {each.key for one in served_by(said) for each in one.missing}
    assert keys - left == {"session.status", "session.updated_at", "item.plu"}


def test_names_and_methods_of_the_protocol():
    assert [name_of(name) for name in ("GetOrderBill", "RecordOrderPayment", "ListAreas")] == [
        "GetOrderBillById",
        "RecordOrderPaymentById",
        "ListAreas",
    ]
    assert method_of("RecordOrderPaymentById") == "RecordOrderPaymentByIdV1"
    assert {method_of(name) for name in EVENTS} == {"HandleEventV1"}
