"""The SQL of every kind of request, kept in tests/golden/sql so that a reviewer sees what a change does to it.

`EPOS_WRITE_GOLDEN_SQL=1 pytest tests/integration/test_golden_sql.py` writes the files anew; read the difference.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from adapter import explain

MAPPINGS = Path(__file__).parent.parent.parent / "mappings"
FOLDER = Path(__file__).parent.parent / "golden" / "sql"

CONFIG = """
mapping = "floreant"
[database]
url = "{url}"
[[connection]]
name = "one"
listen = "127.0.0.1:8799"
account = "1"
api_key = "golden"
"""

REQUESTS = {
    "bill": ("GetBillItems", "{}"),
    "bills": ("ListBillItems", "{}"),
    "bills-by-id": ("ListBillItems", '{"sessionIds": ["00000000-0000-8000-8000-0000000013ed"]}'),
    "full-bill": ("GetFullBill", "{}"),
    "lock": ("LockSession", "{}"),
    "order": ("GetOrderByIdV1", "{}"),
    "order-extend": ("ExtendOrderLockV1", "{}"),
    "order-lock": ("CreateOrderLockV1", "{}"),
    "order-record": ("RecordOrderPaymentByIdV1", "{}"),
    "order-unlock": ("DeleteOrderLockV1", "{}"),
    "orders-payable": ("SearchOrdersV1", '{"payableOnly": true, "cursor": {"limit": 50}}'),
    "record": ("RecordPayment", "{}"),
    "session": ("GetSession", "{}"),
    "sessions-a-waiter-picks-from": ("ListSessions", '{"isFinished": false, "isPayable": true, "hasTable": true}'),
    "sessions-finished": ("ListSessions", '{"isFinished": true}'),
    "sessions-of-tables": ("ListSessions", '{"tableNames": ["T1"]}'),
    "table": ("GetTable", '{"name": "T1"}'),
    "tables-by-status": ("ListTables", '{"statuses": ["TABLE_STATUS_AVAILABLE"]}'),
    "unlock": ("UnlockSession", "{}"),
}

CASES = [
    (mapping, engine, name)
    for mapping, engine in (
        ("floreant", "postgresql"),
        ("pasteque", "postgresql"),
        ("pasteque", "mariadb"),
        ("pasteque", "mysql"),
        ("pasteque", "sqlite"),
        ("pasteque", "sqlserver"),
        ("unicenta", "postgresql"),
    )
    for name in REQUESTS
    # Nothing can be recorded at uniCenta, and MySQL is spoken to as MariaDB is.
    if (mapping != "unicenta" or name not in ("lock", "record", "unlock"))
    and (not name.startswith("order") or engine in ("mariadb", "sqlite", "sqlserver") or mapping == "floreant")
]


@pytest.fixture(scope="module", autouse=True)
def _bound_once() -> Iterator[None]:
    """One mapping serves all requests, as it does in a restaurant; reading and binding it is most of the work."""
    bind, known = explain._offline, dict[tuple[str, str], Any]()

    def bound(config: None, mapping: Any, engine: Any) -> Any:
        key = (mapping.source.digest, engine.name)
        if key not in known:
            known[key] = bind(config, mapping, engine)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explain, "_offline", bound)
        patch.setattr(explain, "find_and_load", cache(explain.find_and_load))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the mappings are copied to."""
    return tmp_path_factory.mktemp("mappings")


@pytest.mark.parametrize(("mapping", "engine", "name"), CASES)
def test_the_sql_is_what_was_reviewed(mapping: str, engine: str, name: str, folder: Path):
    method, params = REQUESTS[name]
    if mapping != "floreant" and name == "bills-by-id":
        params = '{"sessionIds": ["4d000000-0000-8000-8000-000000000000"]}'
    text = (MAPPINGS / f"{mapping}.toml").read_text(encoding="utf-8")
    # Its vendor has no SQL Server; what would be written for one is kept all the same.
    copy = folder / f"{mapping}.toml"
    copy.write_text(text.replace('"sqlite"]', '"sqlite", "sqlserver"]'), encoding="utf-8")
    found = asyncio.run(
        explain.explain(
            method, params, config_file=None, mapping_name=str(copy), connect_to_database=False, engine_name=engine
        )
    )
    sql = "\n\n".join(one.sql for one in found.statements) + "\n"
    file = FOLDER / (mapping if engine == "postgresql" else f"{mapping}-{engine}") / f"{name}.sql"
    if os.environ.get("EPOS_WRITE_GOLDEN_SQL"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(sql, encoding="utf-8")
    assert sql == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["bill", "bills-by-id", "order", "orders-payable"])
def test_the_sql_that_fits_a_database_is_what_was_reviewed(name: str, restaurant: Callable[[str], str], tmp_path: Path):
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(url=restaurant("floreant")), encoding="utf-8")
    method, params = REQUESTS[name]
    found = asyncio.run(
        explain.explain(method, params, config_file=config, mapping_name=None, connect_to_database=True)
    )
    sql = "\n\n".join(one.sql for one in found.statements) + "\n"
    file = FOLDER / "floreant-fitted" / f"{name}.sql"
    if os.environ.get("EPOS_WRITE_GOLDEN_SQL"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(sql, encoding="utf-8")
    assert sql == file.read_text(encoding="utf-8")


def test_a_search_is_pushed_down_in_the_form_that_an_index_serves():
    sql = (FOLDER / "floreant" / "sessions-a-waiter-picks-from.sql").read_text(encoding="utf-8")
    conditions = sql.split("UNION ALL")[1].split("u.auto_id = k.owner_id")[1]
    assert "k.settled = FALSE" in conditions
    assert "k.paid = FALSE" in conditions
    for hiding in ("CASE", "COALESCE", "IS NOT TRUE"):
        assert hiding not in conditions
