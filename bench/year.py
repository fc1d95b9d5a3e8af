"""A year of the desk under a virtual clock: random agents, and no date missed unseen.

    python -m bench.year [--requests 5000] [--seed 1]

Mails come in as a door would hand them in; agents do what comes to their minds, lawful or not.
Measured at the end: transitions outside the table (there may be none), warnings and breaches that
the clocks owe and that are not recorded (none), and late requests that the report does not tell
(none).  It proves the machine, not its speed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from handlers.registry import decide
from helpdesk.database import migrate, open_database
from mail.parse import parse
from templates.rendering import Templates
from tests.fakes.classifier import read_all
from tickets.actions import Actions
from tickets.agents import Agents
from tickets.claims import Worker
from tickets.clock import Clock
from tickets.content import identity_owner
from tickets.desk import Desk
from tickets.errors import DeskError, Refusal
from tickets.intake import Intake
from tickets.journal import Arrival, Journal
from tickets.letters import Letters
from tickets.locks import FileLocks
from tickets.models import Clock as ClockRow
from tickets.models import ClockFamily, ClockNotice, Event, OutboxEntry, Request, Role, Ticket
from tickets.outbox import Outbox
from tickets.proof import Seen
from tickets.reports import report
from tickets.requests import ARROWS
from tickets.settings import Account, DeskConfig, DeskSettings
from tickets.statute import moments
from tickets.types import Channel, Company, Delivery, Inbound, RequestState, Right, Sent
from vault.keys import MemoryKeyStore
from vault.sealing import Place, unseal
from vault.vault import Vault

ADDRESS = "support@desk.test"
START = datetime(2026, 1, 1, tzinfo=UTC)
ASKS = (
    "Please delete my account and all of my data.",
    "Under the GDPR I request a copy of the personal data that you hold about me.",
    "I live in California. Do not sell my personal information.",
    "Bitte löschen Sie meine Daten gemäß DSGVO.",
    "请删除我的账户和个人信息。",
    "I want my data in a portable format, please.",
    "My address in your records is wrong, please correct it.",
    "I complain about how you handle my personal data.",
)
FACTS = {
    "contents": ("a profile",),
    "corrected": ("the address",),
    "deleted": ("the account",),
    "explanation": "As the policy says.",
    "format": "JSON",
    "outcome": "We changed it.",
    "processing": "To run the account.",
    "reasons": "The law wants it kept.",
    "refused": "the whole",
    "stopped": ("the selling",),
}


async def read_mail(raw: bytes) -> Inbound:
    """Read a mail."""
    return parse(raw)


async def send(letters: object, report_: object) -> None:
    """Take every letter."""
    for index in range(len(letters)):  # type: ignore[arg-type]
        await report_(index, Sent())  # type: ignore[operator]


def mail(number: int, chance: random.Random) -> bytes:
    """Return a mail of somebody new."""
    sender = f"p{number}@d{number % 997}.test"
    return (
        f"Return-Path: <{sender}>\r\nFrom: <{sender}>\r\nTo: {ADDRESS}\r\n"
        f"Subject: mine {number}\r\n"
        f"Message-ID: <{number}@d.test>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{chance.choice(ASKS)}\r\n"
    ).encode()


class Year:
    """The desk, its people and the year that passes."""

    def __init__(self, desk: Desk, locks: FileLocks, clock: list[datetime], seed: int) -> None:
        worker = Worker(locks)
        self.desk, self.clock, self.chance = desk, clock, random.Random(seed)  # noqa: S311
        self.worker = worker
        self.journal = Journal(desk.vault, now=desk.now)
        self.intake = Intake(desk, {Channel.EMAIL: read_mail}, worker)
        self.outbox = Outbox(desk, {(Channel.EMAIL, "support"): send}, worker)
        self.actions = Actions(desk)
        self.refused: Counter[str] = Counter()
        self.done = 0
        self.uid = 0

    async def day(self, mails: int, acts: int) -> None:
        """Let one day pass."""
        arrivals = []
        for _ in range(mails):
            self.uid += 1
            raw = mail(self.uid, self.chance)
            arrivals.append(Arrival("support", raw, self.clock[0], "INBOX", 1, self.uid))
        await self.journal.keep(arrivals)
        while await self.intake.run_once():
            pass
        rows = Ticket.exclude(status="closed").order_by("id")
        references = [row["reference"] for row in await rows.values("reference")]
        for _ in range(min(acts, len(references))):
            await self.act(references[min(int(self.chance.expovariate(0.01)), len(references) - 1)])
        while await self.outbox.run_once():
            pass
        while await Clock(self.desk).run_once(self.clock[0]):
            pass

    async def act(self, reference: str) -> None:
        """Do something, mostly the next step, sometimes nonsense."""
        desk, who = self.actions, self.chance.choice(("Bo", "Cy", "Di"))
        right = self.chance.choice((None, None, None, *Right))
        rejects = not self.chance.randrange(10)
        steps = (
            lambda: desk.verify(reference, who, Seen.ACCOUNT),
            lambda: desk.settle(reference, who, self.chance.choice(("eu_gdpr", "uk_gdpr"))),
            lambda: desk.take(reference, who),
            lambda: desk.reply(reference, who, "Noted.", asks=self.chance.choice((True, False))),
            lambda: desk.fulfil(reference, who, FACTS, right=right),
            lambda: desk.approve(reference, who, right=right, rejects=rejects),
            lambda: desk.fulfil(reference, who, FACTS),
            lambda: desk.approve(reference, who),
            lambda: desk.close(reference, who),
            lambda: desk.extend(reference, who, "complexity"),
            lambda: desk.refuse(reference, who, "no_match", FACTS, right=right),
            lambda: desk.close(reference, who, outcome=RequestState.WITHDRAWN),
            lambda: desk.ask_proof(reference, who),
            lambda: desk.reopen(reference, who, right),
        )
        weights = (9, 3, 5, 3, 2, 2, 9, 9, 6, 3, 2, 1, 2, 1)
        self.clock[0] += timedelta(seconds=self.chance.randint(1, 40))
        try:
            await self.chance.choices(steps, weights)[0]()
            self.done += 1
        except Refusal as exc:
            self.refused[exc.code] += 1
        except DeskError as exc:
            self.refused[type(exc).__name__] += 1


async def illegal(vault: Vault) -> int:
    """Count recorded moves that the table does not have."""
    count = 0
    tickets = {row.id: row.requester_id for row in await Ticket.all().only("id", "requester_id")}
    async for event in Event.filter(kind="request_moved"):
        owner = identity_owner(tickets[event.ticket_id])
        key = (await vault.load_keys([owner]))[owner]
        told = json.loads(unseal(key, Place("event", event.id, "payload"), event.payload))
        count += told["after"] not in ARROWS[RequestState(told["before"])]
    return count


async def missed(now: datetime) -> int:
    """Count moments of statutory clocks that passed while they ran and are not recorded."""
    known = {(n.clock_id, n.code, n.happened_at) async for n in ClockNotice.all()}
    count = 0
    async for row in ClockRow.filter(family=ClockFamily.STATUTE):
        ends = min(one for one in (now, row.met_at, row.stopped_at) if one)
        count += sum(at <= ends and (row.id, code, at) not in known for code, at in moments(row))
    return count


async def unreported(desk: Desk, now: datetime) -> int:
    """Compare the late ones, counted from the rows alone, with what the report tells."""
    late = 0
    requests = {row.id: row async for row in Request.all()}
    async for row in ClockRow.filter(kind="respond"):
        request = requests[row.request_id]
        sent = OutboxEntry.filter(message_id=request.answer_id, state=Delivery.SENT)
        left = await sent.first() if request.answer_id else None
        end = left.sent_at if left else row.stopped_at or now
        late += row.due_at is not None and end >= row.due_at
    (whole,) = await report(desk, now)
    return late - whole.statute.late


async def main(requests: int, seed: int) -> None:
    """Run the year and print what it showed."""
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite://{folder}/year.db?synchronous=OFF"
        await migrate(url)
        await stack.enter_async_context(open_database(url))
        locks = await stack.enter_async_context(FileLocks(folder / "locks"))
        vault = await Vault.open(MemoryKeyStore(), b"y" * 32)
        clock = [START]
        company = Company("EJET Co., Ltd.", ADDRESS, "+86 150 8821 0909", "Asia/Shanghai")
        account = Account("support", Channel.EMAIL, ADDRESS, "mx.desk.test", "mx.desk.test")
        settings = DeskSettings(batch=100)
        config = DeskConfig(company, (account,), settings)
        letters = Letters(Templates().render, config)
        desk = Desk(vault, config, letters, read_all, decide, lambda: clock[0])
        year = Year(desk, locks, clock, seed)
        await year.worker.start()
        for name in ("Bo", "Cy", "Di"):
            await Agents(vault).add(name, Role.AGENT, clock[0])
        each = -(-requests // 365)
        for number in range(365):
            clock[0] = START + timedelta(days=number, hours=year.chance.uniform(0, 20))
            await year.day(each, each * 6)
        now = clock[0]
        (whole,) = await report(desk, now)
        wrong, owed, untold = await illegal(vault), await missed(now), await unreported(desk, now)
        print(f"requests {whole.statute}")
        print(f"acts {year.done}, refused {sum(year.refused.values())}")
        print(f"why refused: {dict(year.refused.most_common())}")
        print(f"illegal transitions {wrong}, missed warnings {owed}, late untold {untold}")
        print(f"seconds {time.monotonic() - began:.0f}")
        assert (wrong, owed, untold) == (0, 0, 0)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--requests", type=int, default=5000)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    asyncio.run(main(given.requests, given.seed))
