"""Scenarios as they stand in the TOML files of `scenarios/`; docs/certify.md says how to add one."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as Key

from simulator.errors import SimulatorError

Requestor = Literal["machine", "guest", "no-waiter", "wrong-waiter", "text-waiter", "odd-terminal"]


class WrongScenario(SimulatorError):
    """A file of scenarios is not as it must be."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Payment(_Strict):
    """A payment on the session that the scenario needs; amounts in minor units."""

    id: str = "a"
    """A name within the scenario; the same name is the same id."""
    base: int | Literal["all"] = 1
    """`all` is what was outstanding when the scenario began."""
    tip: int = 0
    cashback: int = 0
    ok: bool = True
    change: dict[str, Any] = {}
    """Members that are to be otherwise; the empty text takes one out."""


class Step(_Strict):
    """One step: exactly one of the verbs `ask`, `filter`, `pages`, `paid`, `raw`, `race`, `fault`, `drop`."""

    ask: str | None = None
    """A method; what it answers is judged, and must be what `expect` says."""
    filter: str | None = None
    """A method that lists; its answer to the filter `params` must be what the filter leaves of everything."""
    pages: str | None = None
    """A search, by whose pages of `limit` entries everything must come once, forwards and backwards."""
    paid: int | Literal["answered", "all"] | None = None
    """How much more must be paid than when the scenario began.

    `answered`: what was answered with success, or said to be recorded already; `all`: what was outstanding.
    """
    raw: str | None = None
    """The text of a frame."""
    race: list[Step] | None = None
    """`ask`s that are sent at once; together they must have the outcomes `expect`, in any order; `a|b` is either."""
    fault: str | None = None
    """What is to happen to the next request of `method`: the kinds of docs/simulator.md."""
    drop: bool = False
    """Break the connection, and wait for it to come back."""

    params: dict[str, Any] = {}
    by: Requestor | None = None
    """Who asks; without it a card machine with the session's own waiter, and a guest for lists."""
    payment: Payment | None = None
    lock: str | None = None
    """A name of a lock within the scenario; without it the last one, and `a` at first. Empty for a payment without."""
    expires: float = 300.0
    """Seconds from now."""
    expect: Sequence[str] = ("success",)
    """`success` or codes; one of them must be answered. `lost`: no answer may come. For `raw` also `silence`."""
    same: dict[str, Any] = {}
    """Values that must stand at places of the result, such as `session.id`."""
    id: Any = None
    """The id that a `raw` frame has, and its answer must have."""
    binary: bool = False
    """Send `raw` as a binary frame."""
    fill: int = 0
    """How many letters stand in place of FILL in `raw`."""
    limit: int = 1
    within: float = 0.0
    """Seconds for which the step is asked again while it is not answered as it should be."""
    otherwise: str = ""
    """Why the scenario is not applicable where an error comes that is not expected; without it, that is a failure."""
    method: str = ""
    at: str | None = None
    milliseconds: float = 50.0
    times: int = Key(default=1, ge=1)
    """How many times the step is done."""

    @property
    def verb(self) -> str:
        """Which of the verbs it is."""
        return self.verbs[0]

    @property
    def verbs(self) -> Sequence[str]:
        """All that are given; a step has one."""
        # By identity: `paid = 0` is a step, and 0 equals False.
        return [name for name in VERBS if getattr(self, name) is not None and getattr(self, name) is not False]


VERBS = ("ask", "filter", "pages", "paid", "raw", "race", "fault", "drop")


class Scenario(_Strict):
    """What is to be tried, and what it proves."""

    name: str = Key(pattern="^[a-z0-9-]+$")
    proves: str
    """One sentence."""
    needs: Sequence[str] = ()
    """What the EPOS must have: names of discovery.NEEDS."""
    steps: Sequence[Step]
    group: str = ""
    dialect: str = ""
    changes: bool = False
    """Whether it locks or pays."""


class _File(_Strict):
    dialect: str
    group: str
    changes: bool = False
    needs: Sequence[str] = ()
    scenario: list[Scenario]


def scenarios(dialect: str) -> list[Scenario]:
    """All scenarios of a dialect, in the order of files and lines. Raises WrongScenario."""
    found: list[Scenario] = []
    folder = resources.files("simulator.certify").joinpath("scenarios")
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            found += read(file.name, file.read_text(encoding="utf-8"))
    return [scenario for scenario in found if scenario.dialect == dialect]


def read(name: str, text: str) -> list[Scenario]:
    """The scenarios of one file. Raises WrongScenario."""
    try:
        file = _File.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as problem:
        raise WrongScenario(f"{name}: {problem}") from None
    for scenario in file.scenario:
        for step in (each for one in scenario.steps for each in (one, *(one.race or ()))):
            if len(step.verbs) != 1:
                raise WrongScenario(f"{name}: a step of {scenario.name} has not exactly one of {', '.join(VERBS)}")
    return [
        scenario.model_copy(
            update={
                "group": file.group,
                "dialect": file.dialect,
                "changes": file.changes,
                "needs": (*file.needs, *scenario.needs),
            }
        )
        for scenario in file.scenario
    ]
