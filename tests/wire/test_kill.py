"""Killed anywhere, again and again: every mail becomes one ticket with one receipt."""

from __future__ import annotations

import asyncio
import os
import smtplib
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from uuid import uuid4

import asyncpg
import pytest

from sandbox.mail import MailWorld
from tests.wire.service import PATIENCE, Deployment, wait_until
from tickets.killpoints import POINTS

ROUNDS = int(os.environ.get("HELPDESK_KILL_ROUNDS", "2"))  # at each point, on each database
MAILS = 200


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request, tmp_path):
    """(database URL, key store) of an empty deployment."""
    if request.param == "sqlite":
        yield "", ""
        return
    server = request.getfixturevalue("postgres_url")
    admin = await asyncpg.connect(server)
    names = [f"kill{uuid4().hex}", f"keys{uuid4().hex}"]
    for name in names:
        await admin.execute(f"CREATE DATABASE {name}")
    yield tuple(server.replace("/postgres?", f"/{name}?") for name in names)
    for name in names:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


def write_in(world: MailWorld, numbers: range) -> None:
    with smtplib.SMTP(world.host, world.smtp_port, local_hostname="mx.people.test") as client:
        for i in numbers:
            sender = f"person{i}@domain{i % 70}.test"
            client.sendmail(
                sender,
                [world.address],
                f"From: Person {i} <{sender}>\r\nTo: {world.address}\r\n"
                f"Subject: Case {i}\r\nMessage-ID: <case{i}@domain{i}.test>\r\n\r\n"
                f"Please delete my account number {i}.\r\n".encode(),
            )


@pytest.mark.wire
@pytest.mark.timeout(1800)
async def test_killed_at_every_point_nothing_is_lost_or_doubled(tmp_path, database, capsys):
    async with MailWorld.open(tmp_path / "world", imap_port=0, smtp_port=0) as world:
        desk = Deployment.make(tmp_path, world, *database)
        # A life of five mails sends each by itself, but keeps and takes them in together.
        plan = [
            f"{point}:{1 + turn if point.startswith('smtp') else 1}"
            for turn in range(ROUNDS)
            for point in POINTS
        ]
        share = MAILS // len(plan)
        killed: Counter[str] = Counter()

        def one_life(number: int, kill_at: str) -> None:
            last = number == len(plan) - 1
            write_in(world, range(number * share, MAILS if last else (number + 1) * share))
            with desk.running(kill_at) as process, suppress(subprocess.TimeoutExpired):
                killed[kill_at.partition(":")[0]] += process.wait(PATIENCE) == -9

        for number, kill_at in enumerate(plan):
            await asyncio.to_thread(one_life, number, kill_at)

        def finish() -> list[dict]:
            with desk.running():
                wait_until(lambda: answered(world) == MAILS, 2 * PATIENCE)
                # What may not have arrived is sent again; nobody stops us amid that.
                wait_until(lambda: states(desk.tickets()) == {"sent": MAILS}, PATIENCE, 1.0)
            return desk.tickets()

        tickets = await asyncio.to_thread(finish)

        assert len(tickets) == MAILS
        assert len({one["subject"] for one in tickets}) == MAILS
        assert states(tickets) == {"sent": MAILS}
        assert answered(world) == MAILS
        doubles = check_doubles(world)
        assert {point for point, times in killed.items() if times == 0} == set()
        await asyncio.to_thread(desk.command, "audit", "verify")
        with capsys.disabled():
            told = f"killed {sum(killed.values())} times, {doubles} receipts repeated"
            sys.stdout.write(f"\n  {told}\n")


def states(tickets: list[dict]) -> Counter[str]:
    """Count the letters by what became of them."""
    return Counter(letter["state"] for one in tickets for letter in one["letters"])


def answered(world: MailWorld) -> int:
    return sum(bool(world.inbox(f"person{i}@domain{i % 70}.test")) for i in range(MAILS))


def check_doubles(world: MailWorld) -> int:
    """Count repeated receipts; each repeats its Message-ID, as an unknown outcome may."""
    doubles = 0
    for i in range(MAILS):
        mails = world.inbox(f"person{i}@domain{i % 70}.test")
        assert len({mail.message_id for mail in mails}) == 1
        doubles += len(mails) - 1
    return doubles
