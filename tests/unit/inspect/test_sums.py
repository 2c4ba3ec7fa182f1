"""The arithmetic of totals is found by trying it, exactly."""

from __future__ import annotations

from decimal import Decimal

from adapter.inspect.sums import Term, explain

PENNY = Decimal("0.01")


def term(name: str, *amounts: str | None, **more: object) -> Term:
    return Term(
        name=name,
        says=more.pop("says", f"+ {name}"),  # type: ignore[arg-type]
        amounts=tuple(None if one is None else Decimal(one) for one in amounts),
        **more,  # type: ignore[arg-type]
    )


def test_the_sum_that_explains_every_bill_is_found_among_others():
    total = term("total", "11.00", "22.50", "5.00", says="total")
    gross = term("units", "10.00", "20.00", "5.00", says="sum(price x quantity)")
    cost = term("units", "3.00", "7.00", "1.00", says="sum(cost x quantity)")
    service = term("service", "1.00", "2.50", "0.00")
    tip = term("tip", "0.00", "4.00", "1.00")
    found = explain([total], [cost, gross], [[service, tip], [service, tip]], unit=PENNY)
    assert found is not None
    assert (found.nearly, found.of) == (3, 3)
    assert found.says == "total = sum(price x quantity) + service"


def test_a_term_that_explains_no_further_bill_is_left_out():
    total, lines = term("total", "10.00", "20.00"), term("units", "10.00", "20.00")
    found = explain([total], [lines], [[term("service", "0.00", "0.00")]], unit=PENNY)
    assert found is not None
    assert not found.terms


def test_bills_that_nothing_explains_are_named():
    found = explain([term("total", "10.00", "99.00")], [term("units", "10.00", "20.00")], [[]], unit=PENNY)
    assert found is not None
    assert (found.nearly, found.of, found.differing) == (1, 2, (1,))


def test_a_difference_of_a_penny_is_near_and_not_exact():
    found = explain([term("total", "10.01", "20.00")], [term("units", "10.00", "20.00")], [[]], unit=PENNY)
    assert found is not None
    assert (found.explained, found.nearly) == (1, 2)


def test_a_rate_multiplies_what_stands_before_it():
    lines, total = term("units", "10.00", "20.00"), term("total", "9.50", "18.50")
    rate = term("discount by fraction", "0.9", "0.9", form="factor", group="discount")
    service = term("service", "0.50", "0.50", late=True)
    found = explain([total], [lines], [[service, rate]], unit=PENNY)
    assert found is not None
    assert (found.nearly, {one.name for one in found.terms}) == (2, {"service", "discount by fraction"})


def test_the_price_of_one_is_preferred_to_that_of_the_line():
    total = term("total", "10.00", "20.00")
    per_line, per_unit = term("lines", "10.00", "20.00"), term("units", "10.00", "20.00")
    found = explain([total], [per_line, per_unit], [[], []], unit=PENNY)
    assert found is not None
    assert found.base is per_unit


def test_without_a_total_or_a_line_nothing_is_explained():
    assert explain([term("total", None)], [term("units", "1.00")], [[]], unit=PENNY) is None
    assert explain([], [term("units", "1.00")], [[]], unit=PENNY) is None
