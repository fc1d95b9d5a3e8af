"""What people are shown of tickets, shunted messages and the outbox: opened rows, read only."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeVar
from uuid import UUID

from tickets.content import INTAKE, identity_owner, open_content
from tickets.errors import Refusal, UnreadableMessage
from tickets.masking import mask, mask_letter
from tickets.models import Blob, Identity, InboundRecord, InboundState, Message, OutboxEntry, Ticket
from tickets.models import Request as RequestRow
from tickets.moving import find_ticket
from tickets.settings import DeskConfig
from tickets.statute import earliest_possible
from tickets.types import Direction
from vault.errors import VaultError
from vault.sealing import Key, Place, unseal_text
from vault.vault import Vault

Row = TypeVar("Row", Message, OutboxEntry, RequestRow)

_PAGE: Final = 200
GONE: Final = "[erased]"
"""What is shown where a person's key was destroyed."""


@dataclass(frozen=True, slots=True)
class LetterView:
    """A letter or reply on its way out, or gone."""

    kind: str
    state: str
    sent_at: datetime | None
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message of a ticket."""

    direction: str
    kind: str
    external_id: str
    created_at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket with everything that belongs to it, opened."""

    reference: str
    status: str
    intent: str
    also: list[str]
    rights: list[str]
    language: str
    channel: str
    subject: str
    created_at: datetime
    received_at: datetime
    received_source: str
    confidence: float
    needs_human: bool
    work: list[str]
    alignment: str
    follow_up_of: str | None
    follow_up_kind: str
    requester: str
    requests: list[dict[str, str]]
    letters: list[LetterView]
    messages: list[MessageView]


async def tickets(vault: Vault) -> AsyncIterator[TicketView]:
    """Yield every ticket but those that were merged into another, oldest first."""
    after: UUID | None = None
    while True:
        query = Ticket.filter(merged_into_id=None)
        query = query if after is None else query.filter(id__gt=after)
        page = await query.order_by("id").limit(_PAGE).prefetch_related("follow_up_of")
        if not page:
            return
        for view in await _open(vault, page):
            yield view
        after = page[-1].id


async def ticket(vault: Vault, reference: str) -> TicketView:
    """Return one ticket, or the one that it was merged into; raise `UnknownTicket`."""
    row = await find_ticket(reference)
    await row.fetch_related("follow_up_of")
    return (await _open(vault, [row]))[0]


async def numbered(reference: str, numbers: Iterable[int]) -> list[UUID]:
    """Return the messages of a ticket that stand at these places, counted from 1 as shown."""
    row = await find_ticket(reference)
    ids = [message.id for message in await Message.filter(ticket_id=row.id).order_by("id")]
    try:
        return [ids[number - 1 if number > 0 else len(ids)] for number in numbers]
    except IndexError as exc:
        raise Refusal("no_such_message", reference=reference) from exc


async def _open(vault: Vault, rows: list[Ticket]) -> list[TicketView]:
    ids = [row.id for row in rows]
    requesters = await Identity.filter(id__in={row.requester_id for row in rows})
    people = {one.id: one for one in requesters}
    messages = _by_ticket(await Message.filter(ticket_id__in=ids).order_by("id"))
    outbox = _by_ticket(await OutboxEntry.filter(ticket_id__in=ids).order_by("id"))
    requests = _by_ticket(await RequestRow.filter(ticket_id__in=ids).order_by("id"))
    owners = {identity_owner(row.requester_id) for row in rows}
    owners |= {identity_owner(m.identity_id) for group in messages.values() for m in group}
    keys = await vault.load_keys(owners)
    done = []
    for row in rows:
        key = keys.get(identity_owner(row.requester_id))
        person = people[row.requester_id]
        kinds = {m.id: m.letter for m in messages.get(row.id, ())}
        done.append(
            TicketView(
                reference=row.reference,
                status=row.status,
                intent=row.intent,
                also=row.also,
                rights=row.rights,
                language=row.language,
                channel=row.channel,
                subject=mask(_shown(key, Place("ticket", row.id, "subject"), row.subject)).text,
                created_at=row.created_at,
                received_at=row.received_at,
                received_source=row.received_source,
                confidence=row.confidence,
                needs_human=row.needs_human,
                work=row.work,
                alignment=row.alignment,
                follow_up_of=row.follow_up_of.reference if row.follow_up_of else None,
                follow_up_kind=row.follow_up_kind,
                requester=_shown(key, Place("identity", person.id, "address"), person.address),
                requests=[{"right": r.right, "state": r.state} for r in requests.get(row.id, ())],
                letters=[
                    LetterView(kinds.get(e.message_id, ""), e.state, e.sent_at, e.attempts, e.error)
                    for e in outbox.get(row.id, ())
                ],
                messages=[_message(keys, m) for m in messages.get(row.id, ())],
            )
        )
    return done


def _message(keys: dict[str, Key], row: Message) -> MessageView:
    key = keys.get(identity_owner(row.identity_id))
    body = _shown(key, Place("message", row.id, "body"), row.body)
    if row.direction is Direction.OUTBOUND and body != GONE:
        body = mask_letter(row.letter, json.loads(body)["text"]).text
    else:
        body = mask(body).text
    return MessageView(
        direction=row.direction,
        kind=row.letter or row.kind,
        external_id=_shown(key, Place("message", row.id, "external_id"), row.external_id),
        created_at=row.created_at,
        text=body,
    )


def _shown(key: Key | None, place: Place, sealed: bytes | None) -> str:
    if sealed is None:
        return ""
    return GONE if key is None else unseal_text(key, place, sealed)


def _by_ticket(rows: Iterable[Row]) -> dict[UUID, list[Row]]:
    groups: dict[UUID, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.ticket_id, []).append(row)
    return groups


@dataclass(frozen=True, slots=True)
class ShuntedView:
    """A message that we hold but could not take in."""

    record: str
    channel: str
    account: str
    received_at: datetime
    size: int
    attempts: int
    retry_at: datetime | None
    error: str
    place: str
    detail: str
    due_on: date | None  # the earliest date that any law could want


async def shunted(vault: Vault, config: DeskConfig) -> list[ShuntedView]:
    """Return every message that waits with a fault, oldest first: its legal clock runs."""
    rows = await InboundRecord.filter(state=InboundState.SHUNTED).order_by("internal_at")
    keys = await vault.load_keys([INTAKE])
    return [
        ShuntedView(
            record=row.id.hex,
            channel=row.channel,
            account=row.account,
            received_at=row.internal_at,
            size=row.size,
            attempts=row.attempts,
            retry_at=row.retry_at,
            error=row.error_class,
            place=row.error_place,
            detail=_shown(
                keys.get(INTAKE), Place("inbound", row.id, "error_detail"), row.error_detail
            ),
            due_on=earliest_possible(row.internal_at, config),
        )
        for row in rows
    ]


async def raw_message(vault: Vault, record: str) -> bytes:
    """Return the bytes of a journalled message as they came."""
    try:
        row = await InboundRecord.get_or_none(id=UUID(hex=record)).select_related("blob")
    except ValueError:
        row = None
    if row is None:
        raise UnreadableMessage(record, "no such record")
    try:
        return await open_content(vault, await Blob.get(id=row.blob_id))
    except (VaultError, KeyError) as exc:
        raise UnreadableMessage(record, "its key was destroyed") from exc


async def retry_shunted(records: Iterable[str], now: datetime) -> int:
    """Have shunted messages tried again at once; return how many."""
    rows = InboundRecord.filter(state=InboundState.SHUNTED)
    chosen = [UUID(hex=record) for record in records]
    if chosen:
        rows = rows.filter(id__in=chosen)
    return await rows.update(retry_at=now)
