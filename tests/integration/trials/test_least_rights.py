"""`epos-adapter test` as the role that `grants` makes: it passes there, or says what it lacks before it begins."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy.engine import make_url

from adapter.cli import main
from tests.conftest import mariadb

_numbers = itertools.count(1)


@dataclass
class Site:
    """A till, and a configuration in which the adapter is a role that was granted what was printed."""

    owner: str
    """Address for whoever owns the tables."""
    role: str
    config: Path

    @property
    def database(self) -> str:
        return make_url(self.owner).database or ""

    def sql(self, text: str) -> None:
        """Run SQL as the owner."""
        if self.owner.startswith("mariadb"):
            mariadb(self.owner, text)
            return
        with psycopg.connect(plain(self.owner), autocommit=True) as connection:
            connection.execute(text)  # type: ignore[call-overload]

    def test(self, *options: str) -> Result:
        return CliRunner().invoke(main, ["test", "--config", str(self.config), *options])


@pytest.fixture
def site(elsewhere: Callable[[str, str], str], tmp_path: Path) -> Iterator[Callable[[str, str], Site]]:
    made: list[Site] = []

    def make(name: str, engine: str) -> Site:
        site = Site(elsewhere(name, engine), f"tester_{os.getpid()}_{next(_numbers)}", tmp_path / "config.toml")
        made.append(site)
        configured(site, name, site.owner)
        for command in ("ledger create", f"grants --role {site.role} --json"):
            done = CliRunner().invoke(main, [*command.split(), "--config", str(site.config)])
            assert done.exit_code == 0, done.output
        site.sql(f"CREATE USER {site.role}" if engine == "mariadb" else f"CREATE ROLE {site.role} LOGIN")
        for text in json.loads(done.stdout)["statements"]:
            site.sql(text)
        configured(site, name, make_url(site.owner).set(username=site.role).render_as_string(hide_password=False))
        return site

    yield make
    for each in made:
        if each.owner.startswith("mariadb"):
            each.sql(f"DROP USER {each.role}")
        else:
            each.sql(f"DROP OWNED BY {each.role}")
            each.sql(f"DROP ROLE {each.role}")


def configured(site: Site, name: str, url: str) -> None:
    site.config.write_text(f'mapping = "{name}"\n[database]\nurl = "{url}"\n', encoding="utf-8")


def plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.mark.parametrize("name", ["floreant", "pasteque", "unicenta"])
def test_the_rights_that_grants_prints_are_enough_for_the_tests_on_postgresql(
    name: str, site: Callable[[str, str], Site]
):
    done = site(name, "postgresql").test()
    assert done.exit_code == 0, done.output
    assert "FAIL" not in done.stdout
    assert "passed" in done.stdout


def test_check_runs_the_tests_too_as_the_role_that_grants_makes(site: Callable[[str, str], Site]):
    made = site("pasteque", "postgresql")
    done = CliRunner().invoke(main, ["check", "--config", str(made.config), "--json"])
    found = json.loads(done.stdout)
    assert found["tests"]["passed"] >= 8
    assert [one for one in found["findings"] if one["key"] == "test"] == []


def test_where_nobody_may_make_temporary_tables_the_grant_is_said_that_gives_it(site: Callable[[str, str], Site]):
    made = site("pasteque", "postgresql")
    made.sql(f'REVOKE TEMPORARY ON DATABASE "{made.database}" FROM PUBLIC')
    done = made.test()
    assert done.exit_code == 2
    assert done.stdout == ""
    grant = f"GRANT TEMPORARY ON DATABASE {made.database} TO {made.role};"
    assert f"epos-adapter: the role {made.role} may not make temporary tables" in done.stderr
    assert grant in done.stderr
    assert "as whoever owns the tables" in done.stderr
    made.sql(grant)
    assert made.test().exit_code == 0


@pytest.mark.parametrize("name", ["ospos", "pasteque"])
def test_on_mariadb_the_grant_is_said_that_the_tests_need_and_it_is_enough(name: str, site: Callable[[str, str], Site]):
    made = site(name, "mariadb")
    user = f"'{made.role}'@'%'"
    grant = f"GRANT CREATE TEMPORARY TABLES, SELECT, SHOW VIEW ON `{made.database}`.* TO {user};"
    for already in ("", f"GRANT CREATE TEMPORARY TABLES ON `{made.database}`.* TO {user}"):
        if already:
            made.sql(already)
        done = made.test()
        assert done.exit_code == 2
        assert done.stdout == ""
        assert f"epos-adapter: the role {user} may not " in done.stderr
        assert grant in done.stderr
    made.sql(grant)
    done = made.test()
    assert done.exit_code == 0, done.output
    assert "FAIL" not in done.stdout


def test_a_table_whose_type_is_behind_a_schema_that_is_closed_to_the_role_is_named(site: Callable[[str, str], Site]):
    made = site("pasteque", "postgresql")
    made.sql("CREATE SCHEMA closed; CREATE DOMAIN closed.money AS float8; ALTER TABLE payments ADD tip closed.money")
    done = made.test()
    assert done.exit_code == 2
    assert "epos-adapter: the role may not make a copy of payments, and" in done.stderr
    assert "run it as whoever owns the tables" in done.stderr


def test_a_database_that_cannot_be_reached_is_not_a_test_that_fails(tmp_path: Path):
    config = tmp_path / "config.toml"
    config.write_text('mapping = "pasteque"\n[database]\nurl = "postgresql://nobody:x@127.0.0.1:1/none"\n', "utf-8")
    assert CliRunner().invoke(main, ["test", "--config", str(config)]).exit_code == 2
