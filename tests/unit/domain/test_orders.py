"""What stands in for the name of an order on a card machine."""

from __future__ import annotations

import pytest

from adapter.domain.orders import display_name


@pytest.mark.parametrize(
    ("table", "name", "expected"),
    [
        (None, "Check 12", "Check 12"),
        ("T7", "Check 12", "T7 Check 12"),
        ("Table 7", "Table 7 - Ann", "Table 7 - Ann"),
        ("TABLE 7", "Table 7", "Table 7"),
        ("1234567890", "1234567890123", "1234567890 1234567890123"),
        ("T1", "T12 to come", "T1 T12 to come"),
        # The table gives way, as its checks are told apart by the rest.
        ("Salon Élysée", "Check 5109 x", "Salon Élys… Check 5109 x"),
        ("The long room upstairs", "Check 5109", "The long roo… Check 5109"),
        ("Long room", "The birthday of Mary Ann", "Long room The birthday…"),
        (None, "A name that is far too long to be shown", "A name that is far too…"),
    ],
)
def test_a_table_and_a_name_are_told_within_24_letters(table: str | None, name: str, expected: str):
    assert display_name(table, name) == expected
    assert len(expected) <= 24
