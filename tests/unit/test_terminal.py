from __future__ import annotations

import click
import pytest

from adapter.config import Config
from adapter.terminal import explained

SECRET = "pass-word-of-the-database"


def test_a_bug_is_told_by_its_kind_and_place_and_never_by_its_message(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended, explained():
        Config.model_fields[f"postgresql://till:{SECRET}@till/db"]
    said = capsys.readouterr()
    assert ended.value.code == 70
    assert "internal error, KeyError" in said.err
    assert SECRET not in said.out + said.err


@pytest.mark.parametrize(
    "problem", [click.Abort(), click.UsageError("no"), click.exceptions.Exit(3), BrokenPipeError()]
)
def test_what_the_command_line_says_itself_is_left_to_it(problem: Exception):
    with pytest.raises(type(problem)), explained():
        raise problem
