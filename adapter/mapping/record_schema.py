"""What may stand in `[lock]` and `[record]`: how a session is locked and a payment entered. Makes no SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from adapter.toml.load import Strict

Sql = str
"""SQL for a value or a condition."""

Names = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]

VALUES: dict[str, str] = {
    "payment_id": "id of the payment as a text, a UUID in small letters with dashes",
    "payment_key": "the same, but different for each of several payments that share an id",
    "amount": "what was paid of the bill, without tip and cashback",
    "tip": "the tip",
    "cashback": "cash handed out",
    "charged": "what the card was charged with: amount, tip and cashback",
    "total": "total of the bill",
    "paid_before": "what had been paid before",
    "paid_after": "what has been paid with this payment",
    "due_after": "what remains to be paid; 0 when too much was paid",
    "fully_paid": "yes when nothing remains to be paid",
    "over_paid": "yes when more was paid than was due",
    "has_tip": "yes when there is a tip",
    "has_cashback": "yes when cash was handed out",
    "currency": "ISO 4217 code",
    "now": "the database's clock, in the form of [time]",
    "attempted_at": "when the card was presented, in the form of [time]",
    "terminal": "id of the card machine, or NULL: 8 digits in the Tables API, some 30 letters in the EPOS Data API; cut it where the column is short",
    "waiter": "id of the waiter to whom the payment is attributed, or NULL",
    "method": "CARD_PRESENT or REMOTE, or NULL",
    "scheme": "VISA, AMEX and so on, or NULL",
    "tender": "what [record.tender] makes of the scheme",
    "entry_mode": "CONTACTLESS, CONTACT_CHIP and so on, or NULL",
    "auth_code": "authorization code, or NULL",
    "acquirer_id": "the acquirer's id of the transaction, or NULL",
    "session_id": "the session's key as the till has it; :session_id_1, :session_id_2 where it has several columns",
}
"""Every value that a step may use as `:name`, and what it is. Amounts are in the form of [money]."""

AMOUNTS = ("amount", "tip", "cashback", "charged", "total", "paid_before", "paid_after", "due_after")
"""Those that are money. Each is also there in minor units: `:amount_minor`."""

FLAGS = frozenset({"fully_paid", "has_cashback", "has_tip", "over_paid"})
"""Those that are yes or no."""

TEXTS = frozenset({"acquirer_id", "auth_code", "entry_mode", "method", "scheme", "terminal", "waiter"})
"""Those that the provider sends as texts of any length; a shorter column gets their beginning."""

TIMES = frozenset({"attempted_at", "now"})
"""Those that are moments."""

VERIFY_VALUES = ("payment_id", "payment_key", "currency", "amount", "tip", "cashback", "charged", "session_id")
"""Those that `[record.verify]` may use, beside the keys of `[record.make]` that are always the same."""

LOCK_VALUES = ("now", "terminal", "waiter", "session_id")
"""Those that `[lock]` may use."""


class LockRule(Strict):
    """How the EPOS itself holds a lock, in columns of the session's own table, so that the till sees it."""

    free: Sql
    """True when nobody holds the session."""
    ours: Sql
    """True when a card machine holds it, and not the till."""
    set: dict[str, Sql]
    """Columns and their values that lock it."""
    clear: dict[str, Sql]
    """Columns and their values that release it."""


class RecordedRule(Strict):
    """Where the EPOS keeps the ids of payments, so that a repeat is recognized without tables of our own."""

    from_: str = Field(alias="from")
    """A FROM clause with an alias for every table."""
    where: Sql | None = None
    """An SQL condition: other rows are no payments."""
    payment_id: Sql
    """The id of the payment."""
    amount: Sql
    """What was paid of the bill."""
    tip: Sql | None = None
    """The tip, where it is kept."""
    cashback: Sql | None = None
    """Cash handed out, where it is kept."""
    session_id: Sql | None = None
    """The session's key; without it, payment ids must be unique in the whole table."""


class VerifyRule(Strict):
    """A look, some time later, whether the payment is still there: some tills delete and write again what they hold."""

    find: Sql
    """A SELECT that gives a row as long as the payment is there."""
    every: float = Field(default=15.0, ge=1)
    """Seconds between looks."""
    within_minutes: float = Field(default=30.0, gt=0)
    """How long after it was recorded a payment is looked after."""


class Step(Strict):
    """One statement of recording."""

    insert: str | None = None
    """Table that gets a row; or rows, with `from` or `select`."""
    update: str | None = None
    """Table whose rows are changed."""
    delete: str | None = None
    """Table whose rows are deleted."""
    find: Sql | None = None
    """A SELECT of one row; its outputs become values for the steps below."""
    set: dict[str, Sql] = Field(default_factory=dict)
    """Columns and their values: SQL with the values of the payment, as `:amount`."""
    from_: str | None = Field(default=None, alias="from")
    """Insert a row for each row of this FROM clause."""
    where: Sql | None = None
    """An SQL condition on the rows; with `insert`, on those of `from`."""
    select: Sql | None = None
    """Insert what this SELECT gives; its output names are the columns."""
    returning: dict[str, str] = Field(default_factory=dict)
    """Values for the steps below, from columns of the written row."""
    rows: Annotated[int, Field(ge=0)] | Literal["any", "some"] | None = None
    """How many rows must be touched: one, unless said otherwise; any for delete, and for inserts from other rows."""
    when: Names = ()
    """Values that must be yes for this step to run; `not closes` for one that must be no."""
    missing: str | None = None
    """What to say when `find` finds nothing, or the number of rows is another. Nothing is recorded then."""
    lock: bool = False
    """With `find`: hold the row until the payment is recorded."""

    def shape_problems(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong with the step whatever its SQL says: a key of it (or none), a message, a hint."""
        kinds = [name for name in KINDS if getattr(self, name) is not None]
        if len(kinds) != 1:
            yield kinds[1] if kinds else "", "a step is one of insert, update, delete and find", ""
            return
        kind = kinds[0]
        for name in ("set", "from_", "where", "select", "returning", "rows", "lock"):
            key = name.rstrip("_")
            if getattr(self, name) not in (None, {}, False) and key not in _ALLOWED[kind]:
                yield key, f"has no meaning beside {kind}", ""
        if self.insert is not None and (self.select is None) == (not self.set):
            yield "insert", "needs either [record.step.set] or select", ""
        if self.update is not None and not self.set:
            yield "update", "needs [record.step.set]", "name the columns and their values"
        if kind in ("update", "delete") and self.where is None:
            yield (
                kind,
                "needs where: without it every row of the table would be changed",
                'write where = "id = :session_id"',
            )

    @property
    def kind(self) -> str:
        """`insert`, `update`, `delete` or `find`; empty for a step that is none of them."""
        return next((name for name in KINDS if getattr(self, name) is not None), "")

    @property
    def table(self) -> str:
        """The table that it writes to; empty for `find`."""
        return self.insert or self.update or self.delete or ""

    @property
    def expected(self) -> int | Literal["any", "some"]:
        """How many rows it must touch."""
        if self.rows is not None:
            return self.rows
        if self.kind == "find":
            return "some" if self.missing is not None else "any"
        many = self.kind == "delete" or self.from_ is not None or self.select is not None
        return "any" if many else 1


KINDS = ("insert", "update", "delete", "find")

_ALLOWED = {
    "insert": {"set", "from", "where", "select", "returning", "rows"},
    "update": {"set", "where", "returning", "rows"},
    "delete": {"where", "rows"},
    "find": {"lock", "rows"},
}


class RecordRule(Strict):
    """How a successful payment is entered: in order, in one transaction, with the check's row held."""

    check: dict[str, Sql] = Field(default_factory=dict)
    """Further values, read with the check: SQL over the aliases of [session]."""
    make: dict[str, Literal["uuid", "hash", "random"]] = Field(default_factory=dict)
    """Keys to be made: `uuid` and `hash` (32 hexadecimal digits) always the same for a payment, `random` a new UUID."""
    tender: dict[str, str | int] = Field(default_factory=dict)
    """What `:tender` is for each card scheme; `default` for any other."""
    recorded: RecordedRule | None = None
    """Where the EPOS keeps the ids of payments, for an installation without a ledger."""
    verify: VerifyRule | None = None
    """How to see later that a payment is still there."""
    step: tuple[Step, ...] = ()
    """What the EPOS itself would write, in order."""
