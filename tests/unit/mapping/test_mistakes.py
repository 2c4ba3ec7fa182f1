"""Mistakes that were once accepted, or told in words that help nobody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapter.config import load_config
from adapter.errors import InvalidFile, Problem
from adapter.mapping.load import load_mapping_text

PLAIN = re.findall(
    r"```toml\n(version.*?)```",
    (Path(__file__).parents[3] / "docs/mapping.md").read_text(encoding="utf-8"),
    re.DOTALL,
)[0]


def _problems(old: str, new: str, more: str = "") -> list[Problem]:
    assert old in PLAIN
    with pytest.raises(InvalidFile) as caught:
        load_mapping_text(PLAIN.replace(old, new) + more)
    return caught.value.problems


@pytest.mark.parametrize(
    "call",
    [
        "pg_sleep(1)",
        "pg_catalog.pg_sleep(1)",
        "set_config('x', 'y', false)",
        "nextval('s')",
        "setval('s', 1)",
        "pg_advisory_lock(1)",
        "pg_terminate_backend(1)",
        "pg_read_file('x')",
        "(SELECT MAX(x.total) FROM checks x WHERE pg_sleep(9) IS NULL)",
    ],
)
@pytest.mark.parametrize("key", ['total    = "k.total"', 'from       = "checks k"'])
def test_what_reads_may_not_call_what_does_more_than_compute(call: str, key: str):
    name = re.search(r"(\w+)\((?!SELECT|x)", call)
    assert name is not None
    new = f'total = "{call}"' if key.startswith("total") else f'from = "checks k JOIN checks o ON o.id = {call}"'
    (problem,) = _problems(key, new)
    assert "does more than compute a value" in problem.message


def test_a_step_that_writes_may_count_a_sequence_on_but_not_sleep():
    step = '\n[[record.step]]\ninsert = "pay"\nset = { id = "nextval(\'s\')", amount = ":amount" }\n'
    assert load_mapping_text(PLAIN + step).file.record is not None
    (problem,) = _problems("version = 1", "version = 1", step.replace("nextval('s')", "pg_sleep(1)"))
    assert "pg_sleep" in problem.message


@pytest.mark.parametrize(
    "codes",
    [
        "true = 'Y', false = 'Y'",
        "true = [1, 2], false = [0, '2']",
        "true = 1, false = true",
        "true = 'a ', false = 'a'",
    ],
)
def test_a_code_cannot_mean_both_yes_and_no(codes: str):
    (problem,) = _problems('finished   = "k.closed"', f"finished = {{ column = 'k.closed', {codes} }}")
    assert problem.key == "session.finished"
    assert "cannot mean both yes and no" in problem.message


def test_a_column_whose_codes_mean_both_is_told_where_it_is_declared():
    more = "\n[columns.checks]\nclosed = { as = 'flag', true = 'Y', false = 'Y' }\n"
    (problem,) = _problems("version = 1", "version = 1", more)
    assert problem.key == "columns.checks.closed"
    assert "cannot mean both yes and no" in problem.message


@pytest.mark.parametrize("said", ["map = {}", "missing = 'available'"])
def test_a_status_needs_the_codes_it_is_told_by(said: str):
    old = 'status     = { column = "t.state", map = { F = "available", O = "occupied" } }'
    (problem,) = _problems(old, f"status = {{ column = 't.state', {said} }}")
    assert (problem.key, problem.line) == ("table.status", 13)
    assert "map = {" in problem.message


def test_no_message_speaks_of_the_classes_inside():
    problems = _problems('quantity        = "i.quantity"', 'quantity = 5\ntax = "included"', "\n[money]\nform = 5\n")
    said = {problem.key: problem.message for problem in problems}
    assert set(said) == {"item.quantity", "item.tax", "money.form"}
    assert said["item.tax"] == "must be a table of settings, as { key = value } or in a section of its own"
    assert said["item.quantity"].startswith("must be SQL in quotes")
    assert not any("instance" in message or "dictionary" in message for message in said.values())


def test_what_is_in_scope_is_listed_once():
    select = 'select = "SELECT c.id AS id, c.id AS name, c.at AS created_at FROM checks c"'
    old = PLAIN[PLAIN.index('from       = "checks k"') : PLAIN.index("[bill]")]
    problems = _problems(old, f"{select}\n\n", "")
    hint = next(problem.hint for problem in problems if problem.key == "bill.total")
    assert hint == "in scope: bill, session"


@pytest.mark.parametrize(("site", "line"), [("", 0), ("[site]\ntimezone = 'Europe/Rome'\n", 3)])
def test_a_constant_that_an_installation_must_set_is_told_with_the_mapping_that_asks_for_it(
    tmp_path: Path, site: str, line: int
):
    mapping = PLAIN.replace(
        "[site]\n", "[site]\nterminal = { type = 'integer', required = true, help = 'its number' }\n"
    )
    (tmp_path / "plain.toml").write_text(mapping, encoding="utf-8")
    config = tmp_path / "config.toml"
    config.write_text(f"mapping = 'plain.toml'\ndatabase = {{ url = 'postgresql://x/y' }}\n{site}", encoding="utf-8")
    with pytest.raises(InvalidFile) as caught:
        load_config(config)
    (problem,) = caught.value.problems
    assert (problem.key, problem.line, problem.message) == ("site.terminal", line, "is missing")
    assert re.search(r"plain\.toml:6 asks for it: its number$", problem.hint)


ALL_AT_ONCE = """
epos    = "Plain EPOS"
versoin = 1
sql     = "postgresql"

[table]
from   = "dining_table t"
name   = "x.label"
status = { column = "t.state", map = { F = "available" } }

[session]
from       = "checks k"
id         = "k.id"
name       = "q.number"
created_at = "k.opened_at"
payable    = "bill.nothing > 0"

[item]
from            = "JOIN check_lines i ON i.check_id = k.id"
id              = "i.product_id"
name            = "i.description"
amount_per_item = "z.price"

[site]
timezone = { default = "Europe/London" }

[lock]
free = "y.locked IS NULL"

[[record.step]]
insert = "pay"
set    = { amount = ":amuont" }
"""


def test_no_mistake_hides_another_however_different_they_are():
    """A section and keys that are missing, a key that there is not, aliases, and a field that nobody has."""
    with pytest.raises(InvalidFile) as caught:
        load_mapping_text(ALL_AT_ONCE, "plain.toml")
    said = {problem.key: problem.message.split(";")[0] for problem in caught.value.problems}
    assert {key: message[:22] for key, message in said.items()} == {
        "versoin": "there is no such setti",
        "bill": "is missing",
        "table.name": "x.label: nothing here ",
        "table.max_covers": "is missing",
        "session.name": "q.number: nothing here",
        "item.amount_per_item": "z.price: nothing here ",
        "lock.ours": "is missing",
        "lock.set": "is missing",
        "lock.clear": "is missing",
        "lock.free": "y.locked: nothing here",
        "record.step[0].set.amount": "unknown parameter :amu",
    }, said
