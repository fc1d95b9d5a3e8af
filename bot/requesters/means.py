"""What every flow of a requester's chat stands on: their own tickets, and how a turn ends.

A turn ends with one commit.  `take_in` and `wish` see to it that a pressed button is answered in
it, and that an act which is refused leaves nothing of what was to be said.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from tortoise.expressions import Q

from bot.buttons import Button, write_data
from bot.turn import Turn
from tickets.chat import Meaning, Then
from tickets.draft import Also, Draft
from tickets.errors import Refusal, UnknownTicket
from tickets.models import ChatMessage, Identity, Request, Ticket
from tickets.persons import proven_by
from tickets.proof import Proof
from tickets.requests import FINAL
from tickets.types import Inbound, Intent, Reading, Receipt, Status
from tickets.wishes import Wishes

ADDED: Final = "added"
"""The step after which what is written belongs to the dialogue's ticket, without more ado."""

ADDED_LIFE: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

_MOST: Final = 8  # tickets shown


@dataclass(frozen=True, slots=True)
class Means:
    """What flows are handed beside the turn."""

    proof: Proof


Handler = Callable[[Turn, Means], Awaitable[None]]


def requester(turn: Turn) -> Identity:
    """Return who writes; outside of a desk there is always somebody."""
    if turn.chat.identity is None:
        raise TypeError("an agents' forum has no requester")
    return turn.chat.identity


def wishes(turn: Turn) -> Wishes:
    """Return what requesters can do themselves."""
    return Wishes(turn.chat.desk)


async def own_tickets(turn: Turn) -> list[Ticket]:
    """Return the writer's tickets that are open or may be opened again, newest word first."""
    desk = turn.chat.desk
    days = timedelta(days=desk.config.settings.reopen_days)
    mine = Ticket.filter(requester_id=requester(turn).id, merged_into_id=None)
    recent = mine.filter(Q(closed_at=None) | Q(closed_at__gt=desk.now() - days))
    return await recent.exclude(status=Status.ERASED).order_by("-updated_at").limit(_MOST)


async def seen_tickets(turn: Turn) -> list[Ticket]:
    """Return what the writer may look at: their own, and those of addresses proven to be theirs."""
    others = await proven_by(requester(turn).id)
    mine = await own_tickets(turn)
    if not others:
        return mine
    desk = turn.chat.desk
    days = timedelta(days=desk.config.settings.reopen_days)
    rows = Ticket.filter(requester_id__in=list(others), merged_into_id=None)
    recent = rows.filter(Q(closed_at=None) | Q(closed_at__gt=desk.now() - days))
    found = await recent.exclude(status=Status.ERASED).order_by("-updated_at").limit(_MOST)
    return sorted([*mine, *found], key=lambda one: one.updated_at, reverse=True)[:_MOST]


async def seen_ticket(turn: Turn, reference: str) -> Ticket:
    """Return a ticket that the writer may look at; to others it does not exist."""
    ticket = await Ticket.get_or_none(reference=reference)
    me = requester(turn).id
    if ticket is None or ticket.status is Status.ERASED:
        raise UnknownTicket(reference)
    if ticket.requester_id not in {me, *await proven_by(me)}:
        raise UnknownTicket(reference)
    return ticket


async def own_ticket(turn: Turn, reference: str) -> Ticket:
    """Return a ticket of the writer's; to others it does not exist (`UnknownTicket`)."""
    ticket = await Ticket.get_or_none(reference=reference, requester_id=requester(turn).id)
    if ticket is None or ticket.status is Status.ERASED:
        raise UnknownTicket(reference)
    return ticket


async def present_ticket(turn: Turn) -> Ticket:
    """Return the ticket that the dialogue is about; raise `UnknownTicket` where it is gone."""
    row = await Ticket.get_or_none(id=turn.chat.dialogue.ticket_id, requester_id=requester(turn).id)
    if row is None or row.status is Status.ERASED:
        raise UnknownTicket("")
    return row


async def open_requests(tickets: Sequence[Ticket]) -> list[Request]:
    """Return the requests of tickets that still want an answer."""
    rows = Request.filter(ticket_id__in=[ticket.id for ticket in tickets])
    return await rows.filter(state__not_in=list(FINAL)).order_by("id")


async def is_interrupted(turn: Turn) -> bool:
    """Tell whether the last thing we said here is a letter: what is typed may answer that."""
    said = ChatMessage.filter(account=turn.chat.account, chat_blind=turn.here.blind)
    last = await said.exclude(role="inbound").order_by("-id").first()
    return last is not None and last.role == "letter"


def certain(turn: Turn, intent: Intent, reading: Reading | None = None) -> Reading:
    """Return the reading of what was chosen: the intent is plain, the rest as it was read."""
    same = reading is not None and reading.intent is intent
    return Reading(
        intent,
        rights=reading.rights if reading and same else (),
        topic=reading.topic if reading and same else None,
        policy_section=reading.policy_section if reading and same else None,
        questions=reading.questions if reading and same else (),
        language=turn.language,
        confidence=1.0,
        needs_human=False,
        why=("chosen",),
    )


def undecided(turn: Turn) -> Reading:
    """Return the reading of what a person has to read."""
    return Reading(Intent.OTHER, language=turn.language, why=("for a person",))


async def take_in(  # noqa: PLR0913  - a message, and what is known of it
    turn: Turn,
    reading: Reading,
    then: Then,
    *,
    inbound: Inbound | None = None,
    ticket: UUID | None = None,
    meaning: Intent | None = None,
    is_quiet: bool = False,
    is_first: bool = False,
) -> Receipt:
    """Take what was said or pressed into a ticket, and commit what `then` says with it."""
    turn.answer()
    return await turn.chat.take_in(
        inbound or turn.inbound,
        reading,
        ticket=ticket,
        meaning=Meaning(meaning) if meaning else None,
        language=turn.language,
        is_quiet=is_quiet,
        is_first=is_first,
        then=then,
    )


async def wish(
    turn: Turn,
    do: Callable[[Also], Awaitable[object]],
    say: Callable[[Draft], None],
    outcome: str,
) -> None:
    """Do an act, and commit with it what `say` adds, for the draft that it came to.

    Where the act is refused the turn is as it was, and open.
    """
    posts = turn.chat.posts
    before = list(posts.rows)

    def also(draft: Draft) -> None:
        posts.rows = list(before)
        say(draft)
        turn.answer()
        turn.chat.close(draft, outcome)

    try:
        await turn.chat.act(lambda _actions: do(also), outcome)
    except Refusal:
        posts.rows = before
        raise


def day_of(turn: Turn, at: datetime) -> date:
    """Return the day of a moment where the controller is."""
    return at.astimezone(ZoneInfo(turn.chat.desk.config.company.zone)).date()


def about(turn: Turn, ticket: Ticket) -> None:
    """Let what is written next belong to this ticket."""
    turn.chat.ask(ADDED, ticket=ticket.id, life=ADDED_LIFE)


def for_ticket(turn: Turn, key: str, step: str, ticket: Ticket, style: str = "") -> Button:
    """Return a button about a ticket that holds at any time."""
    return Button(
        turn.phrase(key, reference=ticket.reference),
        write_data(step, ticket.reference),
        style=style,
    )
