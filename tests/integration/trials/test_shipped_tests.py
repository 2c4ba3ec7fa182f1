"""The tests inside the shipped mappings, run on the schemas of their tills with nothing in them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from adapter.mapping.load import load_mapping
from adapter.trials import run_tests

ROOT = Path(__file__).parent.parent.parent.parent
RESTAURANTS = ROOT / "adapter" / "demo" / "restaurants"
OPTIONAL = {"floreant": "ALTER TABLE ticket ADD daily_folio integer", "pasteque": "", "unicenta": ""}
"""What makes a schema whole, so that no test is skipped."""


@pytest.fixture(scope="module")
def empty(new_database: Callable[..., str]) -> Callable[[str], str]:
    """Gives the address of a till's database in which nothing has been sold yet."""
    made: dict[str, str] = {}

    def make(name: str) -> str:
        if name not in made:
            made[name] = new_database()
            with psycopg.connect(driver_url(made[name]), autocommit=True) as connection:
                connection.execute((RESTAURANTS / name / "schema.sql").read_text(encoding="utf-8"))
                connection.execute(OPTIONAL[name])
        return made[name]

    return make


@pytest.mark.parametrize(("name", "fewest"), [("floreant", 12), ("pasteque", 8), ("unicenta", 3)])
def test_every_test_inside_a_shipped_mapping_passes(name: str, fewest: int, empty: Callable[[str], str]):
    results = asyncio.run(run_tests(load_mapping(ROOT / "mappings" / f"{name}.toml"), empty(name)))
    assert [str(finding) for result in results for finding in result.findings] == []
    assert [result.skipped for result in results if result.skipped] == []
    assert len(results) >= fewest


@pytest.mark.parametrize("name", ["floreant", "pasteque", "unicenta"])
def test_the_tests_of_a_shipped_mapping_pass_whatever_the_till_holds_and_change_nothing_of_it(
    name: str, own_restaurant: Callable[[str], str]
):
    url = own_restaurant(name)
    before = everything(url)
    results = asyncio.run(run_tests(load_mapping(ROOT / "mappings" / f"{name}.toml"), url))
    assert [str(finding) for result in results for finding in result.findings] == []
    assert everything(url) == before


def everything(url: str) -> dict[str, object]:
    """Every row and every sequence of a database, and all its tables."""
    found: dict[str, object] = {}
    with psycopg.connect(driver_url(url)) as connection:
        tables = connection.execute(
            "SELECT n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'S', 'v') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
        ).fetchall()
        for schema, name, kind in tables:
            what = "last_value, is_called" if kind == "S" else "t::text"
            text = f'SELECT {what} FROM "{schema}"."{name}" t ORDER BY 1'
            found[f"{schema}.{name}"] = connection.execute(text).fetchall()
    return found


def driver_url(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
