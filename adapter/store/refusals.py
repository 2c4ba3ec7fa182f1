"""Says in words what a database means that refuses a mapping's SQL. Its own words may quote values, so they are not told."""

from __future__ import annotations

_WORDS = {
    "21000": "a sub-select gives several rows: take one, by MIN, MAX or LIMIT 1",
    "22P02": "a text that is no number stands where one is meant",
    "42501": "the role may not read this: grant it SELECT",
    "42601": "a part of it is not in the database's own SQL",
    "42702": "a column could be that of several tables: write its alias before it",
    "42725": "the types do not tell which function is meant: write CAST(... AS ...)",
    "42803": "a column stands beside SUM, COUNT or the like: put the sum into a sub-select",
    "42804": "values of different types meet, as in COALESCE(k.name, k.id): write CAST(k.id AS varchar(20))",
    "42846": "a value cannot be turned into this type",
    "no such function: concat": "SQLite before 3.44 has no CONCAT: write a || b, and COALESCE(a, '') where a may be NULL",
    "42883": "there is no such function, or none for values of these types: a text that is to be added is CAST(... AS numeric)",
}
"""By SQLSTATE, or by what SQLite says, as far as a mapping is likely to meet them."""


def in_words(message: str) -> str:
    """What a database's message means for whoever writes the mapping; empty for one that is not known."""
    said = message.casefold()
    return next((words for state, words in _WORDS.items() if state in said), "")
