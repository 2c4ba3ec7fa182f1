"""`epos-adapter register` and the look at the start, against an HTTP server of our own that keeps what it is told."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from adapter.app import App, compare_registration
from adapter.cli import main
from adapter.config import Config
from adapter.connection_config import RegistrationConfig
from adapter.domain.capabilities import PAYING, READING
from adapter.events import Event, RegistrationDiffers, RegistrationUnknown
from adapter.mapping.load import load_mapping
from adapter.ops import registration

KEY = "sk_sandbox_1nvented-key"
MAPPINGS = Path(__file__).parents[2] / "mappings"
EVERYTHING = [*READING, *PAYING]


@dataclass
class Stub:
    """The provider's side: the list of an account, who asked how, and what to answer out of turn."""

    capabilities: list[dict[str, str]] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)
    odd: list[tuple[int, bytes]] = field(default_factory=list)
    """Answers that come first, whatever is asked."""
    forgets: bool = False
    port: int = 0

    def hold(self, *names: str, version: str = "v1") -> None:
        self.capabilities = [{"name": name, "version": version, "updatedAt": "2026-11-20T10:00:00Z"} for name in names]

    @property
    def names(self) -> list[str]:
        return [each["name"] for each in self.capabilities]


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            self._note()
            self._answer(200, [{"capabilities": stub.capabilities, "createdAt": "2026-11-20T10:00:00Z"}])

        def do_PUT(self) -> None:
            self._note()
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not stub.odd and not stub.forgets:
                stub.told.append(body)
                stub.capabilities = body["capabilities"]
            self._answer(200, [{"capabilities": stub.capabilities}])

        def _note(self) -> None:
            stub.asked.append((self.command, self.path, dict(self.headers)))

        def _answer(self, status: int, body: Any) -> None:
            raw = json.dumps(body).encode()
            if stub.odd:
                status, raw = stub.odd.pop(0)
            self.send_response(status)
            if status in (301, 302):
                self.send_header("Location", f"http://127.0.0.1:{stub.port}/elsewhere")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

    monkeypatch.setattr(registration, "_FIRST_WAIT", 0.0)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stub.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield stub
        server.shutdown()
        thread.join()


@pytest.fixture
def register(provider: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command for a mapping."""
    monkeypatch.setenv("INVENTED_KEY", KEY)

    def run(*arguments: str, mapping: str = "floreant", port: int | None = None, section: bool = True) -> Result:
        file = tmp_path / "config.toml"
        url = "mariadb://x@127.0.0.1/x" if mapping == "ospos" else "postgresql://x@127.0.0.1/x"
        said = (
            '[registration]\napi_key = { env = "INVENTED_KEY" }\nsoftware_house_id = "house-1"\nreseller_id = "shop-2"\n'
            f'api = "http://127.0.0.1:{port or provider.port}"\n'
        )
        file.write_text(
            f'mapping = "{mapping}"\n[database]\nurl = "{url}"\n{said if section else ""}', encoding="utf-8"
        )
        done = CliRunner().invoke(main, ["register", "--config", str(file), *arguments])
        assert KEY not in done.output
        return done

    return run


def test_without_being_told_to_nothing_is_changed_and_what_would_be_is_shown(register: Any, provider: Stub):
    provider.hold("SearchOrders", "GetOrderBill", "CreateOrder", "HandleEvent:payment_intent.status_updated")
    done = register()
    assert done.exit_code == 1
    assert provider.told == []
    lines = [line.split() for line in done.output.splitlines()]
    assert lines[0][:2] == ["sandbox", "account"]
    assert ["SearchOrders", "v1", "v1"] in lines
    assert ["GetOrderBillById", "v1", "v1"] in lines  # by its older name
    assert ["SearchTables", "v1", "-", "to", "be", "registered"] in lines
    assert ["CreateOrder", "-", "v1", "to", "be", "taken", "away:", "nobody", "answers", "it"] in lines
    assert "--apply" in done.output


def test_what_is_offered_is_registered_and_an_event_that_is_answered_stays(register: Any, provider: Stub):
    provider.hold("SearchOrders", "CreateOrder", "HandleEvent:payment_intent.status_updated")
    done = register("--apply")
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "Registered.")
    wanted = [*EVERYTHING, "HandleEvent:payment_intent.status_updated"]
    assert provider.told == [{"capabilities": [{"name": name, "version": "v1"} for name in wanted]}]
    assert [method for method, _, _ in provider.asked] == ["GET", "PUT", "GET"]
    # Once more, and there is nothing to do.
    again = register("--apply", "--json")
    found = json.loads(again.output)
    assert (again.exit_code, found["same"], found["changed"], found["missing"]) == (0, True, False, [])
    assert len(provider.told) == 1


def test_the_headers_are_those_of_this_protocol(register: Any, provider: Stub):
    register()
    method, path, headers = provider.asked[0]
    assert (method, path) == ("GET", "/epos/integrations/ws")
    assert headers["Authorization"] == f"Basic {KEY}"  # as it is, and not base64
    assert headers["software-house-id"] == "house-1"
    assert headers["reseller-id"] == "shop-2"
    assert headers["version"] == "2026-02-27"
    assert headers["Accept"] == "application/json"


@pytest.mark.parametrize(
    ("mapping", "offered"),
    [
        ("ospos", [name for name in EVERYTHING if name != "ListAreas"]),
        ("unicenta", list(READING)),
    ],
)
def test_only_what_the_mapping_offers_is_registered(register: Any, provider: Stub, mapping: str, offered: list[str]):
    provider.hold(*EVERYTHING)
    assert register("--apply", mapping=mapping).exit_code == 0
    assert provider.names == offered


def test_another_version_is_registered_anew_and_the_first_has_several_spellings(register: Any, provider: Stub):
    provider.hold(*EVERYTHING, version="1.0.0")
    assert register().exit_code == 0
    provider.hold(*EVERYTHING, version="v2")
    assert json.loads(register("--json").output)["missing"] == EVERYTHING


def test_an_account_that_nobody_has_registered_has_nothing(register: Any, provider: Stub):
    provider.odd = [(404, b"")]
    assert json.loads(register("--json").output)["missing"] == EVERYTHING


def test_a_provider_that_is_busy_is_asked_again(register: Any, provider: Stub):
    provider.odd = [(503, b"busy"), (429, b"")]
    assert register("--apply").exit_code == 0
    assert [method for method, _, _ in provider.asked] == ["GET", "GET", "GET", "PUT", "GET"]
    provider.hold("SearchOrders")
    provider.asked.clear()
    provider.odd = [(503, b'{"title": "maintenance until 5"}')] * 9
    done = register("--apply")
    assert (done.exit_code, len(provider.asked)) == (1, 4)
    assert "the provider does not do it (503: maintenance until 5)" in done.output


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b"", "refuses the API key (401)"),
        (403, f'{{"detail": "no access for {KEY}"}}'.encode(), "refuses the API key (403: no access for ***)"),
        (400, b'{"debugMessage": "unknown capability"}', "does not do it (400: unknown capability)"),
        (422, b"<html>", "does not do it (422)"),
        (302, b"", "answers from elsewhere (302)"),
        (200, b"<html>", "no list of capabilities"),
        (200, b'[{"capabilities": [{"version": "v1"}]}]', "no list of capabilities"),
        (200, b"[7]", "no list of capabilities"),
    ],
)
def test_what_the_provider_does_not_do_is_said_without_the_key(
    register: Any, provider: Stub, status: int, body: bytes, said: str
):
    provider.odd = [(status, body)]
    done = register()
    assert done.exit_code == 1
    assert said in done.output
    # No redirect is followed, and nothing is asked again.
    assert len(provider.asked) == 1


def test_a_provider_that_cannot_be_reached_is_said_after_some_tries(register: Any, provider: Stub):
    assert provider.port
    done = register(port=9)
    assert done.exit_code == 1
    assert "cannot be reached at http://127.0.0.1:9 (ConnectError)" in done.output


def test_what_the_provider_does_not_take_over_is_said(register: Any, provider: Stub):
    provider.hold(*EVERYTHING[1:])
    provider.forgets = True
    done = register("--apply")
    assert done.exit_code == 1
    assert done.output.splitlines()[-1] == "The provider did not take it over: SearchOrders"


def test_without_a_section_it_is_said_what_is_missing(register: Any):
    done = register(section=False)
    assert done.exit_code == 1
    assert "has no [registration]" in done.output


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"api": "http://api.dojo.tech"}, "unencrypted"),
        ({"api": "ftp://api.dojo.tech"}, "api"),
        ({"api_key": "with a blank"}, "cannot stand in a header"),
        ({"api_key": ""}, "cannot stand in a header"),
        ({"software_house_id": ""}, "software_house_id"),
    ],
)
def test_a_key_is_never_sent_in_the_clear_or_in_pieces(said: dict[str, str], problem: str):
    with pytest.raises(ValueError, match=problem):
        RegistrationConfig.model_validate({"api_key": KEY, "software_house_id": "house-1", **said})


def settings(port: int) -> RegistrationConfig:
    return RegistrationConfig.model_validate(
        {"api_key": KEY, "software_house_id": "house-1", "api": f"http://127.0.0.1:{port}"}
    )


def test_a_start_says_once_what_differs(provider: Stub):
    mapping = load_mapping(MAPPINGS / "floreant.toml")
    said: list[Event] = []
    provider.hold(*EVERYTHING)
    asyncio.run(compare_registration(settings(provider.port), mapping, said.append))
    assert said == []
    provider.hold(*EVERYTHING[2:], "CreateParty")
    asyncio.run(compare_registration(settings(provider.port), mapping, said.append))
    assert said == [RegistrationDiffers(missing="SearchOrders, GetOrderById", superfluous="CreateParty")]
    said.clear()
    provider.odd = [(401, b"")]
    asyncio.run(compare_registration(settings(provider.port), mapping, said.append))
    assert said == [RegistrationUnknown(reason="the provider refuses the API key (401)")]


def test_a_running_adapter_looks_at_its_start_and_stops_in_the_middle_of_it(provider: Stub):
    provider.hold("SearchOrders")
    config = Config.model_validate(
        {
            "mapping": "unicenta",
            "database": {"url": "postgresql://nobody@127.0.0.1:9/x"},
            "registration": settings(provider.port).model_dump(),
        }
    )
    heard: list[Event] = []

    async def serve(until: type[Event] | None) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def emit(event: Event) -> None:
            heard.append(event)
            if until is not None and isinstance(event, until):
                stop.set()

        if until is None:
            loop.call_soon(stop.set)
        await asyncio.wait_for(App(config, load_mapping(MAPPINGS / "unicenta.toml"), emit).run(stop), 20)

    asyncio.run(serve(RegistrationDiffers))
    (found,) = [event for event in heard if isinstance(event, RegistrationDiffers)]
    assert found.missing == ", ".join(READING[1:])
    heard.clear()
    asyncio.run(serve(None))
    assert not [event for event in heard if isinstance(event, RegistrationDiffers)]
