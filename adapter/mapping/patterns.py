"""Regular expressions of a mapping. They meet every row of a live till, so each search is bounded in time."""

from __future__ import annotations

from typing import cast

_LONGEST = 0.1
"""Seconds that a search may take; most take a few millionths."""
_PATIENCE = 0.5
"""Seconds that may be lost to one pattern, before nothing is searched for it any more."""
_TRIAL = 0.25
"""Seconds in which all trials of a pattern must be over when it is loaded."""
_PUMPED = 80


class TooSlow(Exception):
    """A text could not be searched in the time that there is."""


class Pattern:
    """One pattern, and how much time was lost to it."""

    __slots__ = ("_compiled", "_lost")

    def __init__(self, text: str) -> None:
        """Raises `regex.error` where the text is no pattern."""
        import regex  # noqa: PLC0415 -- few mappings have patterns, and loading it takes a hundredth of the start

        self._compiled = regex.compile(text)
        self._lost = 0.0

    def capture(self, text: str) -> str | None:
        """What the first group holds, or all of the match where there is no group; None without a match.

        Raises TooSlow.
        """
        if self._lost >= _PATIENCE:
            raise TooSlow
        try:
            found = self._compiled.search(text, timeout=_LONGEST)
        except TimeoutError:
            self._lost += _LONGEST
            raise TooSlow from None
        if found is None:
            return None
        return cast("str | None", found[1] if self._compiled.groups else found[0])


def what_is_wrong(text: str) -> str:
    """Why a text is no pattern that could be let loose on rows; empty for one that can."""
    import regex  # noqa: PLC0415 -- see Pattern

    try:
        compiled = regex.compile(text)
    except (regex.error, OverflowError, RecursionError, ValueError) as error:
        return f"is no regular expression: {error}"
    # Repeats inside repeats, and alternatives that mean the same, are slow on long runs of what they nearly match.
    letters = [character for character in text if character.isalnum()]
    kinds = dict.fromkeys([*letters, *"a1 ,"])
    # Where a letter must be there, it is; what is missing is a match.
    end = "\0" + "".join(letters)
    try:
        for character in kinds:
            compiled.search(character * _PUMPED + end, timeout=_TRIAL / len(kinds))
    except TimeoutError:
        return "takes too long on some texts: it has a repeat inside a repeat, or alternatives that mean the same"
    return ""
