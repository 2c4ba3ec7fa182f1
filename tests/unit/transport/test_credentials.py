from __future__ import annotations

import pytest

from adapter.errors import AdapterError
from adapter.transport.credentials import (
    Credentials,
    RawKey,
    account_and_key,
    basic_authorization,
    handshake_headers,
    hide,
    secrets_in,
)

ACCOUNT = "demoacct0001"
KEY = "11111111-2222-4333-8444-555555555555"
TOKEN = "ZGVtb2FjY3QwMDAxOjExMTExMTExLTIyMjItNDMzMy04NDQ0LTU1NTU1NTU1NTU1NQ=="
CREDENTIALS = Credentials(account=ACCOUNT, api_key=KEY)


def test_the_credential_is_base64_of_account_colon_key() -> None:
    assert basic_authorization(ACCOUNT, KEY) == f"Basic {TOKEN}"


def test_an_account_with_a_colon_is_refused_without_repeating_it() -> None:
    with pytest.raises(AdapterError, match="colon") as refusal:
        basic_authorization(f"demo:{KEY}", KEY)
    assert KEY not in str(refusal.value)


def test_the_reseller_is_named_only_when_there_is_one() -> None:
    assert handshake_headers(CREDENTIALS, software_house_id="sw-1") == {
        "Authorization": f"Basic {TOKEN}",
        "software-house-id": "sw-1",
    }
    assert handshake_headers(CREDENTIALS, software_house_id="sw-1", reseller_id="re-1")["reseller-id"] == "re-1"


@pytest.mark.parametrize("bad", ["a\r\nX-Evil: 1", "caf\u00e9", "a\x00b"])
def test_an_id_that_cannot_stand_in_a_header_is_refused(bad: str) -> None:
    with pytest.raises(AdapterError, match="software-house-id cannot be sent"):
        handshake_headers(CREDENTIALS, software_house_id=bad)
    with pytest.raises(AdapterError, match="reseller-id cannot be sent"):
        handshake_headers(CREDENTIALS, software_house_id="sw-1", reseller_id=bad)


def test_neither_credentials_nor_headers_show_their_secret() -> None:
    shown = repr([CREDENTIALS, handshake_headers(CREDENTIALS, software_house_id="sw-1")])
    assert KEY not in shown
    assert TOKEN not in shown


@pytest.mark.parametrize("authorization", ["", "Basic", "Bearer abc", "Basic a", "Basic !!!!", "Basic caf\u00e9"])
def test_what_is_no_basic_credential_reads_as_none_or_empty(authorization: str) -> None:
    assert not account_and_key(authorization)


def test_a_key_with_a_colon_in_it_reads_back_whole() -> None:
    assert account_and_key(basic_authorization("a", "b:c")) == b"a:b:c"


def test_everything_secret_in_the_headers_is_hidden_from_a_text() -> None:
    secrets = secrets_in(handshake_headers(CREDENTIALS, software_house_id="sw-1"))
    assert hide(f"{KEY} Basic {TOKEN} {TOKEN} sw-1", secrets) == "*** *** *** sw-1"


def test_headers_without_a_credential_hold_no_secret() -> None:
    assert secrets_in({"software-house-id": "sw-1"}) == ()
    assert secrets_in({"Authorization": ""}) == ()


RAW = "sk_sandbox_c8oJvW0e"


def test_a_raw_key_is_sent_as_it_is() -> None:
    identity = RawKey(api_key=RAW)
    headers = handshake_headers(identity, software_house_id="sw-1")
    assert headers["Authorization"] == f"Basic {RAW}"
    assert RAW not in repr([identity, headers])
    assert hide(f"no {RAW}", secrets_in(headers)) == "no ***"


@pytest.mark.parametrize("bad", ["sk_prod_a b", "sk_prod_a\r\n", "sk_prod_\u00e9"])
def test_a_raw_key_that_cannot_stand_in_a_header_is_refused_unseen(bad: str) -> None:
    with pytest.raises(AdapterError, match="cannot be sent") as refusal:
        RawKey(api_key=bad).authorization()
    assert bad not in str(refusal.value)


def test_neither_protocol_takes_the_credential_of_the_other() -> None:
    raw, pair = RawKey(api_key=RAW), CREDENTIALS
    assert raw.shown_in(raw.authorization()) == raw.expected
    assert pair.shown_in(pair.authorization()) == pair.expected
    assert pair.shown_in(raw.authorization()) != pair.expected
    assert raw.shown_in(pair.authorization()) != raw.expected
    assert raw.shown_in("Bearer x") is raw.shown_in("Basic ") is None
