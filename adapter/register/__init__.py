"""`epos-adapter register`: tell the provider which capabilities of the EPOS Data API this EPOS offers.

Without `--apply` nothing is changed: what is registered is read and compared with what the mapping offers.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console

from adapter.app import load, provider_settings, run_async
from adapter.errors import AdapterError
from adapter.mapping.capabilities import offered_by
from adapter.ops.registration import Provider, compared
from adapter.register.show import as_dict, show

__all__ = ["command"]


def command(config_file: Path, *, apply: bool, as_json: bool) -> int:
    """Compare, and with `apply` register; gives the exit code: 0 when what is registered is what is offered, else 1.

    Raises AdapterError when the provider cannot be asked or does not keep what it was told.
    """
    config, mapping = load(config_file)
    if config.registration is None:
        raise AdapterError(
            f"{config_file} has no [registration], so it is not known for whom to register",
            hint="config.example.toml shows it: the API key of the EPOS Data API, and the id of the software house",
        )
    provider = Provider(provider_settings(config.registration))
    offered = offered_by(mapping, ledger=config.ledger.use)

    async def ask() -> int:
        async with provider:
            before = compared(offered, await provider.registered())
            after = before
            if apply and not before.is_same:
                await provider.register(before.wanted)
                after = compared(offered, await provider.registered())
        if as_json:
            print(json.dumps(as_dict(provider, before, after, applied=apply), indent=2))  # noqa: T201 - it is the answer
        else:
            show(provider, before, after, applied=apply, console=Console(file=sys.stdout, highlight=False))
        return 0 if after.is_same else 1

    found: int = run_async(ask())
    return found
