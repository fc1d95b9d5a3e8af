"""A desk on a real database, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE

from handlers.registry import decide
from helpdesk.database import open_database
from mail.parse import parse
from templates.rendering import Templates
from tests.conftest import empty
from tests.fakes.classifier import read_all
from tickets.audit import Sealer
from tickets.claims import Worker
from tickets.desk import Desk
from tickets.errors import DeliveryError
from tickets.intake import Intake
from tickets.journal import Arrival, Journal
from tickets.letters import Letters
from tickets.locks import FileLocks
from tickets.outbox import Outbox
from tickets.search import Indexer
from tickets.settings import Account, DeskConfig, DeskSettings
from tickets.types import Channel, Company, Inbound, Outbound, Sent
from vault.keys import MemoryKeyStore
from vault.vault import Vault

ADDRESS = "support@desk.test"
NO_POWER_CUT = "synchronous=OFF"  # a test's database need not reach the disk
COMPANY = Company("EJET Co., Ltd.", ADDRESS, "+86 150 8821 0909", "Asia/Shanghai")
TEMPLATES = Templates()  # for all tests, so that each template is compiled once


@dataclass
class Post:
    """A sender that keeps what it was given and answers as told."""

    sent: list[Outbound] = field(default_factory=list)
    outcomes: list[Sent | DeliveryError] = field(default_factory=list)

    async def __call__(self, letters: Sequence[Outbound], report: Callable) -> None:
        for index, letter in enumerate(letters):
            outcome = self.outcomes.pop(0) if self.outcomes else Sent()
            if isinstance(outcome, Sent):
                self.sent.append(letter)
            await report(index, outcome)


@dataclass
class Bench:
    """A desk without doors: mails are put into its journal by hand."""

    desk: Desk
    journal: Journal
    intake: Intake
    outbox: Outbox
    indexer: Indexer
    sealer: Sealer
    worker: Worker
    post: Post
    vault: Vault
    database: object
    clock: list[datetime]
    uid: int = 0

    def later(self, **delta: float) -> None:
        self.clock[0] += timedelta(**delta)

    async def deliver(self, *raws: bytes, folder: str = "INBOX") -> list[str | None]:
        arrivals = []
        for raw in raws:
            self.uid += 1
            arrivals.append(Arrival("support", raw, self.clock[0], folder, 1, self.uid))
        return await self.journal.keep(arrivals)

    async def take_in(self, *raws: bytes) -> None:
        await self.deliver(*raws)
        while await self.intake.run_once():
            pass


def mail(
    sender: str = "Ann Example <ann@person.test>",
    subject: str = "Hello",
    body: str = "Please delete my account.",
    *,
    message_id: str = "",
    to: str = ADDRESS,
    headers: str = "",
) -> bytes:
    """A mail as our own MX delivers it."""
    envelope = sender.rpartition("<")[2].rstrip(">")
    return (
        f"Return-Path: <{envelope}>\r\n"
        f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\n"
        f"Message-ID: <{message_id or uuid4().hex + '@person.test'}>\r\n"
        f"Date: Mon, 02 Nov 2026 09:00:00 +0000\r\n{headers}"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    ).encode()


async def read_mail(raw: bytes) -> Inbound:
    return parse(raw)


@pytest.fixture(params=["sqlite", "postgres"])
def database_template(request) -> Path | str:
    """What an empty database is: a file to copy, or the URL of one."""
    if request.param == "sqlite":
        return request.getfixturevalue("database_file")
    return request.getfixturevalue("postgres_database")


@pytest.fixture
async def database_url(database_template, tmp_path: Path) -> AsyncIterator[str]:
    """An empty, migrated database."""
    EXECUTOR_CACHE.clear()  # tortoise 1.1.9 caches SQL by connection name, not by dialect
    if isinstance(database_template, Path):
        shutil.copy(database_template, tmp_path / "desk.db")
        yield f"sqlite://{tmp_path}/desk.db?{NO_POWER_CUT}"
        return
    yield database_template
    await empty(database_template)
    EXECUTOR_CACHE.clear()


@pytest.fixture
async def vault() -> Vault:
    return await Vault.open(MemoryKeyStore(), b"m" * 32)


@pytest.fixture
async def bench(database_url: str, vault: Vault, tmp_path: Path) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(database_url))
        locks = await stack.enter_async_context(FileLocks(tmp_path / "locks"))
        clock = [datetime(2026, 11, 2, 9, 0, tzinfo=UTC)]
        account = Account("support", Channel.EMAIL, ADDRESS, "mx.desk.test", "mx.desk.test")
        config = DeskConfig(COMPANY, (account,), DeskSettings())
        letters = Letters(TEMPLATES.render, config)
        desk = Desk(vault, config, letters, read_all, decide, lambda: clock[0])
        worker = Worker(locks)
        await worker.start()
        post = Post()
        yield Bench(
            desk=desk,
            journal=Journal(vault, now=desk.now),
            intake=Intake(desk, {Channel.EMAIL: read_mail}, worker),
            outbox=Outbox(desk, {(Channel.EMAIL, "support"): post}, worker),
            indexer=Indexer(vault, now=desk.now),
            sealer=Sealer(vault, now=desk.now),
            worker=worker,
            post=post,
            vault=vault,
            database=database,
            clock=clock,
        )
