"""Automats that answer each other: the whole service against robots that never tire."""

from __future__ import annotations

import asyncio
import smtplib
import time
from collections.abc import Callable

import pytest

from sandbox.inbox import SandboxMail
from sandbox.mail import MailWorld
from tests.wire.service import PATIENCE, Deployment, wait_until

pytestmark = [pytest.mark.wire, pytest.mark.timeout(500)]

PER_HOUR = 3
CALM = 5  # seconds without a new letter after which all exchanges have ended
LONGEST = 240  # seconds until every robot must have had its due
TIRED = 20  # letters after which a robot counts as having won

Answer = Callable[[SandboxMail], tuple[str, str]]
"""A robot's answer to a letter: its subject and more headers."""

ROBOTS: dict[str, tuple[Answer, range]] = {
    # It keeps the thread: one receipt a ticket.
    "threading@automat.test": (
        lambda letter: (f"Re: {letter.subject}", f"In-Reply-To: {letter.message_id}\r\n"),
        range(1, 3),
    ),
    # It gives no sign at all: only the counters can stop it, and they must let it have its due.
    "silent@robots.test": (
        lambda _: ("We have received your mail", ""),
        range(PER_HOUR, PER_HOUR + 1),
    ),
    # It says what it is.
    "honest@machine.test": (
        lambda _: ("We have received your mail", "Auto-Submitted: auto-replied\r\n"),
        range(1, 2),
    ),
}


def write(world: MailWorld, robot: str, subject: str, more: str = "") -> None:
    number = time.monotonic_ns()
    domain = robot.partition("@")[2]
    raw = (
        f"From: {robot}\r\nTo: {world.address}\r\nSubject: {subject}\r\n"
        f"Message-ID: <{number}@{domain}>\r\n{more}\r\n"
        f"Please delete my account. We have your mail {number}.\r\n"
    ).encode()
    with smtplib.SMTP(world.host, world.smtp_port, local_hostname=f"mx.{domain}") as client:
        client.sendmail(robot, [world.address], raw)


async def converse(world: MailWorld) -> dict[str, int]:
    """Let every robot write once and answer every letter; return how many each got."""
    for robot in ROBOTS:
        await asyncio.to_thread(write, world, robot, "Please delete my account")
    answered = dict.fromkeys(ROBOTS, 0)
    last = time.monotonic()
    end = last + LONGEST
    while max(answered.values()) < TIRED and time.monotonic() < end:
        for robot, (answer, _) in ROBOTS.items():
            for letter in world.inbox(robot)[answered[robot] :]:
                answered[robot] += 1
                last = time.monotonic()
                await asyncio.to_thread(write, world, robot, *answer(letter))
        has_begun = all(n >= ROBOTS[robot][1].start for robot, n in answered.items())
        if has_begun and time.monotonic() - last > CALM:
            break
        await asyncio.sleep(0.1)
    return answered


async def test_auto_responders_come_to_an_end(tmp_path):
    limits = f"[desk.guards]\nsender_hour = {PER_HOUR}\n"
    async with MailWorld.open(tmp_path / "world", imap_port=0, smtp_port=0) as world:
        desk = Deployment.make(tmp_path, world, more=limits)
        async with desk.living():
            letters = await converse(world)
            # What was not answered is held all the same: the first mail, and an answer to each.
            written = sum(letters.values()) + len(ROBOTS)
            await asyncio.to_thread(wait_until, lambda: inbound(desk) >= written, PATIENCE, 0.5)

    assert {robot: n for robot, n in letters.items() if n not in ROBOTS[robot][1]} == {}
    assert await asyncio.to_thread(inbound, desk) == written


def inbound(desk: Deployment) -> int:
    """Count the messages that the desk holds of others."""
    told = (message for ticket in desk.tickets() for message in ticket["messages"])
    return sum(one["direction"] == "inbound" for one in told)
