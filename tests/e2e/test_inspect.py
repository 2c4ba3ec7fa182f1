"""`epos-adapter inspect` as somebody types it: the table, the file, the exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result
from sqlalchemy.engine import make_url

from adapter.cli import main
from adapter.mapping.load import load_mapping


def inspect(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["inspect", *map(str, arguments)])


def test_it_shows_what_plays_which_part_and_what_to_do_next(restaurant: Callable[[str], str], tmp_path: Path):
    file = tmp_path / "draft.toml"
    done = inspect(restaurant("floreant"), "--out", file)
    assert done.exit_code == 0, done.output
    assert "checks     ticket" in done.output
    assert "15 of 17 bills: total_price" in done.output
    assert f"epos-adapter explain ListSessions --mapping {file}" in done.output
    assert load_mapping(file).file.sql == "postgresql"


def test_scripts_read_json(restaurant: Callable[[str], str], tmp_path: Path):
    file = tmp_path / "draft.toml"
    done = inspect(restaurant("pasteque"), "--out", file, "--json")
    found = json.loads(done.stdout)
    assert found["entities"]["session"]["table"] == "sharedtickets"
    assert found["entities"]["modifier"] is None
    assert (found["file"], found["problems"]) == (str(file), [])


def test_no_restaurant_is_said_plainly_and_writes_nothing(new_database: Callable[..., str], tmp_path: Path):
    file = tmp_path / "draft.toml"
    done = inspect(new_database(), "--out", file)
    assert done.exit_code == 1
    assert "There are no tables here." in done.stderr
    assert not file.exists()


def test_a_file_that_is_there_is_not_written_over(restaurant: Callable[[str], str], tmp_path: Path):
    file = tmp_path / "draft.toml"
    file.write_text("precious", encoding="utf-8")
    done = inspect(restaurant("pasteque"), "--out", file)
    assert done.exit_code == 2
    assert "--force" in done.stderr
    assert file.read_text(encoding="utf-8") == "precious"
    assert inspect(restaurant("pasteque"), "--out", file, "--force").exit_code == 0


def test_what_cannot_be_looked_at_is_said_with_what_to_do(tmp_path: Path):
    for url, said in (
        ("not an address", "cannot be read"),
        ("oracle://somewhere/x", "oracle cannot be looked at"),
        (f"sqlite:///{tmp_path}/none.db", "there is no database file"),
        ("postgresql://127.0.0.1:1/x", "the database cannot be read"),
    ):
        done = inspect(url, "--out", tmp_path / "draft.toml")
        assert done.exit_code == 1, done.output
        assert said in done.stderr


def test_a_schema_that_is_not_there_is_said_with_those_that_are(restaurant: Callable[[str], str], tmp_path: Path):
    done = inspect(restaurant("floreant"), "--schema", "nowhere", "--out", tmp_path / "draft.toml")
    assert done.exit_code == 1
    assert "there is no schema nowhere" in done.stderr
    assert "public" in done.stderr


def test_a_password_is_in_no_draft(restaurant: Callable[[str], str], tmp_path: Path):
    address = make_url(restaurant("pasteque"))
    if not address.password:
        address = address.set(password="hush-hush")
    file = tmp_path / "draft.toml"
    assert inspect(address.render_as_string(hide_password=False), "--out", file).exit_code == 0
    assert str(address.password) not in file.read_text(encoding="utf-8")
