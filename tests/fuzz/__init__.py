"""Throws at the adapter what no provider sends: `make fuzz ARGS="--minutes 60"`."""
