"""The settings of connections to or from the provider. Knows nothing of how they are used."""

from __future__ import annotations

import re
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from adapter.domain.capabilities import environment_of
from adapter.tls import TlsFiles, client_tls, server_tls
from adapter.toml.load import Strict
from adapter.toml.secrets import Secret

ADDRESS = r"^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$"
"""A host and a port, as 127.0.0.1:8790."""
_LOOPBACK = re.compile(r"^(127(\.\d+){3}|localhost|\[::1\])$")
_PROXY = re.compile(r"https?://([^\s/?#]*@)?(\[[0-9a-fA-F:]+\]|[^:\s/?#@\[\]]+)(:\d{1,5})?/?")


def split_address(address: str) -> tuple[str, int]:
    """Host and port of an ADDRESS."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


class ConnectionConfig(Strict):
    """`[[connection]]`: a way to or from the provider. Any number of them."""

    name: str = "provider"
    """What the connection is called in the log."""
    protocol: Literal["tables", "epos-data"] = "tables"
    """`tables`: the Tables API; `epos-data`: its successor, the EPOS Data API."""
    dial: str | None = None
    """Address that the adapter connects to, as wss://api.dojo.tech/ws/v1/tables/epos."""
    listen: str | None = None
    """Address on which a local gateway may connect in, as 127.0.0.1:8790."""
    account: str = ""
    """Account name, part of the credentials; of the Tables API only."""
    api_key: Secret
    """API key, part of the credentials. The EPOS Data API tells sandbox and production by how it begins."""
    software_house_id: str = ""
    """Issued by the provider to the EPOS vendor; needed to dial."""
    reseller_id: str = ""
    """Issued by the provider to the reseller; sent when set."""
    ca: str = ""
    """File with the certificates to trust when dialling, in PEM, relative to this one; empty for what this computer trusts."""
    certificate: str = ""
    """File with this side's own certificate, in PEM: shown when dialling where the other end asks for one, and whenever
    somebody connects in."""
    certificate_key: str = ""
    """File with its private key; empty where that stands in the same file."""
    proxy: Secret = SecretStr("system")
    """HTTP proxy to dial through: its URL, which may hold a name and password and be a secret, `system` for what this
    computer is set to use, or `none`."""
    ping_interval: float = Field(default=20.0, gt=0)
    """Seconds of silence after which the other end is asked whether it is there."""
    ping_timeout: float = Field(default=20.0, gt=0)
    """Seconds without an answer to that, or anything else, after which the connection is given up."""
    longest_delay: float = Field(default=60.0, ge=1)
    """Longest pause between attempts to dial, in seconds."""
    standby: bool = False
    """Whether another adapter on the same database may serve this account, so that only one of them dials at a time."""
    allow_plain_network: bool = False
    """Whether to listen beyond this computer without TLS."""

    @model_validator(mode="after")
    def _one_direction(self) -> ConnectionConfig:
        if (self.dial is None) == (self.listen is None):
            raise ValueError('needs either dial = "wss://..." or listen = "127.0.0.1:8790"')
        if self.dial is not None and not self.software_house_id:
            raise ValueError("software_house_id is needed to dial: the provider issues it to the EPOS vendor")
        if self.dial is not None and not re.match(r"wss?://[^/]", self.dial):
            raise ValueError("dial is no WebSocket address, as wss://api.dojo.tech/ws/v1/tables/epos")
        if self.dial is not None and self.dial.startswith("ws://") and not _is_loopback_url(self.dial):
            raise ValueError("dial would send the API key unencrypted: use wss://")
        if self.standby and self.dial is None:
            raise ValueError("standby is for connections that are dialled: gateways may connect to several adapters")
        self._check_tls()
        if self.listen is not None and not re.fullmatch(ADDRESS, self.listen):
            raise ValueError("listen is no address with a port, as 127.0.0.1:8790")
        if self.listen is not None and self.listen_at[1] > 65535:
            raise ValueError("listen has a port above 65535")
        return self

    @field_validator("proxy")
    @classmethod
    def _can_be_used(cls, value: SecretStr) -> SecretStr:
        # Nothing of it is quoted: it may hold a password.
        if value.get_secret_value() not in ("system", "none") and not _PROXY.fullmatch(value.get_secret_value()):
            raise ValueError(
                'must be "system", "none" or an HTTP proxy, as http://proxy.example:3128 or http://name:password@proxy.example:3128'
            )
        return value

    def _check_tls(self) -> None:
        if self.ca and not (self.dial or "").startswith("wss://"):
            raise ValueError("ca says whom to trust when dialling a wss:// address")
        if self.certificate and (self.dial or "").startswith("ws://"):
            raise ValueError("certificate is shown over wss:// only")
        if self.certificate_key and not self.certificate:
            raise ValueError("certificate_key is the key of a certificate, and there is none")

    def beside(self, file: Path) -> ConnectionConfig:
        """The same, with its files found beside a configuration's."""
        names = ("ca", "certificate", "certificate_key")
        return self.model_copy(
            update={name: str(file.parent / getattr(self, name)) for name in names if getattr(self, name)}
        )

    def tls(self) -> ssl.SSLContext | None:
        """What secures it; None for what this computer does by itself. Raises TlsFileError."""
        ca, certificate, key = (Path(one) if one else None for one in (self.ca, self.certificate, self.certificate_key))
        files = TlsFiles(ca=ca, certificate=certificate, key=key)
        return client_tls(files) if self.dial is not None else server_tls(files)

    @property
    def environment(self) -> str:
        """`sandbox` or `production`, where the key tells which of them it opens; empty where it does not."""
        return environment_of(self.api_key.get_secret_value()) if self.protocol == "epos-data" else ""

    @property
    def listen_at(self) -> tuple[str, int]:
        """Host and port to listen on."""
        return split_address(self.listen or "")


class RegistrationConfig(Strict):
    """`[registration]`: for whom capabilities of the EPOS Data API are registered with the provider."""

    api_key: Secret = SecretStr("")
    """API key of the EPOS Data API, `sk_sandbox_...` or `sk_prod_...`; that of the connection that dials it unless said."""
    software_house_id: str = Field(default="", min_length=1)
    """Issued by the provider to the EPOS vendor; that of the connection unless said."""
    reseller_id: str = ""
    """Issued by the provider to the reseller, sent when set; that of the connection unless said."""
    api: str = Field(default="https://api.dojo.tech", pattern=r"^https?://[^/\s]+(/[^\s]*)?$")
    """Address of the provider's API."""
    timeout: float = Field(default=10.0, gt=0, le=60)
    """Seconds to wait for an answer."""

    @model_validator(mode="after")
    def _never_in_the_clear(self) -> RegistrationConfig:
        if self.api.startswith("http://") and not _is_loopback_url(self.api):
            raise ValueError("api would send the API key unencrypted: use https://")
        key = self.api_key.get_secret_value()
        if "api_key" in self.model_fields_set and not (key and key.isascii() and key.isprintable() and " " not in key):
            raise ValueError("api_key is empty or cannot stand in a header")
        return self

    def beside(self, connections: Sequence[ConnectionConfig]) -> RegistrationConfig:
        """The same, with what it does not say from the connections that dial the EPOS Data API, where they agree on it."""
        dialled = [one for one in connections if one.protocol == "epos-data" and one.dial is not None]
        update: dict[str, object] = {}
        for name in ("api_key", "software_house_id", "reseller_id"):
            values = {getattr(one, name) for one in dialled}
            if name not in self.model_fields_set and len(values) == 1:
                update[name] = values.pop()
        return self.model_copy(update=update)


def _is_loopback_url(url: str) -> bool:
    host = url.split("//", 1)[1].split("/", 1)[0]
    return bool(_LOOPBACK.match(re.sub(r":\d+$", "", host)))
