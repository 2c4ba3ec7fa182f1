"""The figures of a run: a table for people, JSON for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tests.faults.run import Outcome
from tests.faults.violations import Violation

INVARIANTS = {
    "lost": ("lost",),
    "doubled": ("doubled", "accepted twice"),
    "given back and written": ("refused and written", "two answers"),
    "double holders": ("double holder", "lock without a row", "lock lost"),
    "stuck locks": ("stuck lock",),
    "wrong balances": ("wrong balance", "wrong table"),
}
"""What must be zero, and which violations are counted there; all others are counted as `other`."""


def figures(outcome: Outcome) -> dict[str, Any]:
    """Everything that was counted."""
    journal = outcome.journal
    found = Counter(violation.kind for violation in outcome.violations)
    invariants = {name: sum(found[kind] for kind in kinds) for name, kinds in INVARIANTS.items()}
    invariants["other"] = len(outcome.violations) - sum(invariants.values())
    said = {name: count for name, count in sorted(journal.counted.items()) if name.startswith("said: ")}
    return {
        "seed": outcome.plan.seed,
        "replicas": outcome.plan.replicas,
        "seconds": round(outcome.seconds, 1),
        "payments": {
            "tried": len(journal.payments),
            "acknowledged": journal.acknowledged,
            "over the EPOS Data API": sum(payment.by_orders for payment in journal.payments.values()),
            "declined": sum(not payment.successful for payment in journal.payments.values()),
            "refused": sum(bool(one.refused) for one in journal.payments.values() if not one.by_orders),
            "given back": sum(bool(one.refused) for one in journal.payments.values() if one.by_orders),
        },
        "requests": {
            "sent": len(journal.attempts),
            "outcome unknown": journal.retries,
            **{name: count for name, count in sorted(journal.counted.items()) if name not in said},
        },
        "unknown outcomes by reason": {name.removeprefix("said: "): count for name, count in said.items()},
        "faults": dict(sorted(outcome.injected.items())),
        "deadlock victims": dict(sorted(outcome.deadlocks.items())),
        "violations": invariants,
    }


def table(outcome: Outcome) -> str:
    """The figures, aligned; then each violation in a line of its own."""
    return aligned(figures(outcome), outcome.violations, "every invariant holds")


def aligned(counted: Mapping[str, Any], violations: Sequence[Violation], good: str) -> str:
    """Figures as lines; then `good`, or each violation in a line of its own."""
    lines: list[str] = []
    for name, value in counted.items():
        if not isinstance(value, dict):
            lines.append(f"{name:<62}{value:>10}")
            continue
        lines += ["", name]
        lines += [f"  {what:<60}{count:>10}" for what, count in value.items()]
    lines += ["", good if not violations else "VIOLATED"]
    lines += [f"  {violation.kind}: {violation.what}" for violation in violations]
    return "\n".join(lines)
