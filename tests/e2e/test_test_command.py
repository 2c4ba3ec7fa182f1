"""`epos-adapter test`, as somebody who writes a mapping runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapter.cli import main

ROOT = Path(__file__).parent.parent.parent
MAPPING = (ROOT / "mappings" / "pasteque.toml").read_text(encoding="utf-8")


@pytest.fixture
def ask(restaurant: Callable[[str], str], tmp_path: Path) -> Callable[..., Result]:
    def ask_it(mapping: str, *options: str) -> Result:
        (tmp_path / "till.toml").write_text(mapping, encoding="utf-8")
        config = tmp_path / "config.toml"
        config.write_text(f'mapping = "till.toml"\n[database]\nurl = "{restaurant("pasteque")}"\n', encoding="utf-8")
        return CliRunner().invoke(main, ["test", "--config", str(config), *options])

    return ask_it


def test_tests_that_pass_are_listed_and_counted(ask: Callable[..., Result]):
    result = ask(MAPPING)
    assert result.exit_code == 0, result.output
    assert "pass  a check is settled in full or not at all\n" in result.output
    assert result.output.endswith(f"{MAPPING.count('[[test]]')} passed\n")


def test_a_test_that_fails_says_what_was_expected_and_where(ask: Callable[..., Result]):
    result = ask(MAPPING.replace('custcount"\ntable ', 'tariffarea_id"\ntable '))
    assert result.exit_code == 1
    assert "FAIL  a check on a table" in result.output
    assert "test[1].expect.session.numberOfCovers: expected 3" in result.output
    assert "1 failed" in result.output


def test_scripts_get_every_test_as_json(ask: Callable[..., Result]):
    result = ask(MAPPING.replace('custcount"\ntable ', 'tariffarea_id"\ntable '), "--json")
    assert result.exit_code == 1
    found = json.loads(result.output)
    assert {one["outcome"] for one in found} == {"passed", "failed"}
    (finding,) = next(one["findings"] for one in found if one["outcome"] == "failed")
    assert finding["key"] == "test[1].expect.session.numberOfCovers"
    assert "session.covers" in finding["hint"]


def test_a_test_that_does_not_fit_the_database_ends_it_with_every_problem(ask: Callable[..., Result]):
    result = ask(MAPPING.replace("nextticketid = 77", "nexticketid = 77"))
    assert result.exit_code == 2
    assert 'the table cashregisters has no column nexticketid; did you mean "nextticketid"?' in result.output


def test_a_mapping_without_tests_says_so(ask: Callable[..., Result]):
    result = ask(MAPPING[: MAPPING.index("[[test]]")])
    assert result.exit_code == 0
    assert "has no [[test]]" in result.output.replace("\n", " ")
