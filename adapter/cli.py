"""The command line. Exit codes: 0 all is well, 1 something is wrong with the world, 2 with what was given."""

from __future__ import annotations

import asyncio
import getpass
import json
import sys
from collections.abc import Callable
from pathlib import Path

import click
import msgspec

from adapter import __version__
from adapter.app import App, calm_the_garbage_collector, load, run_async
from adapter.asking import reload_command, status_command
from adapter.certifying import certify_command
from adapter.errors import AdapterError
from adapter.mapping.engines import ENGINES
from adapter.ops.log import said_log, stderr_log
from adapter.serving import database_settings
from adapter.signals import on_end_of_input, on_hangup, on_signal
from adapter.simulate import simulate_command
from adapter.store.engines import engine_of
from adapter.store.ledger import Ledger
from adapter.terminal import CONFIG, explained, log_stream, needing
from adapter.watching import watch_of


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="epos-adapter")
def main() -> None:
    """Answer a payment provider's Pay-at-Table requests from the EPOS database a restaurant already has."""


main.add_command(simulate_command)
main.add_command(status_command)
main.add_command(reload_command)


@main.command()
@CONFIG
@click.option("--while-input-is-open", "ends_with_input", is_flag=True, hidden=True)
def run(config_file: Path, ends_with_input: bool) -> None:
    """Serve the provider, until told to stop."""
    with explained():
        config, mapping = load(config_file)
        level = config.log.level
        emit = said_log(log_stream(config.log, config_file), level=level, style=config.log.format)
        if not config.connection:
            raise AdapterError(
                f"{config_file} has no [[connection]], so nobody could ask anything",
                hint="config.example.toml shows one of each kind",
            )

        async def serve() -> None:
            stop = asyncio.Event()
            calm_the_garbage_collector()
            loop = asyncio.get_running_loop()
            app = App(
                config,
                mapping,
                emit,
                tell_statements=level == "debug",
                watch=watch_of(config),
                read_again=lambda: load(config_file),
            )
            on_signal(loop, stop.set)
            on_hangup(loop, app.reload_soon)
            if ends_with_input:
                # Never as a service, which has an input that is at its end from the beginning.
                on_end_of_input(loop, stop.set)
            await app.run(stop)

        run_async(serve())


@main.command("demo")
@click.option("--once", is_flag=True, help="Walk through every operation, check every answer, and exit.")
@click.option("--plain", is_flag=True, help="No colours, whatever the terminal.")
@click.option("--no-browser", is_flag=True, help="Say where the card machine is, and open no page.")
def demo_command(once: bool, plain: bool, no_browser: bool) -> None:
    """Show it all on this machine: a PostgreSQL, a restaurant's EPOS, the adapter, and a card machine to try it with."""
    with explained():
        with needing("demo", "jsonschema", "segno", "starlette", "uvicorn"):
            from adapter.demo.show import show  # noqa: PLC0415 - what serves all night does not carry what shows

        def on_end(loop: asyncio.AbstractEventLoop, stop: Callable[[], object]) -> None:
            on_signal(loop, stop)
            # A terminal that is closed would leave the adapter and the database behind.
            on_hangup(loop, stop)

        sys.exit(show(once=once, plain=plain, on_signal=on_end, browser=not no_browser))


@main.command("explain")
@CONFIG
@click.argument("method", metavar="METHOD")
@click.option("--params", default="{}", metavar="JSON", help="Parameters as the provider would send them.")
@click.option(
    "--mapping", "mapping_file", default=None, metavar="FILE", help="A mapping without a configuration: SQL only."
)
@click.option("--engine", type=click.Choice(sorted(ENGINES)), help="Whose SQL, where no database says which.")
@click.option("--no-database", is_flag=True, help="Do not connect; take the schema to be as the mapping says.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def explain_command(
    config_file: Path,
    method: str,
    params: str,
    mapping_file: str | None,
    engine: str | None,
    no_database: bool,
    as_json: bool,
) -> None:
    """Print the SQL that answers METHOD, how each field is read and, with a database, its plan.

    Exits with 1 when the mapping does not fit the database; what there is to show is shown all the same.
    """
    from adapter import explain  # noqa: PLC0415 - as above

    with explained():
        found = run_async(
            explain.explain(
                method,
                params,
                config_file=None if mapping_file is not None else config_file,
                mapping_name=mapping_file,
                connect_to_database=not no_database and engine is None,
                engine_name=engine,
            )
        )
        if as_json:
            click.echo(json.dumps(found.as_dict(), indent=2, ensure_ascii=False))
        else:
            explain.show(found)
        sys.exit(1 if found.misfits else 0)


@main.command("test")
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def test_command(config_file: Path, as_json: bool) -> None:
    """Run the [[test]]s of the mapping on temporary copies of the database's tables; nothing of it is changed.

    Exits with 1 when a test fails, and with 2 when they could not be run: mapping and database do not fit each other, the
    database cannot be reached, or the role may not make the copies; what it needs is said.
    """
    from rich.console import Console  # noqa: PLC0415 - as above

    from adapter.trials import run_tests, show  # noqa: PLC0415 - as above

    with explained(code=2):
        config, mapping = load(config_file)
        out = Console()
        results = run_async(
            run_tests(
                mapping,
                database_settings(config),
                use_ledger=config.ledger.use,
                on_result=None if as_json else lambda result: show.show_result(result, out),
            )
        )
        if as_json:
            click.echo(json.dumps([show.as_dict(result) for result in results], indent=2, ensure_ascii=False))
        elif results:
            show.show_summary(results, out)
        else:
            click.echo(f"{mapping.source.file} has no [[test]].")
        sys.exit(0 if all(result.passed for result in results) else 1)


@main.command("inspect")
@click.argument("url", metavar="URL")
@click.option("--schema", default=None, metavar="NAME", help="Where the tables are, if not where the address leads.")
@click.option(
    "--out",
    "out_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("mapping.toml"),
    show_default=True,
    help="The file that is written.",
)
@click.option("--force", is_flag=True, help="Even if there is such a file.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def inspect_command(url: str, schema: str | None, out_file: Path, force: bool, as_json: bool) -> None:
    """Look at the database of an unknown EPOS, and draft a mapping for it. Reads only, and never for long."""
    from adapter import inspect  # noqa: PLC0415 - what serves all night does not carry what is done once

    with explained():
        sys.exit(inspect.draft_to_file(url, schema, out_file, force=force, as_json=as_json))


@main.command("grants")
@CONFIG
@click.option("--mapping", "mapping_file", default=None, metavar="FILE", help="A mapping without a configuration.")
@click.option("--engine", default=None, metavar="NAME", help="With --mapping: postgresql, mariadb, mysql or sqlserver.")
@click.option("--role", default=None, metavar="NAME", help="Who gets them; without it, the user in [database] url.")
@click.option("--no-database", is_flag=True, help="Do not connect; take the schema to be as the mapping says.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def grants_command(
    config_file: Path, mapping_file: str | None, engine: str | None, role: str | None, no_database: bool, as_json: bool
) -> None:
    """Print the least privileges that the mapping needs, as SQL to run. Changes nothing."""
    from adapter.grants import find_grants  # noqa: PLC0415 - what serves all night does not carry what is done once

    with explained():
        found = run_async(
            find_grants(
                config_file=None if mapping_file is not None else config_file,
                mapping_name=mapping_file,
                engine_name=engine,
                role=role,
                ask=not no_database,
            )
        )
        click.echo(json.dumps(found.as_dict(), indent=2, ensure_ascii=False) if as_json else found.text())


@main.command("preview")
@CONFIG
@click.option(
    "--session",
    default=None,
    metavar="SESSION",
    help="Whose bill is shown in full: an id, or the key of a check, of several columns with commas between them.",
)
@click.option("--html", "html_file", type=click.Path(dir_okay=False, path_type=Path), help="Write a page instead.")
@click.option("--watch", type=click.FloatRange(min=1), default=None, metavar="SECONDS", help="Again and again.")
@click.option("--json", "as_json", is_flag=True, help="For scripts; amounts in minor units.")
def preview_command(
    config_file: Path, session: str | None, html_file: Path | None, watch: float | None, as_json: bool
) -> None:
    """Show the restaurant as card machines see it now: tables, open sessions, one bill in full. Changes nothing.

    Exits with 1 when something of the mapping does not fit the database, and with 2 when nothing could be read.
    """
    from adapter.preview.command import run as run_preview  # noqa: PLC0415 - as above

    with explained():
        config, mapping = load(config_file)
        fits = run_async(
            run_preview(config, mapping, session=session, html_file=html_file, watch=watch, as_json=as_json)
        )
        sys.exit(0 if fits else 1)


@main.command("schema")
@click.argument("kind", type=click.Choice(["mapping", "config"]), default="mapping")
@click.option(
    "--mapping", "mapping_file", default=None, metavar="FILE", help="With config: the mapping whose [site] it is."
)
def schema_command(kind: str, mapping_file: str | None) -> None:
    """Print the JSON Schema of a mapping or a config.toml, from which an editor completes and explains its keys."""
    from adapter import schema_json  # noqa: PLC0415 - as above
    from adapter.explain import find_and_load  # noqa: PLC0415 - as above

    with explained():
        mapping = find_and_load(mapping_file) if mapping_file is not None else None
        made = schema_json.mapping_schema() if kind == "mapping" else schema_json.config_schema(mapping)
        click.echo(json.dumps(made, indent=2, ensure_ascii=False))


@main.command("check")
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.option(
    "--rehearse",
    "session",
    default=None,
    metavar="SESSION",
    help="Record a payment on this check, and undo it: its key, or its id.",
)
@click.option(
    "--sample", type=click.IntRange(1, 10_000), default=200, show_default=True, help="How many sessions to read."
)
def check_command(config_file: Path, as_json: bool, session: str | None, sample: int) -> None:
    """Look at mapping and site against the live database, and say everything that is wrong. Reads only."""
    from adapter import check  # noqa: PLC0415 - as above

    with explained():
        sys.exit(check.command(config_file, as_json=as_json, session=session, sample=sample))


@main.command("register")
@CONFIG
@click.option("--apply", "apply", is_flag=True, help="Register; without it, nothing is changed.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def register_command(config_file: Path, apply: bool, as_json: bool) -> None:
    """Compare what is registered with the provider's EPOS Data API with what the mapping offers, and register it.

    Exits with 1 when they differ.
    """
    from adapter import register  # noqa: PLC0415 - as above

    with explained():
        sys.exit(register.command(config_file, apply=apply, as_json=as_json))


@main.group("ledger")
def ledger_group() -> None:
    """The adapter's own tables, in which locks and payments are kept."""


@ledger_group.command("create")
@CONFIG
@click.option("--dry-run", is_flag=True, help="Print the SQL and change nothing.")
def ledger_create(config_file: Path, dry_run: bool) -> None:
    """Make the tables, as far as they are not there. Needs the right to create a schema, or tables where there is none."""
    from adapter import upkeep  # noqa: PLC0415 - what serves all night does not carry what is done once

    with explained():
        config, mapping = load(config_file)
        ledger = Ledger(config.ledger.schema_, engine_of(config.database.url.get_secret_value()))
        if dry_run:
            click.echo("\n\n".join(f"{text};" for text in ledger.creation()))
            return
        run_async(upkeep.create_ledger(config, mapping))
        click.echo(f"The ledger is there {ledger.place}.")


@main.command("locks")
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def locks_command(config_file: Path, as_json: bool) -> None:
    """List the sessions that card machines have locked."""
    from rich.console import Console  # noqa: PLC0415 - as above

    from adapter import upkeep  # noqa: PLC0415 - as above

    with explained():
        locks = run_async(upkeep.list_locks(*load(config_file)))
        if as_json:
            click.echo(msgspec.json.encode(locks).decode())
        else:
            upkeep.show_locks(locks, Console())


@main.command("unlock")
@CONFIG
@click.argument("session", metavar="SESSION")
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept in the database.")
@click.option("--by", default=getpass.getuser, metavar="NAME", help="Who; without it, whoever is logged in.")
@click.option("--force", is_flag=True, help="Even if it was locked a moment ago and a payment may be under way.")
def unlock_command(config_file: Path, session: str, reason: str, by: str, force: bool) -> None:
    """Release a lock that no card machine will. SESSION is an id that `locks` lists, or a check's key.

    The parts of a key of several columns have commas between them.
    """
    from adapter import upkeep  # noqa: PLC0415 - as above

    with explained():
        config, mapping = load(config_file)
        emit = stderr_log(level=config.log.level, style=config.log.format)
        held = run_async(upkeep.unlock(config, mapping, session, by=by, reason=reason, force=force, emit=emit))
        click.echo(f"Released; it was locked by terminal {held.terminal or 'unknown'}.")


main.add_command(certify_command)
