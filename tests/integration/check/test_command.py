"""The command as somebody types it: what it prints, for people and for scripts, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from adapter.cli import main

Run = Callable[..., Result]


@pytest.fixture
def run(small: Any, tmp_path: Path) -> Run:
    """Runs `check` on the small restaurant with a mapping of this text."""

    def check(*arguments: str, text: str | None = None, url: str | None = None) -> Result:
        (tmp_path / "plain.toml").write_text(small.text if text is None else text, encoding="utf-8")
        config = tmp_path / "config.toml"
        config.write_text(f'mapping = "plain.toml"\n[database]\nurl = "{url or small.url}"\n', encoding="utf-8")
        return CliRunner().invoke(main, ["check", "--config", str(config), *arguments])

    return check


def test_without_an_error_it_ends_well_and_says_what_was_read(run: Run):
    done = run()
    assert done.exit_code == 0, done.output
    capabilities, _, summary = done.output.rstrip("\n").rpartition("\n\n")
    assert summary == "0 errors, 0 warnings, 0 notes; 40 sessions read of Seven tables; nothing is wrong"
    served = [line.split(None, 1) for line in capabilities.splitlines() if line.startswith(("served", "no "))]
    assert served[0] == ["served", "SearchOrders, GetOrderById"]
    assert ["no", "ListAreas"] in served
    assert "            item.plu              not said: item.id" in capabilities


def test_findings_come_by_section_with_errors_first_and_what_to_run_unbroken(run: Run, small: Any):
    small.sql("DROP INDEX line_chk")
    small.sql("UPDATE room SET state = 'X' WHERE id > 10")
    small.sql("UPDATE chk SET opened = now() + interval '2 days' WHERE id = 1")
    done = run()
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert [line for line in lines if line.startswith("[")] == ["[table]", "[session]", "[item]"]
    assert "            CREATE INDEX CONCURRENTLY ON line (chk);" in lines
    (error,) = [line for line in lines if line.startswith("error")]
    assert f"plain.toml:{small.line('t.state')}: table.status.map:" in done.output.replace("\n          ", " ")
    assert error
    assert lines[-1] == "1 error, 3 warnings, 1 note; 40 sessions read of Seven tables"


def test_scripts_read_the_shape_that_the_page_promises(run: Run, small: Any):
    small.sql("DROP INDEX line_chk")
    done = run("--json", "--rehearse", "1")
    found = json.loads(done.output)
    page = (Path(__file__).parents[3] / "docs" / "check.md").read_text(encoding="utf-8")
    promised = json.loads(page.split("```json\n")[1].split("```")[0])
    assert found.keys() == promised.keys()
    assert found["findings"][0].keys() == promised["findings"][0].keys()
    assert found["counts"] == {"error": 0, "warning": 1, "note": 0}
    for name in found["rehearsals"][0].keys() | found["rehearsals"][0]["rows"][0].keys():
        assert f"`{name}`" in page, name


def test_a_mapping_that_cannot_be_read_ends_with_2_for_scripts_too(run: Run):
    assert run(text="version = 2").exit_code == 2
    done = run("--json", text="version = 2")
    assert done.exit_code == 2
    assert json.loads(done.output)["counts"]["error"] > 0


def test_a_database_that_is_not_there_ends_with_1(run: Run):
    done = run(url="postgresql://nobody@127.0.0.1:1/nothing")
    assert done.exit_code == 1
    assert "the database cannot be reached" in done.output


def test_a_rehearsal_is_printed_row_by_row(run: Run):
    done = run("--rehearse", "1")
    assert done.exit_code == 0, done.output
    assert "rehearsal: 25.00 GBP on 1" in done.output
    assert "    ~ id = 1: paid 0.00 -> 25.00" in done.output
    assert "bill after    total 25.00 GBP, paid 25.00 GBP, due 0.00 GBP" in done.output
    assert "all of it was undone" in done.output
    assert "pay_id_seq" in done.output


def test_a_session_that_is_none_is_said_in_words(run: Run):
    done = run("--rehearse", "99")
    assert done.exit_code == 1
    assert "99 is no session" in done.output


@pytest.mark.parametrize("sample", ["0", "many"])
def test_a_sample_that_is_no_number_of_sessions_is_refused(run: Run, sample: str):
    assert run("--sample", sample).exit_code == 2
