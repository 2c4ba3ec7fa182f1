"""What `epos-adapter check` finds, as values: how bad it is, what kind it is, where it stands and what to do.

Knows nothing of databases and terminals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from adapter.errors import Problem
from adapter.toml.load import Source
from adapter.toml.locate import Path

Severity = Literal["error", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

KINDS: dict[str, str] = {
    "bill-unbalanced": "the lines of a bill do not add up to its total; the difference is said in money",
    "clock-differs": "this machine and the database disagree by more than 5 seconds about the time",
    "code-uncovered": "codes that the data holds and that no map or flag knows, with counts and an example",
    "code-unused": "codes of a map that never occur",
    "column-ignored": "a column that says of rows that they do not count, or whose meaning is declared, and nothing reads it",
    "currency-unknown": "a currency that is no ISO 4217 code",
    "dash-in-name": "table names with ` - ` in them, which card machines are shown as ` – `",
    "filter-differs": "a condition of [session.filter] that does not mean the same as the field",
    "finished-contradicts": "most open sessions have the time when they finished, or most finished ones have none",
    "finished-owes": "finished sessions that still owe something; or most of them were paid more or less than they cost",
    "finished-too-early": "sessions that finished before they began",
    "join-drops": "an inner join leaves rows out; counted with and without it",
    "join-misses": "a LEFT JOIN that finds a row for hardly any",
    "join-multiplies": "a join gives several rows for one, with the first key for which it does",
    "key-form": "a key that cannot become a session id, by its type",
    "key-partial": "SQL of [record] that compares a part of the check's key only",
    "key-unpackable": "keys in the data that cannot become a session id",
    "ledger-missing": "the tables of the ledger are not there",
    "ledger-version": "the tables of the ledger are those of another version of the adapter",
    "lock-unclear": "sessions that are neither free nor ours, or both at once, by [lock]",
    "misfit": "something else of the mapping that does not fit this database",
    "missing-column": "a column that the database does not have",
    "missing-table": "a table that the database does not have",
    "money-scale": "bills are so large or small that amounts seem to be off by a factor of 100",
    "name-blank": "tables without a name",
    "name-duplicate": "several tables of one name: a card machine cannot tell them apart",
    "no-index": "a look-up that no index serves, with the index that would",
    "no-select": "columns that the role may not read, with the GRANT that is missing",
    "no-transactions": "a table that is written to and cannot undo what is written",
    "no-write": "rights that recording needs and the role lacks, with the GRANT that is missing",
    "not-checked": "something that could not be looked at, and why",
    "null-declared": "NULLs in a column for which the mapping says what they mean, with their number",
    "null-undeclared": "a column that may be NULL where that would decide something, and nobody says what it means",
    "number-implausible": "most parties or tables have more guests than there can be",
    "overpaid": "open sessions on which more was paid than they cost",
    "path-misses": "a member of a value, or a pattern, that is found in none of them",
    "payable-never": "no open session with something to pay is payable",
    "payment-hazard": "recording writes rows that a till might write over, and nothing looks after them",
    "payments-differ": "payments that are listed and do not come to what is paid",
    "rehearsal-differs": "a rehearsed payment does not leave what it should: the bill, or what [record.verify] finds",
    "rehearsal-fails": "a rehearsed payment cannot be recorded, with the step",
    "rehearsal-spreads": "a rehearsed payment changes other open sessions, or frees a table at which one of them sits",
    "row-unreadable": "rows that cannot be read as the mapping says, with a key and the reason",
    "sequence-behind": "a table whose next generated key is taken already, so that an insert would fail",
    "session-shared": "sessions of which several have one key",
    "sign-implausible": "discounts that add to their bills, or charges that take from them",
    "site-empty": "a `read` of [site] that gives nothing, so that the default counts",
    "slow-shape": "a statement for one bill that goes through many rows, by the database's own estimate",
    "sql-fails": "SQL that the database accepts and that fails on its rows",
    "sql-refused": "SQL that the database refuses",
    "status-contradicts": "most tables with an open session have a status that says that nobody is there",
    "table-lost": "sessions that refer to a table that is not there",
    "tables-empty": "an entity without any row to look at",
    "tax-implausible": "most bills hold more tax than there can be",
    "taxes-differ": "taxes that are listed and do not come to the tax of the bill",
    "test-fails": "a [[test]] of the mapping that does not give what it expects",
    "time-future": "times that lie in the future",
    "time-implausible": "times that no restaurant's data can have: before 1990 or years ahead",
}
"""Every kind of finding and what it is about. The names are stable: scripts read them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found."""

    severity: Severity
    kind: str
    """One of KINDS."""
    problem: Problem
    sql: str = ""
    """What to run, word for word, where that is known: a GRANT or a CREATE INDEX."""

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        problem = self.problem
        return {
            "severity": self.severity,
            "kind": self.kind,
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "key": problem.key,
            "message": problem.message,
            "hint": problem.hint,
            "sql": self.sql,
        }


@dataclass(slots=True)
class Findings:
    """The findings about one mapping, as they come."""

    source: Source
    found: list[Finding] = field(default_factory=list)

    def add(
        self, severity: Severity, kind: str, path: Path, message: str, hint: str = "", *, sql: str = "", index: int = 0
    ) -> None:
        """Note a finding about the key at this path; `index` is a character of its text, from 0."""
        place = Source(file=self.source.file, locator=self.source.locator)
        if index:
            place.report_inside(path, index, message, hint)
        else:
            place.report(path, message, hint)
        self.take(severity, kind, place.problems[0], sql=sql)

    def beside(self, severity: Severity, kind: str, file: str, key: str, message: str, hint: str = "") -> None:
        """Note a finding about something that does not stand in the mapping."""
        self.take(severity, kind, Problem(file=file, line=0, key=key, message=message, hint=hint))

    def take(self, severity: Severity, kind: str, problem: Problem, *, sql: str = "") -> None:
        """Note a finding about a problem that was found elsewhere; once, however often it is found."""
        finding = Finding(severity=severity, kind=kind, problem=problem, sql=sql)
        if finding not in self.found:
            self.found.append(finding)

    def has(self, severity: Severity) -> bool:
        """Whether there is a finding of this severity."""
        return any(finding.severity == severity for finding in self.found)


def counts(findings: Sequence[Finding]) -> dict[Severity, int]:
    """How many findings there are of each severity."""
    return {severity: sum(finding.severity == severity for finding in findings) for severity in SEVERITIES}
