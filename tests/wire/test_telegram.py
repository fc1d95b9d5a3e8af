"""The bot as a process against a Bot API over sockets: killed, stopped in a burst, heard twice."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from sandbox.mail import MailWorld
from sandbox.telegram.people import Someone
from sandbox.telegram.server import Running, open_telegram
from tests.wire.service import PATIENCE, Deployment, wait_until
from tickets.killpoints import CHAT_POINTS

MESSAGES = 40


def utc_now() -> datetime:
    return datetime.now(UTC)


def deploy(directory, world: MailWorld, chats: Running, *urls: str, more: str = "") -> Deployment:
    token = directory / "token"
    token.write_text(chats.stage.bot.token)
    bot = f"""
[telegram]
token = {{ file = "{token}" }}
base_url = "{chats.base_url}"
base_file_url = "{chats.base_file_url}"
poll_seconds = 2
[[telegram.desk]]
chat_id = {chats.stage.desk.id}
"""
    return Deployment.make(directory, world, *urls, more=bot + more)


def newcomer(chats: Running, number: int) -> Someone:
    return Someone.new(chats.telegram, chats.stage.bot, f"Person {number}")


def heard(someone: Someone) -> list[str]:
    """Return what the bot said in somebody's private chat."""
    return [text for text in someone.reads() if not text.startswith("Please")]


@pytest.mark.wire
@pytest.mark.timeout(1500)
async def test_killed_at_every_point_no_request_is_lost_or_doubled(tmp_path, capsys):
    async with (
        MailWorld.open(tmp_path / "world", imap_port=0, smtp_port=0) as world,
        open_telegram(utc_now, port=0) as chats,
    ):
        desk = deploy(tmp_path, world, chats)
        plan = [*CHAT_POINTS, "dispatch.carried:2", "telegram.answered:2"]
        share = MESSAGES // len(plan)
        people = [newcomer(chats, i) for i in range(MESSAGES)]
        killed: Counter[str] = Counter()

        for number, kill_at in enumerate(plan):
            for i in range(number * share, (number + 1) * share):
                people[i].types(f"Please delete my account number {i}.")
            async with desk.living(kill_at) as process:
                with suppress(TimeoutError):
                    async with asyncio.timeout(PATIENCE):  # a busy machine starts slowly
                        while process.poll() is None:
                            await asyncio.sleep(0.05)
                killed[kill_at] += process.poll() == -9

        def silent() -> int:
            return sum(not heard(one) for one in people)

        def finish() -> list[dict]:
            with desk.running():
                wait_until(lambda: len(desk.tickets()) >= MESSAGES, PATIENCE, 1.0)
                wait_until(lambda: silent() <= len(plan), PATIENCE)
                time.sleep(6)
            return desk.tickets()

        tickets = await asyncio.to_thread(finish)

        doubled = [heard(one) for one in people if len(set(heard(one))) < len(heard(one))]
        with capsys.disabled():
            told = f"killed {sum(killed.values())} times, {silent()} answers unknown"
            sys.stdout.write(f"\n  {told}\n")
        assert len(tickets) == MESSAGES
        assert sum(killed.values()) == len(plan)
        assert doubled == []
        assert silent() <= sum(killed.values())
        assert chats.telegram.protocol_errors == []


@pytest.mark.wire
@pytest.mark.timeout(500)
async def test_stopped_in_a_burst_it_ends_soon_and_loses_nothing(tmp_path):
    async with (
        MailWorld.open(tmp_path / "world", imap_port=0, smtp_port=0) as world,
        open_telegram(utc_now, port=0) as chats,
    ):
        desk = deploy(tmp_path, world, chats)
        people = [newcomer(chats, i) for i in range(30)]
        async with desk.living() as process:
            people[0].types("Please delete my account number 0.")
            await asyncio.to_thread(wait_until, lambda: heard(people[0]), PATIENCE)
            for i, someone in enumerate(people[1:], 1):
                someone.types(f"Please delete my account number {i}.")
            await asyncio.sleep(0.5)
            began = time.monotonic()
            process.terminate()
            await asyncio.to_thread(process.wait, PATIENCE)
            ended = time.monotonic() - began

        async with desk.living():
            everybody = lambda: all(heard(one) for one in people)  # noqa: E731
            answered = await asyncio.to_thread(wait_until, everybody, PATIENCE, 0.5)

        assert ended < 30
        assert answered
        assert len(await asyncio.to_thread(desk.tickets)) == 30
        assert all(len(set(heard(one))) == len(heard(one)) for one in people)
        assert chats.telegram.protocol_errors == []


@pytest.mark.wire
@pytest.mark.timeout(300)
async def test_a_port_that_is_taken_ends_the_service_in_words(tmp_path):
    async with (
        MailWorld.open(tmp_path / "world", imap_port=0, smtp_port=0) as world,
        open_telegram(utc_now, port=0) as chats,
    ):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            hook = f"""
[telegram.webhook]
url = "https://desk.example.org/telegram/x1"
secret = {{ file = "{tmp_path / "secret"}" }}
port = {port}
"""
            (tmp_path / "secret").write_text("s3cret-of-the-webhook")
            desk = deploy(tmp_path, world, chats, more=hook)
            async with desk.living() as process:
                code = await asyncio.to_thread(process.wait, PATIENCE)

        told = (tmp_path / "service.log").read_text().splitlines()[-1]
        assert code == 3
        assert told == f"telegram.webhook.port: 127.0.0.1:{port} is taken by another program"
