"""What the adapter's own tables consist of, and the statements that make them. Knows nothing of what stands in them."""

from __future__ import annotations

from adapter.mapping.engines import Engine

VERSION = 2
"""Version of the tables that this program needs."""

TABLES: dict[str, tuple[str, ...]] = {
    "ledger": (
        "version    {version}     NOT NULL PRIMARY KEY",
        "created_at {moment} NOT NULL DEFAULT {now}",
    ),
    "session_lock": (
        "session_id {uuid}        NOT NULL PRIMARY KEY",
        "token      {uuid}        NOT NULL",
        "locked_at  {moment} NOT NULL DEFAULT {clock}",
        "terminal   {text}",
        "waiter     {text}",
    ),
    "recorded_payment": (
        "number                  {counter}",
        "payment_id              {uuid}        NOT NULL",
        "token                   {uuid}        NOT NULL",
        "session_id              {uuid}        NOT NULL",
        "currency                {key_text}        NOT NULL",
        "base                    {number}      NOT NULL",
        "tips                    {number}      NOT NULL",
        "cashback                {number}      NOT NULL",
        "successful              {flag}     NOT NULL",
        "attempted_at            {moment} NOT NULL",
        "recorded_at             {moment} NOT NULL DEFAULT {clock}",
        "over_payment            {flag}     NOT NULL",
        "conflict                {flag}     NOT NULL",
        "terminal                {text}",
        "waiter                  {text}",
        "method                  {text}",
        "status                  {text}",
        "scheme                  {text}",
        "auth_code               {text}",
        "acquirer_transaction_id {text}",
        "missing_since           {moment}",
        """CONSTRAINT recorded_payment_once
    UNIQUE (payment_id, session_id, currency, base, tips, cashback, successful, attempted_at)""",
    ),
    "released_lock": (
        "number      {counter}",
        "session_id  {uuid}        NOT NULL",
        "locked_at   {moment}",
        "terminal    {text}",
        "waiter      {text}",
        "released_at {moment} NOT NULL DEFAULT {clock}",
        "released_by {text}        NOT NULL",
        "reason      {text}        NOT NULL",
    ),
    # Since version 2: what the locks and payments of the EPOS Data API have more. Locks end by themselves, and are
    # remembered for a while; a token says to which row of session_lock one belongs, if that is still there.
    "order_lock": (
        "session_id {uuid}        NOT NULL",
        "lock_id    {key_text}        NOT NULL",
        "token      {uuid}        NOT NULL",
        "expires_at {moment} NOT NULL",
        "total      {number}",
        "deleted    {flag}     NOT NULL",
        "PRIMARY KEY (session_id, lock_id)",
    ),
    "payment_intent": (
        "payment_id {uuid}        NOT NULL PRIMARY KEY",
        "intent     {key_text}        NOT NULL",
        "kept_at    {moment} NOT NULL DEFAULT {clock}",
        "refused    {text}",
    ),
    # Of adapter/store/lease.py; no reason to ask for another version, since only replicas need it.
    "dialing_lease": (
        "account     {uuid}        NOT NULL PRIMARY KEY",
        "holder      {uuid}        NOT NULL",
        "held_by     {text}        NOT NULL",
        "taken_at    {moment} NOT NULL DEFAULT {clock}",
        "renewed_at  {moment} NOT NULL DEFAULT {clock}",
    ),
}
_SESSION_INDEX = "recorded_payment_session"


def creation(schema: str, engine: Engine) -> tuple[str, ...]:
    """The statements that make the ledger, or bring an older one up to date; run again they change nothing."""
    words = engine.ledger
    made = [text.format(schema=schema) for text in words.before]
    for name, columns in TABLES.items():
        table = engine.table(schema, name)
        types = {**words.types, "clock": _default(words.clock), "now": _default(words.now or words.clock)}
        lines = [column.format(**types) for column in columns]
        if name == "recorded_payment" and not words.index:
            lines.append(f"KEY {_SESSION_INDEX} (session_id)")
        head = words.create.format(table=table)
        made.append(f"{head} (\n  " + ",\n  ".join(lines) + f"\n){words.end}")
        if name == "recorded_payment" and words.index:
            index = _SESSION_INDEX if engine.schemas else f"{schema}_{_SESSION_INDEX}"
            made.append(words.index.format(name=index, table=table, columns="session_id"))
    ledger = engine.table(schema, "ledger")
    # The last one: whoever sees the version sees the tables. Rows of older versions stay, the highest counts.
    made.append(
        f"INSERT INTO {ledger} (version) VALUES ({VERSION}) {words.once.strip()}"
        if words.once
        else f"INSERT INTO {ledger} (version) "
        f"SELECT {VERSION} WHERE NOT EXISTS (SELECT 1 FROM {ledger} WHERE version = {VERSION})"
    )
    return tuple(made)


def _default(moment: str) -> str:
    return moment if moment.replace("_", "").replace("()", "").isalnum() else f"({moment})"
