"""Looks at what recording needs beside rights: the ledger, sequences, locks of the till, tables that can be undone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

from adapter.check.engines import TableState
from adapter.check.looking import Look
from adapter.check.probing import is_denied, reason_of
from adapter.errors import AdapterError, DatabaseUnavailable
from adapter.mapping.needs import Kind, needs_of_plans
from adapter.store.lease import lease_plans
from adapter.store.ledger import VERSION, Ledger

_FINDING = ("find", "from", "select", "where")
"""Keys of [record] whose SQL chooses rows."""


async def look_at_recording(look: Look) -> None:
    """Find what would keep payments from being recorded, or from staying."""
    file = look.mapping.file
    if file.record is None or not file.capabilities.record_payment:
        return
    await _ledger(look)
    await _sequences(look)
    await _locks(look)
    _keys(look)
    for key, use in look.uses.items():
        state = look.states.get(key)
        if use.writes is not None and state is not None and not state.transactional:
            look.findings.add(
                "error",
                "no-transactions",
                use.writes,
                f"{key[1]}{f' ({use.fact.storage})' if use.fact.storage else ''} cannot undo what is written, "
                "so a payment could be recorded by half",
                f"ALTER TABLE {key[1]} ENGINE = InnoDB, with the EPOS vendor's consent" if use.fact.storage else "",
            )
    if file.record.verify is None:
        look.findings.add(
            "note",
            "payment-hazard",
            ("record",),
            "nothing looks whether a recorded payment stays: a till that deletes and writes again all rows of a check "
            "when it saves it would lose it unseen",
            'where that may happen, say how to see it: [record.verify] find = "SELECT ..."',
        )


def _keys(look: Look) -> None:
    """A key of several columns is told apart by all of them: yesterday's check 7 is not today's."""
    count = len(look.mapping.fragments.get(("session", "id"), ()))
    wanted = {f"session_id_{number}" for number in range(1, count + 1)}
    for path, fragments in look.mapping.fragments.items():
        if path[0] != "record" or path[-1] not in _FINDING:
            continue
        used = {one.name for fragment in fragments for one in fragment.tree.find_all(exp.Placeholder)} & wanted
        missing = [f":{name}" for name in sorted(wanted - used)]
        if count > 1 and used and missing:
            look.findings.add(
                "warning",
                "key-partial",
                path,
                f"uses a part of the check's key only, without {', '.join(missing)}",
                "rows of other checks may share that part: compare every column of the key",
            )


async def _ledger(look: Look) -> None:
    ledger = look.ledger
    if ledger is None:
        return
    file = str(look.config_file)
    try:
        version = await look.prober.database.read(ledger.version)
    except DatabaseUnavailable:
        raise
    except AdapterError as error:
        if not is_denied(error.message):
            look.findings.beside("note", "not-checked", file, "ledger", f"not looked at, because {reason_of(error)}")
            return
        version = VERSION  # it is there, and what the role lacks is said below
    if version is None:
        table = look.prober.engine.table(ledger.schema, "ledger")
        where = f"in schema {ledger.schema}" if look.prober.engine.schemas else f"there ({table})"
        look.findings.beside(
            "error",
            "ledger-missing",
            file,
            "ledger.schema",
            f"the tables of the ledger are not {where}, so nothing can be locked or paid",
            "run: epos-adapter ledger create",
        )
        return
    if version != VERSION:
        look.findings.beside(
            "error",
            "ledger-version",
            file,
            "ledger.schema",
            f"the ledger has version {version}, and this adapter needs {VERSION}",
            "run: epos-adapter ledger create, or the adapter that made it",
        )
    await _ledger_rights(look, ledger, file)


async def _ledger_rights(look: Look, ledger: Ledger, file: str) -> None:
    inspector, record = look.inspector, look.mapping.file.record
    if inspector is None or record is None or not inspector.grants:
        return
    role = await inspector.role(look.prober) or "the_role"
    plans = ledger.plans(verify=record.verify is not None)
    if any(connection.standby for connection in look.config.connection):
        plans += lease_plans(ledger)
    needs = needs_of_plans(plans, look.prober.engine)
    states = await inspector.tables(look.prober, needs.tables)
    for key, state in sorted(states.items(), key=lambda one: one[0][1]):
        rights = list(_lacking(state, needs.reads.get(key), needs.writes.get(key, {})))
        if not rights and state.reachable:
            continue
        use = "" if state.reachable else f"GRANT USAGE ON SCHEMA {ledger.schema} TO {role}; "
        name = inspector.name(key)
        sql = use + (inspector.grant(", ".join(rights), name, role) if rights else "")
        look.findings.beside(
            "error",
            "no-write",
            file,
            "ledger.schema",
            f"the role {role} lacks rights on {name}, so nothing can be locked or paid",
            "have the owner of the ledger run it",
        )
        found = look.findings.found.pop()
        look.findings.take(found.severity, found.kind, found.problem, sql=sql.strip())


def _lacking(state: TableState, reads: frozenset[str] | None, writes: Mapping[Kind, frozenset[str]]) -> Iterator[str]:
    """The rights on a table of the ledger that are needed and not there."""
    if reads is not None and not (reads <= state.readable and state.readable):
        yield "SELECT"
    if not writes.get("insert", frozenset()) <= state.insertable:
        yield "INSERT"
    if not writes.get("update", frozenset()) <= state.updatable:
        yield "UPDATE"
    if "delete" in writes and not state.deletable:
        yield "DELETE"


async def _sequences(look: Look) -> None:
    """A restored or imported database may number new rows from the beginning again."""
    for key, use in look.uses.items():
        state = look.states.get(key)
        for column, sequence in (state.sequences if state is not None else {}).items():
            if not use.inserts or column in use.inserts or not sequence.usable or sequence.follows:
                continue
            table = exp.table_(key[1], db=key[0], quoted=True)
            most = exp.Select(expressions=[exp.Max(this=exp.column(column, quoted=True))]).from_(table)
            rows = await look.prober.select(use.writes or use.path, f"the keys of {key[1]}", most)
            if rows and rows[0][0] is not None and int(rows[0][0]) > (sequence.last or 0):
                look.findings.add(
                    "error",
                    "sequence-behind",
                    use.writes or use.path,
                    f"{sequence.name} has given {sequence.last or 0}, and {key[1]}.{column} goes up to {rows[0][0]}: "
                    "the next insert would fail",
                    "with the EPOS vendor's consent, set it right",
                    sql=f"SELECT setval('{sequence.name}', {rows[0][0]});",
                )


async def _locks(look: Look) -> None:
    rule, binder = look.mapping.file.lock, look.binder
    if rule is None or not look.fit.is_whole("lock", "session"):
        return
    free, ours = (binder.condition(look.mapping.fragments["lock", name][0]) for name in ("free", "ours"))
    outputs: list[exp.Expr] = [exp.Count(this=exp.Star())]
    outputs += [exp.Sum(this=_one_if(exp.and_(exp.paren(free.copy()), exp.paren(ours.copy()))))]
    outputs += [exp.Sum(this=_one_if(exp.paren(condition.copy()))) for condition in (free, ours)]
    select = look.select(("session",), *outputs)
    if ("session", "finished") in look.mapping.fragments:
        select = select.where(binder.flag(("session", "finished"), wanted=False), copy=False)
    rows = await look.prober.select(("lock",), "the till's locks", select)
    if not rows or not rows[0][0]:
        return
    count, both, are_free, are_ours = (int(value or 0) for value in rows[0])
    if both:
        look.findings.add(
            "error",
            "lock-unclear",
            ("lock", "ours"),
            f"{both} of {count} open sessions are free and ours at once",
            "the two conditions must exclude each other",
        )
    elif are_free * 2 < count:
        look.findings.add(
            "warning",
            "lock-unclear",
            ("lock", "free"),
            f"only {are_free} of {count} open sessions are free, {are_ours} ours and the rest in use at the till",
            "is free the right way round, also where the column is NULL?",
        )


def _one_if(condition: exp.Expr) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=condition, true=exp.Literal.number(1))], default=exp.Literal.number(0))
