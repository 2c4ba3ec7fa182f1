"""What is told of the adapter beside its log, as its configuration has it: the status port and traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.config import Config, StatusConfig
from adapter.errors import AdapterError
from adapter.ops.port import PortSettings
from adapter.store.engines import engine_of

if TYPE_CHECKING:
    from adapter.ops.statements import Statements
    from adapter.ops.traces import Traces
    from adapter.ops.watch import Watch, Watched


def watch_of(config: Config) -> Watch | None:
    """What listens beside the log, serves the status port and sends traces; None where the configuration has both off.

    Raises AdapterError where what makes traces is not installed.
    """
    if not config.status.use and config.traces is None:
        return None
    from adapter.ops.watch import Watch  # noqa: PLC0415 - commands that do not serve need not load it

    settings = status_settings(config.status) if config.status.use else None
    return Watch(settings, watched(config), _traces(config), _statements(config.status))


def _statements(status: StatusConfig) -> Statements | None:
    if not status.use or not status.explain:
        return None
    from adapter.ops.statements import Statements  # noqa: PLC0415 - no restaurant has it

    return Statements()


def _traces(config: Config) -> Traces | None:
    wanted = config.traces
    if wanted is None:
        return None
    try:
        from adapter.ops.traces import Traces, TraceSettings  # noqa: PLC0415 - a fifth of a second and 20 MB
    except ModuleNotFoundError as problem:
        raise AdapterError(
            f"[traces] needs {problem.name}, which is not installed", hint="pip install 'epos-adapter[otel]'"
        ) from None
    return Traces(
        TraceSettings(
            endpoint=wanted.address,
            headers={name: value.get_secret_value() for name, value in wanted.headers.items()},
            service=wanted.service_name,
            instance=wanted.instance_name,
            share=wanted.share,
            timeout=wanted.timeout,
            engine=engine_name(config),
        )
    )


def watched(config: Config) -> list[Watched]:
    """The connections of a configuration, as they are watched."""
    from adapter.ops.watch import Watched  # noqa: PLC0415 - as above

    return [
        Watched(name=one.name, dial=one.dial, listen=one.listen, protocol=one.protocol, environment=one.environment)
        for one in config.connection
    ]


def status_settings(status: StatusConfig) -> PortSettings:
    """Where the status port is, and who may look."""
    host, port = status.listen_at
    return PortSettings(host=host, port=port, token=status.token.get_secret_value())


def engine_name(config: Config) -> str:
    """The engine of the database."""
    return engine_of(config.database.url.get_secret_value()).name
