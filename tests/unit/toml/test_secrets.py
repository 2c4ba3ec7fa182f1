from __future__ import annotations

from pathlib import Path

import pytest

from adapter.errors import InvalidFile
from adapter.toml.load import Strict, load_text
from adapter.toml.secrets import Secret


class Vault(Strict):
    key: Secret
    size: int = 1


def read(text: str) -> Vault:
    vault, source = load_text(text.encode(), "vault.toml", Vault)
    source.raise_if_any()
    return vault


def test_a_secret_may_stand_in_the_file():
    assert read('key = "s3cret"').key.get_secret_value() == "s3cret"


def test_a_secret_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EPOS_TEST_KEY", "s3cret")
    assert read('key = { env = "EPOS_TEST_KEY" }').key.get_secret_value() == "s3cret"


def test_a_secret_may_stand_in_a_file_and_loses_its_line_end(tmp_path: Path):
    (tmp_path / "key").write_text("  s3cret\r\n", encoding="utf-8")
    assert read(f"key = {{ file = '{tmp_path / 'key'}' }}").key.get_secret_value() == "s3cret"


@pytest.mark.parametrize("value", [None, ""])
def test_an_environment_variable_that_is_not_set_is_a_problem(monkeypatch: pytest.MonkeyPatch, value: str | None):
    monkeypatch.delenv("EPOS_TEST_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("EPOS_TEST_KEY", value)
    with pytest.raises(InvalidFile) as caught:
        read('\nkey = { env = "EPOS_TEST_KEY" }')
    (problem,) = caught.value.problems
    assert (problem.line, problem.key) == (2, "key")
    assert problem.message == "the environment variable EPOS_TEST_KEY is not set"


def test_a_secret_file_that_is_missing_is_a_problem(tmp_path: Path):
    with pytest.raises(InvalidFile) as caught:
        read(f"key = {{ file = '{tmp_path / 'none'}' }}")
    (problem,) = caught.value.problems
    assert problem.message == f"the file {tmp_path / 'none'} cannot be read: No such file or directory"


def test_a_secret_file_that_is_no_text_is_a_problem_without_its_bytes(tmp_path: Path):
    (tmp_path / "key").write_bytes(b"s3cret\xff\xfe")
    with pytest.raises(InvalidFile) as caught:
        read(f"key = {{ file = '{tmp_path / 'key'}' }}")
    assert "cannot be read" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_secret_file_that_is_empty_is_a_problem_like_an_empty_variable(tmp_path: Path):
    (tmp_path / "key").write_text("\n", encoding="utf-8")
    with pytest.raises(InvalidFile):
        read(f"key = {{ file = '{tmp_path / 'key'}' }}")


@pytest.mark.parametrize(
    "value",
    [
        "{}",
        '{ env = "A", file = "b" }',
        '{ envv = "s3cret" }',
        "{ env = 5 }",
        '{ env = ["s3cret"] }',
        "5",
        "true",
        '["s3cret"]',
        '{ file = "\\u0000" }',
    ],
)
def test_what_is_no_secret_is_a_problem_that_shows_nothing(value: str):
    with pytest.raises(InvalidFile) as caught:
        read(f"key = {value}")
    assert [problem.line for problem in caught.value.problems] == [1]
    assert caught.value.problems[0].key == "key"
    assert "s3cret" not in str(caught.value)


def test_a_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EPOS_TEST_KEY", "s3cret")
    for vault in (read('key = "s3cret"'), read('key = { env = "EPOS_TEST_KEY" }')):
        shown = [
            repr(vault),
            str(vault),
            f"{vault.key}",
            repr(vault.key),
            vault.model_dump_json(),
            str(vault.model_dump()),
        ]
        assert not [text for text in shown if "s3cret" in text]


def test_a_secret_is_not_shown_by_a_problem_beside_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EPOS_TEST_KEY", "s3cret")
    with pytest.raises(InvalidFile) as caught:
        read('key = { env = "EPOS_TEST_KEY" }\nsize = "s3cret"')
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(caught.value.problems)
