"""The one door into a ticket: what was journalled is read, decided upon, and written down.

`Intake.receive` takes a batch in, all or nothing.  `Intake.run_once` takes the next records of the
journal, whatever their channel, has each read by its door, and receives them.  What crashes is set
aside with its cause (shunted), retried, and keeps its legal clock; the rest of its batch goes on.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
from tortoise.exceptions import IntegrityError, OperationalError

from tickets.arrived import Arrived
from tickets.audit import new_event
from tickets.batch import Batch
from tickets.claims import Worker
from tickets.content import INTAKE, open_content
from tickets.desk import Desk
from tickets.draft import StaleDraft
from tickets.killpoints import kill
from tickets.matching import BY_ADDRESS, Blinder
from tickets.models import Blob, Identity, InboundRecord, InboundState
from tickets.statements import columns_of, rows
from tickets.transactions import Bell, give_way, transaction, unit_of_work
from tickets.types import Automation, Channel, Inbound, Intent, Reading, Receipt, Text
from vault.sealing import Place, seal_text

ReadWire = Callable[[bytes], Awaitable[Inbound]]
"""A door's reader: raw bytes as they came to what they mean; total."""

_UNREAD: Final = frozenset({Automation.BOUNCE, Automation.REPLIED})
"""What nobody needs to understand: it is about a letter of ours, never a request."""

_WAITING: Final = (
    '("state" = ? OR ("state" = ? AND "retry_at" <= ?)) AND "claimed_by" = \'\''
    ' AND "channel" IN ? ORDER BY "id" LIMIT ?'
)
_RETRIES: Final = tuple(timedelta(minutes=m) for m in (1, 10, 60, 360, 1440))
_BYTES: Final = 8 << 20  # raw bytes opened at once

_log = logging.getLogger(__name__)


class Intake:
    """Turns what arrived into tickets, messages, requests and letters to send."""

    def __init__(
        self,
        desk: Desk,
        readers: Mapping[Channel, ReadWire],
        worker: Worker,
    ) -> None:
        self._desk = desk
        self._readers = readers
        self._worker = worker
        self._blinder = Blinder(desk.vault)
        self.done = Bell()
        """Rings after each batch: doors may mark, the indexer may read what was taken in."""
        self.queued = Bell()
        """Rings when letters were queued; wakes the outbox."""

    async def run_once(self) -> int:
        """Take in the next batch of the journal; return how many records it handled."""
        async with self._worker.claim(InboundRecord, await self._waiting()) as records:
            if not records:
                return 0
            found = await rows(Blob, '"id" IN ?', [record.blob_id for record in records])
            blobs = {blob.id: blob for blob in found}
            opened = [await self._open(record, blobs) for record in records]
            arrived = [one for one in opened if one is not None]
            try:
                await self.receive(arrived)
            except Exception as exc:
                if is_database_down(exc):
                    raise
                # One of them is bad: each by itself shows which.
                for one in arrived:
                    await self._receive_alone(one)
        self.done.ring()
        return len(records)

    async def receive(self, arrived: Sequence[Arrived]) -> list[Receipt]:
        """Take in a batch, all or nothing; return what became of each message."""
        if not arrived:
            return []
        await self._read(arrived)
        kill("intake.read")
        for attempt in range(3):
            batch = Batch(self._desk, self._blinder)
            receipts = await batch.plan(arrived)
            kill("intake.planned")
            try:
                await batch.draft.save()
            except (IntegrityError, StaleDraft):
                # Another process wrote the same sender first: look again.
                if attempt == 2:  # noqa: PLR2004  - the third time is no race
                    raise
                for one in arrived:
                    await one.record.refresh_from_db()
                    await one.blob.refresh_from_db()
                continue
            kill("intake.committed")
            if batch.draft.outbox:
                self.queued.ring()
            return receipts
        raise AssertionError("unreachable")

    async def _receive_alone(self, one: Arrived) -> None:
        await one.record.refresh_from_db()
        await one.blob.refresh_from_db()
        try:
            await self.receive([one])
        except StaleDraft:
            return  # whoever was faster has it
        except Exception as exc:
            if is_database_down(exc):
                raise
            await self.shunt(one.record, exc)

    async def release_orphans(self) -> int:
        """Free the records of claims that ended before their time; return how many."""
        waiting = InboundRecord.filter(state__in=(InboundState.NEW, InboundState.SHUNTED))
        dead = await self._worker.orphans(waiting)
        return await waiting.filter(claimed_by__in=dead).update(claimed_by="") if dead else 0

    async def _waiting(self) -> list[UUID]:
        """Return the next records to take in, as many as fit into a batch."""
        batch = self._desk.config.settings.batch
        waiting = (InboundState.NEW, InboundState.SHUNTED, self._desk.now(), list(self._readers))
        whole = 0
        ids: list[UUID] = []
        for record_id, size in await columns_of(
            InboundRecord, ("id", "size"), _WAITING, *waiting, batch
        ):
            whole += size
            if ids and whole > _BYTES:
                break
            ids.append(record_id)
        return ids

    async def _open(self, record: InboundRecord, blobs: Mapping[UUID, Blob]) -> Arrived | None:
        """Open a record's bytes and have its door read them."""
        await give_way()
        try:
            blob = blobs[record.blob_id]
            raw = await open_content(self._desk.vault, blob)
            inbound = await self._readers[record.channel](raw)
            clues = self._blinder.clues(inbound)
        except Exception as exc:  # noqa: BLE001  - the outermost turn: it is kept and listed
            await self.shunt(record, exc)
            return None
        reading = Reading(Intent.OTHER)
        if inbound.automation in _UNREAD or inbound.report is not None:
            reading = Reading(Intent.OTHER, needs_human=False, why=("automatic",))
        return Arrived(record, blob, inbound, clues, reading)

    async def _read(self, arrived: Sequence[Arrived]) -> None:
        """Have every message classified that a person may have meant for us."""
        unread = [one for one in arrived if not one.reading.why]
        if not unread:
            return
        channels = {one.inbound.channel for one in unread}
        senders = {one.clues.sender for one in unread}
        columns = ("address_blind", "language")
        spoken = dict(await columns_of(Identity, columns, BY_ADDRESS, channels, senders))
        texts = [_text(one.inbound, spoken.get(one.clues.sender, "")) for one in unread]
        readings = await self._desk.classify(texts)
        for one, reading in zip(unread, readings, strict=True):
            one.reading = reading

    async def shunt(self, record: InboundRecord, error: Exception) -> None:
        """Set a message aside: class and place in clear, the error's own words sealed."""
        now = self._desk.now()
        keys = await self._desk.vault.create_keys([INTAKE])
        pause = _RETRIES[min(record.attempts, len(_RETRIES) - 1)]
        await self._write_shunted(
            record,
            state=InboundState.SHUNTED,
            attempts=record.attempts + 1,
            retry_at=now + pause,
            claimed_by="",
            error_class=type(error).__name__,
            error_place=place_of(error),
            error_detail=seal_text(
                keys[INTAKE], Place("inbound", record.id, "error_detail"), repr(error)
            ),
        )
        _log.error(
            "a message was shunted",
            extra={
                "action": "message_shunted",
                "record": record.id.hex,
                "error": type(error).__name__,
                "place": place_of(error),
            },
        )

    @unit_of_work
    async def _write_shunted(self, record: InboundRecord, **fields: object) -> None:
        payload = {"record": record.id.hex, "error": fields["error_class"]}
        event = new_event("message_shunted", self._desk.now(), payload=payload)
        async with transaction():
            ours = InboundRecord.filter(
                id=record.id, state__in=(InboundState.NEW, InboundState.SHUNTED)
            )
            await ours.update(**fields)
            await event.save(force_create=True)


def is_database_down(error: Exception) -> bool:
    """Tell a database that cannot be reached or written from a message that cannot be stored."""
    # tortoise calls a value that PostgreSQL refuses an OperationalError too.
    refused = isinstance(error.__cause__, asyncpg.DataError) or isinstance(error, IntegrityError)
    return isinstance(error, OperationalError) and not refused


def place_of(error: BaseException) -> str:
    """Return where an error arose, as `file:line function`, without any of its data."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    frame = frames[-1]
    return f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"[:200]


def _text(inbound: Inbound, spoken: str) -> Text:
    """Return what the classifier reads; `spoken` is the language of the sender's last message."""
    hints = tuple(hint for hint in (spoken, inbound.language_hint) if hint and hint != "und")
    # A reply may be nothing but a quote: then the quote tells what is meant (labels.md 8).
    newest = inbound.newest or ("" if inbound.quoted else inbound.text)
    return Text(newest, inbound.quoted, inbound.subject, inbound.channel, hints)
