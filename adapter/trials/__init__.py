"""Runs the `[[test]]`s of a mapping against the live database without touching one row of it."""

from adapter.trials.run import TestResult, run_tests

__all__ = ["TestResult", "run_tests"]
