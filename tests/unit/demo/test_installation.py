"""The configuration of the demonstration's adapter."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from adapter.config import find_mapping, load_config
from adapter.demo.installation import ACCOUNTS, Installation
from adapter.mapping.load import load_mapping
from simulator.gateway import Gateway

DATABASE = 'postgresql://postgres:@/postgres?host=/tmp/a "quoted" $name'


@pytest.fixture
def installed(tmp_path: Path) -> tuple[Installation, Gateway]:
    installation = Installation(tmp_path, DATABASE)
    host, port = installation.gateway.split(":")
    gateway = Gateway(ACCOUNTS, host=host, port=int(port))
    installation.write(gateway)
    return installation, gateway


def test_the_adapter_dials_the_stand_in_by_both_protocols_and_is_told_everything(
    installed: tuple[Installation, Gateway],
):
    installation, gateway = installed
    config, _ = load_config(installation.config)
    assert config.database.url.get_secret_value() == DATABASE
    dialled = {one.dial: one.api_key.get_secret_value() for one in config.connection if one.dial}
    assert dialled == {gateway.url_of(each.dialect): each.key for each in ACCOUNTS.values()}
    assert (config.status.listen, config.status.explain) == (installation.status, True)
    assert [one.listen for one in config.connection if one.listen] == [installation.local]


def test_its_bills_are_printed_as_the_mapping_says_below_a_logo(installed: tuple[Installation, Gateway]):
    config, _ = load_config(installed[0].config)
    mapping = find_mapping(config.mapping, beside=installed[0].config)
    assert mapping is not None
    own = load_mapping(mapping).file.receipt
    assert config.receipt is not None
    logo, *header = config.receipt.header
    assert logo.text.startswith("<svg")
    assert tuple(header) == own.header
    assert config.receipt.footer == own.footer


def test_it_is_started_by_one_text_that_this_system_takes_apart_again(installed: tuple[Installation, Gateway]):
    installation, _ = installed
    if sys.platform != "win32":
        words = [sys.executable, "-m", "adapter", "run", "--config", str(installation.config), "--while-input-is-open"]
        assert shlex.split(installation.command) == words
    assert len({installation.gateway, installation.status, installation.local}) == 3
