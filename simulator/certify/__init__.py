"""Runs the go-live scenarios against any adapter, and reports what it did."""
