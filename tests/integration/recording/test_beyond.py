"""What the documentation promises of steps beyond the common: zones, patterns, and refusals that come only with COMMIT."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Small = Callable[..., Any]


@pytest.mark.parametrize(
    ("kind", "declared", "written"),
    [
        ("timestamp", '{ as = "time", form = "local", zone = "Asia/Tokyo" }', "2026-07-11 05:15:30"),
        ("varchar(20)", '{ as = "time", form = "%d/%m/%Y %H:%M" }', "10/07/2026 21:15"),
    ],
    ids=["zone", "pattern"],
)
def test_a_time_is_written_in_the_zone_or_pattern_of_its_column(small: Small, kind: str, declared: str, written: str):
    place = small(
        f"ALTER TABLE pay ADD at {kind}",
        f'[[record.step]]\ninsert = "pay"\nset = {{ at = ":attempted_at" }}\n[columns.pay]\nat = {declared}\n',
    )
    place.lock(1)
    place.pay(1, 100, attemptedAt="2026-07-10T20:15:30Z")
    assert place.sql("SELECT at::text FROM pay") == [(written,)]


def test_what_the_database_refuses_only_at_commit_is_said_to_be_not_recorded(small: Small):
    place = small()
    place.lock(1)
    place.sql(
        "CREATE TABLE other (id int PRIMARY KEY);"
        "ALTER TABLE pay ADD FOREIGN KEY (chk_id) REFERENCES other DEFERRABLE INITIALLY DEFERRED"
    )
    sent = place.payment(1, 1000)
    place.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=sent)
    place.sql("INSERT INTO other VALUES (1)")
    assert place.record(sent) == {}
