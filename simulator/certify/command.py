"""The command `epos-adapter certify`: holds the gateway, runs the scenarios, tells of them and writes reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from simulator.addresses import host_and_port
from simulator.certify.outcome import Certificate, Outcome, Verdict
from simulator.certify.page import as_html
from simulator.certify.report import as_json, as_junit
from simulator.certify.run import certify
from simulator.certify.scenario import scenarios
from simulator.config import INVENTED_KEYS, Settings
from simulator.errors import SimulatorError
from simulator.gateway import JUDGES, JUDGES_OF_MODIFIERS_APART, Gateway

_STYLES = {Verdict.PASS: "green", Verdict.FAIL: "bold red", Verdict.NOT_APPLICABLE: "yellow", Verdict.NOT_RUN: "dim"}
_VERDICT_WIDTH = max(len(verdict) for verdict in Verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be tried and told; timeouts in seconds."""

    allow_payments: bool = False
    only: Sequence[str] = ()
    timeout: float = 5.0
    patience: float = 60.0
    junit: Path | None = None
    html: Path | None = None
    as_json: bool = False


async def run_certify(settings: Settings, wanted: Wanted, out: Console, err: Console) -> Certificate:
    """Certify the adapter of the only account; JSON goes to `out`, and what is told meanwhile to `err` then.

    Raises SimulatorError.
    """
    if len(settings.accounts) != 1:
        raise SimulatorError(
            f"one adapter is certified at a time, and there are accounts {', '.join(settings.accounts)}"
        )
    account = next(iter(settings.accounts))
    # Before anything is waited for: a folder that is not there would cost the whole run.
    for file in (wanted.junit, wanted.html):
        if file is not None and not file.parent.is_dir():
            raise SimulatorError(f"{file.parent} is no folder", hint="make it first, or write the report elsewhere")
    told = err if wanted.as_json else out
    host, port = host_and_port(settings.gateway)
    async with Gateway(
        settings.accounts,
        host=host,
        port=port,
        dial=settings.dial,
        adapter=settings.adapter,
        judges=JUDGES_OF_MODIFIERS_APART if settings.modifiers_apart else JUDGES,
    ) as gateway:
        _say_whom_it_waits_for(gateway, account, settings, wanted, told)
        certificate = await certify(
            gateway,
            account,
            allow_payments=wanted.allow_payments,
            only=wanted.only,
            timeout=wanted.timeout,
            patience=wanted.patience,
            tell=lambda outcome: told.print(line_of(outcome)),
        )
    told.print()
    told.print(summary_of(certificate))
    if wanted.as_json:
        out.print(as_json(certificate), highlight=False, markup=False, soft_wrap=True)
    _write(wanted.junit, as_junit, certificate)
    _write(wanted.html, as_html, certificate)
    return certificate


def list_scenarios(dialect: str, out: Console) -> None:
    """Print every scenario and what it proves."""
    every = scenarios(dialect)
    width = max(len(scenario.name) for scenario in every)
    for scenario in every:
        out.print(Text(f"{scenario.name:{width}}  {scenario.proves}"), soft_wrap=True)


def line_of(outcome: Outcome) -> Text:
    """One outcome: its verdict, its name, what it proves, and below it what was wrong."""
    text = Text()
    text.append(f"{outcome.verdict.value:{_VERDICT_WIDTH}}", style=_STYLES[outcome.verdict])
    text.append(f"  {outcome.scenario.name}: ", style="bold")
    text.append(outcome.scenario.proves)
    if outcome.verdict is not Verdict.PASS:
        for reason in outcome.reasons:
            text.append(f"\n{'':{_VERDICT_WIDTH}}  {reason}", style=_STYLES[outcome.verdict])
    return text


def summary_of(certificate: Certificate) -> Text:
    """The last line."""
    text = Text(
        "certified" if certificate.is_good else "not certified", style="green" if certificate.is_good else "red"
    )
    text.append(": " + ", ".join(f"{certificate.count(verdict)} {verdict}" for verdict in Verdict), style="default")
    return text


def _say_whom_it_waits_for(gateway: Gateway, account: str, settings: Settings, wanted: Wanted, told: Console) -> None:
    dialled = [url for url, name in settings.dial if name == account]
    if dialled:
        told.print(f"dialling {', '.join(dialled)}", highlight=False)
        return
    key = settings.accounts[account].key
    shown = key if key in INVENTED_KEYS.values() else "(as given)"
    told.print(
        f"waiting up to {wanted.patience:g} s for an adapter to dial "
        f"{gateway.url_of(settings.accounts[account].dialect)}, account {account}, key {shown}",
        highlight=False,
    )


def _write(file: Path | None, made: Callable[[Certificate], str], certificate: Certificate) -> None:
    if file is None:
        return
    try:
        file.write_text(made(certificate), encoding="utf-8")
    except OSError as problem:
        raise SimulatorError(f"{file} cannot be written: {type(problem).__name__}") from None
