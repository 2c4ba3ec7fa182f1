from __future__ import annotations

from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from adapter.config import load_config
from adapter.errors import InvalidFile, Problem

HEAD = 'mapping = "pasteque"\n[database]\nurl = "postgresql://till/epos"\n'
DIAL = (
    f'{HEAD}[[connection]]\ndial = "wss://api.dojo.example/ws"\naccount = "shop"\napi_key = "k3y"\n'
    'software_house_id = "house"\n'
)
LISTEN = f'{HEAD}[[connection]]\nlisten = "127.0.0.1:8790"\naccount = "shop"\napi_key = "k3y"\n'


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def folder(tmp_path: Path, authority: trustme.CA) -> Path:
    own = authority.issue_cert("till.example", key_type=trustme.KeyType.ECDSA)
    other = authority.issue_cert("till.example", key_type=trustme.KeyType.ECDSA)
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())
    (tmp_path / "own.pem").write_bytes(own.cert_chain_pems[0].bytes())
    (tmp_path / "own.key").write_bytes(own.private_key_pem.bytes())
    (tmp_path / "other.key").write_bytes(other.private_key_pem.bytes())
    locked = load_pem_private_key(own.private_key_pem.bytes(), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"s3cret")
    )
    (tmp_path / "locked.key").write_bytes(locked)
    (tmp_path / "nonsense.pem").write_bytes(b"\xff\x00 no PEM")
    return tmp_path


def problem_in(folder: Path, text: str) -> Problem:
    (folder / "config.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidFile) as caught:
        load_config(folder / "config.toml")
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("head", [DIAL + 'ca = "ca.pem"\n', LISTEN])
def test_files_are_found_beside_the_configuration(folder: Path, head: str):
    text = head + 'certificate = "own.pem"\ncertificate_key = "own.key"\n'
    (folder / "config.toml").write_text(text, encoding="utf-8")
    config, _ = load_config(folder / "config.toml")
    assert config.connection[0].tls() is not None


@pytest.mark.parametrize("head", [DIAL, LISTEN])
def test_without_files_this_computer_does_as_it_does(folder: Path, head: str):
    (folder / "config.toml").write_text(head, encoding="utf-8")
    config, _ = load_config(folder / "config.toml")
    assert config.connection[0].tls() is None


@pytest.mark.parametrize(
    ("lines", "key", "says"),
    [
        ('ca = "none.pem"', "ca", "none.pem cannot be read: No such file or directory"),
        ('ca = "nonsense.pem"', "ca", "nonsense.pem holds no certificates in PEM"),
        ('ca = "own.key"', "ca", "own.key holds no certificates in PEM"),
        ('certificate = "none.pem"', "certificate", "cannot be read"),
        ('certificate = "own.pem"', "certificate", "no certificate with its private key in"),
        ('certificate = "nonsense.pem"', "certificate", "no certificate with its private key in"),
        ('certificate_key = "none.key"\ncertificate = "own.pem"', "certificate_key", "none.key cannot be read"),
        (
            'certificate_key = "other.key"\ncertificate = "own.pem"',
            "certificate_key",
            "does not belong to the certificate",
        ),
        ('certificate_key = "locked.key"\ncertificate = "own.pem"', "certificate_key", "protected by a passphrase"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_told_with_its_line(folder: Path, lines: str, key: str, says: str):
    problem = problem_in(folder, f"{DIAL}{lines}\n")
    assert (problem.line, problem.key) == (9, f"connection[0].{key}")
    assert says in problem.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LISTEN + 'ca = "ca.pem"', "when dialling a wss:// address"),
        (DIAL.replace("wss://api.dojo.example", "ws://127.0.0.1") + 'ca = "ca.pem"', "when dialling a wss:// address"),
        (DIAL.replace("wss://api.dojo.example", "ws://127.0.0.1") + 'certificate = "own.pem"', "over wss:// only"),
        (DIAL + 'certificate_key = "own.key"', "the key of a certificate, and there is none"),
        (DIAL + 'proxy = "socks5://till:s3cret@proxy.example"', 'must be "system", "none" or an HTTP proxy'),
        (DIAL + 'proxy = "proxy.example:3128"', 'must be "system", "none" or an HTTP proxy'),
    ],
)
def test_settings_that_make_no_sense_together_are_told(folder: Path, text: str, says: str):
    problem = problem_in(folder, text)
    assert says in problem.message
    assert "s3cret" not in str(problem)


def test_the_password_of_a_proxy_is_a_secret(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PROXY_URL", "http://till:s3cret@proxy.example:3128")
    (folder / "config.toml").write_text(DIAL + 'proxy = { env = "PROXY_URL" }\n', encoding="utf-8")
    config, _ = load_config(folder / "config.toml")
    assert config.connection[0].proxy.get_secret_value() == "http://till:s3cret@proxy.example:3128"
    assert "s3cret" not in repr(config)
