"""What is written without being asked: it is recorded first, and only then talked about.

It belongs to the message that it answers, else to what is being talked about, else to a new ticket.
A right that none of the requester's tickets has is a matter of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.content import File
from bot.requesters.floods import is_flood, keep_quietly
from bot.requesters.meaning import CONFIRM, ask_meaning, is_for_person, is_sure, typed
from bot.requesters.means import (
    ADDED,
    ADDED_LIFE,
    Means,
    about,
    open_requests,
    own_tickets,
    take_in,
)
from bot.requesters.proving import still_asked
from bot.turn import Turn
from tickets.banning import is_protected
from tickets.models import ChatMessage, Message, Ticket
from tickets.types import RIGHTS_OF, Inbound, Reading, Status

BIGGEST_FILE: Final = 20 << 20  # bytes: what the Bot API hands out

_KEPT: Final = 4000  # characters kept for a button that opens a new request with them


async def hear(turn: Turn, means: Means) -> None:
    """Record what was written, and answer as far as it needs one."""
    said, tickets = turn.said, await own_tickets(turn)
    if said is None:
        return
    if await is_flood(turn):
        await keep_quietly(turn)
        return
    answered = await _answered(turn, tickets)
    reading = await turn.read()
    present, last = _present(turn, tickets), await _last_talked_about(turn, tickets)
    if said.album and said.album == turn.chat.data.get("album") and present is not None:
        await _more_of_album(turn, present, reading)
    elif answered is not None:
        await add_to(turn, answered, reading)
    elif turn.chat.step == CONFIRM and present is not None and present is last:
        if not await typed(turn, means, reading):
            await _keep_asking(turn, present, reading)
    elif target := await _target(tickets, reading, last):
        is_asked = target is present and turn.chat.step not in {"", ADDED}
        await (_keep_asking if is_asked else add_to)(turn, target, reading)
    else:
        await open_new(turn, reading)


async def open_new(turn: Turn, reading: Reading, inbound: Inbound | None = None) -> None:
    """Open a ticket at once, and ask what it is about."""
    inbound = inbound or turn.inbound
    for_person = is_for_person(reading, has_words=bool(inbound.newest.strip()))

    def then(ticket: Ticket, _message: Message) -> None:
        _receipt(turn)
        if not for_person:
            ask_meaning(turn, ticket, reading)
        elif turn.said is not None:
            about(turn, ticket)
            turn.chat.data["album"] = turn.said.album
        _warn_of_size(turn, ticket)

    await take_in(turn, reading, then, inbound=inbound, is_quiet=not for_person)


async def add_to(turn: Turn, ticket: Ticket, reading: Reading) -> None:
    """Add to a ticket; one that was closed not long ago is open again."""
    was_closed = ticket.status is Status.CLOSED
    said = turn.said
    is_told = turn.chat.step == ADDED and turn.chat.dialogue.ticket_id == ticket.id

    def then(its: Ticket, _message: Message) -> None:
        _receipt(turn)
        if was_closed or not is_told:
            words = said.text[:_KEPT] if said else ""
            turn.chat.ask(ADDED, ticket=its.id, life=ADDED_LIFE, text=words)
            key = "free.added" if not was_closed else "free.reopened"
            key = key if its.id == ticket.id else "free.new"
            rows = [[turn.button("button.new_request", "new")]] if words else []
            turn.say(turn.phrase(key, reference=its.reference), rows, ticket_id=its.id)
        _warn_of_size(turn, its)

    await take_in(turn, reading, then, ticket=ticket.id)


async def new_request(turn: Turn, _means: Means) -> None:
    """Open a new ticket with the words that went into another."""
    text = str(turn.chat.data.get("text", ""))
    turn.settle()
    inbound = replace(turn.inbound, text=text, newest=text)
    await open_new(turn, await turn.read(inbound), inbound)


async def _more_of_album(turn: Turn, ticket: Ticket, reading: Reading) -> None:
    """Add a further part of an album; its caption may come with any part."""
    said = turn.said
    has_words = bool(said and said.text)

    def then(its: Ticket, _message: Message) -> None:
        if has_words and not is_for_person(reading, has_words=True):
            ask_meaning(turn, its, reading)
        _warn_of_size(turn, its)

    await take_in(turn, reading, then, ticket=ticket.id)


async def _keep_asking(turn: Turn, ticket: Ticket, reading: Reading) -> None:
    """Add to the ticket while its question stands."""
    ask_once_more = await still_asked(turn, ticket)

    def then(its: Ticket, _message: Message) -> None:
        _receipt(turn)
        ask_once_more()
        _warn_of_size(turn, its)

    await take_in(turn, reading, then, ticket=ticket.id, is_quiet=True)


async def _answered(turn: Turn, tickets: list[Ticket]) -> Ticket | None:
    """Return the ticket of the message that this one answers."""
    said = turn.said
    if said is None or said.reply_to is None:
        return None
    row = await turn.chat.find(said.reply_to)
    about_it = row.ticket_id if row else None
    return next((one for one in tickets if one.id == about_it), None)


def _present(turn: Turn, tickets: list[Ticket]) -> Ticket | None:
    ticket_id = turn.chat.dialogue.ticket_id
    return next((one for one in tickets if one.id == ticket_id), None)


async def _last_talked_about(turn: Turn, tickets: list[Ticket]) -> Ticket | None:
    """Return the ticket that the newest message in sight is about, ours or theirs."""
    rows = ChatMessage.filter(
        account=turn.chat.account,
        chat_blind=turn.here.blind,
        ticket_id__in=[one.id for one in tickets],
    )
    row = await rows.order_by("-id").first()
    return next((one for one in tickets if row and one.id == row.ticket_id), None)


async def _target(tickets: list[Ticket], reading: Reading, last: Ticket | None) -> Ticket | None:
    """Return the ticket that a message goes into, where it opens none of its own."""
    if not tickets:
        return None
    if is_sure(reading) and reading.intent in RIGHTS_OF:
        own = RIGHTS_OF[reading.intent]
        asked = {one.ticket_id for one in await open_requests(tickets) if one.right in own}
        return next((one for one in tickets if one.id in asked), None)
    still = [one for one in tickets if one.status is not Status.CLOSED]
    candidates = still or tickets
    return last if last in candidates else candidates[0]


def _receipt(turn: Turn) -> None:
    """Show that it is recorded: the reaction leaves only after the commit."""
    if turn.said is not None:
        turn.react("👀")


def _warn_of_size(turn: Turn, ticket: Ticket) -> None:
    if turn.said is not None and any(map(_is_too_big, turn.said.files)):
        mailbox = turn.chat.desk.config.company.mailbox
        text = turn.phrase("free.too_big", reference=ticket.reference, mailbox=mailbox)
        turn.say(text, ticket_id=ticket.id)


def _is_too_big(file: File) -> bool:
    return file.size > BIGGEST_FILE


async def edited(turn: Turn, _means: Means) -> None:
    """Keep an edit as a version: a new message beside the first, which stays as it was."""
    said = turn.said
    row = await turn.chat.find(said.message_id) if said else None
    if said is None or row is None or said.kind == "location":
        await turn.finish("edit_of_nothing")
        return
    tickets = await own_tickets(turn)
    ticket = next((one for one in tickets if one.id == row.ticket_id), None)
    version = f"{turn.inbound.external_id}/edit-{said.update_id}"
    inbound = replace(turn.inbound, external_id=version)
    reading = await turn.read(inbound)
    if row.ticket_id is None and row.role == "inbound" and is_protected(reading):
        ticket = await _target(tickets, reading, None)
        if ticket is None:  # it was no request before, and kept nowhere
            await open_new(turn, reading, inbound)
            return
    if ticket is None:
        await turn.finish("edit_of_nothing")
        return

    def then(its: Ticket, _message: Message) -> None:
        if turn.chat.step != CONFIRM:
            turn.say(turn.phrase("free.edited", reference=its.reference), ticket_id=its.id)

    await take_in(turn, reading, then, inbound=inbound, ticket=ticket.id)
