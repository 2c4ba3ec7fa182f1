"""The simulator's REST face."""
