"""A certificate as one HTML file that needs nothing else."""

from __future__ import annotations

from markupsafe import Markup

from simulator.certify.outcome import Certificate, Outcome, Verdict
from simulator.certify.report import shown

_STYLE = Markup("""
:root { color-scheme: light dark; --pass: #17663a; --fail: #b3261e; --other: #5a5f66; --line: #8884; }
@media (prefers-color-scheme: dark) { :root { --pass: #6fd39a; --fail: #ff8a80; --other: #b0b5bb; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: .2rem } h2 { margin: 2rem 0 .5rem; font-size: 1.15rem }
.verdict { font-weight: 600; display: inline-block; min-width: 8.5rem }
.pass { color: var(--pass) } .fail { color: var(--fail) } .not-applicable, .not-run { color: var(--other) }
details { border-top: 1px solid var(--line); padding: .45rem 0 } summary { cursor: pointer }
.name { font-family: ui-monospace, monospace } .why { color: var(--fail); white-space: pre-wrap; overflow-wrap: anywhere }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid var(--line); margin: .4rem 0; padding-left: .8rem;
  font-size: .85rem } .gateway { border-left-color: #3367d6 }
""")
_PAGE = Markup("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Certificate of {account}</title><style>{style}</style></head><body>
<h1>Certificate of {account}</h1><p>{dialect}, {began}. <strong class="{mood}">{verdict}</strong>: {counts}.</p>
{groups}</body></html>
""")


def as_html(certificate: Certificate) -> str:
    """The page; what failed is open, and everything else can be opened."""
    groups = dict.fromkeys(outcome.scenario.group for outcome in certificate.outcomes)
    return str(
        _PAGE.format(
            style=_STYLE,
            account=certificate.account,
            dialect=certificate.dialect,
            began=certificate.began,
            mood="pass" if certificate.is_good else "fail",
            verdict="Certified" if certificate.is_good else "Not certified",
            counts=", ".join(f"{certificate.count(verdict)} {verdict}" for verdict in Verdict),
            groups=Markup("").join(_group(certificate, group) for group in groups),
        )
    )


def _group(certificate: Certificate, group: str) -> Markup:
    rows = Markup("").join(_row(outcome) for outcome in certificate.outcomes if outcome.scenario.group == group)
    return Markup("<h2>{}</h2>{}").format(group, rows)


def _row(outcome: Outcome) -> Markup:
    why = Markup("").join(Markup('<p class="why">{}</p>').format(reason) for reason in outcome.reasons)
    frames = Markup("").join(
        Markup('<pre class="{}">{} {} {:%H:%M:%S.%f}\n{}</pre>').format(
            frame.sender, frame.number, frame.sender, frame.when, shown(frame)
        )
        for frame in outcome.frames
    )
    return Markup(
        '<details{}><summary><span class="verdict {}">{}</span> <span class="name">{}</span>: {}</summary>{}{}</details>'
    ).format(
        Markup(" open") if outcome.verdict is Verdict.FAIL else "",
        outcome.verdict.value.replace(" ", "-"),
        outcome.verdict.value,
        outcome.scenario.name,
        outcome.scenario.proves,
        why,
        frames,
    )
