"""Which engines a mapping may serve, and what it may say for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlglot import exp

from adapter.app import load
from adapter.errors import AdapterError, InvalidFile, Problem
from adapter.mapping.engines import ENGINES, POSTGRESQL, Engine
from adapter.mapping.engines.mariadb import MARIADB, MYSQL
from adapter.mapping.engines.sqlite import SQLITE
from adapter.mapping.engines.sqlserver import SQLSERVER
from adapter.mapping.load import load_mapping_text
from adapter.store.engines import DatabaseSettings, connect, engine_of
from adapter.store.ledger import Ledger

MAPPING = (Path(__file__).parents[3] / "mappings" / "pasteque.toml").read_text(encoding="utf-8")


def problems(*edits: tuple[str, str]) -> list[Problem]:
    text = MAPPING
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(InvalidFile) as caught:
        load_mapping_text(text, "p.toml")
    return list(caught.value.problems)


def line_of(text: str, edited: str = MAPPING) -> int:
    return edited[: edited.index(text)].count("\n") + 1


def test_what_another_engine_does_not_have_is_refused_with_its_place_and_what_to_do():
    found = problems(('name   = "s.name"', 'name   = "LOWER(s.name)"'))
    assert {(each.key, each.line) for each in found} == {("session.name", line_of('name   = "s.name"'))}
    assert found[0].column == len('name   = "LOWER(') + 1
    assert "LOWER" in found[0].message
    assert "COALESCE" in found[0].hint


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('where  = "id = :session_id"', 'where  = "id ~ :session_id"', "record.step[9].where"),
        ('where  = "COALESCE(l.discountrate, 0) <> 0"', 'where  = "l.discountrate::int <> 0"', "discount[0].where"),
        ("ON f.id = p.floor", "ON f.id = p.floor || ''", "table.from"),
        ("FROM currencies c WHERE c.main", "FROM currencies c WHERE c.main IS TRUE", "record.step[5].find"),
    ],
)
def test_every_part_of_the_file_is_looked_at(old: str, new: str, key: str):
    assert {each.key for each in problems((old, new))} == {key}


def test_the_same_fragment_is_fine_where_only_its_own_engine_is_served():
    text = MAPPING.replace('name   = "s.name"', 'name   = "LOWER(s.name)"', 1)
    for engines in ('["postgresql"]', "[]"):
        load_mapping_text(text.replace('["postgresql", "mariadb", "mysql", "sqlite"]', engines, 1))


def test_only_what_is_written_for_postgresql_can_serve_others():
    found = problems(('sql     = "postgresql"', 'sql     = "mysql"'))
    assert any("only what is written for PostgreSQL" in each.message for each in found)


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("mariadb://a@b/c", True),
        ("mysql://a@b/c", True),
        ("sqlite:///till.db", True),
        ("postgresql://a@b/c", True),
        ("sqlserver://a@b/c", False),
    ],
)
def test_an_installation_may_use_the_engines_that_its_mapping_serves(tmp_path: Path, url: str, fits: bool):
    file = tmp_path / "config.toml"
    file.write_text(f'mapping = "pasteque"\n[database]\nurl = "{url}"\n', encoding="utf-8")
    if fits:
        load(file)
        return
    with pytest.raises(InvalidFile, match="sqlserver"):
        load(file)


@pytest.mark.parametrize(
    ("url", "engine"),
    [
        ("mariadb://a@b/c", MARIADB),
        ("mysql://a@b/c", MYSQL),
        ("sqlite:///c.db", SQLITE),
        ("postgresql://a@b/c", POSTGRESQL),
        ("sqlserver://a@b/c", SQLSERVER),
        ("mssql://a@b/c", SQLSERVER),
    ],
)
def test_an_address_names_its_engine(url: str, engine: Engine):
    assert engine_of(url) is engine


@pytest.mark.parametrize("url", ["oracle://a@b/c", "no address", ""])
def test_an_address_of_no_engine_is_refused(url: str):
    with pytest.raises(AdapterError):
        engine_of(url)


def test_a_driver_that_is_not_installed_is_told_with_what_installs_it(monkeypatch: pytest.MonkeyPatch):
    import sys

    monkeypatch.setitem(sys.modules, "aiomysql", None)
    monkeypatch.delitem(sys.modules, "adapter.store.drivers.mariadb", raising=False)
    with pytest.raises(AdapterError) as caught:
        connect(DatabaseSettings(url="mariadb://a@b/c"))
    assert "epos-adapter[mariadb]" in caught.value.hint


def test_values_stand_in_a_statement_as_each_driver_wants_them():
    text = POSTGRESQL.marked("SELECT ':%' WHERE a = :one AND b = :two AND c = :one")
    assert POSTGRESQL.driver(text) == ("SELECT ':%' WHERE a = $1 AND b = $2 AND c = $1", ("one", "two"))
    assert MARIADB.driver(text) == ("SELECT ':%%' WHERE a = %s AND b = %s AND c = %s", ("one", "two", "one"))
    assert SQLITE.driver(text) == ("SELECT ':%' WHERE a = ? AND b = ? AND c = ?", ("one", "two", "one"))
    assert SQLSERVER.driver(text) == SQLITE.driver(text)


@pytest.mark.parametrize("engine", ENGINES.values(), ids=lambda engine: engine.name)
def test_a_list_of_any_length_is_one_and_the_same_statement(engine: Engine):
    columns = [exp.column("a", table="k"), exp.column("b", table="k")]
    alone = engine.one_of(columns[:1], ["keys_0"], ["bigint"])
    both = engine.one_of(columns, ["keys_0", "keys_1"], ["bigint", "text"])
    one, two = (engine.driver(engine.text(exp.select("1").from_("t AS k").where(test))) for test in (alone, both))
    assert one[1] == ("keys_0",)
    assert two[1] in (("keys_0", "keys_1"), ("keys",))


@pytest.mark.parametrize("engine", ENGINES.values(), ids=lambda engine: engine.name)
def test_the_ledger_is_the_same_tables_on_every_engine(engine: Engine):
    made = "\n".join(Ledger("ours", engine).creation())
    for table in ("ledger", "session_lock", "recorded_payment", "released_lock"):
        assert engine.table("ours", table) in made
    assert made.count("recorded_payment_once") == 1
    assert "{" not in made
