from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapter.domain.values import TableStatus
from adapter.mapping import readings
from adapter.mapping.field_schema import (
    FlagField,
    MoneyField,
    QuantityField,
    StatusField,
    TextField,
    TimeField,
    WholeField,
)
from adapter.mapping.readings import Unreadable

LONDON = ZoneInfo("Europe/London")
SECRET = "s3cret"


def flag(**said: Any) -> readings.Reading:
    return readings.flag(FlagField.model_validate({"sql": "k.x", **said}))


def whole(**said: Any) -> readings.Reading:
    return readings.whole(WholeField.model_validate({"sql": "k.x", **said}))


def text(**said: Any) -> readings.Reading:
    return readings.text(TextField.model_validate({"sql": "k.x", **said}))


def money(form: str = "major", digits: int = 2, **said: Any) -> readings.Reading:
    return readings.money(MoneyField.model_validate({"sql": "k.x", **said}), form, digits)


def quantity(**said: Any) -> readings.Reading:
    return readings.quantity(QuantityField.model_validate({"sql": "k.x", **said}))


def status(**said: Any) -> readings.Reading:
    return readings.status(StatusField.model_validate({"sql": "k.x", **said}))


def time(form: str = "local", zone: ZoneInfo = LONDON, **said: Any) -> readings.Reading:
    return readings.time(TimeField.model_validate({"sql": "k.x", **said}), form=form, zone=zone)


@pytest.mark.parametrize(
    ("said", "value", "found"),
    [
        ({}, True, True),
        ({}, False, False),
        ({}, 1, True),
        ({}, 0, False),
        ({}, b"\x01", True),
        ({}, b"\x00", False),
        ({}, "1", True),
        ({}, " 0 ", False),
        ({}, Decimal("1.00"), True),
        ({}, Decimal("0.00"), False),
        ({}, 1.0, True),
        ({}, "true", True),
        ({}, "false", False),
        ({}, None, False),
        ({"missing": True}, None, True),
        ({"missing": False}, None, False),
        ({"true": "Y", "false": "N"}, "Y", True),
        ({"true": "Y", "false": "N"}, "N ", False),
        ({"true": "Y", "false": "N"}, b"Y", True),
        ({"true": "T"}, "T", True),
        ({"true": "T"}, "F", False),
        ({"true": "T"}, "", False),
        ({"false": "F"}, "T", True),
        ({"false": "F"}, "F", False),
        ({"true": ["A", "B"], "false": ["C", "D"]}, "B", True),
        ({"true": ["A", "B"], "false": ["C", "D"]}, "D", False),
        ({"true": 0, "false": 1}, 0, True),
        ({"true": 0, "false": 1}, 1, False),
        ({"true": 0, "false": 1}, b"\x00", True),
        ({"true": 0, "false": 1}, Decimal("1.0"), False),
        ({"true": False, "false": True}, False, True),
        ({"true": False, "false": True}, True, False),
        ({"true": 2, "false": [0, 1]}, 2, True),
        ({"true": -1, "false": 0}, -1, True),
        ({"true": "Y", "false": "N", "missing": True}, None, True),
    ],
)
def test_a_flag_is_understood_in_every_form(said: dict[str, Any], value: Any, found: bool):
    assert flag(**said)(value) is found


@pytest.mark.parametrize(
    ("said", "value", "found"),
    [
        ({"true": 1, "false": 0}, True, True),
        ({"true": 1, "false": 0}, False, False),
        ({"true": 0, "false": 1}, True, False),
        ({"true": True, "false": False}, 1, True),
        ({"true": True, "false": False}, b"\x00", False),
        ({"true": "1", "false": "0"}, b"\x01", True),
    ],
)
def test_one_and_true_are_one_code_whatever_the_driver_gives(said: dict[str, Any], value: Any, found: bool):
    assert flag(**said)(value) is found


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ({}, 2),
        ({}, -1),
        ({}, "Y"),
        ({}, ""),
        ({}, SECRET),
        ({}, b"\x02"),
        ({}, b"\xff"),
        ({}, 0.5),
        ({"true": "Y", "false": "N"}, SECRET),
        ({"true": "Y", "false": "N"}, "y"),
        ({"true": "Y", "false": "N"}, True),
    ],
)
def test_what_is_neither_yes_nor_no_is_refused(said: dict[str, Any], value: Any):
    with pytest.raises(Unreadable) as caught:
        flag(**said)(value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (4, 4),
        (-4, -4),
        (0, 0),
        (4.0, 4),
        (Decimal("4.00"), 4),
        (Decimal("4E+2"), 400),
        ("4", 4),
        (" 4 ", 4),
        ("4.0", 4),
        (b"4", 4),
        (None, None),
        ("", None),
        ("four", None),
        (2**70, 2**70),
    ],
)
def test_a_whole_number_is_read(value: Any, found: int | None):
    assert whole()(value) == found


@pytest.mark.parametrize("value", [None, "", "none", "?"])
def test_what_stands_in_for_a_whole_number_is_used(value: Any):
    assert whole(missing=2)(value) == 2


@pytest.mark.parametrize("value", [4.5, Decimal("0.1"), "4.5"])
def test_a_fraction_is_no_whole_number(value: Any):
    with pytest.raises(Unreadable, match="is no whole number"):
        whole()(value)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), float("-inf"), Decimal("NaN"), Decimal("Infinity"), "NaN", "inf", "-Infinity", "sNaN"],
)
def test_a_number_that_is_none_never_breaks_the_reading_of_whole_numbers(value: Any):
    try:
        found = whole(missing=3)(value)
    except Unreadable:
        found = 3
    assert found == 3


@pytest.mark.parametrize("value", ["1e9999", Decimal("1e9999")])
def test_a_number_with_an_endless_exponent_is_refused_before_it_is_written_out(value: Any):
    try:
        is_none = whole()(value) is None
    except Unreadable:
        is_none = True
    assert is_none


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("  Anna ", "Anna"),
        ("", None),
        (" \t\n", None),
        (None, None),
        (b"caf\xc3\xa9", "café"),
        (7, "7"),
        (7.0, "7"),
        (Decimal("7.00"), "7"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.50"), "0.5"),
        (Decimal(123456789012345678901234567890), "123456789012345678901234567890"),
        (date(2024, 5, 1), "2024-05-01"),
    ],
)
def test_a_text_is_trimmed_and_of_any_type(value: Any, found: str | None):
    assert text()(value) == found


@pytest.mark.parametrize("value", [None, "", "  ", b" "])
def test_what_stands_in_for_a_text_is_used(value: Any):
    assert text(missing="Item")(value) == "Item"


def test_a_zero_is_a_text_of_its_own():
    assert text(missing="x")(0) == "0"


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(Unreadable, match="is no UTF-8 text"):
        text()(b"\xff\xfe")


@pytest.mark.parametrize(
    ("said", "value", "found"),
    [
        ({}, 34.225, "34.225"),
        ({}, 21.999999999912, "22"),
        ({}, 37.640000000000001, "37.64"),
        ({}, 34.22499999999999, "34.225"),
        ({}, 0.1 + 0.2, "0.3"),
        ({}, -5.5, "-5.5"),
        ({}, Decimal("12.3450"), "12.345"),
        ({}, 12, "12"),
        ({}, "12.50", "12.5"),
        ({}, " 12.50 ", "12.5"),
        ({"decimal": ","}, "12,50", "12.5"),
        ({"decimal": ","}, "-0,05", "-0.05"),
        ({"decimal": ","}, "12", "12"),
        ({"decimal": ","}, Decimal("12.5"), "12.5"),
        ({"form": "minor"}, 1250, "12.5"),
        ({"form": "minor"}, "1250", "12.5"),
        ({"form": "minor"}, Decimal(-5), "-0.05"),
        ({"form": "minor", "digits": 0}, 1250, "1250"),
        ({"form": "minor", "digits": 3}, 1250, "1.25"),
        ({"digits": 0}, 1250, "1250"),
        ({"missing": 0}, None, "0"),
        ({"missing": 1.5}, None, "1.5"),
        ({"missing": 150, "form": "minor"}, None, "1.5"),
        ({}, 0.0, "0"),
        ({}, 1e15, "1000000000000000"),
    ],
)
def test_an_amount_is_read_exactly(said: dict[str, Any], value: Any, found: str):
    assert money(**said)(value) == Decimal(found)


def test_an_amount_that_is_null_is_none():
    assert money()(None) is None


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        float("-inf"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("-Infinity"),
        "NaN",
        "Infinity",
        SECRET,
        "1,234.56",
        "12,50",
        "£5",
        True,
        False,
        b"12",
        datetime(2024, 5, 1),  # noqa: DTZ001
        [SECRET],
        {SECRET: 1},
        object(),
        1e30,
        1e300,
        "1e9999",
    ],
)
def test_what_is_no_amount_is_refused_without_its_value(value: Any):
    with pytest.raises(Unreadable) as caught:
        money()(value)
    assert SECRET not in str(caught.value)
    assert "1,234" not in str(caught.value)


@pytest.mark.parametrize("value", ["1.234,50", "1.234", "1 234,50"])
def test_a_point_in_an_amount_with_a_decimal_comma_is_not_taken_for_one(value: str):
    with pytest.raises(Unreadable):
        money(decimal=",")(value)


def test_an_amount_is_read_the_same_every_time():
    read = money()
    assert [read(value) for value in (1, 1.0, Decimal("1.00"), "1", 1)] == [Decimal(1)] * 5
    with pytest.raises(Unreadable):
        read(True)
    assert read(1) == 1


def test_a_reading_remembers_no_more_than_it_may():
    read = money()
    assert [read(number) for number in range(10_000)] == list(range(10_000))


def test_a_quantity_is_read_exactly():
    assert quantity()(0.35) == Decimal("0.35")
    assert quantity()(Decimal("3.000")) == 3
    assert quantity(missing=1)(None) == 1


@pytest.mark.parametrize("value", [None, float("nan"), "two", True, [1]])
def test_what_is_no_quantity_is_refused(value: Any):
    with pytest.raises(Unreadable):
        quantity()(value)


@pytest.mark.parametrize(
    ("naive", "earlier", "later"),
    [
        ("2024-01-15 12:00", "2024-01-15 12:00", "2024-01-15 12:00"),
        ("2024-07-15 12:00", "2024-07-15 11:00", "2024-07-15 11:00"),
        ("2024-10-27 00:59", "2024-10-26 23:59", "2024-10-26 23:59"),
        ("2024-10-27 01:00", "2024-10-27 00:00", "2024-10-27 01:00"),
        ("2024-10-27 01:30", "2024-10-27 00:30", "2024-10-27 01:30"),
        ("2024-10-27 02:00", "2024-10-27 02:00", "2024-10-27 02:00"),
        ("2024-03-31 00:59", "2024-03-31 00:59", "2024-03-31 00:59"),
        ("2024-03-31 02:00", "2024-03-31 01:00", "2024-03-31 01:00"),
    ],
)
def test_a_local_time_is_that_of_the_restaurant(naive: str, earlier: str, later: str):
    for value in (naive, datetime.fromisoformat(naive), datetime.fromisoformat(naive).replace(fold=1)):
        assert time()(value) == datetime.fromisoformat(earlier + "+00:00")
        assert time(ambiguous="later")(value) == datetime.fromisoformat(later + "+00:00")


def test_an_hour_that_does_not_exist_moves_forward():
    assert time()("2024-03-31 01:30") == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)


def test_a_time_is_always_in_utc():
    for value in ("2024-07-15 12:00", datetime(2024, 7, 15, 12, tzinfo=timezone(timedelta(hours=5)))):
        assert time()(value).tzinfo is UTC


@pytest.mark.parametrize(
    ("form", "value", "found"),
    [
        ("utc", "2024-07-15 12:00:00", "2024-07-15T12:00:00+00:00"),
        ("utc", "2024-07-15T12:00:00Z", "2024-07-15T12:00:00+00:00"),
        ("local", "2024-07-15T12:00:00+02:00", "2024-07-15T10:00:00+00:00"),
        ("local", " 2024-07-15 12:00:00.123456 ", "2024-07-15T11:00:00.123456+00:00"),
        ("local", "2024-07-15", "2024-07-14T23:00:00+00:00"),
        ("epoch", 0, "1970-01-01T00:00:00+00:00"),
        ("epoch", 1721044800, "2024-07-15T12:00:00+00:00"),
        ("epoch", "1721044800", "2024-07-15T12:00:00+00:00"),
        ("epoch", Decimal("1721044800.5"), "2024-07-15T12:00:00.500000+00:00"),
        ("epoch", -1, "1969-12-31T23:59:59+00:00"),
        ("epoch_ms", 1721044800123, "2024-07-15T12:00:00.123000+00:00"),
        ("%d/%m/%Y %H:%M", "15/07/2024 12:00", "2024-07-15T11:00:00+00:00"),
        ("%d/%m/%Y %H:%M", " 15/07/2024 12:00 ", "2024-07-15T11:00:00+00:00"),
        ("%Y%m%d%H%M%S%z", "20240715120000+0200", "2024-07-15T10:00:00+00:00"),
        ("%Y%m%d", datetime(2024, 7, 15, 12, tzinfo=UTC), "2024-07-15T12:00:00+00:00"),
    ],
)
def test_a_time_is_understood_in_every_form(form: str, value: Any, found: str):
    assert time(form)(value) == datetime.fromisoformat(found)


def test_a_time_that_is_null_is_none_or_now():
    assert time()(None) is None
    before = datetime.now(UTC)
    assert before <= time(missing="now")(None) <= datetime.now(UTC)


def test_now_is_not_remembered():
    read = time(missing="now")
    assert read(None) < read(None) + timedelta(microseconds=1)
    assert read("2024-07-15 12:00") == read("2024-07-15 12:00")


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("local", SECRET),
        ("local", 5),
        ("local", b"2024-07-15"),
        ("local", True),
        ("local", [SECRET]),
        ("local", "0000-00-00 00:00:00"),
        ("local", "0001-01-01 00:00:00+14:00"),
        ("local", datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))),
        ("utc", "yesterday"),
        ("epoch", SECRET),
        ("epoch", True),
        ("epoch", 10**15),
        ("epoch", 1e30),
        ("epoch", "1e9999"),
        ("epoch", float("nan")),
        ("epoch", datetime(2024, 7, 15, tzinfo=UTC)),
        ("epoch_ms", 10**18),
        ("%d/%m/%Y", "2024-07-15"),
        ("%d/%m/%Y", SECRET),
    ],
)
def test_what_is_no_time_is_refused_without_its_value(form: str, value: Any):
    with pytest.raises(Unreadable) as caught:
        time(form)(value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("blank", [None, "", "   "])
@pytest.mark.parametrize("form", ["local", "epoch", "%d.%m.%Y %H:%M"])
def test_a_blank_text_is_no_time(form: str, blank: str | None):
    assert time(form)(blank) is None
    assert isinstance(time(form, missing="now")(blank), datetime)


@pytest.mark.parametrize(
    ("form", "sorted_"),
    [
        ("local", True),
        ("epoch_ms", True),
        ("%Y-%m-%dT%H:%M:%S", True),
        ("%Y%m%d", True),
        ("%d.%m.%Y %H:%M", False),
        ("%Y-%d-%m", False),
        ("%H:%M %Y-%m-%d", False),
    ],
)
def test_only_texts_that_begin_with_the_year_sort_as_their_moments_do(form: str, sorted_: bool):
    assert readings.sorts(form) is sorted_


@pytest.mark.parametrize("form", ["local", "utc", "epoch", "epoch_ms", "%Y-%m-%d %H:%M:%S"])
def test_a_moment_is_stored_as_it_is_read(form: str):
    moment = datetime(2024, 7, 15, 12, 30, 5, tzinfo=UTC)
    stored = readings.stored_form(moment, form=form, zone=LONDON, aware=False)
    assert time(form)(stored) == moment


def test_a_column_that_knows_its_zone_is_compared_with_the_moment_itself():
    moment = datetime(2024, 7, 15, 12, 30, tzinfo=UTC)
    assert readings.stored_form(moment, form="local", zone=LONDON, aware=True) is moment


MAP = {"1": "occupied", "5": "available", "9": "hidden"}


@pytest.mark.parametrize(
    ("said", "value", "there", "found"),
    [
        ({"map": MAP}, 1, True, TableStatus.OCCUPIED),
        ({"map": MAP}, "1", True, TableStatus.OCCUPIED),
        ({"map": MAP}, " 5 ", True, TableStatus.AVAILABLE),
        ({"map": MAP}, Decimal("5.0"), True, TableStatus.AVAILABLE),
        ({"map": MAP}, b"\x01", True, TableStatus.OCCUPIED),
        ({"map": MAP}, 9, True, None),
        ({"map": MAP, "missing": "available"}, None, False, TableStatus.AVAILABLE),
        ({"map": MAP, "missing": "available"}, None, True, TableStatus.AVAILABLE),
        ({"map": MAP, "missing": "available", "null": "not_in_use"}, None, True, TableStatus.NOT_IN_USE),
        ({"map": MAP, "missing": "available", "null": "not_in_use"}, None, False, TableStatus.AVAILABLE),
        ({"map": MAP, "missing": "hidden"}, None, False, None),
        ({"map": MAP, "default": "pending_available"}, 77, True, TableStatus.PENDING_AVAILABLE),
        ({"map": MAP, "default": "hidden"}, 77, True, None),
        ({"map": {"true": "occupied", "false": "available"}}, True, True, TableStatus.OCCUPIED),
        ({"map": {"true": "occupied", "false": "available"}}, False, True, TableStatus.AVAILABLE),
    ],
)
def test_a_status_is_what_the_map_says(said: dict[str, Any], value: Any, there: bool, found: TableStatus | None):
    assert status(**said)((value, there)) is found


@pytest.mark.parametrize(
    ("said", "value", "there"),
    [
        ({"map": MAP}, None, True),
        ({"map": MAP}, None, False),
        ({"map": MAP, "null": "available"}, None, False),
        ({"map": MAP, "missing": "available"}, SECRET, True),
        ({"map": MAP}, 2, True),
    ],
)
def test_a_status_that_the_map_does_not_hold_is_refused(said: dict[str, Any], value: Any, there: bool):
    with pytest.raises(Unreadable) as caught:
        status(**said)((value, there))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("form", ["%d %d", "%Q", "%", "%Y-%m-%d %"])
def test_a_pattern_that_can_read_no_time_is_refused_when_it_is_declared(form: str):
    with pytest.raises(ValueError, match="pattern"):
        TimeField.model_validate({"sql": "k.x", "form": form})


@pytest.mark.parametrize("blank", ["", "  ", "\t"])
def test_a_blank_text_where_a_number_is_meant_is_what_null_is(blank: str):
    said = MoneyField.model_validate({"sql": "k.x", "missing": 7})
    assert readings.money(said, "major", 2)(blank) == readings.money(said, "major", 2)(None) == 7
    assert readings.money(MoneyField.model_validate({"sql": "k.x"}), "major", 2)(blank) is None
    assert readings.quantity(QuantityField.model_validate({"sql": "k.x", "missing": 2}))(blank) == 2
    with pytest.raises(Unreadable):
        readings.quantity(QuantityField.model_validate({"sql": "k.x"}))(blank)
