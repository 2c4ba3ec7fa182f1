"""Certificates and a proxy that are made as the tests run, and the sockets through them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from adapter.connection_events import ConnectionClosed, DialFailed
from adapter.tls import TlsFiles, client_tls, server_tls
from tests.unit.transport.dialling import Script, dialled, nobody
from tests.unit.transport.loopback import listening, run, unused_port
from tests.unit.transport.middlebox import proxying

PROVIDER = "api.dojo.example"
LIBRARY = "object has no attribute 'recv_messages'"
"""What websockets 17.4 says into the void where TLS fails behind a proxy, beside the error that it raises."""


class Papers:
    """An authority, and what it has issued, as files."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
        self.ca = folder / "ca.pem"
        self.authority.cert_pem.write_to_path(str(self.ca))
        self.certificate, self.key, self.both = folder / "own.pem", folder / "own.key", folder / "both.pem"
        own = self.authority.issue_cert("restaurant.example", key_type=trustme.KeyType.ECDSA)
        own.cert_chain_pems[0].write_to_path(str(self.certificate))
        own.private_key_pem.write_to_path(str(self.key))
        own.private_key_and_cert_chain_pem.write_to_path(str(self.both))

    def server(self, name: str = PROVIDER, *, wants_certificate: bool = False, days: tuple[int, int] = (-1, 1)):
        """What a provider by that name shows, from and until so many days from now."""
        now = datetime.now(UTC)
        issued = self.authority.issue_cert(
            name,
            key_type=trustme.KeyType.ECDSA,
            not_before=now + timedelta(days=days[0]),
            not_after=now + timedelta(days=days[1]),
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued.configure_cert(context)
        if wants_certificate:
            context.verify_mode = ssl.CERT_REQUIRED
            self.authority.configure_trust(context)
        return context


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return Papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return Papers(tmp_path_factory.mktemp("strangers"))


@asynccontextmanager
async def provider(accept: object, tls: ssl.SSLContext, **proxy: object) -> AsyncIterator[tuple[str, str, object]]:
    """A provider with a name of its own behind a proxy; gives its address, the proxy's and the proxy."""
    async with listening(accept, ssl=tls) as url:
        port = int(url.rpartition(":")[2])
        async with proxying(port, **proxy) as between:
            yield f"wss://{PROVIDER}/ws", f"http://{between.address}", between


@contextmanager
def refusing_certificates(tls: ssl.SSLContext) -> Iterator[str]:
    """A provider that says so when it refuses a certificate, which asyncio does not; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    accepted, _ = server.accept()
                except OSError:
                    return
                with tls.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False) as asked:
                    with pytest.raises(ssl.SSLError):
                        asked.do_handshake()
                    asked.shutdown(socket.SHUT_WR)
                    while asked.recv(4096):
                        pass

        serving = threading.Thread(target=serve)
        serving.start()
        yield f"wss://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        serving.join()


def test_a_given_authority_is_trusted_by_the_name_that_was_dialled_and_through_a_proxy(papers: Papers):
    async def test() -> None:
        async with provider(Script(True), papers.server()) as (url, proxy, between):
            heard, _ = await dialled(url, proxy=proxy, tls=client_tls(TlsFiles(ca=papers.ca)))
            assert heard.of(ConnectionClosed)[0].received == 1
            assert between.asked == [f"CONNECT {PROVIDER}:443 HTTP/1.1"]

    run(test)


def test_a_given_authority_is_trusted_in_place_of_those_of_this_computer(papers: Papers, strangers: Papers):
    async def test() -> None:
        async with provider(nobody, strangers.server()) as (url, proxy, _):
            for tls in (client_tls(TlsFiles(ca=papers.ca)), None):
                heard, _pauses = await dialled(url, proxy=proxy, tls=tls)
                assert "is signed by somebody whom this computer does not trust (TLS)" in heard.of(DialFailed)[0].reason

    run(test, forgiven=LIBRARY)


@pytest.mark.parametrize(
    ("name", "days", "words"),
    [
        (PROVIDER, (-9, -1), "has expired (TLS): check the computer's clock, which says "),
        (PROVIDER, (1, 9), "is not valid yet (TLS): check the computer's clock, which says "),
        ("other.example", (-1, 1), "is for another name (TLS)"),
    ],
)
def test_a_certificate_of_a_trusted_authority_that_is_at_fault_is_said_with_what_is_wrong(
    papers: Papers, name: str, days: tuple[int, int], words: str
):
    async def test() -> None:
        async with provider(nobody, papers.server(name, days=days)) as (url, proxy, _):
            heard, _pauses = await dialled(url, proxy=proxy, tls=client_tls(TlsFiles(ca=papers.ca)))
            assert words in heard.of(DialFailed)[0].reason

    run(test, forgiven=LIBRARY)


@pytest.mark.parametrize("in_one_file", [True, False])
def test_a_provider_that_asks_for_a_certificate_is_shown_ours(papers: Papers, *, in_one_file: bool):
    own = (
        TlsFiles(ca=papers.ca, certificate=papers.both)
        if in_one_file
        else TlsFiles(ca=papers.ca, certificate=papers.certificate, key=papers.key)
    )

    async def test() -> None:
        async with provider(Script(True), papers.server(wants_certificate=True)) as (url, proxy, _):
            heard, _pauses = await dialled(url, proxy=proxy, tls=client_tls(own))
            assert heard.of(ConnectionClosed)[0].received == 1

    run(test)


def test_a_provider_that_asks_for_another_certificate_is_called_that(papers: Papers, strangers: Papers):
    async def test() -> None:
        with refusing_certificates(papers.server("127.0.0.1", wants_certificate=True)) as url:
            for own in (TlsFiles(ca=papers.ca), TlsFiles(ca=papers.ca, certificate=strangers.both)):
                heard, _ = await dialled(url, tls=client_tls(own))
                reason = heard.of(DialFailed)[0].reason
                assert "wants a certificate that it trusts of this side (TLS" in reason
                assert "check certificate of connection 'dojo'" in reason

    run(test)


def test_a_proxy_is_shown_the_name_and_password_that_it_asks_for(papers: Papers):
    async def test() -> None:
        async with provider(Script(True), papers.server(), credentials="till:s3cret") as (url, proxy, between):
            tls = client_tls(TlsFiles(ca=papers.ca))
            heard, _ = await dialled(url, proxy=proxy.replace("//", "//till:s3cret@"), tls=tls)
            assert heard.of(ConnectionClosed)[0].received == 1
            for wrong in (proxy, proxy.replace("//", "//till:wr0ng@")):
                heard, _ = await dialled(url, proxy=wrong, tls=tls)
                reason = heard.of(DialFailed)[0].reason
                assert f"the proxy {between.address} refused to connect through (HTTP 407)" in reason
                assert "they stand in proxy of connection 'dojo'" in reason
                assert "wr0ng" not in repr(list(heard))

    run(test)


def test_a_proxy_that_cannot_reach_the_provider_is_told_from_one_that_cannot_be_reached_itself(papers: Papers):
    async def test() -> None:
        async with provider(nobody, papers.server(), status=502) as (url, proxy, between):
            heard, _ = await dialled(url, proxy=proxy)
            assert f"the proxy {between.address} cannot reach the provider (HTTP 502)" in heard.of(DialFailed)[0].reason
        away = f"127.0.0.1:{unused_port()}"
        heard, _ = await dialled(url, proxy=f"http://{away}")
        assert f"the proxy {away} refuses connections" in heard.of(DialFailed)[0].reason

    run(test)


def test_a_certificate_of_our_own_secures_what_connects_in(papers: Papers):
    async def test() -> None:
        context = server_tls(TlsFiles(certificate=papers.certificate, key=papers.key))
        assert context is not None
        async with listening(Script(True), ssl=context) as url:
            port = int(url.rpartition(":")[2])
            async with proxying(port) as between:
                heard, _ = await dialled(
                    "wss://restaurant.example/ws",
                    proxy=f"http://{between.address}",
                    tls=client_tls(TlsFiles(ca=papers.ca)),
                )
        assert heard.of(ConnectionClosed)[0].received == 1

    run(test)
