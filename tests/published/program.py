"""Runs a module as `python -m` does, recorded: `python tests/published/program.py adapter run --config FILE`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

ROOT = str(Path(__file__).parent.parent.parent)

if __name__ == "__main__":
    # As `python -m` has it: the folder that it was started from, and what the project consists of.
    sys.path[0:1] = ["", ROOT]
    from tests.published.recorder import record_if_asked

    record_if_asked()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
