"""The mistakes are mistakes, there are enough of them, and who must find one does."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.mutation.judge import Verdict, judged
from tests.mutation.report import found_of, pointed_of
from tests.mutation.stage import NAMES, Till, drop, till
from tests.mutation.work import KINDS, meaning_of, tasks


@pytest.fixture(scope="module")
def both(postgres_url: str) -> Iterator[list[Till]]:
    made = [till(postgres_url, name) for name in NAMES]
    yield made
    for one in made:
        drop(postgres_url, one)


@pytest.fixture(scope="module")
def floreant(both: list[Till]) -> Till:
    return next(one for one in both if one.sheet.name == "floreant")


def test_there_are_hundreds_of_mistakes_of_dozens_of_kinds(both: list[Till]):
    made = [task for one in both for task in tasks(one.sheet, 5)]
    assert len(made) >= 300
    assert len({task.kind for task in made}) >= 30
    assert all(meaning_of(kind.__name__) for kind in KINDS)


def test_every_mistake_changes_the_text_where_it_says_and_nowhere_else(both: list[Till]):
    for one in both:
        for task in tasks(one.sheet, 5):
            wrong, edit = one.sheet.apply(task.edit), task.edit
            assert wrong != one.sheet.text
            assert wrong[: edit.start] == one.sheet.text[: edit.start]
            assert wrong.endswith(one.sheet.text[edit.end :])


# One for each way of being found: by the loader, by the names in the database, by a test of the mapping.
@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("unknown_alias", "load"),
        ("misspelt_column", "check"),
        ("swapped_codes", "test"),
        ("wrong_basis", "test"),
        ("inverted_flag", "test"),
        ("other_value", "test"),
    ],
)
def test_a_mistake_is_found_and_its_key_named(kind: str, found: str, floreant: Till):
    task = next(task for task in tasks(floreant.sheet, 1) if task.kind == kind)
    verdict = asyncio.run(judged(floreant, task))
    assert (verdict.found, verdict.pointed) == (found, True), verdict


def test_nothing_is_found_where_nothing_is_wrong(floreant: Till):
    task = next(task for task in tasks(floreant.sheet, 1) if task.kind == "unknown_alias")
    kept = task.edit.__class__(
        path=task.edit.path,
        start=task.edit.start,
        end=task.edit.end,
        new=floreant.sheet.text[task.edit.start : task.edit.end],
        what="nothing",
    )
    unchanged = task.__class__(mapping=task.mapping, kind=task.kind, edit=kept)
    assert asyncio.run(judged(floreant, unchanged)).found == "nobody"


def test_the_parts_are_counted_of_what_was_made_and_of_what_was_found(floreant: Till):
    task = next(iter(tasks(floreant.sheet, 1)))
    verdicts = [
        Verdict(task=task, line=1, found=found, pointed=pointed)
        for found, pointed in (("load", True), ("test", False), ("nobody", False), ("check", True))
    ]
    assert Counter(one.found for one in verdicts)["nobody"] == 1
    assert found_of(verdicts) == 0.75
    assert pointed_of(verdicts) == pytest.approx(2 / 3)
