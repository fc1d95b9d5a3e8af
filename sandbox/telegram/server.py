"""Telegram on loopback: both doors in one ASGI application, and a server for it."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from sandbox.telegram.api import Telegram
from sandbox.telegram.bot_door import BotDoor
from sandbox.telegram.people_door import Forward, PeopleDoor, Stage
from sandbox.telegram.webhook import Webhooks

TOKEN = "7000000001:sandbox"  # noqa: S105 - opens nothing but this sandbox
PORT = 8081
_LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]", "sandbox.test"]


def set_stage(telegram: Telegram, token: str = TOKEN) -> Stage:
    """Invent a bot, its desk with two agents, and two requesters."""
    bot = telegram.add_bot(token, "Privacy desk", "ejet_privacy_bot")
    requesters = [
        telegram.add_person("Mia", last_name="Sample", language="en"),
        telegram.add_person("Jonas", last_name="Muster", language="de"),
    ]
    agents = [telegram.add_person("Ann"), telegram.add_person("Ben")]
    desk = telegram.add_group("Privacy desk", admins=(bot, *agents), is_forum=True)
    return Stage(bot, desk, requesters, agents)


def application(
    telegram: Telegram, stage: Stage | None = None, forward: Forward | None = None
) -> ASGIApp:
    """Return the bots' door and, with a stage, the page of the people's door."""
    routes = BotDoor(telegram).routes()
    if stage is not None:
        routes += PeopleDoor(telegram, stage, forward).routes()
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=_LOOPBACK_NAMES)
    return Starlette(routes=routes, middleware=[hosts])


@dataclass(frozen=True)
class Running:
    """A Telegram that can be reached; `root` is where it listens."""

    telegram: Telegram
    stage: Stage
    root: str

    @property
    def base_url(self) -> str:
        """What a bot's client takes as the address of the Bot API."""
        return f"{self.root}/bot"

    @property
    def base_file_url(self) -> str:
        """What a bot's client takes as the address of files."""
        return f"{self.root}/file/bot"


class _Server(uvicorn.Server):
    """uvicorn, leaving signals to the service that it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def open_telegram(  # noqa: PLR0913
    now: Callable[[], datetime],
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    token: str = TOKEN,
    forward: Forward | None = None,
    telegram: Telegram | None = None,
) -> AsyncIterator[Running]:
    """Serve a stage for as long as the block runs; a taken port is replaced by a free one."""
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError("The sandbox listens on loopback only.")
    telegram = telegram or Telegram(now)
    stage = set_stage(telegram, token)
    listener = _listen(host, port)
    config = uvicorn.Config(
        application(telegram, stage, forward),
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    posting = asyncio.create_task(Webhooks(telegram).run())
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110 - it offers no event
            await asyncio.sleep(0.01)
        yield Running(telegram, stage, f"http://{host}:{listener.getsockname()[1]}")
    finally:
        telegram.close()
        server.should_exit = True
        posting.cancel()
        with suppress(asyncio.CancelledError):
            await posting
        await serving
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once only on sockets that say they are TCP; others wait 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.bind((host, 0))
    return listener
