"""Checking on MariaDB and SQLite: what their own catalogues tell is really looked at there, and a till is left as it is."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from sqlalchemy.engine import make_url

from adapter.app import App
from adapter.check.findings import Finding
from adapter.check.run import Report, check
from adapter.cli import main
from adapter.config import Config
from adapter.mapping.load import load_mapping_text
from tests.conftest import mariadb, run_script

MAPPINGS = Path(__file__).parents[3] / "mappings"


@dataclass
class Elsewhere:
    """What is checked."""

    url: str
    text: str

    def config(self, **url: Any) -> Config:
        address = make_url(self.url).set(**url).render_as_string(hide_password=False)
        return Config.model_validate({"mapping": "mapping.toml", "database": {"url": address}})

    def make_ledger(self) -> None:
        """Make the adapter's own tables."""

        async def made() -> None:
            app = App(self.config(), load_mapping_text(self.text), lambda _: None)
            await app.store.create_ledger()
            await app.store.close()

        asyncio.run(made())

    def sql(self, text: str) -> None:
        """Run SQL past the adapter."""
        run_script(self.url, text)

    def plant(self, old: str, new: str) -> Elsewhere:
        """The same with another text in its mapping."""
        assert self.text.count(old) == 1, self.text.count(old)
        return Elsewhere(self.url, self.text.replace(old, new))

    def report(self, *, user: str = "", tests: bool = True, **more: Any) -> Report:
        """Everything that is checked; the tests of the mapping take half of the time."""
        config = self.config(**({"username": user} if user else {}))
        mapping = load_mapping_text(self.text)
        if not tests:
            mapping = replace(mapping, file=mapping.file.model_copy(update={"test": ()}))
        return asyncio.run(check(config, mapping, config_file=Path("config.toml"), **more))

    def kinds(self, *, tests: bool = False, **more: Any) -> dict[str, list[Finding]]:
        """What is found by a look at the database, and by the tests of the mapping where asked for."""
        found: dict[str, list[Finding]] = {}
        for finding in self.report(tests=tests, **more).findings:
            found.setdefault(finding.kind, []).append(finding)
        return found

    def only(self, kind: str, **more: Any) -> Finding:
        found = self.kinds(**more).get(kind, [])
        assert len(found) == 1, [str(finding.problem) for finding in found]
        return found[0]

    def state(self) -> list[Any]:
        """Every row of every table."""
        if self.url.startswith("sqlite"):
            with closing(sqlite3.connect(str(make_url(self.url).database))) as connection:
                return list(connection.iterdump())
        names = sorted(name for (name,) in mariadb(self.url, "SHOW TABLES"))
        return [(name, sorted(map(str, mariadb(self.url, f"SELECT * FROM `{name}`")))) for name in names]


@pytest.fixture
def place(elsewhere: Callable[[str, str], str]) -> Callable[[str, str], Elsewhere]:
    """A shipped mapping over its evening on an engine."""

    def make(name: str, engine: str) -> Elsewhere:
        made = Elsewhere(elsewhere(name, engine), (MAPPINGS / f"{name}.toml").read_text(encoding="utf-8"))
        made.make_ledger()
        return made

    return make


@pytest.fixture(scope="module")
def kept(elsewhere: Callable[[str, str], str]) -> Callable[[str, str], Elsewhere]:
    """The same for those who change nothing: one for all of them."""
    made: dict[tuple[str, str], Elsewhere] = {}

    def keep(name: str, engine: str) -> Elsewhere:
        if (name, engine) not in made:
            text = (MAPPINGS / f"{name}.toml").read_text(encoding="utf-8")
            made[name, engine] = Elsewhere(elsewhere(name, engine), text)
            made[name, engine].make_ledger()
        return made[name, engine]

    return keep


@pytest.fixture
def anchor(place: Callable[[str, str], Elsewhere]) -> Elsewhere:
    """The harbour café on MariaDB."""
    return place("ospos", "mariadb")


@pytest.fixture
def garden(place: Callable[[str, str], Elsewhere]) -> Elsewhere:
    """The restaurant with a garden, in an SQLite file."""
    return place("pasteque", "sqlite")


@pytest.fixture
def user(anchor: Elsewhere) -> Iterator[str]:
    """A user that may read all tables of the café, and nothing else."""
    name = f"checked_{os.getpid()}"
    database = make_url(anchor.url).database
    mariadb(anchor.url, f"CREATE OR REPLACE USER {name}; GRANT SELECT ON {database}.* TO {name}")
    yield name
    mariadb(anchor.url, f"DROP USER {name}")


@pytest.mark.parametrize(
    ("name", "engine", "session", "warnings"),
    [
        ("ospos", "mariadb", "101", set()),
        ("pasteque", "mariadb", "4", {"table-lost"}),  # a foreign key has its index there
        ("pasteque", "sqlite", "4", {"no-index", "table-lost"}),
    ],
    ids=["ospos-mariadb", "pasteque-mariadb", "pasteque-sqlite"],
)
def test_the_shipped_evenings_are_looked_at_in_full_and_nothing_of_them_changes(
    name: str, engine: str, session: str, warnings: set[str], kept: Callable[[str, str], Elsewhere]
):
    made = kept(name, engine)
    before = made.state()
    report = made.report(session=session)
    assert [str(f.problem) for f in report.findings if f.severity == "error"] == []
    assert {f.kind for f in report.findings if f.severity == "warning"} == warnings
    assert [str(f.problem) for f in report.findings if f.kind == "not-checked"] == []
    assert report.tests.passed >= 8
    assert report.tests.failed == report.tests.skipped == 0
    assert report.sessions >= 8
    assert [one.problem for one in report.rehearsals] == [""] * len(report.rehearsals)
    assert report.rehearsals[0].rows
    assert made.state() == before


def test_a_rehearsal_on_mariadb_shows_rows_that_an_update_changes(place: Callable[[str, str], Elsewhere]):
    (only,) = place("pasteque", "mariadb").report(session="4", tests=False).rehearsals
    (changed,) = [row for row in only.rows if row.table == "cashregisters"]
    assert changed.before is not None
    assert changed.after is not None
    assert int(changed.after["nextticketid"]) == int(changed.before["nextticketid"]) + 1
    assert {name for name in changed.before if changed.before[name] != changed.after[name]} == {"nextticketid"}


def test_numbers_that_are_lost_are_told_where_an_engine_loses_them(anchor: Elsewhere, garden: Elsewhere):
    full, _ = anchor.report(session="101", tests=False).rehearsals
    assert "ospos_sales_payments.payment_id (AUTO_INCREMENT)" in full.sequences
    assert garden.report(session="4", tests=False).rehearsals[0].sequences == ()


def test_a_look_up_without_an_index_is_told_with_one_that_mends_it(anchor: Elsewhere, garden: Elsewhere):
    anchor.sql("ALTER TABLE ospos_sales_payments DROP FOREIGN KEY ospos_sales_payments_ibfk_1, DROP KEY payment_sale")
    finding = anchor.only("no-index")
    assert finding.sql == "ALTER TABLE ospos_sales_payments ADD INDEX (sale_id), ALGORITHM=INPLACE, LOCK=NONE;"
    assert finding.problem.key == "payment[0].from"
    finding = garden.only("no-index")
    for made, text in ((anchor, anchor.only("no-index").sql), (garden, finding.sql)):
        made.sql(text)
        assert "no-index" not in made.kinds()


def test_rights_that_a_user_lacks_on_mariadb_are_told_with_the_grants_that_give_them(anchor: Elsewhere, user: str):
    found = anchor.kinds(user=user, tests=True)
    assert "may not make temporary tables" in found["not-checked"][0].problem.message
    refused = found["no-write"]
    assert {f.severity for f in refused} == {"error"}
    assert "the role 'checked_" in refused[0].problem.message
    assert any("INSERT (" in f.sql and "ospos_sales_payments" in f.sql for f in refused)
    database = make_url(anchor.url).database
    for finding in refused:
        # Run as it stands: in the till's own database.
        mariadb(anchor.url, finding.sql)
    # The tests need temporary tables, which a till's user may not make either.
    mariadb(anchor.url, f"GRANT CREATE TEMPORARY TABLES ON {database}.* TO {user}")
    assert "no-write" not in anchor.kinds(user=user)
    assert [one.problem for one in anchor.report(user=user, session="101", tests=False).rehearsals] == ["", ""]


def test_columns_that_a_user_may_not_read_on_mariadb_are_told(anchor: Elsewhere, user: str):
    database = make_url(anchor.url).database
    columns = "sale_id, sale_time, employee_id, dinner_table_id, sale_status"
    mariadb(anchor.url, f"REVOKE SELECT ON {database}.* FROM {user}")
    for (name,) in mariadb(anchor.url, "SHOW TABLES"):
        listed = f"({columns})" if name == "ospos_sales" else ""
        mariadb(anchor.url, f"GRANT SELECT {listed} ON `{name}` TO {user}")
    found = anchor.kinds(user=user)
    assert any("sale_type" in str(f.problem) for kind in ("no-select", "missing-column") for f in found.get(kind, []))


def test_a_table_that_cannot_undo_what_is_written_is_an_error_that_names_it(anchor: Elsewhere):
    anchor.sql("ALTER TABLE ospos_sales_payments DROP FOREIGN KEY ospos_sales_payments_ibfk_1")
    anchor.sql("ALTER TABLE ospos_sales_payments DROP FOREIGN KEY ospos_sales_payments_ibfk_2")
    anchor.sql("ALTER TABLE ospos_sales_payments ENGINE = MyISAM")
    finding = anchor.only("no-transactions")
    assert finding.severity == "error"
    assert "ospos_sales_payments (MyISAM) cannot undo what is written" in finding.problem.message
    assert "ENGINE = InnoDB" in finding.problem.hint


def test_a_statement_that_goes_through_a_whole_table_is_told(
    anchor: Elsewhere, garden: Elsewhere, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("adapter.check.indexes.MANY_ROWS", 10)
    counted = anchor.plant(
        "sales_payments y WHERE y.sale_id = s.sale_id), 0)",
        "sales_payments y JOIN sales_items z ON z.sale_id + 0 = y.sale_id + 0 AND z.line = 1"
        " WHERE y.sale_id + 0 = s.sale_id), 0)",
    )
    told = [str(finding.problem) for finding in counted.kinds()["slow-shape"]]
    assert any("bill.paid: reading one bill" in one and "rows of ospos_sales_items (reading all" in one for one in told)

    garden.sql("CREATE INDEX by_ticket ON sharedticketlines (sharedticket_id)")
    assert "slow-shape" not in garden.kinds()
    scanning = garden.plant(
        'paid          = "0"', 'paid          = "(SELECT 0 * COUNT(z.id) FROM sharedticketlines z)"'
    )
    assert "rows of sharedticketlines (reading all of it)" in scanning.only("slow-shape").problem.message


def test_a_ledger_that_is_not_there_is_told_on_every_engine(elsewhere: Callable[[str, str], str]):
    for name, engine in (("ospos", "mariadb"), ("pasteque", "sqlite")):
        text = (MAPPINGS / f"{name}.toml").read_text(encoding="utf-8")
        finding = Elsewhere(elsewhere(name, engine), text).only("ledger-missing")
        assert "the tables of the ledger are not there (epos_adapter_ledger)" in finding.problem.message


def test_codes_of_rows_that_where_leaves_out_need_no_meaning(anchor: Elsewhere):
    assert "code-uncovered" not in anchor.kinds()
    planted = anchor.plant("s.sale_status IN (0, 1) AND s.sale_type", "s.sale_type")
    assert "2 (1)" in planted.only("code-uncovered").problem.message


def test_a_file_that_may_only_be_read_can_be_checked(garden: Elsewhere):
    file = Path(str(make_url(garden.url).database))
    file.chmod(stat.S_IRUSR)
    assert "table-lost" in garden.kinds()


@pytest.mark.parametrize(("name", "engine"), [("ospos", "mariadb"), ("pasteque", "mariadb"), ("pasteque", "sqlite")])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check"], "0 errors"),
        (["test"], "passed"),
        (["preview"], "The lines add up to the total"),
        (["explain", "GetBillItems"], "SELECT"),
        (["explain", "RecordPayment"], "INSERT"),
        (["grants"], "privilege"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_each_command_serves_the_other_engines_too(
    name: str, engine: str, arguments: list[str], said: str, kept: Callable[[str, str], Elsewhere], tmp_path: Path
):
    file = tmp_path / "config.toml"
    file.write_text(f'mapping = "{name}"\n[database]\nurl = "{kept(name, engine).url}"\n', encoding="utf-8")
    done = CliRunner().invoke(main, [*arguments, "--config", str(file)])
    assert done.exit_code == 0, done.output
    assert said in done.output or (arguments == ["grants"] and "GRANT SELECT" in done.output)
