"""What Telegram posts to us: kept and committed, and only then answered with 200.

Whatever else we answer makes Telegram post it again, for 24 hours.  TLS ends at a proxy before us.
"""

from __future__ import annotations

import asyncio
import errno
import hmac
import json
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.app import BotStatus, Keeper, arrivals
from bot.client import Client
from bot.settings import TelegramSettings
from bot.updates import ALLOWED_UPDATES
from tickets.errors import ConfigError, DeliveryError
from tickets.transactions import first_of

_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"
_MOST: Final = 1 << 20  # bytes of an update; the longest seen are a tenth of it
_RETRY: Final = 30.0  # seconds
_PATIENCE: Final = 8.0  # seconds for a port; who ends lets its last answers out for five
_TRY_AGAIN: Final = 0.5  # seconds

_log = logging.getLogger(__name__)


class Webhook:
    """The route that Telegram posts to, and a server for it."""

    def __init__(
        self, journal: Keeper, settings: TelegramSettings, *, now: Callable[[], datetime]
    ) -> None:
        if not settings.webhook.url:
            raise ValueError("a webhook needs its settings: without a secret anybody could post")
        self.status = BotStatus()
        self._journal = journal
        self._settings = settings
        self._secret = settings.webhook.secret.get_secret_value().encode()
        self._now = now

    def route(self) -> Route:
        """Return the route; it takes POST only."""
        return Route(self._settings.webhook.route, self._take, methods=["POST"])

    async def run(self, client: Client, over: asyncio.Event) -> None:
        """Listen until `over`, and tell Telegram where.

        Raise `ConfigError` where the address cannot be listened on.
        """
        listener = await self._listen(over)
        if listener is None:
            return
        config = uvicorn.Config(
            Starlette(routes=[self.route()]),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=5,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        ending = asyncio.create_task(over.wait())
        try:
            while not (server.started or serving.done() or over.is_set()):  # noqa: ASYNC110 - it offers no event
                await asyncio.sleep(0.01)
            registering = asyncio.create_task(self._register(client, over))
            await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
            registering.cancel()
            await asyncio.gather(registering, return_exceptions=True)
        finally:
            server.should_exit = True
            ending.cancel()
            await asyncio.gather(serving, ending, return_exceptions=True)
            listener.close()

    async def _listen(self, over: asyncio.Event) -> socket.socket | None:
        """Take the port; a process that we take over from may need a moment to give it back."""
        webhook = self._settings.webhook
        family = socket.AF_INET6 if ":" in webhook.host else socket.AF_INET
        last_try = asyncio.get_running_loop().time() + _PATIENCE
        while not over.is_set():
            try:
                return socket.create_server((webhook.host, webhook.port), family=family)
            except OSError as exc:
                is_taken = exc.errno == errno.EADDRINUSE
                if not is_taken or asyncio.get_running_loop().time() > last_try:
                    why = "is taken by another program" if is_taken else "cannot be listened on"
                    place = f"{webhook.host}:{webhook.port}"
                    raise ConfigError([("telegram.webhook.port", f"{place} {why}")]) from exc
            await first_of(over, seconds=_TRY_AGAIN)
        return None

    async def _register(self, client: Client, over: asyncio.Event) -> None:
        """Set the webhook; only once we listen, for Telegram tries it at once."""
        params = {
            "url": self._settings.webhook.url,
            "secret_token": self._secret.decode(),
            "allowed_updates": ALLOWED_UPDATES,
            "drop_pending_updates": False,
        }
        while not over.is_set():
            try:
                await client.call("setWebhook", params)
            except DeliveryError as error:
                self.status.trouble = error.reason
                _log.error(
                    "the webhook could not be set",
                    extra={"action": "webhook_refused", "error": error.reason},
                )
                await asyncio.sleep(getattr(error, "retry_after", None) or _RETRY)
            else:
                self.status.trouble = ""
                return

    async def _take(self, request: Request) -> Response:
        given = request.headers.get(_HEADER, "").encode()
        if not hmac.compare_digest(given, self._secret):
            return Response(status_code=403)
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > _MOST:
                return Response(status_code=413)
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            return Response(status_code=400)
        try:
            await self._journal.keep(arrivals([update], self._settings.name, self._now()))
        except Exception:  # noqa: BLE001  - Telegram brings it again
            _log.exception("an update was not kept", extra={"action": "update_not_kept"})
            return Response(status_code=503)
        self.status.heard_at = self._now()
        return Response(status_code=200)


class _Server(uvicorn.Server):
    """uvicorn, leaving signals to the service that it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
