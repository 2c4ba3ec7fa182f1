"""Certificates for programs: JSON, and JUnit XML as build servers read it."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

from simulator.certify.outcome import Certificate, Outcome, Verdict
from simulator.journal import Frame

_LONGEST = 4_000
"""Letters of a frame that are shown."""
_NO_XML = {code: "�" for code in range(32) if chr(code) not in "\t\n\r"}
"""Characters that XML cannot hold, and rubbish does."""


def as_json(certificate: Certificate) -> str:
    """The whole certificate, with the frames of what failed."""
    return json.dumps(
        {
            "account": certificate.account,
            "dialect": certificate.dialect,
            "began": certificate.began,
            "good": certificate.is_good,
            "counts": {verdict.value: certificate.count(verdict) for verdict in Verdict},
            "scenarios": [_told(outcome) for outcome in certificate.outcomes],
        },
        indent=2,
        ensure_ascii=False,
    )


def _told(outcome: Outcome) -> dict[str, Any]:
    evidence = outcome.frames if outcome.verdict is Verdict.FAIL else ()
    return {
        "name": outcome.scenario.name,
        "group": outcome.scenario.group,
        "proves": outcome.scenario.proves,
        "verdict": outcome.verdict.value,
        "reasons": list(outcome.reasons),
        "milliseconds": round(outcome.seconds * 1000),
        "frames": [
            {"number": frame.number, "sender": frame.sender, "time": frame.when.isoformat(), "data": shown(frame)}
            for frame in evidence
        ],
    }


def as_junit(certificate: Certificate) -> str:
    """One test case a scenario, a suite for each group; what is not applicable or not run counts as skipped."""
    root = ET.Element("testsuites", name="epos-adapter certify")
    groups = dict.fromkeys(outcome.scenario.group for outcome in certificate.outcomes)
    for group in groups:
        outcomes = [outcome for outcome in certificate.outcomes if outcome.scenario.group == group]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=group,
            tests=str(len(outcomes)),
            failures=str(sum(outcome.verdict is Verdict.FAIL for outcome in outcomes)),
            errors="0",
            skipped=str(sum(outcome.verdict in (Verdict.NOT_APPLICABLE, Verdict.NOT_RUN) for outcome in outcomes)),
            time=f"{sum(outcome.seconds for outcome in outcomes):.3f}",
            timestamp=certificate.began,
        )
        for outcome in outcomes:
            _case(suite, certificate.dialect, outcome)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, dialect: str, outcome: Outcome) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        name=outcome.scenario.name,
        classname=f"{dialect}.{outcome.scenario.group}".replace(" ", "-"),
        time=f"{outcome.seconds:.3f}",
    )
    why = "\n".join(outcome.reasons).translate(_NO_XML)
    if outcome.verdict is Verdict.FAIL:
        failure = ET.SubElement(case, "failure", message=outcome.scenario.proves)
        frames = "\n".join(f"{frame.number} {frame.sender}: {shown(frame)}" for frame in outcome.frames)
        failure.text = f"{why}\n\n{frames}".translate(_NO_XML)
    elif outcome.verdict is not Verdict.PASS:
        ET.SubElement(case, "skipped", message=f"{outcome.verdict}: {why}")


def shown(frame: Frame) -> str:
    """What a frame holds, cut where it is long."""
    text = frame.data if isinstance(frame.data, str) else frame.data.decode(errors="replace")
    cut = len(text) - _LONGEST
    return text if cut <= 0 else f"{text[:_LONGEST]}... and {cut} more"
