"""Declared files become typed values, with every problem found at once and the line it stands on."""
