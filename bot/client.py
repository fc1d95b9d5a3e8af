"""The wire to the Bot API: one call out, one result or one of the desk's errors back.

python-telegram-bot is transport here: its connection pool, its uploads, its timeouts.  Its Updater,
its rate limiter and its objects are not used, for what arrives is kept raw and what leaves is paced
by the outbox.  No error, repr or log line of ours holds the token.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import httpx
from telegram import Bot, InputFile
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from bot.refusals import Answered, Refused, Why, translate
from bot.settings import TelegramSettings
from tickets.errors import DeliveryError, TemporaryDeliveryError, UnknownDeliveryError

Json = dict[str, Any]

_CONNECT: Final = 5.0  # seconds
_ANSWER: Final = 20.0  # the library's 5 would turn slow answers into unknown ones
_MEDIA: Final = 60.0
_POOL: Final = 32  # connections
_OK: Final = 200
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""What fails before a request is on its way, and so may be tried again without harm."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that goes out with a call."""

    name: str  # from which the server guesses the type
    data: bytes


class _Unreadable(Exception):
    """An answer that says it went well, and nothing else that we can read."""


class _Wire(HTTPXRequest):
    """The library's pool; answers leave it as they came, for the library forgets their code."""

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:  # noqa: ANN401
        """Return what went well; raise `Answered` for everything else."""
        code, payload = await super().do_request(*args, **kwargs)
        if code != _OK:
            raise Answered(code, payload)
        return code, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> Json:
        """Read an answer; the library would write one that it cannot read into the log."""
        try:
            body = json.loads(payload)
        except ValueError:
            raise _Unreadable from None
        if not isinstance(body, dict) or "result" not in body:
            raise _Unreadable
        return body


class Client(Bot):
    """One bot's way to its server; use it as an async context manager."""

    def __init__(
        self, settings: TelegramSettings, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        if settings.token is None:
            raise ValueError("a client needs a token")
        poll = _wire(settings, transport, connections=1, answer=settings.poll_seconds + 10)
        super().__init__(
            settings.token.get_secret_value(),
            settings.base_url,
            settings.base_file_url,
            request=_wire(settings, transport, connections=_POOL, answer=_ANSWER),
            get_updates_request=poll,
        )

    def __repr__(self) -> str:
        """Say what this is, not whose token it has."""
        return f"{type(self).__name__}()"

    async def __aenter__(self) -> Self:
        """Open nothing yet: the first call connects."""
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close every connection."""
        await asyncio.gather(*(wire.shutdown() for wire in self._request))

    async def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, Upload] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  - of one answer, kept by the wire
    ) -> Any:  # noqa: ANN401  - each method has its own
        """Call a method and return its result as JSON.

        `timeout` is in seconds; `files` names the parameter that each file is for.  What the
        server calls "not modified" is a success (True).  Raises one of the `DeliveryError` family:
        `UnknownDeliveryError` where the call may have taken effect, `TemporaryDeliveryError` where
        it certainly has not and may later, `Refused` otherwise.
        """
        data: Json = {name: value for name, value in (params or {}).items() if value is not None}
        for name, upload in (files or {}).items():
            data[name] = InputFile(upload.data, filename=upload.name)
        limits = {}
        if timeout or files:
            limits = {"read_timeout": timeout or _MEDIA, "write_timeout": timeout or _MEDIA}
        error: DeliveryError
        try:
            return await self._do_post(method, data, **limits)
        except Exception as exc:  # noqa: BLE001  - their texts hold the address, hence the token
            error = _error(exc)
        if isinstance(error, Refused) and error.code is Why.NOT_MODIFIED:
            return True
        raise error  # outside, so that no context carries the library's error along

    async def download(self, path: str) -> bytes:
        """Return the bytes of a file whose path `getFile` gave; raise as `call` does."""
        error: DeliveryError
        try:
            url = f"{self._base_file_url}/{path}"
            return await self._request[1].retrieve(url, read_timeout=_MEDIA)
        except Exception as exc:  # noqa: BLE001  - as above
            error = _error(exc)
        raise error


def _wire(
    settings: TelegramSettings,
    transport: httpx.AsyncBaseTransport | None,
    *,
    connections: int,
    answer: float,
) -> _Wire:
    # A proxy in the environment would see the token: only a configured one is used.
    wishes: Json = {"trust_env": False}
    if transport is not None:
        wishes["transport"] = transport
    elif settings.ca_file:
        wishes["verify"] = ssl.create_default_context(cafile=settings.ca_file)
    return _Wire(
        connection_pool_size=connections,
        connect_timeout=_CONNECT,
        read_timeout=answer,
        write_timeout=_ANSWER,
        pool_timeout=_CONNECT,
        media_write_timeout=_MEDIA,
        proxy=settings.proxy.get_secret_value() or None,
        httpx_kwargs=wishes,
    )


def _error(exc: Exception) -> DeliveryError:
    """Translate once what the library, the pool or the server said."""
    if isinstance(exc, Answered):
        return translate(exc)
    cause = exc.__cause__ if isinstance(exc, TelegramError) else exc
    if isinstance(cause, _NOT_SENT):
        return TemporaryDeliveryError(type(cause).__name__)
    return UnknownDeliveryError(type(cause or exc).__name__)
