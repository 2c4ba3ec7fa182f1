"""The mapping language: declared files become frozen plans. Opens no connection and runs no SQL."""
