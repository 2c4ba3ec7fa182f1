"""`epos-adapter grants`: what it prints, and that other engines take it."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.engine import make_url

from adapter.cli import main

MAPPING = """
version = 1
epos    = "Two tables"
sql     = "{sql}"

[site]
timezone = {{ default = "Europe/London" }}
currency = {{ default = "GBP" }}

[table]
from       = "place t"
id         = "t.id"
name       = "t.label"
max_covers = "4"
status     = {{ sql = "EXISTS (SELECT 1 FROM chk c WHERE c.place_id = t.id)", map = {{ true = "occupied", false = "available" }} }}

[session]
from       = "chk k"
id         = "k.id"
name       = "k.label"
created_at = "k.opened"
table      = "k.place_id"

[bill]
total = "k.total"
paid  = "k.paid"

[item]
from            = "JOIN chk_line i ON i.chk_id = k.id"
id              = "i.id"
name            = "i.label"
amount_per_item = "i.price"

[[record.step]]
insert = "pay"
set = {{ chk_id = ":session_id", ref = ":payment_id", amount = ":amount" }}

[[record.step]]
update = "chk"
where  = "(id = :session_id)"
set    = {{ paid = ":paid_after" }}

[[record.step]]
delete = "queue"
where  = "(chk_id = :session_id)"
"""


def run(*arguments: str) -> Result:
    done = CliRunner().invoke(main, ["grants", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def mapping(tmp_path: Path) -> Callable[[str], str]:
    def write(sql: str) -> str:
        file = tmp_path / "small.toml"
        file.write_text(MAPPING.format(sql=sql), encoding="utf-8")
        return str(file)

    return write


def test_postgresql_gets_columns_schemas_and_what_holding_a_row_takes(mapping: Callable[[str], str]):
    done = run("--mapping", mapping("postgresql"), "--role", "till reader")
    assert done.exit_code == 0
    assert 'GRANT USAGE ON SCHEMA public TO "till reader";' in done.stdout
    assert 'GRANT SELECT (id, label, opened, paid, place_id, total) ON chk TO "till reader";' in done.stdout
    assert 'GRANT UPDATE (paid) ON chk TO "till reader";' in done.stdout
    assert 'GRANT DELETE ON queue TO "till reader";' in done.stdout
    assert 'GRANT INSERT (amount, chk_id, ref) ON pay TO "till reader";' in done.stdout
    assert "epos_adapter.session_lock" in done.stdout
    assert "Without a database" in done.stdout


def test_sql_server_has_columns_after_the_table_and_none_for_insert(mapping: Callable[[str], str]):
    done = run("--mapping", mapping("sqlserver"), "--role", "till")
    assert done.exit_code == 0
    assert "GRANT SELECT ON chk (id, label, opened, paid, place_id, total) TO till;" in done.stdout
    assert "GRANT UPDATE ON chk (paid) TO till;" in done.stdout
    assert "GRANT INSERT ON pay TO till;" in done.stdout
    assert done.stdout.count("GRANT INSERT ON pay ") == 1
    assert "SCHEMA" not in done.stdout


def test_sqlite_says_that_it_has_no_privileges(mapping: Callable[[str], str]):
    done = run("--mapping", mapping("sqlite"))
    assert done.exit_code == 0
    assert "SQLite has no privileges" in done.stdout
    assert "read and write the file" in done.stdout
    assert "GRANT" not in done.stdout


def test_an_engine_that_does_not_speak_the_mappings_sql_is_refused(mapping: Callable[[str], str]):
    done = run("--mapping", mapping("mysql"), "--engine", "postgresql")
    assert done.exit_code == 1
    assert "give --engine mariadb or mysql" in done.stderr


def test_mysql_asks_for_more_than_mariadb_to_hold_a_row(mapping: Callable[[str], str]):
    file = mapping("mysql")
    without = Path(file).read_text(encoding="utf-8").replace('update = "chk"', 'update = "place"')
    Path(file).write_text(without, encoding="utf-8")
    assert "GRANT UPDATE (id) ON chk" in run("--mapping", file, "--engine", "mysql").stdout
    assert "GRANT UPDATE (id) ON chk" not in run("--mapping", file, "--engine", "mariadb").stdout


def test_json_holds_the_same_statements(mapping: Callable[[str], str]):
    done = run("--mapping", mapping("postgresql"), "--json")
    found = json.loads(done.stdout)
    assert found["tables"]["chk"]["update"] == ["paid"]
    assert found["tables"]["chk"]["held"] is True
    assert found["tables"]["queue"]["delete"] == []
    assert "GRANT DELETE ON queue TO epos_adapter" in found["statements"]


def test_with_a_database_names_are_whole_and_optional_columns_are_those_that_are_there(
    restaurant: Callable[[str], str], tmp_path: Path
):
    config = tmp_path / "config.toml"
    config.write_text(f'mapping = "floreant"\n[database]\nurl = "{restaurant("floreant")}"\n', encoding="utf-8")
    before = run("--mapping", "floreant").stdout
    done = run("--config", str(config), "--role", "till")
    assert done.exit_code == 0, done.stderr
    assert "daily_folio" in before
    assert "daily_folio" not in done.stdout
    assert "GRANT USAGE ON SEQUENCE public.transactions_id_seq TO till;" in done.stdout
    assert "ON public.ticket TO till;" in done.stdout
    assert "-- numbers transactions.id" in done.stdout


def test_a_trigger_that_runs_with_the_roles_rights_is_pointed_out(own_restaurant: Callable[[str], str], tmp_path: Path):
    import psycopg

    url = own_restaurant("pasteque")
    with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)) as owner:
        owner.execute(
            "CREATE FUNCTION copy_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
            "CREATE TRIGGER copied AFTER INSERT ON payments FOR EACH ROW EXECUTE FUNCTION copy_it()"
        )
    config = tmp_path / "config.toml"
    config.write_text(f'mapping = "pasteque"\n[database]\nurl = "{url}"\n', encoding="utf-8")
    assert "the trigger copied of payments: what copy_it does" in run("--config", str(config)).stdout


def test_a_variant_is_chosen_as_by_the_adapter_and_so_is_what_tells_it(
    mapping: Callable[[str], str], new_database: Callable[..., str], tmp_path: Path
):
    import psycopg

    file = Path(mapping("postgresql"))
    file.write_text(
        file.read_text(encoding="utf-8")
        + '\n[variant.net]\nwhen = "SELECT o.net FROM options o"\nbill = { total = "k.net_total" }\n',
        encoding="utf-8",
    )
    assert "Without a database no variant is chosen; there are net." in run("--mapping", str(file)).stdout
    url = new_database()
    with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)) as owner:
        for each in TABLES:
            owner.execute(
                each.replace("AUTO_INCREMENT", "GENERATED ALWAYS AS IDENTITY").replace("datetime", "timestamp")
            )  # type: ignore[call-overload]
        owner.execute("ALTER TABLE chk ADD net_total numeric; CREATE TABLE options (net boolean)")
        owner.execute("INSERT INTO options VALUES (TRUE)")
    config = tmp_path / "config.toml"
    config.write_text(f'mapping = "small.toml"\n[database]\nurl = "{url}"\n', encoding="utf-8")
    done = run("--config", str(config), "--role", "till")
    assert done.exit_code == 0, done.stderr
    assert "This database needs the variant net." in done.stdout
    assert "GRANT SELECT (net) ON public.options TO till;" in done.stdout
    assert "(id, label, net_total, opened, paid, place_id)" in done.stdout


def test_no_database_is_asked_when_told_so(tmp_path: Path):
    config = tmp_path / "config.toml"
    config.write_text(
        'mapping = "pasteque"\n[database]\nurl = "postgresql://nobody:invented@127.0.0.1:1/none"\n', encoding="utf-8"
    )
    done = run("--config", str(config), "--no-database")
    assert done.exit_code == 0
    assert "TO nobody;" in done.stdout
    assert "invented" not in done.stdout
    assert run("--config", str(config)).exit_code == 1


TABLES = (
    "CREATE TABLE place (id int PRIMARY KEY, label varchar(20), secret varchar(20))",
    (
        "CREATE TABLE chk (id int PRIMARY KEY, label varchar(20), opened datetime, total decimal(10,2),"
        " paid decimal(10,2), place_id int, secret varchar(20))"
    ),
    "CREATE TABLE chk_line (id int PRIMARY KEY, chk_id int, label varchar(20), price decimal(10,2))",
    "CREATE TABLE pay (id int PRIMARY KEY AUTO_INCREMENT, chk_id int, ref varchar(40), amount decimal(10,2))",
    "CREATE TABLE queue (chk_id int, place int)",
    "INSERT INTO chk (id, total, paid) VALUES (1, 20, 0)",
)


@pytest.fixture
def mariadb() -> Iterator[tuple[dict[str, Any], str]]:
    """A database of its own on a MariaDB, and the name of a user that has nothing yet."""
    address = os.environ.get("EPOS_TEST_MARIADB_URL")
    if not address:
        pytest.skip("EPOS_TEST_MARIADB_URL names no MariaDB to try the statements on")
    import pymysql

    url = make_url(address)
    name = f"epos_grants_{uuid.uuid4().hex[:8]}"
    where = {
        "host": url.host,
        "port": url.port or 3306,
        "user": url.username,
        "password": url.password or "",
        "autocommit": True,
    }
    owner = pymysql.connect(**where)  # type: ignore[arg-type]
    with owner.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        cursor.execute(f"USE {name}")
        for each in TABLES:
            cursor.execute(each)
        cursor.execute(f"CREATE USER '{name}'@'%' IDENTIFIED BY 'invented'")
        yield {**where, "database": name}, name
        cursor.execute(f"DROP USER '{name}'@'%'")
        cursor.execute(f"DROP DATABASE {name}")
    owner.close()


def test_mariadb_takes_the_statements_and_the_user_can_do_that_and_no_more(
    mapping: Callable[[str], str], mariadb: tuple[dict[str, Any], str]
):
    import pymysql

    where, user = mariadb
    found = json.loads(run("--mapping", mapping("mysql"), "--role", user, "--json").stdout)
    assert found["engine"] == "mariadb"
    own = [text for text in found["statements"] if "epos_adapter_" not in text]
    with pymysql.connect(**where) as owner, owner.cursor() as cursor:
        for text in own:
            assert text.endswith(f"TO '{user}'@'%'")
            cursor.execute(text)
    with (
        pymysql.connect(**{**where, "user": user, "password": "invented"}) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT id, label, opened, total, paid, place_id FROM chk WHERE id = 1 FOR UPDATE")
        cursor.execute("INSERT INTO pay (chk_id, ref, amount) VALUES (1, 'x', 20)")
        cursor.execute("UPDATE chk SET paid = 20 WHERE id = 1")
        cursor.execute("DELETE FROM queue WHERE chk_id = 1")
        for refused in (
            "SELECT secret FROM chk",
            "UPDATE chk SET total = 0",
            "DELETE FROM chk",
            "SELECT ref FROM pay",
            "INSERT INTO pay (id) VALUES (7)",
        ):
            with pytest.raises(pymysql.err.OperationalError, match="denied"):
                cursor.execute(refused)
