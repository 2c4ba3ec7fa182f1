"""Runs the `[[test]]`s of a mapping against the live database without touching one row of it."""

from adapter.trials.run import TestResult, run_tests
from adapter.trials.stage import CopiesRefused

__all__ = ["CopiesRefused", "TestResult", "run_tests"]
