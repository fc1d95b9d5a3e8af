"""A sandbox Telegram without a socket, and a client of ours in front of it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.context import TortoiseContext

from bot.client import Client
from helpdesk.database import open_database
from sandbox.telegram.api import Telegram
from sandbox.telegram.bot_door import BotDoor, InProcess
from sandbox.telegram.people import Someone
from tests.bot.bench import TOKEN, BotBench, Clock, open_bench, settings


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


@pytest.fixture
async def database(database_file: Path, tmp_path: Path) -> AsyncIterator[TortoiseContext]:
    EXECUTOR_CACHE.clear()  # tortoise 1.1.9 caches SQL by connection name, not by dialect
    shutil.copy(database_file, tmp_path / "desk.db")
    async with open_database(f"sqlite://{tmp_path}/desk.db") as database:
        yield database


@pytest.fixture
async def bench(database_file: Path, tmp_path: Path) -> AsyncIterator[BotBench]:
    """A whole bot on a desk of its own; checked for protocol errors at the end."""
    EXECUTOR_CACHE.clear()  # as above
    async with open_bench(database_file, tmp_path) as bench:
        yield bench
