"""Measures the adapter against what a good engineer would write by hand for one schema: `make bench`."""
