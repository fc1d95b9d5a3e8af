"""From a mail into the chat: a link, a code, and then the status of what was asked by mail.

What `tickets.chat_links` says holds: a link alone shows nothing but the reference that its mail
bears.  Here a ticket of the mail is only looked at; it is answered where it came from.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from uuid import UUID

from bot.buttons import Button
from bot.requesters import proving
from bot.requesters.means import DAY, Means, requester, wish
from bot.requesters.status import show_card
from bot.turn import Turn
from tickets.banning import is_protected
from tickets.challenges import CODE_LIFE, TRIES
from tickets.chat_links import ChatLinks
from tickets.draft import Draft
from tickets.errors import Refusal
from tickets.models import ChatLink, Ticket
from tickets.proof import Tried

LINKED: Final = "linked"

_DIGITS: Final = 6
_ANSWER: Final = 40  # characters: what is longer is a message, not an answer


async def follow(turn: Turn, payload: str) -> bool:
    """Lead whoever follows a link to its ticket, or return False where it is none of theirs."""
    links = _links(turn)
    link = await links.find(payload, turn.chat.dialogue.person_blind)
    if link is None:
        return False
    ticket = await links.leads_in(link, requester(turn).id)
    if ticket is not None:
        await show_card(turn, ticket)
        return True
    await _send_code(turn, link)
    return True


async def hear_linked(turn: Turn, _means: Means) -> bool:
    """Take the code that was typed; what may be a request is one."""
    said = turn.said
    text = unicodedata.normalize("NFKC", said.text) if said else ""
    if said is None or said.files or len(text) > _ANSWER:
        return False
    digits = re.sub(r"\D", "", text)
    if len(digits) != _DIGITS and is_protected(await turn.read()):
        return False
    turn.remove(said.message_id)
    link = await _link(turn)
    if link is None:
        await _forgotten(turn)
        return True
    ticket = await Ticket.get(id=link.ticket_id)
    if len(digits) != _DIGITS:
        turn.say(turn.phrase("proof.bad_code", reference=ticket.reference), _rows(turn))
        await turn.finish()
        return True

    def say(draft: Draft) -> None:
        _tell(turn, link, ticket, Tried(draft.outcome))

    links, me = _links(turn), requester(turn).id
    await wish(
        turn, lambda also: links.with_also(also).try_code(link, digits, me), say, "link_tried"
    )
    return True


async def new_code(turn: Turn, means: Means) -> None:
    """Send another code, for a link or a proof; the one before is void."""
    if turn.chat.step != LINKED:
        await proving.new_code(turn, means)
        return
    turn.settle()
    link = await _link(turn)
    await (_send_code(turn, link) if link is not None else _forgotten(turn))


async def _send_code(turn: Turn, link: ChatLink) -> None:
    ticket = await Ticket.get(id=link.ticket_id)

    def say(_draft: Draft) -> None:
        turn.chat.ask(LINKED, life=DAY, link=link.id.hex)
        minutes = int(CODE_LIFE.total_seconds() // 60)
        text = turn.phrase("linked.sent", reference=ticket.reference, minutes=minutes)
        turn.say(text, _rows(turn))

    links, me = _links(turn), turn.chat.dialogue.person_blind
    try:
        await wish(turn, lambda also: links.with_also(also).ask(link, me), say, "link_followed")
    except Refusal as refused:
        if refused.code != "too_many_proofs":
            raise
        turn.chat.end()
        turn.say(turn.phrase("linked.over", reference=ticket.reference))
        await turn.finish("link_over")


def _tell(turn: Turn, link: ChatLink, ticket: Ticket, outcome: Tried) -> None:
    if outcome is Tried.PROVEN:
        turn.chat.end()
        rows = [[turn.button("button.status", "status", stale=False)]]
        turn.say(turn.phrase("linked.done", reference=ticket.reference), rows)
        return
    turn.chat.ask(LINKED, life=DAY, link=link.id.hex)
    key = "proof.wrong" if outcome is Tried.WRONG else "proof.over"
    left = max(TRIES - 1 - link.tries, 0)
    turn.say(turn.phrase(key, reference=ticket.reference, left=left), _rows(turn))


def _rows(turn: Turn) -> list[list[Button]]:
    return [
        [turn.button("button.new_code", "new_code")],
        [turn.button("button.cancel", "stop")],
    ]


def _links(turn: Turn) -> ChatLinks:
    return ChatLinks(turn.chat.desk)


async def _link(turn: Turn) -> ChatLink | None:
    """Return the link that a code is asked for; None where its time is over meanwhile."""
    return await ChatLink.get_or_none(id=UUID(str(turn.chat.data["link"])))


async def _forgotten(turn: Turn) -> None:
    turn.chat.end()
    turn.say(turn.phrase("start.bad_link"))
    await turn.finish("link_over")
