"""All that a draft is made of, and what its sections share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapter.inspect.bills import Money
from adapter.inspect.casting import Cast
from adapter.inspect.columns import Candidate, Known
from adapter.inspect.entries import Quote, Section
from adapter.inspect.facts import Column, Reference
from adapter.inspect.finished import Finished
from adapter.inspect.gathering import Bill
from adapter.inspect.profiles import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that the sections of a draft are made of."""

    known: Known
    cast: Cast
    bills: Sequence[Bill]
    money: Money
    finished: Finished
    quote: Quote
    prefix: str = ""

    def table_name(self, role_or_table: str) -> str:
        """The name of a table as the mapping writes it."""
        name = self.cast.parts[role_or_table].table if role_or_table in self.cast.parts else role_or_table  # type: ignore[index]
        return self.quote(name.removeprefix(self.prefix))

    def engine(self) -> str:
        """The engine whose SQL is written."""
        return self.known.survey.engine

    def joined(self, *parts: str) -> str:
        """Texts one after another, in the engine's SQL."""
        return " || ".join(parts) if self.engine() == "sqlite" else f"CONCAT({', '.join(parts)})"

    def column(self, alias: str, name: str) -> str:
        """A column as SQL; a computed one (see `gathering.fractional`) by the columns that it is made of."""
        if name.startswith("CASE "):
            return name.replace("{alias}", alias)
        return f"{alias}.{self.quote(name)}"

    def on(self, alias: str, other: str, link: Reference, *, reverse: bool = False) -> str:
        """The condition of a join: `alias` holds the reference to `other`."""
        pairs = [(self.column(alias, own), self.column(other, its)) for own, its in link.pairs]
        return " AND ".join(f"{left} = {right}" if reverse else f"{right} = {left}" for left, right in pairs)

    def columns(self, alias: str, names: Sequence[str]) -> str | list[str]:
        """A column as SQL, or several."""
        found = [self.column(alias, name) for name in names]
        return found[0] if len(found) == 1 else found


def because(findings: Findings, role: str) -> list[str]:
    """Why a table was chosen, and what else might have been."""
    part = findings.cast.parts[role]  # type: ignore[index]
    said = [f"{part.table}: {'; '.join(part.evidence)}"]
    if part.runner_up:
        said.append(
            f"the next best was {part.runner_up} ({part.runner_up_confidence:.0%} against {part.confidence:.0%})"
        )
    return said


def time_value(findings: Findings, one: Candidate) -> Any:
    """A time as a field of the mapping."""
    column, shape = findings.column("k", one.column.name), one.profile
    if shape.kind in ("epoch", "epoch_ms"):
        return {"column": column, "form": shape.kind}
    if one.column.family == "text" and shape.counts:
        first = str(next(iter(shape.counts)))
        form = (
            "%Y-%m-%dT%H:%M:%S" if "T" in first else "%Y-%m-%d %H:%M:%S" if first.count(":") == 2 else "%Y-%m-%d %H:%M"
        )
        return {"column": column, "form": form}
    return column


def void_column(findings: Findings, table: str) -> Candidate | None:
    """The flag by which rows are deleted or void."""

    def fits(column: Column, shape: Profile) -> bool:
        return (column.numeric or column.family == "boolean") and shape.kind in ("flag", "empty")

    return findings.known.first(table, ("void",), fits, avoid=("staff",))


def not_void(findings: Findings, alias: str, void: Candidate) -> str:
    """The condition of a row that is not."""
    no = "FALSE" if void.column.type_name.startswith("bool") else "0"
    return f"COALESCE({findings.column(alias, void.column.name)}, {no}) = {no}"


def leave_out_void(findings: Findings, section: Section, table: str, alias: str, called: str) -> None:
    """Leave void rows out of a section, where they can be told."""
    found = void_column(findings, table)
    if found is not None:
        many = sum(many for value, many in found.profile.counts.items() if value)
        said = f"{many} of {found.profile.count} sampled {called} are {found.column.name}"
        section.say("where", not_void(findings, alias, found), said)
