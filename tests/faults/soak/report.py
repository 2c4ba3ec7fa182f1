"""The figures of a run: a table for people, JSON for programs."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from tests.faults.report import aligned
from tests.faults.soak.run import Outcome
from tests.faults.soak.tally import FAILED, LOST


def figures(outcome: Outcome) -> dict[str, Any]:
    """Everything that was counted."""
    tally, journal, weight = outcome.tally, outcome.journal, outcome.weight
    back: dict[str, list[float]] = defaultdict(list)
    for window in tally.windows:
        back[window.kind].append(window.end - window.mended)
    lost, failed = tally.unexcused(LOST), tally.unexcused(FAILED)
    found = Counter(violation.kind for violation in outcome.violations)
    return {
        "minutes": round(outcome.seconds / 60, 1),
        "seed": outcome.plan.seed,
        "requests": {
            "accepted": tally.sent,
            "answered": tally.sent - tally.outcomes[LOST],
            "not answered within fault windows": tally.outcomes[LOST] - len(lost),
            "failed within fault windows": tally.outcomes[FAILED] - len(failed),
            "not sent, no connection being open": tally.turned_away,
            "slowest answer outside fault windows, ms": round(tally.slowest * 1000),
        },
        "payments": {
            "tried": len(journal.payments),
            "acknowledged": journal.acknowledged,
            "repeated on purpose": journal.counted["repeated on purpose"],
        },
        "faults": {kind: len(times) for kind, times in sorted(back.items())} | {"together": len(tally.windows)},
        "served again, seconds after it was mended, at the latest": {
            kind: round(max(times), 2) for kind, times in sorted(back.items())
        },
        "memory of the adapter": {
            "after warming up, MB": round(weight.first / 1e6, 1),
            "at the end, MB": round(weight.last / 1e6, 1),
            "most, MB": round(weight.most / 1e6, 1),
            "growth, %": round(weight.growth * 100, 1),
            "open files": "{}-{}".format(*weight.files),
        },
        "violations": {
            "answers lost outside fault windows": len(lost),
            "requests failed outside fault windows": len(failed),
            "other": len(outcome.violations) - found["answer lost"] - found["request failed"],
        },
    }


def table(outcome: Outcome) -> str:
    """The figures, aligned; then each violation in a line of its own."""
    return aligned(figures(outcome), outcome.violations, "nothing was lost")
