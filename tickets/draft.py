"""The rows that one batch of messages will write, gathered before the transaction begins.

A draft knows tables, not rules: `tickets.intake` decides what goes in.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.models import Model

from tickets.content import INTAKE, identity_owner, rewrap
from tickets.errors import DeskError
from tickets.ids import new_id
from tickets.killpoints import kill
from tickets.models import (
    Attachment,
    Blob,
    Challenge,
    Clock,
    Event,
    GuardCounter,
    Identity,
    InboundRecord,
    InboundState,
    Message,
    OutboxEntry,
    Request,
    RequestEvent,
    Ticket,
)
from tickets.statements import change
from tickets.transactions import transaction, unit_of_work
from tickets.types import RequestState
from tickets.written import insert, write_back
from vault.sealing import Key, Place, seal_text

Row = TypeVar("Row", bound=Model)

_STILL_OURS: Final = '"id" IN ? AND "claimed_by" IN ? AND "state" IN ?'
_RECORD_FIELDS: Final = ("state", "outcome", "ticket_id", "message_id")

_TICKET_FIELDS: Final = (
    "status",
    "closed_at",
    "waiting_at",
    "updated_at",
    "work",
    "needs_human",
    "intent",
    "also",
    "rights",
)


Step = Callable[[], Awaitable[None]]
"""One thing more to do in the draft's own transaction."""

Also = Callable[["Draft"], Awaitable[None] | None]
"""Adds rows of a door to a draft before it is saved, so that both commit or neither."""


class StaleDraft(DeskError):
    """Another process took one of the records in the meantime; look again and draft anew."""


@dataclass(slots=True)
class Draft:
    """Everything that a batch writes, in the order in which it must be written."""

    now: datetime
    outcome: str = ""  # what it comes to, for whoever adds to it: of a code that was tried
    keys: dict[str, Key] = field(default_factory=dict)
    records: list[InboundRecord] = field(default_factory=list)
    blobs: list[Blob] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    changed: dict[UUID, Ticket] = field(default_factory=dict)
    seen: dict[UUID, datetime] = field(default_factory=dict)  # when those had last changed
    requests: list[Request] = field(default_factory=list)
    law_events: list[RequestEvent] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    challenges: list[Challenge] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    outbox: list[OutboxEntry] = field(default_factory=list)
    failed_letters: dict[UUID, str] = field(default_factory=dict)  # outgoing message → status
    undeliverable: set[UUID] = field(default_factory=set)  # identities
    counters: dict[UUID, GuardCounter] = field(default_factory=dict)
    new_counters: list[GuardCounter] = field(default_factory=list)
    guards: list[Step] = field(default_factory=list)  # first: each raises `StaleDraft` if too late
    later: list[Step] = field(default_factory=list)  # last: what reads the rows just written

    def key(self, identity: UUID) -> Key:
        """Return the key of an identity that this batch deals with."""
        return self.keys[identity_owner(identity)]

    def seal(self, identity: UUID, place: Place, text: str) -> bytes:
        """Seal a text for an identity."""
        return seal_text(self.key(identity), place, text)

    def seal_json(self, identity: UUID, place: Place, value: Mapping[str, object]) -> bytes:
        """Seal a mapping as JSON."""
        return self.seal(identity, place, json.dumps(value, ensure_ascii=False))

    def touch(self, ticket: Ticket) -> None:
        """Note that a ticket changes, and since when we know it as it was."""
        if ticket.id not in self.changed:
            self.changed[ticket.id] = ticket
            self.seen[ticket.id] = ticket.updated_at
        ticket.updated_at = self.now

    def move(self, request: Request, after: RequestState, **changes: object) -> None:
        """Move a request on, unless somebody else moves it first; the rules are the caller's."""
        before, request.state = request.state, after
        if not self.is_new(request):  # a new one is inserted as it is
            self.guards.append(partial(_move, request.id, before, {"state": after, **changes}))

    def is_new(self, request: Request) -> bool:
        """Tell whether this batch opens a request."""
        return any(request is new for new in reversed(self.requests))

    def hand_over(self, blob: Blob, identity: UUID) -> None:
        """Wrap a record's content for the identity it came from, once."""
        if blob.wrapped_for == INTAKE:
            rewrap(blob, self.keys[INTAKE], self.key(identity))
            self.blobs.append(blob)

    def finish(
        self,
        record: InboundRecord,
        outcome: str,
        *,
        ticket_id: UUID | None = None,
        message_id: UUID | None = None,
        state: InboundState = InboundState.DONE,
    ) -> None:
        """Close a record of the journal."""
        record.state = state
        record.outcome = outcome
        record.handled_at = self.now
        record.ticket_id = ticket_id
        record.message_id = message_id
        self.records.append(record)

    def count_letter(self, known: dict[tuple[str, str], list[GuardCounter]], **keys: str) -> None:
        """Count one automatic letter for each (scope=key) of this hour."""
        hour = self.now.replace(minute=0, second=0, microsecond=0)
        for scope, key in keys.items():
            if not key:  # a chat has no domain
                continue
            rows = known.setdefault((scope, key), [])
            row = next((r for r in rows if r.hour_at == hour), None)
            if row is None:
                row = GuardCounter(id=new_id(), scope=scope, key_blind=key, hour_at=hour, letters=0)
                rows.append(row)
                self.new_counters.append(row)
            elif all(row is not new for new in reversed(self.new_counters)):
                self.counters[row.id] = row
            row.letters += 1

    @unit_of_work
    async def save(self) -> None:
        """Write everything in one transaction whose first statement claims the records."""
        async with transaction() as connection:
            if self.records:
                await self._claim()
            for guard in self.guards:
                await guard()
            await self._insert(connection)
            await self._update(connection)
            for step in self.later:
                await step()
            kill("intake.written")

    async def _change(self, ticket: Ticket) -> None:
        """Write a ticket back, unless somebody else has changed it since we read it."""
        if any(ticket is new for new in self.tickets):
            return  # it was inserted as it is
        values = {name: getattr(ticket, name) for name in _TICKET_FIELDS}
        unchanged = Ticket.filter(id=ticket.id, updated_at=self.seen[ticket.id])
        if not await unchanged.update(**values):
            raise StaleDraft("a ticket was changed in the meantime")

    async def _claim(self) -> None:
        ids = [record.id for record in self.records]
        claims = {record.claimed_by for record in self.records}
        # This write holds the rows from now on; what became of each is written with the rest.
        given = (ids, claims, (InboundState.NEW, InboundState.SHUNTED))
        if await change(InboundRecord, {"handled_at": self.now}, _STILL_OURS, *given) != len(ids):
            raise StaleDraft("a record of this batch was taken in by another process")

    async def _insert(self, connection: BaseDBAsyncClient) -> None:
        await insert(connection, self.identities)
        await insert(connection, self.tickets)
        await insert(connection, self.requests)
        await insert(connection, self.law_events)
        await insert(connection, self.clocks)
        await insert(connection, self.challenges)
        await insert(connection, self.messages)
        await insert(connection, self.attachments)
        await insert(connection, self.outbox)
        await insert(connection, self.events)
        await insert(connection, self.new_counters)

    async def _update(self, connection: BaseDBAsyncClient) -> None:
        await write_back(connection, self.records, _RECORD_FIELDS)
        await write_back(connection, self.blobs, ("wrapped_for", "wrapped_key"))
        for ticket in self.changed.values():
            await self._change(ticket)
        for message_id, status in self.failed_letters.items():
            await OutboxEntry.filter(message_id=message_id).update(state="failed", error=status)
        if self.undeliverable:
            await Identity.filter(id__in=self.undeliverable).update(undeliverable_at=self.now)
        await write_back(connection, self.counters.values(), ("letters",))


def rows_of(rows: Iterable[Row], column: str, owner: UUID) -> list[Row]:
    """Return the rows of a draft that belong to one ticket or request.

    It goes through the whole batch, so it compares ids as numbers, at a tenth of the cost.
    """
    number = owner.int
    ids = [(row, row.__dict__[column]) for row in rows]
    return [row for row, id_ in ids if id_ is not None and id_.int == number]


async def add_to(draft: Draft, also: Also | None) -> None:
    """Let a door add to a draft."""
    if also is not None and (more := also(draft)) is not None:
        await more


async def _move(request_id: UUID, before: RequestState, changes: dict[str, object]) -> None:
    if not await Request.filter(id=request_id, state=before).update(**changes):
        raise StaleDraft("a request was changed in the meantime")


def letters_within(rows: list[GuardCounter], now: datetime, window: timedelta) -> int:
    """Return how many letters the counters of one key hold within a window that ends now."""
    return sum(row.letters for row in rows if row.hour_at > now - window - timedelta(hours=1))
