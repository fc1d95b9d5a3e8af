"""Agents at work in their forum while the service is killed; two services with one bot."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from dataclasses import dataclass

import pytest

from sandbox.mail import MailWorld
from sandbox.telegram.people import Someone
from sandbox.telegram.server import Running, open_telegram
from tests.wire.service import PATIENCE, Deployment
from tests.wire.test_telegram import deploy, heard, newcomer, utc_now
from tests.wire.test_two_services import databases  # noqa: F401  - a fixture

REPLIES = ("Uno.", "Due.", "Tre.", "Quattro.", "Cinque.")

pytestmark = pytest.mark.wire


@dataclass
class Forum:
    """What can be seen of a desk from the outside."""

    desk: Deployment
    chats: Running
    ann: Someone

    def topics(self) -> list:
        return list(self.chats.stage.desk.topics.values())

    def texts(self, topic) -> list[str]:
        here = self.ann.in_chat(self.chats.stage.desk, topic.id)
        return [one.text for one in here.sees() if not one.is_service]

    def reactions(self, message) -> list[str]:
        return message.reactions.get(self.chats.stage.bot.id, [])

    async def link(self) -> None:
        told = await asyncio.to_thread(self.desk.command, "agents", "add", "Ann Agent", "--json")
        private = self.chats.telegram.private_chat(self.chats.stage.bot, self.ann.person)
        self.ann.in_chat(private).types(f"/start {json.loads(told)['link_code']}")

    def prompts(self) -> list[str]:
        return [one for one in self.texts(self.topics()[0]) if "it isn't known whether" in one]

    async def replies(self) -> list[dict]:
        told = await asyncio.to_thread(self.desk.command, "outbox", "list", "--all", "--json")
        letters = [json.loads(line) for line in told.splitlines()]
        return [one for one in letters if one["kind"] == "reply"]

    async def dies(self, kill_at: str, act) -> None:
        """Run the service with somebody doing something, until it is killed there."""
        async with self.desk.living(kill_at) as process:
            act()
            await until(lambda: process.poll() is not None, PATIENCE)
            assert process.poll() == -signal.SIGKILL, kill_at


async def until(holds, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.05)


async def settled(forum: Forum) -> list[dict]:
    """Return the replies once each has an outcome and the forum was asked about the unknown ones.

    The forum's messages leave one after the other, so on a busy machine that takes a while.
    """
    async with asyncio.timeout(PATIENCE):
        while True:
            letters = await forum.replies()
            states = Counter(one["state"] for one in letters)
            is_known = states.keys() <= {"sent", "unknown"}
            if is_known and len(forum.prompts()) >= states["unknown"]:
                return letters
            await asyncio.sleep(1)


@pytest.mark.timeout(1500)
async def test_killed_while_agents_work_nothing_is_doubled_or_lost(tmp_path):
    async with (
        MailWorld.open(tmp_path / "world", imap_port=0, smtp_port=0) as world,
        open_telegram(utc_now, port=0) as chats,
    ):
        ann = Someone(chats.telegram, chats.stage.agents[0], chats.stage.desk)
        forum = Forum(deploy(tmp_path, world, chats), chats, ann)
        mia = newcomer(chats, 0)
        await forum.link()
        async with forum.desk.living():
            mia.types("Please delete my account.")
            await until(lambda: forum.topics() and forum.texts(forum.topics()[0]), PATIENCE)
            await asyncio.sleep(3)
        ann = ann.in_chat(chats.stage.desk, forum.topics()[0].id)

        # Their press and their replies: before and after the commit that they come to.
        await forum.dies("journal.written", lambda: ann.presses("Claim"))
        await forum.dies("intake.written", lambda: ann.types("/reply Uno."))
        await forum.dies("telegram.answered:2", lambda: ann.types("/reply Due."))
        # In the ten seconds in which a reply may be taken back.
        async with forum.desk.living() as process:
            words = ann.types("/reply Tre.")
            await until(lambda: "✍" in forum.reactions(words), PATIENCE)
            process.send_signal(signal.SIGKILL)
        # While it leaves, and once it has.
        await forum.dies("dispatch.carried:2", lambda: ann.types("/reply Quattro."))
        await forum.dies("dispatch.marked:2", lambda: ann.types("/reply Cinque."))
        # While a new topic, its card and its pin are on their way.
        people = [newcomer(chats, i) for i in range(1, 3)]
        for i, one in enumerate(people):
            await forum.dies(
                f"dispatch.carried:{i + 3}",
                lambda one=one, i=i: one.types(f"Please delete my account number {i}."),
            )

        async with forum.desk.living():
            await until(lambda: len(forum.topics()) == 3, PATIENCE)
            await until(lambda: all(forum.texts(topic) for topic in forum.topics()), PATIENCE)
            await asyncio.sleep(15)  # a reply waits ten seconds, and its outcome is told then
            letters = await settled(forum)
            tickets = await asyncio.to_thread(forum.desk.tickets)
        verdict = await asyncio.to_thread(forum.desk.command, "audit", "verify")

    names = [topic.name for topic in forum.topics()]
    states = Counter(one["state"] for one in letters)
    came = Counter(word for word in REPLIES for text in mia.reads() if word in text)
    prompts = forum.prompts()
    assert sorted(name[:10] for name in names) == sorted(one["reference"] for one in tickets)
    assert states.keys() <= {"sent", "unknown"}
    assert states.total() == len(REPLIES)
    assert max(came.values()) == 1
    assert came.total() >= states["sent"]
    assert states["unknown"] <= len(prompts) <= 2 * states["unknown"]  # told again if in doubt
    assert [one["work"].count("letter_unknown") for one in tickets].count(1) <= 1
    for i in range(2):
        told = f"Please delete my account number {i}."
        [shown] = [topic for topic in forum.topics() if any(told in t for t in forum.texts(topic))]
        assert sum(told in text for text in forum.texts(shown)) <= 2  # an unknown card comes again
    assert "sound" in verdict
    assert chats.telegram.protocol_errors == []


@pytest.mark.timeout(900)
async def test_two_services_with_one_bot_answer_once_and_take_over(tmp_path, databases):  # noqa: F811
    urls, vanish = databases
    async with (
        MailWorld.open(tmp_path / "world", imap_port=0, smtp_port=0) as world,
        open_telegram(utc_now, port=0) as chats,
    ):
        desk = deploy(tmp_path, world, chats, *urls)
        people: list[Someone] = []

        async def burst() -> None:
            new = [newcomer(chats, len(people) + i) for i in range(6)]
            for one in new:
                one.types(f"Please delete my account, says {one.person.first_name}.")
            people.extend(new)
            await until(lambda: all(heard(one) for one in new), PATIENCE)

        async with desk.living(log="first.log") as first, desk.living(log="second.log") as second:
            await burst()
            first.kill()
            await burst()
            async with desk.living(log="third.log") as third:
                await asyncio.sleep(6)
                second.kill()  # whoever asked for updates, it was one of these two
                await burst()
                await vanish(0)
                await burst()
                assert third.poll() is None
        tickets = await asyncio.to_thread(desk.tickets)
        verdict = await asyncio.to_thread(desk.command, "audit", "verify")

    logs = "".join((tmp_path / f"{one}.log").read_text() for one in ("first", "second", "third"))
    assert len(tickets) == len(people) == 24
    assert [one for one in people if len(set(heard(one))) < len(heard(one))] == []
    assert "action=telegram_conflict" not in logs
    assert "sound" in verdict
    assert chats.telegram.protocol_errors == []
