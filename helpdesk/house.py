"""Puts the rooms together: one configuration in, everything that works on one database out.

This is the one place that knows everybody; the rooms are handed what they need.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tortoise.context import TortoiseContext

from classifier.worker import open_reader
from handlers.registry import decide
from helpdesk import plus
from helpdesk.config import Config, KeyCommand, KeyFile, KeySource
from helpdesk.database import migrate, open_database, sqlite_path
from mail.large import parse_large
from mail.parse import parse
from mail.sender import SmtpSender
from mail.watch import ImapWatch
from templates.phrases import Phrases
from templates.rendering import Templates
from tickets.actions import Actions
from tickets.audit import Sealer
from tickets.claims import Worker
from tickets.clock import Clock
from tickets.desk import Desk
from tickets.directory import Directory
from tickets.errors import ConfigError
from tickets.intake import Intake
from tickets.journal import Journal
from tickets.killpoints import kill
from tickets.letters import Letters
from tickets.locks import AdvisoryLocks, FileLocks, Locks
from tickets.models import Stamp
from tickets.outbox import Outbox
from tickets.proof import Proof
from tickets.search import Indexer
from tickets.types import Channel, Classify, Inbound, SendLetters
from vault.errors import VaultError
from vault.keys import open_store
from vault.master import load_master
from vault.vault import Vault

if TYPE_CHECKING:
    from bot.door import Door

_KEY_STORE: Final = "key_store"
_LARGE: Final = 2_000_000  # bytes

_log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class House:
    """Everything that works on one database."""

    config: Config
    database: TortoiseContext
    vault: Vault
    locks: Locks
    worker: Worker
    desk: Desk
    journal: Journal
    intake: Intake
    outbox: Outbox
    clock: Clock
    indexer: Indexer
    sealer: Sealer
    watches: tuple[ImapWatch, ...]
    proof: Proof
    actions: Actions
    bot: Door | None


@asynccontextmanager
async def open_vault(config: Config) -> AsyncIterator[Vault]:
    """Open the key store with the master key; a wrong key is refused here."""
    settings = config.vault
    try:
        master = read_key(settings.key)
        retired = [read_key(source) for source in settings.retired]
        store_path = Path(settings.store)
        if "://" not in settings.store:
            store_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        vault = await Vault.open(await open_store(settings.store), master, retired)
    except VaultError as exc:
        raise ConfigError([("vault", str(exc))]) from exc
    try:
        yield vault
    finally:
        await vault.close()


def read_key(source: KeySource) -> bytes:
    """Return a master key from where the configuration says it is."""
    if isinstance(source, KeyFile):
        return load_master(file=source.file)
    if isinstance(source, KeyCommand):
        return load_master(command=source.command)
    return load_master(env=source.env)


@asynccontextmanager
async def open_locks(url: str) -> AsyncIterator[Locks]:
    """Open the locks that fit the database: files beside it, or PostgreSQL's own."""
    path = sqlite_path(url)
    kept = AdvisoryLocks(url) if path is None else FileLocks(path.parent / "locks")
    async with kept as locks:
        yield locks


@asynccontextmanager
async def open_house(
    config: Config,
    *,
    now: Callable[[], datetime] = utc_now,
    classify: Classify | None = None,
) -> AsyncIterator[House]:
    """Open vault, database and locks, and wire the rooms; everything is closed at the end."""
    async with AsyncExitStack() as stack:
        vault = await stack.enter_async_context(open_vault(config))
        await migrate(config.database.url)
        database = await stack.enter_async_context(open_database(config.database.url))
        await _check_key_store(vault)
        locks = await stack.enter_async_context(open_locks(config.database.url))
        templates = Templates()
        if classify is None:
            templates.compile()
            classify = await stack.enter_async_context(open_reader())
        desk_config = config.desk_config()
        letters = Letters(templates.render, desk_config)
        desk = Desk(vault, desk_config, letters, classify, decide, now)
        worker = Worker(locks)
        journal = Journal(vault, now=now)
        intake = Intake(desk, {Channel.EMAIL: read_mail}, worker)
        proof = Proof(desk, _directory(config))
        actions = Actions(desk, proof)
        bot = None
        if config.telegram.token is not None:
            from bot.door import Door, Wiring  # noqa: PLC0415  - an HTTP client, as below

            wiring = Wiring(desk, worker, journal, intake, actions, proof, Phrases())
            bot = Door(config.telegram, wiring)
            stack.push_async_callback(bot.close)
        yield House(
            config=config,
            database=database,
            vault=vault,
            locks=locks,
            worker=worker,
            desk=desk,
            journal=journal,
            intake=intake,
            outbox=Outbox(desk, _senders(config, await plus.usable(config.mailbox)), worker),
            clock=Clock(desk),
            indexer=Indexer(vault, now=now),
            sealer=Sealer(vault, now=now),
            watches=tuple(
                ImapWatch(mailbox, journal, now=now, on_kept=journal.kept.ring, kill=kill)
                for mailbox in config.mailbox
            ),
            proof=proof,
            actions=actions,
            bot=bot,
        )


async def read_mail(raw: bytes) -> Inbound:
    """Read a mail: an ordinary one here, a large one in a child process with limits."""
    return parse(raw) if len(raw) <= _LARGE else await parse_large(raw)


def _directory(config: Config) -> Directory | None:
    if config.directory.kind == "none":
        return None
    from helpdesk.directory import open_directory  # noqa: PLC0415  - an HTTP client, as below

    return open_directory(config.directory)


def _senders(
    config: Config, plus_mailboxes: Collection[str]
) -> dict[tuple[Channel, str], SendLetters]:
    senders: dict[tuple[Channel, str], SendLetters] = {
        (Channel.EMAIL, mailbox.name): SmtpSender(
            config.smtp.overridden_by(mailbox.smtp),
            mailbox.address,
            company=config.company.name,
            is_plus=mailbox.name in plus_mailboxes,
            kill=kill,
        )
        for mailbox in config.mailbox
    }
    if config.sms.url:
        from helpdesk.sms import SmsSender  # noqa: PLC0415  - an HTTP client, for those who need it

        senders[Channel.SMS, "sms"] = SmsSender(config.sms)
    return senders


async def _check_key_store(vault: Vault) -> None:
    """Refuse a key store that is not this database's: with it nothing could be opened."""
    stamp, _ = await Stamp.get_or_create(name=_KEY_STORE, defaults={"value": vault.fingerprint})
    if stamp.value != vault.fingerprint:
        raise ConfigError([("vault.store", "is not the key store that belongs to this database")])
