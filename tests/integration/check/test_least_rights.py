"""A user of MariaDB with exactly what `grants` prints: it serves, records and checks."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.engine import make_url

from adapter.app import App
from adapter.check.run import check
from adapter.cli import main
from adapter.config import Config
from adapter.events import BugFound, MappingUnfit
from adapter.mapping.load import load_mapping
from tests.conftest import mariadb

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("name", "session"), [("ospos", "101"), ("pasteque", "4")])
def test_the_rights_that_grants_prints_are_enough_on_mariadb(
    name: str, session: str, elsewhere: Callable[[str, str], str], tmp_path: Path
):
    url = elsewhere(name, "mariadb")
    role = f"least_{name}_{os.getpid()}"
    mapping = load_mapping(ROOT / "mappings" / f"{name}.toml")

    def config(address: str) -> Config:
        rules = {"waiter_check": "off", "finished_within_hours": 0}
        return Config.model_validate({"mapping": f"{name}.toml", "database": {"url": address}, "rules": rules})

    file = tmp_path / "config.toml"
    file.write_text(f'mapping = "{name}"\n[database]\nurl = "{url}"\n', encoding="utf-8")
    said = CliRunner().invoke(main, ["grants", "--config", str(file), "--role", role, "--json"])
    assert said.exit_code == 0, said.output
    events: list[Any] = []

    async def evening() -> Any:
        owner = App(config(url), mapping, events.append)
        await owner.store.create_ledger()
        await owner.store.close()
        mariadb(url, f"CREATE OR REPLACE USER {role}")
        for text in json.loads(said.output)["statements"]:
            mariadb(url, text)
        least = make_url(url).set(username=role).render_as_string(hide_password=False)
        app = App(config(least), mapping, events.append)
        answers = [
            json.loads(await app.endpoint("test").handle(case.read_bytes()) or b"null")
            for case in sorted((ROOT / "tests" / "golden" / name).glob("*/request.json"))
            if "lock" not in case.parent.name
        ]
        await app.store.close()
        return answers, await check(config(least), mapping, config_file=file, session=session)

    try:
        answers, report = asyncio.run(evening())
    finally:
        mariadb(url, f"DROP USER IF EXISTS {role}")
    assert [event for event in events if isinstance(event, (BugFound, MappingUnfit))] == []
    assert not [answer for answer in answers if answer["result"].get("errorCode") == "ERROR_INTERNAL_POS_ERROR"]
    assert [str(f.problem) for f in report.findings if f.severity == "error"] == []
    assert [one.problem for one in report.rehearsals] == [""] * len(report.rehearsals)
    assert report.rehearsals
