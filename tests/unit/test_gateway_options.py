"""What `simulate` and `certify` are told of who connects is told alike."""

from __future__ import annotations

from click import Command

from adapter.certifying import certify_command
from adapter.simulate import simulate_command

SHARED = ["gateway", "accounts", "protocol", "dial", "adapter", "modifiers_apart"]


def said(command: Command) -> list[dict[str, object]]:
    """What a command says of the shared options, in the order in which it lists them."""
    return [option.to_info_dict() for option in command.params if option.name in SHARED]


def test_both_commands_take_the_same_options_of_the_gateway():
    assert [option["name"] for option in said(certify_command)] == SHARED
    assert said(simulate_command) == said(certify_command)
