"""A year of the desk under a virtual clock: random agents, and no date missed unseen.

    python -m bench.year [--requests 5000] [--seed 1]

Mails come in as a door would hand them in; who is asked for proof answers the letter, says that it
was somebody else, or nothing.  Agents mostly do what comes next, and else what comes to their
minds, lawful or not.  Measured at the end: transitions outside the table (there may be none),
warnings and breaches that the clocks owe and that are not recorded (none), and late requests that
the report does not tell (none).  It proves the machine, not its speed.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
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
from tickets.desk import Desk
from tickets.draft import Draft
from tickets.errors import DeliveryError, DeskError, Refusal
from tickets.intake import Intake
from tickets.journal import Arrival, Journal
from tickets.letters import Letters
from tickets.locks import FileLocks
from tickets.models import Challenge, ClockFamily, ClockNotice, OutboxEntry, Request, Role
from tickets.models import Clock as ClockRow
from tickets.outbox import Outbox
from tickets.proof import Seen
from tickets.reports import report
from tickets.requests import ARROWS, FINAL
from tickets.settings import Account, DeskConfig, DeskSettings
from tickets.statute import moments
from tickets.types import (
    NEEDS_NO_PROOF,
    RIGHTS_OF,
    Channel,
    Company,
    Delivery,
    Inbound,
    Outbound,
    Reading,
    RequestState,
    Right,
    Sent,
    Text,
)
from vault.keys import MemoryKeyStore
from vault.vault import Vault

ADDRESS = "support@desk.test"
START = datetime(2026, 1, 1, tzinfo=UTC)
ASKS = (
    "Please delete my account and all of my data.",
    "Under the GDPR I ask for a copy of my data, and for whom you gave it to.",
    "I live in California. I opt out of any sale of my personal information.",
    "Bitte löschen Sie meine Daten gemäß DSGVO.",
    "请删除我的账户和个人信息。",
    "I live in the United Kingdom. I want my data in a machine-readable format, please.",
    "My address in your records is wrong, please rectify it.",
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


SENSE = 0.8
"""How often an agent does what comes next."""

AWAY = range(200, 240)
"""Days on which nobody works: what falls due then is late."""

Told = Callable[[int, Sent | DeliveryError], Awaitable[None]]


async def read_mail(raw: bytes) -> Inbound:
    """Read a mail."""
    return parse(raw)


def mail(number: int, sender: str, text: str, answers: str = "") -> bytes:
    """Return a mail, perhaps one that answers a letter."""
    thread = f"In-Reply-To: <{answers}>\r\n" if answers else ""
    return (
        f"Return-Path: <{sender}>\r\nFrom: <{sender}>\r\nTo: {ADDRESS}\r\n"
        f"Subject: mine {number}\r\n{thread}"
        f"Message-ID: <{number}@d.test>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


async def read_at_times_surely(texts: Sequence[Text]) -> list[Reading]:
    """Read two of three messages surely: those are asked for proof by their receipt."""
    return [
        replace(reading, suspected=False, needs_human=False, confidence=0.99)
        if reading.intent in RIGHTS_OF and zlib.crc32(text.subject.encode()) % 3
        else reading
        for text, reading in zip(texts, await read_all(texts), strict=True)
    ]


class Moves:
    """Watches every change of a request's state, whoever makes it."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[RequestState, RequestState]] = Counter()
        self._move = Draft.move

    def begin(self) -> None:
        """Look on from now on."""
        watch, move = self.seen, self._move

        def watched(draft: Draft, request: Request, after: RequestState, **more: object) -> None:
            watch[RequestState(request.state), after] += 1
            move(draft, request, after, **more)

        Draft.move = watched  # type: ignore[method-assign,assignment]

    @property
    def illegal(self) -> int:
        """How many were outside the table; asking again for proof moves nothing."""
        return sum(
            count
            for (before, after), count in self.seen.items()
            if after is not before and after not in ARROWS[before]
        )


class Year:
    """The desk, its people and the year that passes."""

    def __init__(self, desk: Desk, locks: FileLocks, clock: list[datetime], seed: int) -> None:
        worker = Worker(locks)
        self.desk, self.clock, self.chance = desk, clock, random.Random(seed)  # noqa: S311
        self.worker = worker
        self.journal = Journal(desk.vault, now=desk.now)
        self.intake = Intake(desk, {Channel.EMAIL: read_mail}, worker)
        self.outbox = Outbox(desk, {(Channel.EMAIL, "support"): self.post}, worker)
        self.answers: dict[int, list[bytes]] = {}  # mails that will come, by day
        self.today = 0
        self.actions = Actions(desk)
        self.refused: Counter[str] = Counter()
        self.done = 0
        self.uid = 0

    async def day(self, mails: int, acts: int) -> None:
        """Let one day pass."""
        self.today += 1
        raws = self.answers.pop(self.today, [])
        for _ in range(mails):
            number = self.number()
            sender = f"p{number}@d{number % 997}.test"
            raws.append(mail(number, sender, self.chance.choice(ASKS)))
        await self.journal.keep([self.arrival(raw) for raw in raws])
        while await self.intake.run_once():
            pass
        open_ones = Request.exclude(state__in=list(FINAL)).order_by("id").limit(acts * 2)
        rows = await open_ones.values("ticket__reference", "right", "state")
        for row in self.chance.sample(rows, min(acts, len(rows))):
            await self.act(row["ticket__reference"], Right(row["right"]), row["state"])
        while await self.outbox.run_once():
            pass
        while await Clock(self.desk).run_once(self.clock[0]):
            pass

    def number(self) -> int:
        """Return the next number of a mail."""
        self.uid += 1
        return self.uid

    def arrival(self, raw: bytes) -> Arrival:
        """Return a mail as a mailbox hands it in."""
        return Arrival("support", raw, self.clock[0], "INBOX", 1, self.number())

    async def post(self, letters: Sequence[Outbound], report: Told) -> None:
        """Take every letter; who is asked for proof may answer within some days."""
        for index, letter in enumerate(letters):
            await report(index, Sent())
            asks = "EJP-" in letter.letter.text
            says = self.chance.choice(
                ("CONFIRM", "CONFIRM", "CONFIRM", "Who is this?", "NOT ME", "")
            )
            if asks and says:
                day = self.today + self.chance.randint(1, 9)
                raw = mail(self.number(), letter.recipient.address, says, letter.external_id)
                self.answers.setdefault(day, []).append(raw)

    async def act(self, reference: str, right: Right, state: RequestState) -> None:
        """Do the next step, or nonsense."""
        self.clock[0] += timedelta(seconds=self.chance.randint(1, 40))
        who, other = self.chance.sample(("Bo", "Cy", "Di"), 2)
        try:
            if self.chance.random() < SENSE:
                await self.next_step(reference, right, state, who, other)
            else:
                await self.nonsense(reference, who, self.chance.choice((None, right, *Right)))
            self.done += 1
        except Refusal as exc:
            self.refused[exc.code] += 1
        except DeskError as exc:
            self.refused[type(exc).__name__] += 1

    async def next_step(
        self, reference: str, right: Right, state: RequestState, who: str, other: str
    ) -> None:
        """Do what a good agent would do now."""
        desk = self.actions
        match state:
            case RequestState.SUSPECTED:
                await desk.confirm(reference, who, right)
            case RequestState.IN_WORK | RequestState.EXTENDED:
                try:
                    await desk.fulfil(reference, who, FACTS, right=right)
                except Refusal as exc:
                    if exc.code != "match_account_first":
                        raise
                    await desk.verify(reference, who, Seen.ACCOUNT, right)
                    return
                await desk.approve(reference, other, right=right)
                await desk.close(reference, other)
            case RequestState.PROVEN:
                await desk.take(reference, who)
            case RequestState.PROOF_ASKED | RequestState.NOT_PROVEN:
                await desk.verify(reference, who, Seen.CALL_BACK, right)
            case _ if right in NEEDS_NO_PROOF:
                await desk.fulfil(reference, who, FACTS, right=right)
            case _:
                await desk.verify(reference, who, Seen.ACCOUNT, right)

    async def nonsense(self, reference: str, who: str, right: Right | None) -> None:
        """Do whatever comes to mind."""
        desk = self.actions
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
        await self.chance.choices(steps, weights)[0]()


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
    sent = {row.message_id: row.sent_at async for row in OutboxEntry.filter(state=Delivery.SENT)}
    async for row in ClockRow.filter(kind="respond"):
        assert row.request_id is not None
        answer = requests[row.request_id].answer_id
        left = sent.get(answer) if answer else None
        end = left or row.stopped_at or now
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
        desk = Desk(vault, config, letters, read_at_times_surely, decide, lambda: clock[0])
        moves = Moves()
        moves.begin()
        year = Year(desk, locks, clock, seed)
        await year.worker.start()
        for name in ("Bo", "Cy", "Di"):
            await Agents(vault).add(name, Role.AGENT, clock[0])
        each = -(-requests // 365)
        for number in range(365):
            clock[0] = START + timedelta(days=number, hours=year.chance.uniform(0, 20))
            away = AWAY.start <= number < AWAY.stop
            await year.day(each, 0 if away else each * 4)
        now = clock[0]
        (whole,) = await report(desk, now)
        wrong, owed, untold = moves.illegal, await missed(now), await unreported(desk, now)
        print(f"requests {whole.statute}")
        print(f"letters of proof answered {await Challenge.filter(state='proven').count()}")
        print(f"acts {year.done}, refused {sum(year.refused.values())}")
        print(f"why refused: {dict(year.refused.most_common())}")
        print(f"changes of state {moves.seen.total()}, of {len(moves.seen)} kinds")
        print(f"illegal transitions {wrong}, missed warnings {owed}, late untold {untold}")
        print(f"seconds {time.monotonic() - began:.0f}")
        assert (wrong, owed, untold) == (0, 0, 0)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--requests", type=int, default=5000)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    asyncio.run(main(given.requests, given.seed))
