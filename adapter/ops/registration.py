"""Asks the provider which capabilities of the EPOS Data API are registered, and registers them (Dojo API, `/epos/...`).

The registration is one list for the whole account: what is put takes the place of what was there. The API key goes into
one header of requests to one address, and into nothing else: no redirect is followed, and nothing is logged here.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx
from msgspec import Struct
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from adapter import __version__
from adapter.domain.capabilities import EVENTS, VERSION, name_of
from adapter.errors import AdapterError

_PATH = "/epos/integrations/ws"
_API_VERSION = "2026-02-27"
"""The version of the provider's API that this was written for; sent with every request."""
_TRIES = 4
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 8.0
_LATER = frozenset({408, 429, 500, 502, 503, 504})
"""Answers after which the same request may be sent again."""
_SHOWN = 200
_FIRST = re.compile(r"v?1(\.0)*", re.IGNORECASE)
"""How the first version of a capability is written: v1 in the guides, 1.0.0 in the specification."""


class ProviderSettings(Struct, frozen=True, kw_only=True):
    """Where the provider is, and for whom it is asked. The key stays out of every text."""

    api: str
    api_key: str
    software_house_id: str
    reseller_id: str = ""
    timeout: float = 10.0

    def __repr__(self) -> str:
        return f"<settings for {self.api}>"

    @property
    def environment(self) -> str:
        """`sandbox` or `production`, by the key's prefix; `unknown` for any other key."""
        if self.api_key.startswith("sk_sandbox_"):
            return "sandbox"
        return "production" if self.api_key.startswith("sk_prod_") else "unknown"


class Comparison(Struct, frozen=True, kw_only=True):
    """What is offered beside what is registered; names as they are written today."""

    offered: tuple[str, ...]
    registered: Mapping[str, str]
    """Version by name."""

    @property
    def added(self) -> tuple[str, ...]:
        """What is offered and not registered, or registered in another version."""
        return tuple(
            name for name in self.offered if name not in self.registered or not _FIRST.fullmatch(self.registered[name])
        )

    @property
    def taken_away(self) -> tuple[str, ...]:
        """What is registered and answered by nobody."""
        return tuple(name for name in self.registered if name not in self.offered and name not in EVENTS)

    @property
    def kept(self) -> tuple[str, ...]:
        """Events that somebody has registered: they are answered, and stay."""
        return tuple(name for name in self.registered if name in EVENTS)

    @property
    def wanted(self) -> tuple[str, ...]:
        """What should be registered."""
        return (*self.offered, *self.kept)

    @property
    def is_same(self) -> bool:
        """Whether what is registered is what is offered."""
        return not self.added and not self.taken_away


def compared(offered: Sequence[str], registered: Mapping[str, str]) -> Comparison:
    """What is offered beside what is registered."""
    return Comparison(offered=tuple(offered), registered={name_of(name): value for name, value in registered.items()})


class _AskedTooMuch(Exception):
    """The provider wants to be asked again later."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.answer = answer


class Provider:
    """The provider's side of the registration, for the time of an `async with`."""

    def __init__(self, settings: ProviderSettings) -> None:
        self.settings = settings
        headers = {
            # The key as it is: not base64, as in the Tables API.
            "Authorization": f"Basic {settings.api_key}",
            "Accept": "application/json",
            "software-house-id": settings.software_house_id,
            "version": _API_VERSION,
            "User-Agent": f"epos-adapter/{__version__}",
        }
        if settings.reseller_id:
            headers["reseller-id"] = settings.reseller_id
        # Whom this computer trusts, as the sockets do: a proxy of the restaurant's may be among them.
        trusted = ssl.create_default_context()
        self._client = httpx.AsyncClient(
            base_url=settings.api, headers=headers, timeout=settings.timeout, verify=trusted, follow_redirects=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def registered(self) -> Mapping[str, str]:
        """The version of each capability that is registered, by its name as it was registered.

        Raises AdapterError.
        """
        answer = await self._ask("GET")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return {}
        self._refuse(answer)
        return _read(answer)

    async def register(self, names: Sequence[str]) -> None:
        """Register these capabilities and no others.

        Raises AdapterError.
        """
        body = {"capabilities": [{"name": name, "version": VERSION} for name in names]}
        self._refuse(await self._ask("PUT", body))

    async def _ask(self, method: str, body: Any = None) -> httpx.Response:
        """Send a request, again a few times while the provider cannot be reached or asks for patience."""
        tries = AsyncRetrying(
            stop=stop_after_attempt(_TRIES),
            wait=wait_random_exponential(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT),
            retry=retry_if_exception_type((httpx.TransportError, _AskedTooMuch)),
            reraise=True,
        )
        try:
            async for attempt in tries:
                with attempt:
                    answer = await self._client.request(method, _PATH, json=body)
                    if answer.status_code in _LATER:
                        raise _AskedTooMuch(answer)
                    return answer
        except _AskedTooMuch as error:
            return error.answer
        except httpx.InvalidURL:
            raise AdapterError("registration.api is no address", hint="https://api.dojo.tech") from None
        except httpx.TransportError as error:
            raise AdapterError(
                f"the provider cannot be reached at {self.settings.api} ({_reason(error)})",
                hint="is there a way to the internet, and a proxy that is set for this computer?",
            ) from None
        raise AssertionError  # pragma: no cover - the loop returns or raises

    def _refuse(self, answer: httpx.Response) -> None:
        """Raise an AdapterError for anything but success."""
        if answer.is_success:
            return
        status = answer.status_code
        said = self._said(answer)
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise AdapterError(
                f"the provider refuses the API key ({status}{said})",
                hint="is it that of the EPOS Data API, sk_sandbox_ or sk_prod_, and the software house's id the right one?",
            )
        if answer.is_redirect:
            raise AdapterError(f"the provider answers from elsewhere ({status})", hint="what is registration.api?")
        raise AdapterError(f"the provider does not do it ({status}{said})")

    def _said(self, answer: httpx.Response) -> str:
        """What the provider says of an error, if it says it in a sentence; never with the key in it."""
        try:
            found = answer.json()
        except ValueError:
            return ""
        if not isinstance(found, dict):
            return ""
        text = next(
            (str(found[name]) for name in ("detail", "debugMessage", "message", "title") if found.get(name)), ""
        )
        text = " ".join(text.replace(self.settings.api_key, "***").split())[:_SHOWN]
        return f": {text}" if text else ""


def _read(answer: httpx.Response) -> Mapping[str, str]:
    """The capabilities of an answer: a list of integrations, or a single one."""
    try:
        found = answer.json()
        lists = found if isinstance(found, list) else [found]
        return {
            str(one["name"]): str(one.get("version", "")) for each in lists for one in each.get("capabilities") or ()
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        raise AdapterError("the provider's answer is no list of capabilities") from None


def _reason(error: httpx.TransportError) -> str:
    """Why nobody answers, in a word or two; never the request itself."""
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time"
    return "no answer in time" if isinstance(error, httpx.TimeoutException) else type(error).__name__
