from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapter.errors import AdapterError
from adapter.ops.rotating import RotatingFile

LINE = "x" * 99 + "\n"


def lines_in(folder: Path) -> int:
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in folder.iterdir())


def test_a_file_that_has_grown_is_put_aside_and_the_oldest_goes(tmp_path: Path):
    log = RotatingFile(tmp_path / "adapter.log", size=1000, kept=2)
    for _ in range(100):
        log.write(LINE)
    log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adapter.log", "adapter.log.1", "adapter.log.2"]
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())
    assert (tmp_path / "adapter.log.1").read_text(encoding="utf-8") == LINE * 9


def test_a_file_that_cannot_be_renamed_because_somebody_looks_at_it_loses_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "The process cannot access the file because it is being used by another process")

    rename = os.rename
    monkeypatch.setattr(os, "rename", refuse)
    log = RotatingFile(tmp_path / "adapter.log", size=1000, kept=5)
    for _ in range(30):
        log.write(LINE)
    assert (tmp_path / "adapter.log").read_text(encoding="utf-8") == LINE * 30
    monkeypatch.setattr(os, "rename", rename)
    log.write(LINE)
    log.close()
    assert (tmp_path / "adapter.log").read_text(encoding="utf-8") == LINE
    assert lines_in(tmp_path) == 31


def test_a_disk_that_is_full_costs_lines_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    (tmp_path / "adapter.log").symlink_to(full)
    log = RotatingFile(tmp_path / "adapter.log", size=10**9, kept=1)
    assert log.write(LINE) == len(LINE)
    assert capsys.readouterr().err == ""
    # What could not be written is still in its buffer, and closing tries once more.
    with pytest.raises(OSError, match="No space left"):
        log.close()


def test_whatever_characters_come_are_written(tmp_path: Path):
    log = RotatingFile(tmp_path / "adapter.log", size=10_000, kept=1)
    log.write("café \ud800 100% %s\n")
    log.close()
    assert (tmp_path / "adapter.log").read_bytes() == b"caf\xc3\xa9 \\ud800 100% %s\n"


def test_a_place_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path):
    with pytest.raises(AdapterError, match=r"the log .* cannot be written: "):
        RotatingFile(tmp_path / "nowhere" / "adapter.log", size=1000, kept=1)
