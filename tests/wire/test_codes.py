"""A code that may not have arrived: killed at every step, one new code replaces it."""

from __future__ import annotations

import asyncio
import re
import signal
import sqlite3

import asyncpg
import pytest

from sandbox.mail import MailWorld
from sandbox.telegram.server import open_telegram
from tests.wire.service import PATIENCE, Deployment
from tests.wire.test_telegram import deploy, newcomer, utc_now
from tests.wire.test_telegram_desk import until
from tests.wire.test_two_services import databases  # noqa: F401  - a fixture

ADDRESS = "mia@person.test"


def codes(world: MailWorld) -> list[str]:
    return [re.search(r"^\d{6}$", one.text, re.MULTILINE)[0] for one in world.inbox(ADDRESS)]


@pytest.fixture(params=["sqlite", "postgres"])
def urls(request) -> tuple[str, ...]:
    return () if request.param == "sqlite" else request.getfixturevalue("databases")[0]


async def ask(desk: Deployment, urls: tuple[str, ...], statement: str) -> None:
    """Change the database past the service: there, a minute is over."""
    if urls:
        connection = await asyncpg.connect(urls[0])
        await connection.execute(statement)
        await connection.close()
        return
    with sqlite3.connect(desk.directory / "helpdesk.db", timeout=60) as file:
        file.execute(statement)
    file.close()


async def is_killed(process) -> None:
    await until(lambda: process.poll() is not None, PATIENCE)
    assert process.poll() == -signal.SIGKILL


@pytest.mark.wire
@pytest.mark.timeout(600)
async def test_killed_at_every_step_one_new_code_voids_the_old(tmp_path, urls):
    async with (
        MailWorld.open(tmp_path / "world", imap_port=0, smtp_port=0) as world,
        open_telegram(utc_now, port=0) as chats,
    ):
        desk, mia = deploy(tmp_path, world, chats, *urls), newcomer(chats, 0)

        async def says(words: str, answer: str) -> None:
            before = told(answer)
            mia.types(words)
            await until(lambda: told(answer) > before, PATIENCE)

        def told(words: str) -> int:
            return sum(words in text for text in mia.reads())

        async with desk.living("smtp.accepted") as process:
            await says("/delete", "which e-mail address")
            mia.types(ADDRESS)
            await is_killed(process)
        async with desk.living("code.replacing") as process:
            hurry = "UPDATE outbox SET due_at = created_at WHERE state = 'unknown'"
            while process.poll() is None:
                await ask(desk, urls, hurry)
                await asyncio.sleep(1)
            assert process.poll() == -signal.SIGKILL
        async with desk.living("code.replaced") as process:
            await is_killed(process)
        assert len(codes(world)) == 1
        async with desk.living():
            await until(lambda: len(codes(world)) == 2, PATIENCE)
            first, second = codes(world)
            if first != second:
                await says(first, "that code isn't right")
            await says(second, "that's confirmed")
            confirmed = told("that's confirmed")
        states = await asyncio.to_thread(desk.command, "outbox", "list", "--all")
        verdict = await asyncio.to_thread(desk.command, "audit", "verify")

    letters = [line.split()[2:4] for line in states.splitlines() if "identity_code" in line]
    assert letters == [["identity_code", "expired"], ["identity_code", "sent"]]
    assert len(codes(world)) == 2
    assert confirmed == 1
    assert "sound" in verdict
