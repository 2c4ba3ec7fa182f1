"""One process that guesses, guided by which lines of the adapter its guesses reach (atheris, libFuzzer)."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["adapter"]):
    from tests.fuzz.judge import judge

if __name__ == "__main__":
    atheris.Setup(sys.argv, judge)
    atheris.Fuzz()
