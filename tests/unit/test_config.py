from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from adapter.config import Config, find_mapping, load_config, load_status_config, shipped_mappings
from adapter.errors import InvalidFile, Problem
from adapter.mapping.load import Mapping, load_mapping

DATABASE = 'mapping = "pasteque"\n[database]\nurl = "postgresql://epos:s3cret@till/epos"\n'
LISTEN = '[[connection]]\nlisten = "127.0.0.1:8790"\naccount = "shop"\napi_key = "k3y"\n'
DIAL = '[[connection]]\ndial = "{}"\naccount = "shop"\napi_key = "k3y"\nsoftware_house_id = "house"\n'


@pytest.fixture(scope="module", autouse=True)
def _shipped_mappings_are_read_once() -> Iterator[None]:
    """What is tried here is the other file."""
    once, shipped = cache(load_mapping), shipped_mappings()

    def load(file: Path) -> Mapping:
        return once(file) if file in shipped else load_mapping(file)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("adapter.config.load_mapping", load)
        yield


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def read(file: Path, text: str) -> Config:
    file.write_text(text, encoding="utf-8")
    return load_config(file)[0]


def problems_of(file: Path, text: str) -> list[Problem]:
    with pytest.raises(InvalidFile) as caught:
        read(file, text)
    assert "s3cret" not in str(caught.value)
    assert "k3y" not in str(caught.value)
    return caught.value.problems


def test_every_default_is_good(file: Path):
    config = read(file, DATABASE)
    assert config.limits.request_deadline > config.database.statement_timeout > config.database.lock_timeout
    assert config.rules.waiter_check == "off"
    assert config.connection == ()
    assert config.log.level == "info"


def test_defaults_written_out_are_the_defaults(file: Path):
    written = DATABASE + "".join(
        f"{name} = {str(getattr(read(file, DATABASE).database, name)).lower()}\n"
        for name in ("pool_size", "pool_timeout", "connect_timeout", "statement_timeout", "lock_timeout", "prepare")
    )
    assert read(file, written) == read(file, DATABASE)


def test_a_configuration_never_shows_its_secrets(file: Path):
    config = read(file, DATABASE + LISTEN)
    for shown in (repr(config), str(config), config.model_dump_json(), repr(config.connection[0])):
        assert "s3cret" not in shown
        assert "k3y" not in shown


def test_several_mistakes_are_all_told_in_the_order_of_the_file(file: Path):
    text = DATABASE + (
        "pool_size = 0\n"
        "pool_timeuot = 3\n"
        "[rules]\n"
        'waiter_check = "sometimes"\n'
        "[log]\n"
        'format = "xml"\n'
        "[[connection]]\n"
        'account = "shop"\n'
        'listen = "127.0.0.1:8790"\n'
    )
    assert [(problem.line, problem.key) for problem in problems_of(file, text)] == [
        (4, "database.pool_size"),
        (5, "database.pool_timeuot"),
        (7, "rules.waiter_check"),
        (9, "log.format"),
        (10, "connection[0].api_key"),
    ]


def test_an_empty_configuration_tells_what_it_misses(file: Path):
    assert {problem.key for problem in problems_of(file, "")} == {"mapping", "database"}


def test_a_missing_configuration_is_a_problem(file: Path):
    with pytest.raises(InvalidFile, match="cannot be read"):
        load_config(file)


@pytest.mark.parametrize(
    ("setting", "is_good"),
    [
        ("pool_size = 100", True),
        ("pool_size = 101", False),
        ("pool_timeout = 0", False),
        ("connect_timeout = 0.5", False),
        ("statement_timeout = 7.9", True),
        ("statement_timeout = 61", False),
        ("lock_timeout = 4.9", True),
        ("lock_timeout = 5", False),
        ("lock_timeout = nan", False),
        ("lock_timeout = 0.0004", False),
        ("statement_timeout = 0.0004", False),
        ("pool_timeout = inf", False),
        ('pool_size = "eight"', False),
        ('prepare = "perhaps"', False),
    ],
)
def test_settings_of_the_database_have_limits(file: Path, setting: str, is_good: bool):
    if is_good:
        name, _, value = setting.partition(" = ")
        assert getattr(read(file, f"{DATABASE}{setting}\n").database, name) == float(value)
    else:
        assert [problem.line for problem in problems_of(file, f"{DATABASE}{setting}\n")] in ([4], [2])


@pytest.mark.parametrize("deadline", ["5", "4.9"])
def test_a_request_may_not_end_before_its_statements(file: Path, deadline: str):
    (problem,) = problems_of(file, f"{DATABASE}[limits]\nrequest_deadline = {deadline}\n")
    said = f"request_deadline must be longer than database.statement_timeout ({deadline} and 5 s)"
    assert problem.message == said
    assert problem.hint.endswith("lock_timeout < statement_timeout < request_deadline")


def test_a_request_may_not_end_while_it_waits_for_a_connection(file: Path):
    (problem,) = problems_of(file, f"{DATABASE}pool_timeout = 9\n")
    assert "request_deadline must be longer than database.pool_timeout (8 and 9 s)" in problem.message


def test_a_deadline_that_does_not_nest_is_told_where_it_stands(file: Path):
    (problem,) = problems_of(file, f"{DATABASE}[limits]\nrequest_deadline = 5\n")
    assert (problem.line, problem.key) == (5, "limits.request_deadline")


def test_a_lock_may_not_outlast_its_statement(file: Path):
    (problem,) = problems_of(file, f"{DATABASE}lock_timeout = 6\n")
    assert problem.key.startswith("database")
    assert "lock_timeout must be shorter than statement_timeout" in problem.message


def test_connections_need_names_of_their_own(file: Path):
    (problem,) = problems_of(file, DATABASE + LISTEN + LISTEN.replace("8790", "8791"))
    assert "needs a name of its own" in problem.message
    config = read(file, DATABASE + LISTEN + LISTEN.replace("8790", "8791") + 'name = "second"\n')
    assert [connection.name for connection in config.connection] == ["provider", "second"]


def test_connections_of_one_name_are_told_where_the_second_stands(file: Path):
    (problem,) = problems_of(file, DATABASE + LISTEN + LISTEN.replace("8790", "8791"))
    assert problem.line == 8


def test_two_rules_that_are_broken_are_both_told(file: Path):
    text = DATABASE + "[limits]\nrequest_deadline = 5\n" + LISTEN + LISTEN.replace("8790", "8791")
    found = " ".join(problem.message for problem in problems_of(file, text))
    assert "request_deadline must be longer" in found
    assert "name of its own" in found


@pytest.mark.parametrize(
    "lines",
    [
        'dial = "wss://api.dojo.tech/ws"\nlisten = "127.0.0.1:8790"\nsoftware_house_id = "h"\n',
        "",
        'dial = "wss://api.dojo.tech/ws"\n',
        'dial = "https://api.dojo.tech/ws"\nsoftware_house_id = "h"\n',
        'dial = "api.dojo.tech"\nsoftware_house_id = "h"\n',
        'dial = ""\nsoftware_house_id = "h"\n',
        'dial = "wss:///ws"\nsoftware_house_id = "h"\n',
        'listen = ""\n',
        'listen = "8790"\n',
        'listen = "127.0.0.1"\n',
        'listen = "127.0.0.1:port"\n',
        'listen = "127.0.0.1:99999"\n',
        'listen = "127.0.0.1:65536"\n',
        'listen = "a b:80"\n',
        'listen = "::1:80"\n',
        'listen = "127.0.0.1:80"\nprotocol = "tabels"\n',
        'listen = "127.0.0.1:80"\nping_interval = 0\n',
        'listen = "127.0.0.1:80"\nping_timeout = -1\n',
        'listen = "127.0.0.1:80"\nlongest_delay = 0.5\n',
    ],
)
def test_a_connection_that_cannot_work_is_one_problem(file: Path, lines: str):
    text = f'{DATABASE}[[connection]]\naccount = "shop"\napi_key = "k3y"\n{lines}'
    (problem,) = problems_of(file, text)
    assert problem.line >= 4
    assert problem.key.startswith("connection[0]")


@pytest.mark.parametrize(
    "url",
    [
        "ws://api.dojo.tech/ws",
        "ws://10.0.0.1/ws",
        "ws://localhost.evil.com/ws",
        "ws://127.0.0.1.evil.com/ws",
        "ws://127.0.0.1@evil.com/ws",
        "ws://localhost:80@evil.com/ws",
        "ws://evil.com:80/localhost",
        "ws://evil.com#localhost",
        "ws://[2001:db8::1]/ws",
        "ws://0.0.0.0:80/ws",
    ],
)
def test_credentials_are_never_sent_in_the_clear(file: Path, url: str):
    (problem,) = problems_of(file, DATABASE + DIAL.format(url))
    assert problem.message == "dial would send the API key unencrypted: use wss://"
    assert (problem.line, problem.key) == (4, "connection[0]")


@pytest.mark.parametrize(
    "url",
    ["ws://127.0.0.1:80/ws", "ws://localhost/ws", "ws://[::1]:80/ws", "ws://127.8.9.1/", "wss://api.dojo.tech/ws"],
)
def test_this_computer_may_be_dialled_in_the_clear(file: Path, url: str):
    assert read(file, DATABASE + DIAL.format(url)).connection[0].dial == url


@pytest.mark.parametrize(
    ("listen", "host", "port"), [("127.0.0.1:80", "127.0.0.1", 80), ("[::1]:8790", "::1", 8790), ("till:1", "till", 1)]
)
def test_an_address_to_listen_on_has_a_host_and_a_port(file: Path, listen: str, host: str, port: int):
    config = read(file, DATABASE + LISTEN.replace("127.0.0.1:8790", listen))
    assert config.connection[0].listen_at == (host, port)


def test_an_unknown_site_constant_is_told_with_what_was_meant(file: Path):
    (problem,) = problems_of(file, DATABASE + '[site]\ntimzeone = "Europe/London"\n')
    assert (problem.line, problem.key) == (5, "site.timzeone")
    assert str(problem).endswith('the mapping has no such constant; did you mean "timezone"?')


@pytest.mark.parametrize("value", ['"four"', "4.5", "true"])
def test_a_site_constant_has_the_type_that_the_mapping_says(file: Path, value: str):
    (problem,) = problems_of(file, f"{DATABASE}[site]\ncovers_per_table = {value}\n")
    assert (problem.line, problem.message) == (5, "must be a integer") or problem.message == "must be an integer"


@pytest.mark.parametrize("value", ["[1]", "{ a = 1 }", "2024-05-01"])
def test_a_site_constant_that_can_be_nothing_is_one_problem(file: Path, value: str):
    (problem,) = problems_of(file, f"{DATABASE}[site]\ncovers_per_table = {value}\n")
    assert problem.line == 5


def test_a_site_constant_that_must_be_set_is_asked_for(file: Path):
    mapping = Path("mappings/pasteque.toml").read_text(encoding="utf-8")
    own = mapping.replace(
        "[site]\n", '[site]\nterminal_id = { type = "integer", required = true, help = "of cards" }\n'
    )
    (file.parent / "own.toml").write_text(own, encoding="utf-8")
    text = DATABASE.replace("pasteque", "own.toml")
    (problem,) = problems_of(file, text)
    assert (problem.key, problem.line, problem.message) == ("site.terminal_id", 0, "is missing")
    assert re.fullmatch(r".*own\.toml:\d+ asks for it: of cards", problem.hint)
    assert read(file, f"{text}[site]\nterminal_id = 9\n").site == {"terminal_id": 9}


@pytest.mark.parametrize(("name", "hint"), [("pastque", 'did you mean "pasteque"?'), ("", ""), ("/nowhere/x.toml", "")])
def test_a_mapping_that_is_not_there_is_a_problem(file: Path, name: str, hint: str):
    (problem,) = problems_of(file, DATABASE.replace("pasteque", name))
    assert (problem.line, problem.key, problem.hint) == (1, "mapping", hint)


def test_a_mapping_with_an_impossible_name_is_a_problem(file: Path):
    (problem,) = problems_of(file, DATABASE.replace("pasteque", "a\\u0000b"))
    assert (problem.line, problem.key) == (1, "mapping")


def test_the_problems_of_the_mapping_name_its_own_file(file: Path):
    (file.parent / "own.toml").write_text("version = 2\n", encoding="utf-8")
    found = problems_of(file, DATABASE.replace("pasteque", "own.toml"))
    assert {Path(problem.file).name for problem in found} == {"own.toml"}
    assert "must be 1" in {problem.message for problem in found}


def test_problems_of_both_files_are_told_at_once(file: Path):
    (file.parent / "own.toml").write_text("version = 2\n", encoding="utf-8")
    found = problems_of(file, DATABASE.replace("pasteque", "own.toml") + "pool_size = 0\n")
    assert {Path(problem.file).name for problem in found} == {"config.toml", "own.toml"}


def test_a_file_beside_the_configuration_goes_before_a_shipped_mapping(tmp_path: Path):
    (tmp_path / "floreant").write_text("", encoding="utf-8")
    found = find_mapping("floreant", beside=tmp_path / "config.toml")
    assert found is not None
    assert found.resolve() == (tmp_path / "floreant").resolve()


def test_every_shipped_mapping_is_found_by_its_name(file: Path):
    names = [path.stem for path in shipped_mappings()]
    assert {"floreant", "pasteque"} <= set(names)
    for name in names:
        assert read(file, DATABASE.replace("pasteque", name)).mapping == name


def test_receipt_lines_may_be_given_here(file: Path):
    config = read(file, DATABASE + '[receipt]\nfooter = [{ type = "text", text = "Bye {session.name}" }]\n')
    assert config.receipt is not None
    assert config.receipt.footer[0].text == "Bye {session.name}"


def test_a_receipt_line_with_an_unknown_placeholder_is_a_problem(file: Path):
    (problem,) = problems_of(
        file, DATABASE + '[receipt]\nfooter = [\n  { type = "text", text = "{sesion.name}" },\n]\n'
    )
    assert (problem.line, problem.key) == (6, "receipt.footer[0]")
    assert 'did you mean "session.name"?' in problem.hint


def test_the_status_port_is_this_computers_own_unless_a_token_or_a_word_says_otherwise(file: Path):
    assert read(file, DATABASE).status.listen_at == ("127.0.0.1", 8791)
    beyond = DATABASE + '[status]\nlisten = "0.0.0.0:8791"\n'
    (problem,) = problems_of(file, beyond)
    assert (problem.line, problem.key) == (4, "status")
    assert "would tell everybody on the network" in problem.message
    assert read(file, beyond + 'token = "sixteen-or-more-letters"\n').status.listen_at == ("0.0.0.0", 8791)  # noqa: S104
    assert read(file, beyond + "allow_anybody = true\n").status.allow_anybody
    assert not read(file, beyond + "use = false\n").status.use


def test_the_sql_of_requests_is_told_to_nobody_unless_asked_for_and_never_to_other_computers(file: Path):
    assert not read(file, DATABASE).status.explain
    assert read(file, DATABASE + "[status]\nexplain = true\n").status.explain
    beyond = DATABASE + '[status]\nlisten = "0.0.0.0:8791"\ntoken = "sixteen-or-more-letters"\nexplain = true\n'
    (problem,) = problems_of(file, beyond)
    assert "would tell the network the SQL of requests" in problem.message


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('token = "too-short"', "16 or more plain characters"),
        ('token = "0123456789abcdé0123"', "16 or more plain characters"),
        ('token = { env = "NOWHERE_TO_BE_FOUND" }', "the environment variable NOWHERE_TO_BE_FOUND is not set"),
        ('listen = "8791"', "listen"),
        ('listen = "127.0.0.1:99999"', "port above 65535"),
    ],
)
def test_a_status_port_that_cannot_be_is_refused(file: Path, line: str, said: str):
    (problem,) = problems_of(file, DATABASE + f"[status]\n{line}\n")
    assert said in str(problem)
    assert "too-short" not in str(problem)


def test_whoever_asks_for_the_status_needs_none_of_the_other_secrets(file: Path):
    file.write_text(
        'mapping = "x"\n[database]\nurl = { env = "NOWHERE_TO_BE_FOUND" }\n[status]\nlisten = "127.0.0.1:1"\n',
        encoding="utf-8",
    )
    assert load_status_config(file).listen_at == ("127.0.0.1", 1)


TRACES = '[traces]\nendpoint = "{}"\n'


def test_without_a_section_there_are_no_traces(file: Path):
    assert read(file, DATABASE).traces is None


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"),
        ("https://otel.example/tenant", "https://otel.example/tenant/v1/traces"),
        ("https://otel.example/v1/traces", "https://otel.example/v1/traces"),
    ],
)
def test_traces_are_sent_to_the_path_that_collectors_have_for_them(file: Path, endpoint: str, address: str):
    traces = read(file, DATABASE + TRACES.format(endpoint)).traces
    assert traces is not None
    assert traces.address == address
    assert traces.instance_name


@pytest.mark.parametrize(
    "lines",
    [
        TRACES.format("otel.example:4318"),
        TRACES.format("http://otel.example:99999"),
        TRACES.format("http://name:k3y@otel.example"),
        TRACES.format("http://otel.example?k3y"),
        TRACES.format("http://127.0.0.1:4318") + "share = 0\n",
        TRACES.format("http://127.0.0.1:4318") + "share = 1.5\n",
        TRACES.format("http://127.0.0.1:4318") + 'headers = { "a b" = "k3y" }\n',
        TRACES.format("http://127.0.0.1:4318") + 'headers = { a = "k3y\\nb" }\n',
        TRACES.format("http://otel.example") + 'headers = { Authorization = "k3y" }\n',
    ],
)
def test_traces_that_cannot_be_sent_or_would_show_a_key_are_one_problem(file: Path, lines: str):
    (problem,) = problems_of(file, DATABASE + lines)
    assert problem.key.startswith("traces")


def test_the_headers_of_a_collector_are_secrets(file: Path):
    config = read(file, DATABASE + TRACES.format("https://otel.example") + 'headers = { Authorization = "k3y" }\n')
    assert config.traces is not None
    assert config.traces.headers["Authorization"].get_secret_value() == "k3y"
    assert "k3y" not in repr(config)


def test_standing_by_needs_a_ledger_and_something_to_dial(file: Path):
    dial = DIAL.format("wss://api.example/ws")
    assert read(file, f"{DATABASE}{dial}standby = true\n").connection[0].standby
    (problem,) = problems_of(file, f"{DATABASE}{LISTEN}standby = true\n")
    assert "for connections that are dialled" in problem.message
    problems = problems_of(file, f"{DATABASE}[ledger]\nuse = false\n{dial}standby = true\n")
    assert "needs the ledger" in " ".join(problem.message for problem in problems)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('protocol = "epos-data"\napi_key = "sk_prod_1"\naccount = "shop"', "account: is not used"),
        ('protocol = "epos-data"\napi_key = "k3y"', "api_key: is no key of the EPOS Data API"),
        ('account = "shop"\napi_key = "sk_prod_1"', "is a key of the EPOS Data API"),
        ('protocol = "epos-data"\napi_key = ""', "api_key: is empty"),
        ('api_key = "k3y"', "account: must be a name"),
    ],
)
def test_each_protocol_has_credentials_of_its_own(tmp_path: Path, lines: str, problem: str) -> None:
    text = f'{DATABASE}[[connection]]\nlisten = "127.0.0.1:8790"\n{lines}\n'
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidFile) as refusal:
        load_config(tmp_path / "config.toml")
    assert problem in str(refusal.value)
    assert "sk_prod_1" not in str(refusal.value)


ORDERS = (
    '[[connection]]\nname = "{0}"\nprotocol = "epos-data"\ndial = "wss://eu.ws.dojo.tech/epos"\n'
    'api_key = "sk_sandbox_{0}"\nsoftware_house_id = "house"\nreseller_id = "shop"\n'
)


def test_what_is_registered_is_registered_with_the_key_of_the_connection_unless_another_is_said(file: Path):
    found = read(file, DATABASE + ORDERS.format("one") + "[registration]\n").registration
    assert found is not None
    assert (found.api_key.get_secret_value(), found.software_house_id, found.reseller_id) == (
        "sk_sandbox_one",
        "house",
        "shop",
    )
    other = 'api_key = "sk_sandbox_other"\nreseller_id = ""\n'
    found = read(file, DATABASE + ORDERS.format("one") + f"[registration]\n{other}").registration
    assert found is not None
    assert (found.api_key.get_secret_value(), found.software_house_id, found.reseller_id) == (
        "sk_sandbox_other",
        "house",
        "",
    )


@pytest.mark.parametrize(
    ("connections", "missing"),
    [
        (LISTEN, ["registration.api_key", "registration.software_house_id"]),
        (ORDERS.format("one") + ORDERS.format("two"), ["registration.api_key"]),
    ],
)
def test_a_registration_whose_key_nobody_says_is_refused(file: Path, connections: str, missing: list[str]):
    problems = problems_of(file, DATABASE + connections + "[registration]\n")
    assert [problem.key for problem in problems] == missing
