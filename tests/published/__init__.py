"""Holds what the adapter sends in the EPOS Data API against the specification that its provider publishes."""
