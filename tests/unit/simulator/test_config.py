from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapter.cli import main
from simulator.accounts import Account
from simulator.command import simulate
from simulator.config import Settings, settings_of
from simulator.errors import SimulatorError
from tests.unit.transport.loopback import run, until

FILE = """
gateway = "127.0.0.1:9901"

[[account]]
name = "kettle"
key = { env = "KETTLE_KEY" }
software_house_id = "house"

[[account]]
name = "anchor"
key = "anchor-key"

[[dial]]
url = "wss://till.example:8790"
account = "anchor"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "simulator.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_options_come_before_the_file_and_accounts_are_added_to_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KETTLE_KEY", "kettle-key")
    settings = settings_of(listen="127.0.0.1:1", accounts=["third:with:colon"], file=written(tmp_path, FILE))
    assert settings == Settings(
        listen="127.0.0.1:1",
        gateway="127.0.0.1:9901",
        accounts={
            "kettle": Account("kettle-key", software_house_id="house"),
            "anchor": Account("anchor-key"),
            "third": Account("with:colon"),
        },
        dial=(("wss://till.example:8790", "anchor"),),
    )


def test_whom_to_ask_for_sql_and_how_modifiers_are_priced_stand_in_the_file_or_are_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATUS_TOKEN", "sixteen-or-more-letters")
    text = 'explain = "http://127.0.0.1:1"\nexplain_token = { env = "STATUS_TOKEN" }\nmodifiers_apart = true\n'
    file = written(tmp_path, text)
    settings = settings_of(file=file)
    assert (settings.explain, settings.explain_token) == ("http://127.0.0.1:1", "sixteen-or-more-letters")
    assert settings.modifiers_apart
    assert "sixteen" not in repr(settings)
    assert settings_of(file=file, explain="http://127.0.0.1:2", modifiers_apart=False).explain == "http://127.0.0.1:2"
    assert settings_of(modifiers_apart=True).modifiers_apart


def test_without_anything_there_is_one_invented_account_which_is_dialled_for():
    settings = settings_of(dial=["ws://127.0.0.1:1"])
    assert list(settings.accounts) == ["demo"]
    assert settings.dial == (("ws://127.0.0.1:1", "demo"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("listen = ", "is not TOML"),
        ("lsten = 'x'", "lsten: Extra inputs are not permitted"),
        ("[[account]]\nname = 'a'\nkey = 5", "account.0.key"),
        ("[[account]]\nname = 'a:b'\nkey = 'the-secret'", "account.0.name"),
        ("[[account]]\nname = 'a'\nkey = ''", "account a: key is empty"),
        ("[[account]]\nname = 'a'\nkey = {env = 'NOT_SET_AT_ALL'}", "variable NOT_SET_AT_ALL is empty or not set"),
        ("[[account]]\nname = 'a'\nkey = 'k'\n" * 2, "account a is there more than once"),
    ],
)
def test_a_mistake_in_the_file_is_said_with_its_place_and_without_the_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SimulatorError) as caught:
        settings_of(file=written(tmp_path, text))
    assert said in caught.value.message
    assert str(tmp_path / "simulator.toml") in caught.value.message
    assert "the-secret" not in caught.value.message


def test_mistakes_of_the_options_are_sentences_on_the_terminal():
    for options, said in (
        (["--account", "name-only"], "--account wants a name and a key"),
        (["--account", "a:1", "--account", "b:2", "--dial", "ws://x"], "--dial does not say for which of a, b"),
        (["--listen", "0.0.0.0:8800"], "where other computers can reach it"),
        (["--explain", "http://till.example:8791"], "no address of a status port on this computer"),
        (["--config", "not-there.toml"], "not-there.toml cannot be read"),
    ):
        result = CliRunner().invoke(main, ["simulate", *options])
        assert result.exit_code == 1
        assert said in result.output


def test_the_command_says_what_an_adapter_needs_and_what_happens_and_never_a_key_that_was_given():
    said: list[str] = []
    settings = Settings(
        listen="127.0.0.1:0",
        gateway="127.0.0.1:0",
        accounts={"kettle": Account("the-key"), "anchor": Account("another-key")},
        dial=[("ws://127.0.0.1:1", "anchor")],
    )

    async def test() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(simulate(settings, stop, said.append))
        await until(lambda: any("unreachable" in line for line in said) or running.done())
        stop.set()
        await running

    run(test)
    together = "\n".join(said)
    assert 'dial = "ws://127.0.0.1:' in together
    assert "waiting for the adapter of kettle" in together
    assert "waiting for the adapter of anchor" not in together
    assert "anchor: unreachable, ws://127.0.0.1:1: nobody listens there" in together
    assert "-key" not in together
