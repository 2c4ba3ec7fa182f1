"""Lets `python -m adapter` do what `epos-adapter` does."""

from adapter.cli import main

main()
