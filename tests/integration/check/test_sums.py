"""Rows that a sum loses, and statements that look for a check by half its key."""

from __future__ import annotations

from typing import Any

import pytest

SUM = "COALESCE((SELECT SUM({}) FROM pay p WHERE p.chk = k.id AND p.amount > 0), 0)"


@pytest.mark.parametrize(
    ("added", "lost"),
    [
        ("p.amount - p.tip", "SUM leaves 2 rows out whole, because what it adds of p.tip is NULL there"),
        ("p.amount - COALESCE(p.tip, 0)", ""),
        ("p.amount - CASE WHEN p.tip IS NULL THEN 0 ELSE p.tip END", ""),
        ("p.amount * p.tip", ""),
        ("p.amount", ""),
    ],
)
def test_rows_that_a_sum_loses_to_a_null_are_counted(small: Any, added: str, lost: str):
    small.sql(
        "ALTER TABLE pay ADD tip numeric(10,2);"
        "INSERT INTO pay (chk, amount, tip) VALUES (1, 5, 1), (3, 5, NULL), (5, 6, NULL), (7, -1, NULL), (9, NULL, NULL)"
    )
    planted = small.plant(('paid           = "k.paid"', f'paid           = "{SUM.format(added)}"'))
    found = planted.findings("null-undeclared")
    assert [(one.problem.key, one.problem.message) for one in found] == ([("bill.paid", lost)] if lost else [])


@pytest.mark.parametrize(
    ("where", "missing"),
    [("id = :session_id_1", ":session_id_2"), ("id = :session_id_1 AND room = :session_id_2", ""), ("id = 5", "")],
)
def test_a_step_that_finds_its_rows_by_half_a_key_is_told(small: Any, where: str, missing: str):
    planted = small.plant(
        ('id          = "k.id"', 'id          = ["k.id", "k.room"]'),
        ('where  = "id = :session_id"', f'where  = "{where}"'),
        ('chk = ":session_id"', 'chk = ":session_id_1"'),
    )
    found = planted.findings("key-partial")
    assert [one.problem.key for one in found] == (["record.step[1].where"] if missing else [])
    assert all(missing in one.problem.message for one in found)
