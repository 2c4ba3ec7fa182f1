from __future__ import annotations

import pytest

from adapter.attempts import FORGET, FREE, MOST, WAIT, Attempts

HERE, ELSEWHERE = "10.0.0.9", "10.0.0.8"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attempts(clock: Clock) -> Attempts:
    return Attempts(clock)


def guess(attempts: Attempts, host: str = HERE, times: int = FREE) -> None:
    for _ in range(times):
        attempts.wrong(host)


def test_a_few_wrong_keys_cost_nothing(attempts: Attempts):
    guess(attempts, times=FREE - 1)
    assert attempts.must_wait(HERE) == 0


def test_too_many_wrong_keys_in_a_row_cost_a_minute_and_so_does_each_further_one(attempts: Attempts, clock: Clock):
    guess(attempts)
    assert attempts.must_wait(HERE) == WAIT
    clock.now += WAIT - 1
    assert attempts.must_wait(HERE) == 1
    clock.now += 1
    assert attempts.must_wait(HERE) == 0
    assert attempts.wrong(HERE) == FREE + 1
    assert attempts.must_wait(HERE) == WAIT


def test_nobody_waits_for_what_another_address_did(attempts: Attempts):
    guess(attempts)
    assert attempts.must_wait(ELSEWHERE) == 0


def test_the_right_key_forgives_all(attempts: Attempts):
    guess(attempts, times=FREE - 1)
    attempts.right(HERE)
    guess(attempts, times=FREE - 1)
    assert attempts.must_wait(HERE) == 0
    attempts.right("never heard of")


def test_attempts_that_are_long_ago_do_not_count(attempts: Attempts, clock: Clock):
    guess(attempts, times=FREE - 1)
    clock.now += FORGET + 1
    assert attempts.wrong(HERE) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.9", HERE, True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("10.0.0.9", "10.0.0.8", False),
        ("", "", True),
    ],
)
def test_what_one_line_has_counts_as_one_address(attempts: Attempts, one: str, other: str, same: bool):
    guess(attempts, one)
    assert (attempts.must_wait(other) > 0) is same


def test_however_many_guess_no_more_is_remembered(attempts: Attempts):
    guess(attempts)
    for number in range(3 * MOST):
        attempts.wrong(f"10.{number >> 8}.{number & 255}.1")
        attempts.must_wait(f"10.200.{number >> 8}.{number & 255}")
    assert len(attempts) == MOST
    assert attempts.must_wait(HERE) == 0  # forgotten: the price of a bound
