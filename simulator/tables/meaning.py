"""What is wrong with a well-formed answer when it is held against its own request: filters, identities, sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from simulator.judging import Finding
from simulator.reading import finding, short

Answered = Mapping[str, Any]


def plain(identity: object) -> str:
    """A UUID as it compares: without case, dashes and blanks around it."""
    return str(identity).strip().lower().replace("-", "")


def bills(method: str, result: Answered) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every bill of an answer, with the path to it."""
    match method:
        case "GetBillItems" | "LockSession":
            yield "$.result.billItems", result["billItems"]
        case "GetFullBill":
            yield "$.result.fullBill.billItems", result["fullBill"]["billItems"]
        case "ListBillItems":
            for number, bill in enumerate(result["billItems"]):
                yield f"$.result.billItems[{number}]", bill


def sessions(method: str, result: Answered) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every session of an answer, with the path to it."""
    if method == "GetSession":
        yield "$.result.session", result["session"]
    elif method == "ListSessions":
        for number, session in enumerate(result["sessions"]):
            yield f"$.result.sessions[{number}]", session


def sums(path: str, bill: Mapping[str, Any], *, modifiers_in_item_price: bool) -> Iterator[Finding]:
    """Whether the lines of a bill come to its total."""
    lines = sum(
        item["quantity"] * (item["amountPerItem"] + (0 if modifiers_in_item_price else _modifiers(item)))
        for item in bill["items"]
    )
    service = bill.get("serviceCharge", 0)
    if lines + service != bill["totalAmount"]:
        yield finding(
            "bill-sum",
            f"{path}.totalAmount",
            f"the items come to {lines} and the service charge is {service}, but the total is {bill['totalAmount']}",
            "bill-intro page, by the one reading under which its example adds up",
        )


def _modifiers(item: Mapping[str, Any]) -> int:
    return sum(each["quantity"] * each["amountPerModifier"] for each in item.get("modifiers", ()))


def states(path: str, session: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether the members of a session agree with each other."""
    if "finishedAt" not in session:
        return
    if session["isPayable"]:
        yield finding(
            "finished-payable",
            f"{path}.isPayable",
            "a finished session is payable",
            "get-session page: false for any finished session",
        )
    if session["finishedAt"] < session["createdAt"]:
        yield finding(
            "finished-before-created",
            f"{path}.finishedAt",
            f"finished at {session['finishedAt']}, before it was created at {session['createdAt']}",
            "session-intro page",
        )


def asked_for(method: str, params: Mapping[str, Any], result: Answered) -> Iterator[Finding]:
    """Whether the answer is about what was asked, and lets through only what the filters do."""
    match method:
        case "GetTable":
            yield from _same("table-other", "$.result.table.name", result["table"]["name"], params.get("name"))
        case "GetSession":
            yield from _same_session("$.result.session.id", result["session"]["id"], params)
        case "GetBillItems" | "LockSession" | "GetFullBill":
            for path, bill in bills(method, result):
                yield from _same_session(f"{path}.sessionId", bill["sessionId"], params)
        case "ListTables":
            yield from _statuses(result["tables"], _wanted(params, "statuses"))
            yield from _once("$.result.tables", "table-twice", [table["name"] for table in result["tables"]])
        case "ListSessions":
            for path, session in sessions(method, result):
                yield from _session_filters(path, session, params)
            yield from _once(
                "$.result.sessions", "session-twice", [plain(session["id"]) for session in result["sessions"]]
            )
        case "ListBillItems":
            yield from _bills_of(params, result)


def _bills_of(params: Mapping[str, Any], result: Answered) -> Iterator[Finding]:
    wanted = {plain(identity) for identity in _wanted(params, "sessionIds")}
    for path, bill in bills("ListBillItems", result):
        if wanted and plain(bill["sessionId"]) not in wanted:
            yield finding(
                "filter-session-ids",
                f"{path}.sessionId",
                "the bill of a session that was not asked for",
                "list-bill-items page",
            )
    yield from _once("$.result.billItems", "bill-twice", [plain(bill["sessionId"]) for bill in result["billItems"]])


def _same(kind: str, path: str, value: str, wanted: Any) -> Iterator[Finding]:
    if isinstance(wanted, str) and value.strip() != wanted.strip():
        yield finding(kind, path, f"{short(value)} where {short(wanted)} was asked for", "get-table page")


def _same_session(path: str, value: str, params: Mapping[str, Any]) -> Iterator[Finding]:
    if plain(value) != plain(params.get("sessionId")):
        yield finding(
            "session-other",
            path,
            f"{short(value)} where {short(params.get('sessionId'))} was asked for",
            "get-session page",
        )


def _wanted(params: Mapping[str, Any], name: str) -> Sequence[str]:
    """The values of a filter; none where it is left out or an empty list, which are the same."""
    values = params.get(name)
    return values if isinstance(values, list) else ()


def _statuses(tables: Sequence[Mapping[str, Any]], wanted: Sequence[str]) -> Iterator[Finding]:
    for number, table in enumerate(tables):
        if wanted and table["status"] not in wanted:
            yield finding(
                "filter-statuses",
                f"$.result.tables[{number}].status",
                f"{table['status']} where {', '.join(wanted)} were asked for",
                "list-tables page",
            )


def _session_filters(path: str, session: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[Finding]:
    for name, kind, is_so in (
        ("isFinished", "filter-is-finished", "finishedAt" in session),
        ("hasTable", "filter-has-table", "tableName" in session),
        ("isPayable", "filter-is-payable", session["isPayable"]),
    ):
        wanted = params.get(name)
        if isinstance(wanted, bool) and wanted != is_so:
            yield finding(
                kind,
                path,
                f"{name} is {str(is_so).lower()} for it, and was asked to be the other",
                "list-sessions page",
            )
    names = _wanted(params, "tableNames")
    if names and session.get("tableName") not in names:
        yield finding(
            "filter-table-names",
            path,
            f"the table is {short(session.get('tableName'))}, and was to be one of {short(list(names))}",
            "list-sessions page",
        )


def _once(path: str, kind: str, identities: Iterable[str]) -> Iterator[Finding]:
    for identity, times in Counter(identities).items():
        if times > 1:
            yield finding(
                kind, path, f"{short(identity)} is there {times} times", "table-intro page: identities are unique"
            )
