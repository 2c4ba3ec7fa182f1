"""A mapping that was refused is fitted anew at once, and less and less often where that helps nothing."""

from __future__ import annotations

import pytest

from adapter.store import refit
from adapter.store.refit import Refit


class Clock:
    """A clock that stands still until it is moved."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(refit, "time", made)
    return made


def due_in(one: Refit, clock: Clock) -> float:
    """Seconds until it is time; the clock stands there then."""
    begun = clock.now
    while not one.is_due:
        clock.now += 5
        assert clock.now - begun < 10_000
    one.begun()
    return clock.now - begun


def test_the_first_refusal_is_looked_into_at_once_and_what_does_not_fit_every_ten_seconds(clock: Clock):
    one = Refit()
    assert not one.is_due
    one.refused()
    assert due_in(one, clock) == 0
    for _ in range(3):
        one.failed()
        assert due_in(one, clock) == 10


def test_what_fits_and_is_refused_all_the_same_is_fitted_less_and_less_often(clock: Clock):
    one = Refit()
    waits = []
    for _ in range(8):
        one.refused()
        waits.append(due_in(one, clock))
        one.fitted()
        assert not one.is_due
    assert waits == [0, 10, 20, 40, 80, 160, 300, 300]


def test_a_refusal_long_after_a_fitting_that_helped_is_a_first_one_again(clock: Clock):
    one = Refit()
    for _ in range(6):
        one.refused()
        due_in(one, clock)
        one.fitted()
    clock.now += 3600
    one.refused()
    assert due_in(one, clock) == 0
    one.fitted()
    one.refused()
    assert due_in(one, clock) == 10


def test_what_is_refused_while_it_is_being_fitted_is_looked_into_once_more(clock: Clock):
    one = Refit()
    one.refused()
    assert due_in(one, clock) == 0
    one.refused()  # by tables that may have been altered after they were looked at
    one.fitted()
    assert due_in(one, clock) == 10
    one.fitted()
    clock.now += 3600
    assert not one.is_due
