"""What a desk's board shows of tickets: faces for cards, words for what was said, and lists.

Read only.  Words are opened and masked here; which of them a board may show is the door's choice.
Nothing that names a person is in a face but their own words.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from tickets.agents import STAFF, Agents
from tickets.content import identity_owner
from tickets.desk import Desk
from tickets.masking import mask
from tickets.models import (
    Agent,
    AgentChat,
    Attachment,
    ChatMessage,
    Clock,
    ClockFamily,
    ClockKind,
    DeskForum,
    DeskTopic,
    Event,
    Identity,
    Message,
    Request,
    Ticket,
)
from tickets.requests import FINAL
from tickets.statute import established
from tickets.types import CHATS, Channel, Direction, Intent, MessageKind, Status
from vault.sealing import Key, Place, unseal_text

WORDS: Final = 50
"""How many words are given at once."""

SOON: Final = 3  # days before a date at which a ticket counts as due soon
REPLY: Final = "reply"
"""The letter that an agent writes in their own words."""

_OVER: Final = (Status.CLOSED, Status.ERASED)
_SAID_BY: Final = {"reply_queued": Direction.OUTBOUND, "note_written": Direction.NOTE}


class Look(StrEnum):
    """How pressing a ticket is, at a glance."""

    NEW = "new"
    CLAIMED = "claimed"
    WAITING = "waiting"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Face:
    """A ticket at one moment, as a card shows it."""

    ticket: UUID
    requester: UUID
    reference: str
    channel: Channel
    language: str
    intent: Intent
    rights: tuple[str, ...]  # of the open requests, else of all
    regimes: tuple[str, ...]  # that may apply
    laws: tuple[str, ...]  # of these what is established: settled, cited, or by residence
    look: Look
    is_proven: bool
    is_erased: bool
    received_on: date
    due_on: date | None
    days_left: int | None
    holder: str  # "" where nobody has it
    why: str
    work: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """Something that was said on a ticket."""

    message: UUID
    direction: Direction
    channel: Channel
    text: str
    agent: str = ""  # who said it, where that was an agent
    chat: int = 0  # where its files lie, in a chat
    numbers: tuple[int, ...] = ()  # the messages there
    has_files: bool = False


class Board:
    """What one desk is shown."""

    def __init__(self, desk: Desk, account: str) -> None:
        self._desk = desk
        self._account = account
        self._agents = Agents(desk.vault)
        self._zone = ZoneInfo(desk.config.company.zone)

    async def key(self, ticket: Ticket) -> Key | None:
        """Return the requester's key; None once they were erased."""
        owner = identity_owner(ticket.requester_id)
        return (await self._desk.vault.load_keys([owner])).get(owner)

    async def face(self, ticket: Ticket) -> Face:
        """Return a ticket's face as it is now."""
        requests = await Request.filter(ticket_id=ticket.id).order_by("id")
        still = [one for one in requests if one.state not in FINAL]
        told = still or requests
        due_on = await self._due_on(ticket)
        today = self._desk.now().astimezone(self._zone).date()
        days = (due_on - today).days if due_on else None
        key = await self.key(ticket)
        is_over = ticket.status in _OVER or ticket.merged_into_id is not None
        return Face(
            ticket=ticket.id,
            requester=ticket.requester_id,
            reference=ticket.reference,
            channel=ticket.channel,
            language=ticket.language,
            intent=ticket.intent,
            rights=tuple(dict.fromkeys(str(one.right) for one in told)),
            regimes=tuple(dict.fromkeys(code for one in told for code in one.regimes)),
            laws=tuple(dict.fromkeys(code for one in told for code in established(one, key)))
            if key
            else (),
            look=_look(ticket, days, is_over=is_over),
            is_proven=bool(still) and all(one.proven_at for one in still),
            is_erased=key is None or ticket.status is Status.ERASED,
            received_on=ticket.received_at.astimezone(self._zone).date(),
            due_on=due_on,
            days_left=days,
            holder=await self._holder(ticket),
            why=unseal_text(key, Place("ticket", ticket.id, "why"), ticket.why) if key else "",
            work=tuple(ticket.work),
        )

    async def words(
        self, ticket: Ticket, after: UUID | None = None, *, besides: str = ""
    ) -> list[Word]:
        """Return what people said since a message, oldest first; letters of ours are not words.

        What was written in the chat `besides` (blinded) is left out: it stands there already.
        """
        key = await self.key(ticket)
        if key is None:
            return []
        rows = Message.filter(
            Q(direction=Direction.OUTBOUND, letter=REPLY)
            | Q(
                direction__in=(Direction.INBOUND, Direction.NOTE),
                kind__in=(MessageKind.MESSAGE, MessageKind.NOTE),
            ),
            ticket_id=ticket.id,
            identity_id=ticket.requester_id,
        )
        if after is not None:
            rows = rows.filter(id__gt=after)
        found = await rows.order_by("id").limit(WORDS)
        if not found:
            return []
        ids = [row.id for row in found]
        places: dict[UUID, list[ChatMessage]] = {}
        for place in await ChatMessage.filter(message_id__in=ids).order_by("number"):
            places.setdefault(place.message_id or place.id, []).append(place)
        files = {f["message_id"] for f in await _files(ids)}
        who = await self._speakers(ticket, found)
        chat, _ = await self.chat_of(ticket)
        words = []
        for row in found:
            seen = places.get(row.id, [])
            if besides and any(place.chat_blind == besides for place in seen):
                continue
            numbers = tuple(place.number for place in seen if place.role == "inbound")
            words.append(
                Word(
                    message=row.id,
                    direction=row.direction,
                    channel=row.channel,
                    text=_text(key, row),
                    agent=who.get(row.id, ""),
                    chat=chat,
                    numbers=numbers,
                    has_files=row.id in files,
                )
            )
        return words

    async def first(self, ticket: Ticket) -> Word | None:
        """Return what the requester wrote first."""
        key = await self.key(ticket)
        row = (
            await Message.filter(ticket_id=ticket.id, direction=Direction.INBOUND)
            .order_by("id")
            .first()
        )
        if key is None or row is None or row.identity_id != ticket.requester_id:
            return None
        return Word(row.id, row.direction, row.channel, _text(key, row))

    async def account_of(self, agent: UUID | None) -> int:
        """Return the chat account that an agent has linked, 0 where there is none."""
        linked = await AgentChat.get_or_none(
            account=self._account, agent_id=agent, unlinked_at=None
        )
        if agent is None or linked is None:
            return 0
        key = (await self._desk.vault.create_keys([STAFF]))[STAFF]
        return int(unseal_text(key, Place("agent_chat", linked.id, "person"), linked.person))

    async def places(self, tickets: Sequence[Ticket]) -> dict[UUID, tuple[int, int]]:
        """Return where the open topics of tickets are: the forum's chat and the thread."""
        forums = await DeskForum.filter(account=self._account)
        key = (await self._desk.vault.create_keys([STAFF]))[STAFF]
        chats = {
            row.id: int(unseal_text(key, Place("desk_forum", row.id, "chat"), row.chat))
            for row in forums
        }
        ids = [one.id for one in tickets]
        topics = DeskTopic.filter(ticket_id__in=ids, forum_id__in=list(chats), is_open=True)
        return {
            row.ticket_id: (chats[row.forum_id], row.thread) async for row in topics if row.thread
        }

    async def unclaimed(self, limit: int = 20) -> list[Ticket]:
        """Return tickets that nobody has, most pressing first."""
        return await self._pressing(Ticket.filter(agent_id=None), limit)

    async def held_by(self, agent: UUID, limit: int = 20) -> list[Ticket]:
        """Return an agent's tickets, most pressing first."""
        return await self._pressing(Ticket.filter(agent_id=agent), limit)

    async def due_within(self, days: int = 7, limit: int = 20) -> list[Ticket]:
        """Return tickets whose answer is due so soon or overdue, most pressing first."""
        until = self._desk.now() + timedelta(days=days)
        rows = _running().filter(due_at__lte=until).order_by("due_at").limit(limit * 3)
        ids = list(dict.fromkeys([row["ticket_id"] for row in await rows.values("ticket_id")]))
        found = {one.id: one for one in await Ticket.filter(id__in=ids, merged_into_id=None)}
        return [found[id_] for id_ in ids if id_ in found][:limit]

    async def _pressing(self, rows: QuerySet[Ticket], limit: int) -> list[Ticket]:
        query = rows.filter(merged_into_id=None).exclude(status__in=_OVER)
        tickets: list[Ticket] = await query.exclude(intent=Intent.SPAM).order_by("id").limit(200)
        due = {one.id: await self._due_on(one) for one in tickets}
        return sorted(tickets, key=lambda one: (due[one.id] or date.max, one.id))[:limit]

    async def _due_on(self, ticket: Ticket) -> date | None:
        """Return the last day for an answer: the law's, else our own."""
        found = await _running().filter(ticket_id=ticket.id).order_by("due_at").first()
        if found is not None:
            return found.due_on
        ours = Clock.filter(ticket_id=ticket.id, kind=ClockKind.RESOLVE, met_at=None)
        own = await ours.filter(stopped_at=None, due_at__isnull=False).first()
        return own.due_at.astimezone(self._zone).date() if own and own.due_at else None

    async def _holder(self, ticket: Ticket) -> str:
        if ticket.agent_id is None:
            return ""
        if not await Agent.filter(id=ticket.agent_id, disabled_at=None).exists():
            return ""
        return await self._agents.name(ticket.agent_id)

    async def chat_of(self, ticket: Ticket) -> tuple[int, str]:
        """Return the private chat that a ticket came from and the language spoken there.

        0 for another channel, and where its requester was erased.
        """
        key = await self.key(ticket)
        person = await Identity.get(id=ticket.requester_id)
        language = person.chosen_language or person.language or ticket.language
        if ticket.channel not in CHATS or key is None:
            return 0, language
        address = unseal_text(key, Place("identity", person.id, "address"), person.address)
        return int(address), language

    async def _speakers(self, ticket: Ticket, rows: Collection[Message]) -> dict[UUID, str]:
        """Return which agent wrote a reply or note: the act's event has the same moment."""
        ours = [row for row in rows if row.direction is not Direction.INBOUND]
        if not ours:
            return {}
        events = Event.filter(ticket_id=ticket.id, kind__in=list(_SAID_BY))
        acted = {(_SAID_BY[e.kind], e.at): e.actor async for e in events}
        names: dict[UUID, str] = {}
        for row in ours:
            actor = acted.get((row.direction, row.created_at), "")
            if actor.startswith("agent:"):
                names[row.id] = await self._agents.name(UUID(actor.removeprefix("agent:")))
        return names


def _look(ticket: Ticket, days: int | None, *, is_over: bool) -> Look:
    if is_over:
        return Look.CLOSED
    if days is not None and days < 0:
        return Look.OVERDUE
    if days is not None and days <= SOON:
        return Look.DUE_SOON
    if ticket.status is Status.WAITING:
        return Look.WAITING
    return Look.NEW if ticket.agent_id is None else Look.CLAIMED


def _running() -> QuerySet[Clock]:
    clocks = Clock.filter(family=ClockFamily.STATUTE, kind=ClockKind.RESPOND, met_at=None)
    return clocks.filter(stopped_at=None, due_on__isnull=False)


async def _files(ids: Sequence[UUID]) -> list[dict[str, UUID]]:
    return await Attachment.filter(message_id__in=list(ids)).values("message_id")


def _text(key: Key, row: Message) -> str:
    body = unseal_text(key, Place("message", row.id, "body"), row.body)
    if row.direction is Direction.OUTBOUND:
        body = str(json.loads(body)["text"])
    return mask(body).text
