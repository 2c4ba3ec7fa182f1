"""Payments under faults: is each recorded exactly once, whatever breaks? `python -m tests.faults` runs it at length.

Shares no code with the adapter, which runs as processes of its own, so that it can judge it.
"""
