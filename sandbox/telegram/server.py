"""Telegram on loopback: both doors in one ASGI application, and a server for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from sandbox.serving import serving
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
    telegram = telegram or Telegram(now)
    stage = set_stage(telegram, token)
    async with serving(application(telegram, stage, forward), host=host, port=port) as root:
        posting = asyncio.create_task(Webhooks(telegram).run())
        try:
            yield Running(telegram, stage, root)
        finally:
            telegram.close()
            posting.cancel()
            with suppress(asyncio.CancelledError):
                await posting
