"""Functions that do more than compute a value. SQL that only reads may not call them. Knows nothing of paths."""

from __future__ import annotations

from sqlglot import exp

_NEVER = (
    "benchmark",
    "dblink",
    "get_lock",
    "is_used_lock",
    "load_extension",
    "load_file",
    "lo_",
    "openquery",
    "openrowset",
    "pg_advisory",
    "pg_cancel",
    "pg_ls_",
    "pg_notify",
    "pg_promote",
    "pg_read_",
    "pg_reload",
    "pg_rotate",
    "pg_sleep",
    "pg_switch",
    "pg_terminate",
    "pg_try_advisory",
    "query_to_xml",
    "release_all_locks",
    "release_lock",
    "set_config",
    "setval",
    "sleep",
    "txid_current",
    "writefile",
    "xp_",
)
"""What the names of functions begin with that wait, lock, change settings or reach outside the tables."""

_COUNTING = ("nextval",)
"""Functions that count on: for steps that write, and for nothing that reads."""


def side_effect(tree: exp.Expr, *, counting: bool) -> str | None:
    """The first function of a tree that has a side effect; `counting` says that sequences may be counted on."""
    for node in tree.find_all(exp.Func, exp.NextValueFor):
        name = node.name if isinstance(node, exp.Anonymous) else "" if isinstance(node, exp.NextValueFor) else None
        if name is None:
            continue
        folded = name.casefold() or "nextval"
        if folded.startswith(_NEVER) or (not counting and folded.startswith(_COUNTING)):
            return name or "NEXT VALUE FOR"
    return None
