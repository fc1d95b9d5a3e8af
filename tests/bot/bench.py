"""A whole bot in one process: our strict Bot API on one side, a desk on SQLite on the other.

    async def test_x(bench):
        await bench.mia.types("Please delete my account.")   # people act …
        await bench.settle()                                  # … and the bot does all it can

`bench.check()` asserts what holds after every test: no protocol error, every button answered.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.applications import Starlette

from bot.door import Door, Wiring
from bot.settings import TelegramSettings
from handlers.registry import decide
from helpdesk.database import open_database
from sandbox.telegram.api import Telegram
from sandbox.telegram.bot_door import BotDoor, InProcess
from sandbox.telegram.people import Someone
from templates.phrases import Phrases
from tests.fakes.classifier import read_all
from tests.tickets.conftest import ADDRESS, COMPANY, NO_POWER_CUT, TEMPLATES, Post, read_mail
from tickets.actions import Actions
from tickets.agents import Agents
from tickets.claims import Worker
from tickets.desk import Desk
from tickets.intake import Intake
from tickets.journal import Arrival, Journal
from tickets.letters import Letters
from tickets.locks import FileLocks
from tickets.models import Role
from tickets.outbox import Outbox
from tickets.proof import Proof
from tickets.settings import Account, DeskConfig, DeskSettings
from tickets.types import Channel
from vault.keys import MemoryKeyStore
from vault.vault import Vault

TOKEN = "7000000001:AAsandbox-Secret_0123456789abcdefg"
PHRASES = Phrases()


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


@dataclass
class BotBench:
    """A bot, its desk, and people who talk to it."""

    telegram: Telegram
    clock: Clock
    door: Door
    wiring: Wiring
    transport: InProcess
    desk: Desk
    journal: Journal
    intake: Intake
    outbox: Outbox
    actions: Actions
    agents: Agents
    post: Post  # what left by mail
    our_bot: object
    group: object  # the desk's forum
    mia: Someone  # a requester
    ann: Someone  # an agent, in the forum's General
    ben: Someone  # another agent
    uid: int = 0
    heard: int = 0  # the newest update that was asked for
    tolerated: list[str] | None = field(default_factory=list)

    async def settle(self) -> None:
        """Let bot and desk do all that can be done now, mail included."""
        while True:
            done = await self._ask() + await self.door.work()
            if not (done + await self.intake.run_once() + await self.outbox.run_once()):
                return

    async def restart(self) -> None:
        """Begin anew with nothing but the database; what was not confirmed comes again."""
        await self.door.close()
        self.door, self.heard = Door(self.door.settings, self.wiring, transport=self.transport), 0
        await self.door.prepare()

    async def _ask(self) -> int:
        """Ask for updates where there are any: who asks in vain has to wait for three seconds."""
        waiting = [update.id for update in self.our_bot.updates.waiting(self.clock())]
        if not waiting or waiting[-1] <= self.heard:
            return 0
        self.heard = waiting[-1]
        return await self.door.polling.run_once()

    async def pass_time(self, seconds: float, step: float = 1.0) -> None:
        """Let time go by, the bot at work."""
        await self.settle()
        while seconds > 0:
            self.clock.forward(seconds=min(step, seconds))
            seconds -= step
            await self.door.conversation.lapse_once()
            await self.settle()

    async def mail(self, raw: bytes) -> None:
        """Have a mail arrive and be taken in."""
        self.uid += 1
        await self.journal.keep([Arrival("support", raw, self.clock(), "INBOX", 1, self.uid)])
        await self.settle()

    async def link(self, someone: Someone, name: str, role: Role = Role.AGENT) -> None:
        """Make somebody an agent, and link their account in their private chat."""
        code = await self.agents.add(name, role, self.clock())
        private = self.telegram.private_chat(self.our_bot, someone.person)
        someone.in_chat(private).types(f"/start {code}")
        await self.settle()

    def topic(self, someone: Someone, number: int) -> Someone:
        """Return somebody looking at a topic."""
        return Someone(self.telegram, someone.person, self.group, topic=number)

    def check(self) -> None:
        """Assert what must hold whatever was done."""
        if self.tolerated is not None:
            assert self.telegram.protocol_errors == self.tolerated, self.telegram.protocol_errors
        assert self.telegram.unanswered() == []


@asynccontextmanager
async def open_bench(
    template: Path | str, tmp_path: Path, **wishes: object
) -> AsyncIterator[BotBench]:
    """Open a bench on a copy of a migrated file, or on the empty database of a URL.

    `wishes` go to the bot's settings.
    """
    clock = Clock()
    telegram = Telegram(clock)
    our_bot = telegram.add_bot(TOKEN, "Privacy desk", "desk_bot")
    ann, ben = telegram.add_person("Ann"), telegram.add_person("Ben")
    group = telegram.add_group("Desk", admins=(our_bot, ann, ben), is_forum=True)
    transport = InProcess(Starlette(routes=BotDoor(telegram).routes()))
    url = str(template)
    if isinstance(template, Path):
        shutil.copy(template, tmp_path / "desk.db")
        url = f"sqlite://{tmp_path}/desk.db?{NO_POWER_CUT}"
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(open_database(url))
        locks = await stack.enter_async_context(FileLocks(tmp_path / "locks"))
        vault = await Vault.open(MemoryKeyStore(), b"m" * 32)
        accounts = (
            Account("support", Channel.EMAIL, ADDRESS, "mx.desk.test", "mx.desk.test"),
            Account("telegram", Channel.TELEGRAM),
        )
        config = DeskConfig(COMPANY, accounts, DeskSettings())
        letters = Letters(TEMPLATES.render, config)
        desk = Desk(vault, config, letters, read_all, decide, clock)
        worker = Worker(locks)
        await worker.start()
        journal, post = Journal(vault, now=clock), Post()
        intake = Intake(desk, {Channel.EMAIL: read_mail}, worker)
        proof = Proof(desk)
        actions = Actions(desk, proof)
        wiring = Wiring(desk, worker, journal, intake, actions, proof, PHRASES)
        given = settings(desk=[{"chat_id": group.id, "name": "desk"}], **wishes)
        door = Door(given, wiring, transport=transport)
        await door.prepare()
        bench = BotBench(
            telegram=telegram,
            clock=clock,
            door=door,
            wiring=wiring,
            transport=transport,
            desk=desk,
            journal=journal,
            intake=intake,
            outbox=Outbox(desk, {(Channel.EMAIL, "support"): post}, worker),
            actions=actions,
            agents=Agents(vault),
            post=post,
            our_bot=our_bot,
            group=group,
            mia=Someone.new(telegram, our_bot, "Mia Al<b>_*[", language="en"),
            ann=Someone(telegram, ann, group),
            ben=Someone(telegram, ben, group),
        )
        try:
            yield bench
        finally:
            await bench.door.close()
        bench.check()
