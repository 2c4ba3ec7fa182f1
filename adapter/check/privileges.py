"""Rights that the role lacks, with the GRANT that gives each. Reads only the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from adapter.check.engines import Inspector, TableState
from adapter.check.looking import Look
from adapter.check.uses import Use


async def look_at_privileges(look: Look) -> None:
    """Find every right that reading and recording need and the role lacks."""
    inspector = look.inspector
    if inspector is None:
        look.not_on_this_engine((), "rights")
        return
    if not inspector.grants:
        return
    role = await inspector.role(look.prober) or "the_role"
    for key, use in look.uses.items():
        state = look.states.get(key)
        if state is None:
            continue
        name = inspector.name(key)
        if not state.reachable:
            schema = name.rsplit(".", 1)[0]
            look.findings.add(
                "error",
                "no-select",
                use.path,
                f"the role {role} may not use the schema of {name}",
                "have the owner of the database run it",
                sql=f"GRANT USAGE ON SCHEMA {schema} TO {role};",
            )
            continue
        _reading(look, inspector, use, state, name, role)
        _writing(look, inspector, use, state, name, role)


def _reading(look: Look, inspector: Inspector, use: Use, state: TableState, name: str, role: str) -> None:
    missing = {column: path for column, path in use.reads.items() if column not in state.readable}
    is_only_written = use.writes is not None and not use.reads
    if not missing and (use.reads or state.readable or is_only_written):
        return
    columns = sorted(missing)
    listed = f" ({', '.join(columns)})" if columns else ""
    what = f"the columns {', '.join(columns)} of {name}" if columns and state.readable else name
    look.findings.add(
        "error",
        "no-select",
        next(iter(missing.values()), use.path) if state.readable else use.path,
        f"the role {role} may not read {what}",
        "have the owner of the database run it",
        sql=inspector.grant(f"SELECT{listed}", name, role),
    )


def _writing(look: Look, inspector: Inspector, use: Use, state: TableState, name: str, role: str) -> None:
    inserts = {column: path for column, path in use.inserts.items() if column not in state.insertable}
    updates = {column: path for column, path in use.updates.items() if column not in state.updatable}
    if inspector.holding_is_changing and use.holds is not None and not use.updates and not state.updatable:
        # A row can be held only by who may change some column of it.
        column = next(iter(use.reads or use.fact.columns))
        updates = {column: use.holds}
    rights = []
    places = [*inserts.values(), *updates.values()]
    if inserts:
        rights.append(f"INSERT ({_listed(inserts)})")
    if updates:
        rights.append(f"UPDATE ({_listed(updates)})")
    if use.deletes is not None and not state.deletable:
        rights.append("DELETE")
        places.append(use.deletes)
    if rights:
        doing = " and ".join(
            verb
            for verb, word in (("insert into", "INSERT"), ("change", "UPDATE"), ("delete from", "DELETE"))
            if any(right.startswith(word) for right in rights)
        )
        look.findings.add(
            "error",
            "no-write",
            places[0],
            f"the role {role} may not {doing} {name}, so payments cannot be recorded",
            "have the owner of the database run it",
            sql=inspector.grant(", ".join(rights), name, role),
        )
    if use.inserts or use.writes is not None:
        for column, sequence in state.sequences.items():
            if use.inserts and column not in use.inserts and not sequence.usable:
                look.findings.add(
                    "error",
                    "no-write",
                    use.writes or use.path,
                    f"the role {role} may not use {sequence.name}, which numbers new rows of {name}",
                    "have the owner of the database run it",
                    sql=f"GRANT USAGE ON SEQUENCE {sequence.name} TO {role};",
                )


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(sorted(columns))
