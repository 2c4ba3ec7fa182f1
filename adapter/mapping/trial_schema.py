"""What may stand in a `[[test]]`: a few rows of a till, a request, and the answer that must come. Runs nothing."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

from adapter.toml.load import Strict

ORDERS = (
    "CreateOrderLockV1",
    "GetOrderBillByIdV1",
    "GetOrderByIdV1",
    "RecordOrderPaymentByIdV1",
    "SearchOrdersV1",
    "SearchTablesV1",
)
"""The requests of the EPOS Data API that a test can ask."""

METHODS = (
    "GetBillItems",
    "GetFullBill",
    "GetSession",
    "GetTable",
    "ListBillItems",
    "ListSessions",
    "ListTables",
    "LockSession",
    "RecordPayment",
    "UnlockSession",
    *ORDERS,
)
"""The requests that a test can ask."""

OF_SESSION = frozenset(
    {
        *("GetBillItems", "GetFullBill", "GetSession", "LockSession", "RecordPayment", "UnlockSession"),
        *("CreateOrderLockV1", "GetOrderBillByIdV1", "GetOrderByIdV1", "RecordOrderPaymentByIdV1"),
    }
)
"""Those that are asked of one session."""

WRITING = frozenset({"CreateOrderLockV1", "LockSession", "RecordOrderPaymentByIdV1", "RecordPayment", "UnlockSession"})

ABSENT: dict[str, Any] = {"absent": True}
"""How a test says that a member is not there, or that a column is NULL: TOML has no word for nothing."""

PRESENT: dict[str, Any] = {"absent": False}
"""How it says that something is there, whatever it is."""

Row = dict[str, Any]
"""Columns and their values, as far as they are said."""

Key = Annotated[
    tuple[str | int, ...], BeforeValidator(lambda value: (value,) if isinstance(value, (str, int)) else value)
]


class AfterRule(Strict):
    """What the tables must hold afterwards: rows by table, each at least once."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    absent: dict[str, tuple[Row, ...]] = Field(default_factory=dict)
    """Rows by table that must not be there; `{}` is any row."""
    __pydantic_extra__: dict[str, tuple[Row, ...]]

    @property
    def present(self) -> dict[str, tuple[Row, ...]]:
        """Rows by table that must be there."""
        return self.__pydantic_extra__


class TrialRule(Strict):
    """One test of the mapping."""

    name: str
    """What it shows, as people would say it."""
    method: str
    """The request that is asked."""
    session: Key = ()
    """Key of the session, as the till has it; becomes `sessionId`, or `orderId`."""
    locked: bool | None = None
    """Whether the session is locked by a card machine before it is asked; without it, where the method needs that."""
    params: dict[str, Any] = Field(default_factory=dict)
    """Further parameters, as they stand on the wire."""
    site: dict[str, str | int | float | bool] = Field(default_factory=dict)
    """Site constants; the others have what `read` finds in the rows of the test, else their default."""
    rows: dict[str, tuple[Row, ...]] = Field(default_factory=dict)
    """What the tables hold, by table; the others are empty."""
    expect: dict[str, Any] = Field(default_factory=dict)
    """The answer, as far as it matters; `error` is the code of an error, `reason` a part of what it says."""
    after: AfterRule = AfterRule()
