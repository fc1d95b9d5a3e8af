"""Sends what was promised: entries are claimed, handed to their channel's sender, and marked.

Delivery is at least once with a fixed id: what may have arrived is `unknown` and is sent again
under the same Message-ID, never under a new one; only a code is left to `tickets.replacing`, which
voids it by another.  Temporary failures are tried for days with growing pauses; permanent ones fail
at once and become work for an agent.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tortoise.queryset import QuerySet

from tickets.audit import new_event
from tickets.claims import Worker
from tickets.content import identity_owner
from tickets.desk import Desk
from tickets.draft import StaleDraft
from tickets.errors import (
    DeliveryError,
    PermanentDeliveryError,
    TemporaryDeliveryError,
    UnknownDeliveryError,
)
from tickets.killpoints import kill
from tickets.matching import Blinder
from tickets.models import Event, Message, OutboxEntry, Post, Ticket
from tickets.statements import change, columns_of, rows
from tickets.transactions import side_by_side, transaction, unit_of_work
from tickets.types import CHATS, Channel, Delivery, Letter, Outbound, Sender, SendLetters, Sent
from tickets.written import insert
from vault.errors import VaultError
from vault.sealing import Key, Place, unseal_text

_CLAIM: Final = 20  # entries claimed at once
_PAUSES: Final = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 120, 240, 480))
_DUE: Final = (Delivery.QUEUED, Delivery.UNKNOWN)

LOST: Final = (Delivery.FAILED, Delivery.UNKNOWN)
"""What an agent may send again."""

CODE_LANE: Final = 0
"""Codes leave first; one of unknown fate is not sent again but replaced by a new one."""

CODE_WAIT: Final = timedelta(seconds=60)
"""How long a code of unknown fate may still show that it arrived."""

_IS_DUE: Final = (
    '"channel" NOT IN ? AND ("expires_at" IS NULL OR "expires_at" > ?)'
    ' AND ("state" = ? OR ("state" = ? AND "lane" > ?)) AND "due_at" <= ? AND "claimed_by" = \'\''
    ' ORDER BY "lane", "due_at", "id" LIMIT ?'
)

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Marks:
    """What became of a batch, collected so that it is written together."""

    sent: list[OutboxEntry] = field(default_factory=list)
    others: list[tuple[OutboxEntry, DeliveryError]] = field(default_factory=list)

    def take(self) -> tuple[list[OutboxEntry], list[tuple[OutboxEntry, DeliveryError]]]:
        """Return what is not written yet, and forget it here."""
        taken = self.sent, self.others
        self.sent, self.others = [], []
        return taken


class Outbox:
    """Claims entries and has them sent; safe beside any number of its kind."""

    def __init__(
        self,
        desk: Desk,
        senders: Mapping[tuple[Channel, str], SendLetters],
        worker: Worker,
    ) -> None:
        self._desk = desk
        self._senders = senders
        self._worker = worker
        self._loop_token = Blinder(desk.vault).sign("loop")[:32]

    async def run_once(self) -> int:
        """Send one batch of what is due; return how many entries were due.

        Where another loop was faster the batch is empty, but the caller comes again at once.
        """
        due = await self._due()
        async with self._worker.claim(OutboxEntry, due, state=Delivery.SENDING) as entries:
            kill("outbox.claimed")
            groups: dict[tuple[Channel, str], list[OutboxEntry]] = {}
            for entry in entries:
                groups.setdefault((entry.channel, entry.account), []).append(entry)
            await side_by_side(*(self._send(key, group) for key, group in groups.items()))
        return len(due)

    async def release_orphans(self) -> int:
        """Free what was being sent when a claim broke off: it may have arrived, so `unknown`."""
        sending = OutboxEntry.filter(state=Delivery.SENDING).exclude(channel__in=CHATS)
        return await interrupt(self._worker, sending, self._desk.now())

    async def _due(self) -> list[UUID]:
        now = self._desk.now()
        given = (CHATS, now, Delivery.QUEUED, Delivery.UNKNOWN, CODE_LANE, now, _CLAIM)
        return [entry for (entry,) in await columns_of(OutboxEntry, ("id",), _IS_DUE, *given)]

    async def _send(self, key: tuple[Channel, str], entries: Sequence[OutboxEntry]) -> None:
        marks = _Marks()
        pending = {entry.id: entry for entry in entries}

        async def report(index: int, outcome: Sent | DeliveryError) -> None:
            entry = ready[index]
            pending.pop(entry.id, None)
            if isinstance(outcome, Sent):
                marks.sent.append(entry)
            else:
                marks.others.append((entry, outcome))
            # In a backlog marks are written together; else at once, so that a crash right now
            # repeats one letter at most.
            if len(entries) < _CLAIM:
                await self._mark(marks)

        ready, letters = await self._open(entries, marks)
        for entry, _ in marks.others:
            pending.pop(entry.id, None)
        try:
            await self._senders.get(key, _nobody)(letters, report)
        except Exception as exc:  # noqa: BLE001  - a sender's own fault must not lose its batch
            _log.exception("a sender failed", extra={"action": "sender_failed", "account": key[1]})
            error = exc if isinstance(exc, DeliveryError) else UnknownDeliveryError("sender failed")
            marks.others += [(entry, error) for entry in pending.values()]
        else:
            lost = UnknownDeliveryError("no outcome was reported")
            marks.others += [(entry, lost) for entry in pending.values()]
        await self._mark(marks)

    async def _open(
        self, entries: Sequence[OutboxEntry], marks: _Marks
    ) -> tuple[list[OutboxEntry], list[Outbound]]:
        """Unseal letters and routes; an entry whose key is gone has nobody left to write to."""
        found = await rows(Message, '"id" IN ?', [entry.message_id for entry in entries])
        messages = {message.id: message for message in found}
        owners = {identity_owner(message.identity_id) for message in found}
        keys = await self._desk.vault.load_keys(owners)
        ready: list[OutboxEntry] = []
        letters: list[Outbound] = []
        for entry in entries:
            message = messages[entry.message_id]
            key = keys.get(identity_owner(message.identity_id))
            if key is None:
                marks.others.append((entry, PermanentDeliveryError("recipient erased")))
                continue
            try:
                letter = self._outbound(entry, message, key)
            except (VaultError, LookupError, TypeError, ValueError) as exc:
                # A damaged row is work for an agent; it must not hold up its neighbours.
                reason = f"unreadable: {type(exc).__name__}"
                marks.others.append((entry, PermanentDeliveryError(reason)))
                continue
            ready.append(entry)
            letters.append(letter)
        return ready, letters

    def _outbound(self, entry: OutboxEntry, message: Message, key: Key) -> Outbound:
        way = json.loads(unseal_text(key, Place("outbox", entry.id, "route"), entry.route))
        body = json.loads(unseal_text(key, Place("message", message.id, "body"), message.body))
        external_id = unseal_text(
            key, Place("message", message.id, "external_id"), message.external_id or b""
        )
        return Outbound(
            channel=entry.channel,
            account=entry.account,
            recipient=Sender(way["address"], way["name"]),
            external_id=external_id,
            letter=Letter(**body),
            created_at=entry.created_at,
            in_reply_to=way["in_reply_to"],
            references=tuple(way["references"]),
            is_automatic=entry.is_automatic,
            loop_token=self._loop_token,
        )

    @unit_of_work
    async def _mark(self, marks: _Marks) -> None:
        now = self._desk.now()
        events: list[Event] = []
        sent, others = marks.take()
        if not (sent or others):
            return
        async with transaction() as connection:
            if sent:
                news = {"state": Delivery.SENT, "sent_at": now, "claimed_by": "", "error": ""}
                await change(OutboxEntry, news, '"id" IN ?', [entry.id for entry in sent])
                events += [letter_event("letter_sent", entry, now) for entry in sent]
            for entry, error in others:
                state, due_at = self._next(entry, error, now)
                await OutboxEntry.filter(id=entry.id).update(
                    state=state,
                    due_at=due_at,
                    claimed_by="",
                    attempts=entry.attempts + 1,
                    error=error.reason[:128],
                )
                if state is Delivery.FAILED:
                    await add_work(entry.ticket_id, "letter_failed")
                events.append(letter_event(f"letter_{state}", entry, now))
            await insert(connection, events)
        kill("outbox.marked")

    def _next(
        self, entry: OutboxEntry, error: DeliveryError, now: datetime
    ) -> tuple[Delivery, datetime]:
        """Return the state that follows a failure, and when to try again."""
        limit = entry.created_at + timedelta(days=self._desk.config.settings.send_attempts_days)
        if isinstance(error, PermanentDeliveryError) or now > limit:
            return Delivery.FAILED, now
        pause = _PAUSES[min(entry.attempts, len(_PAUSES) - 1)]
        if isinstance(error, UnknownDeliveryError):
            # Each try may be one more copy for its reader.
            return Delivery.UNKNOWN, now + (CODE_WAIT if entry.lane == CODE_LANE else pause)
        if isinstance(error, TemporaryDeliveryError) and error.retry_after:
            pause = max(pause, timedelta(seconds=error.retry_after))
        return Delivery.QUEUED, now + pause


async def _nobody(
    letters: Sequence[Outbound], report: Callable[[int, Sent | DeliveryError], Awaitable[None]]
) -> None:
    """Stand for the sender of an account that is no longer configured."""
    for index in range(len(letters)):
        await report(index, TemporaryDeliveryError("no sender is configured for this account"))


async def interrupt(worker: Worker, sending: QuerySet[OutboxEntry], now: datetime) -> int:
    """Set letters whose claims broke off to `unknown`: they may have arrived; return how many.

    In a chat nothing repeats them by itself, so an agent is told.
    """
    dead = await worker.orphans(sending)
    return await _interrupt(await sending.filter(claimed_by__in=dead), now) if dead else 0


@unit_of_work
async def _interrupt(entries: Sequence[OutboxEntry], now: datetime) -> int:
    count = 0
    async with transaction():
        for entry in entries:
            ours = OutboxEntry.filter(id=entry.id, claimed_by=entry.claimed_by)
            wait = CODE_WAIT if entry.lane == CODE_LANE else timedelta(0)
            fields = {"state": Delivery.UNKNOWN, "claimed_by": "", "error": "interrupted"}
            if not await ours.update(due_at=now + wait, **fields):
                continue  # another process has seen to it
            if entry.channel in CHATS:
                await add_work(entry.ticket_id, "letter_unknown")
            await letter_event("letter_unknown", entry, now).save(force_create=True)
            count += 1
    return count


async def expire(now: datetime) -> int:
    """Give up what must not be sent any more: a code after its time only confuses."""
    late = {"state__in": _DUE, "expires_at__lte": now, "claimed_by": ""}
    posts = await Post.filter(**late).update(state=Delivery.EXPIRED)
    return posts + await OutboxEntry.filter(**late).update(state=Delivery.EXPIRED)


@unit_of_work
async def retry(ids: Sequence[UUID], now: datetime) -> int:
    """Queue failed or waiting entries again, at once; return how many."""
    rows = OutboxEntry.filter(id__in=list(ids), state__in=(*_DUE, Delivery.FAILED), claimed_by="")
    async with transaction():
        count = await rows.update(state=Delivery.QUEUED, due_at=now, attempts=0)
        queued = OutboxEntry.filter(id__in=list(ids), state=Delivery.QUEUED, due_at=now)
        events = [letter_event("letter_sent_again", entry, now) async for entry in queued]
        await Event.bulk_create(events)
    return count


async def send_again(entry: UUID, now: datetime) -> None:
    """Queue a letter that failed or may not have arrived; raise `StaleDraft` where it is neither.

    Guards the act of an agent, whose event says who did it.
    """
    ours = OutboxEntry.filter(id=entry, state__in=LOST, claimed_by="")
    if not await ours.update(state=Delivery.QUEUED, due_at=now, attempts=0):
        raise StaleDraft("a letter was sent again in the meantime")


async def add_work(ticket_id: UUID, code: str) -> None:
    """Note on a ticket that a person must look at something."""
    ticket = await Ticket.get(id=ticket_id).only("id", "work")
    if code not in ticket.work:
        ticket.work = [*ticket.work, code]
        await ticket.save(update_fields=["work"])


def letter_event(kind: str, entry: OutboxEntry, now: datetime) -> Event:
    """Return the event that a letter's new state is, and log it."""
    _log.info("a letter changed its state", extra={"action": kind, "ticket": entry.ticket_id})
    return new_event(kind, now, ticket_id=entry.ticket_id)
