"""The settings of OpenTelemetry traces. Knows nothing of how they are used."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from adapter.addresses import is_loopback
from adapter.toml.load import Strict
from adapter.toml.secrets import Secret

_PATH = "/v1/traces"
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class TracesConfig(Strict):
    """`[traces]`: where traces of requests are sent to, by OTLP over HTTP. Needs the extra `otel`."""

    endpoint: str = Field(pattern=r"^https?://[^/\s@?#]+(/[^\s?#]*)?$")
    """Address of the collector, as http://127.0.0.1:4318; /v1/traces is added where it is missing."""
    headers: dict[str, Secret] = Field(default_factory=dict)
    """What the collector asks for, as `{ Authorization = { env = "NAME" } }`."""
    service_name: str = Field(default="epos-adapter", min_length=1)
    """What the service is called there."""
    instance: str = ""
    """What this one of its adapters is called; empty for the name of the computer."""
    share: float = Field(default=1.0, gt=0, le=1)
    """Of how many requests there is a trace: 1 of each, 0.1 of one in ten."""
    timeout: float = Field(default=10.0, ge=1, le=60)
    """Seconds in which the collector must have taken what is sent at a time."""

    @field_validator("endpoint")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        try:
            urlsplit(value).port  # noqa: B018 - raises where it is none
        except ValueError:
            raise ValueError("endpoint is no address of a collector, as http://127.0.0.1:4318") from None
        return value

    @model_validator(mode="after")
    def _headers_can_be_sent(self) -> TracesConfig:
        for name, value in self.headers.items():
            secret = value.get_secret_value()
            if not _HEADER.fullmatch(name) or not (secret and secret.isascii() and secret.isprintable()):
                raise ValueError(f"the header {name!r} cannot be sent: plain letters, digits and signs only")
        if self.headers and self.endpoint.startswith("http://") and not is_loopback(self.host):
            raise ValueError("endpoint would send the headers unencrypted: use https://")
        return self

    @property
    def host(self) -> str:
        """The collector's."""
        return urlsplit(self.endpoint).hostname or ""

    @property
    def address(self) -> str:
        """Where spans are sent to."""
        base = self.endpoint.rstrip("/")
        return base if base.endswith(_PATH) else base + _PATH

    @property
    def instance_name(self) -> str:
        """What this adapter is called."""
        return self.instance or socket.gethostname()
