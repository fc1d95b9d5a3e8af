"""A sandbox Telegram without a socket, and a client of ours in front of it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.context import TortoiseContext

from bot.client import Client
from bot.settings import TelegramSettings
from helpdesk.database import migrate, open_database
from sandbox.telegram.api import Telegram
from sandbox.telegram.bot_door import BotDoor, InProcess
from sandbox.telegram.people import Someone

TOKEN = "7000000001:AAsandbox-Secret_0123456789abcdefg"


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


def settings(**wishes: object) -> TelegramSettings:
    root = "http://sandbox.test"
    given = {"token": TOKEN, "base_url": f"{root}/bot", "base_file_url": f"{root}/file/bot"}
    return TelegramSettings(**given | {"poll_seconds": 0} | wishes)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def telegram(clock: Clock) -> Telegram:
    return Telegram(clock)


@pytest.fixture
def our_bot(telegram: Telegram):
    return telegram.add_bot(TOKEN, "Privacy desk", "desk_bot")


@pytest.fixture
def door(telegram: Telegram, our_bot) -> InProcess:
    return InProcess(Starlette(routes=BotDoor(telegram).routes()))


@pytest.fixture
async def client(door: InProcess) -> AsyncIterator[Client]:
    async with Client(settings(), transport=door) as client:
        yield client


@pytest.fixture
def mia(telegram: Telegram, our_bot) -> Someone:
    mia = Someone.new(telegram, our_bot, "Mia", language="de")
    mia.starts()
    return mia


@pytest.fixture
def ann(telegram: Telegram, our_bot) -> Someone:
    """An agent who looks at the forum."""
    person = telegram.add_person("Ann")
    group = telegram.add_group("Desk", admins=(person, our_bot), is_forum=True)
    return Someone(telegram, person, group)


@pytest.fixture(scope="session")
def database_file(tmp_path_factory) -> Path:
    """A migrated SQLite file, to be copied."""
    EXECUTOR_CACHE.clear()
    path = tmp_path_factory.mktemp("template") / "desk.db"
    asyncio.run(migrate(f"sqlite://{path}"))
    return path


@pytest.fixture
async def database(database_file: Path, tmp_path: Path) -> AsyncIterator[TortoiseContext]:
    EXECUTOR_CACHE.clear()  # tortoise 1.1.9 caches SQL by connection name, not by dialect
    shutil.copy(database_file, tmp_path / "desk.db")
    async with open_database(f"sqlite://{tmp_path}/desk.db") as database:
        yield database
