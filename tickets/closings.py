"""Which requesters of a chat have still to be told that their ticket is closed.

Agents close tickets by any door, so this looks at the tickets and not at the act.  Whoever ended
theirs themselves, or wants only what the law makes us tell, is told nothing; nobody is asked how it
was after a refusal or before an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tickets.content import identity_owner
from tickets.desk import Desk
from tickets.models import Event, Identity, Message, Post, Rating, Request, Ticket
from tickets.requests import DONE
from tickets.targets import STATUS_EVENT
from tickets.types import Channel, Direction, Intent, MessageKind, Status
from tickets.wishes import REQUESTER
from vault.sealing import Key, Place, unseal_text

CLOSING: Final = "closing"
"""The role of the message that says so; there is one for each time a ticket was closed."""

_LOOK_BACK: Final = timedelta(days=1)
_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed ticket whose requester has not been told."""

    ticket: Ticket
    chat: int
    key: Key
    languages: tuple[str, ...]  # best first
    to_rate: bool


async def untold(desk: Desk, account: str) -> list[Closed]:
    """Return what was closed within a day and is not told by a post of the role `CLOSING`."""
    closed = Ticket.filter(
        channel=Channel.TELEGRAM,
        account=account,
        status=Status.CLOSED,
        closed_at__gt=desk.now() - _LOOK_BACK,
        merged_into_id=None,
        requester__undeliverable_at=None,
        requester__erased_at=None,
        requester__muted_at=None,
    ).exclude(intent=Intent.SPAM)
    tickets = await closed.order_by("closed_at")
    rows = Post.filter(role=CLOSING, created_at__gt=desk.now() - _LOOK_BACK)
    posts = await rows.order_by("created_at").values_list("ticket_id", "created_at")
    told: dict[UUID | None, datetime] = dict(posts)
    found: list[Closed] = []
    for ticket in tickets:
        is_told = ticket.id in told and ticket.closed_at and told[ticket.id] >= ticket.closed_at
        if not is_told and not await _ended_it(ticket):
            found.append(await _closed(desk, ticket))
        if len(found) == _AT_ONCE:
            break
    return found


async def _closed(desk: Desk, ticket: Ticket) -> Closed:
    identity = await Identity.get(id=ticket.requester_id)
    owner = identity_owner(identity.id)
    key = (await desk.vault.create_keys([owner]))[owner]
    address = unseal_text(key, Place("identity", identity.id, "address"), identity.address)
    languages = (identity.chosen_language, ticket.language)
    return Closed(ticket, int(address), key, languages, await _is_answered(ticket))


async def _ended_it(ticket: Ticket) -> bool:
    """Tell whether the requester closed the ticket themselves."""
    ends = Event.filter(ticket_id=ticket.id, kind=f"{STATUS_EVENT}{Status.CLOSED}")
    last = await ends.order_by("-id").first()
    return last is not None and last.actor == REQUESTER


async def _is_answered(ticket: Ticket) -> bool:
    """Tell whether there is something to rate: what was asked was done, or a person replied."""
    if await Rating.filter(ticket_id=ticket.id).exists():
        return False
    requests = await Request.filter(ticket_id=ticket.id)
    if requests:
        return any(one.state in DONE for one in requests)
    said = Message.filter(ticket_id=ticket.id, direction=Direction.OUTBOUND)
    return await said.filter(kind=MessageKind.REPLY).exists()
