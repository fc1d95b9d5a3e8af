"""What requesters begin by a command or a button: a question, a right, feedback."""

from __future__ import annotations

from functools import partial
from typing import Final

from bot.requesters.hearing import hear, open_new
from bot.requesters.meaning import begin, is_sure
from bot.requesters.means import (
    DAY,
    Means,
    about,
    open_requests,
    own_tickets,
    present_ticket,
    requester,
    take_in,
    wish,
    wishes,
)
from bot.requesters.status import show_card
from bot.turn import Turn
from tickets.draft import Draft
from tickets.models import Message, Ticket
from tickets.types import RIGHTS_OF, Intent, Reading

ASK: Final = "ask"
FEEDBACK: Final = "feedback"

ANSWER_FEEDBACK: Final = "answer_feedback"
"""Work: feedback whose writer would like to hear from us."""

_SECTIONS: Final = (1, 2, 3, 4, 5)  # of the policy; its introduction answers nothing by itself


async def ask(turn: Turn, means: Means) -> None:
    """Ask for the question, or take it from behind the command."""
    said = turn.said
    if said and said.argument:
        await hear_question(turn, means)
        return
    turn.chat.ask(ASK, life=DAY)
    rows = [[turn.button(f"question.title_{n}", "section", f"{n}")] for n in _SECTIONS]
    rows.append([turn.button("button.cancel", "stop")])
    turn.say(turn.phrase("question.prompt"), rows)
    await turn.finish()


async def section(turn: Turn, _means: Means) -> None:
    """Answer from the policy's section whose title was pressed."""
    press = turn.press
    number = press.args[0] if press and press.args else ""
    turn.settle()
    found = int(number) if number in map(str, _SECTIONS) else None
    await begin(turn, Intent.QUESTION, Reading(Intent.QUESTION, policy_section=found))


async def hear_question(turn: Turn, means: Means) -> bool:
    """Take a question; what may be a request is one, whatever it was announced as."""
    reading = await turn.read()
    if _may_be_request(reading):
        await hear(turn, means)
    elif turn.said is not None and not turn.said.text:
        await open_new(turn, reading)
    else:
        await begin(turn, Intent.QUESTION, reading)
    return True


async def helped(turn: Turn, _means: Means) -> None:
    """End a question that was answered."""
    ticket = await present_ticket(turn)
    turn.settle()
    text = turn.phrase("question.done", reference=ticket.reference)

    def say(_draft: Draft) -> None:
        turn.chat.end()
        turn.say(text, ticket_id=ticket.id)

    own, me = wishes(turn), requester(turn).id
    await wish(turn, lambda also: own.with_also(also).settle(ticket.id, me), say, "helped")


async def not_helped(turn: Turn, _means: Means) -> None:
    """Leave a question to a person."""
    await _call(turn, "question.person", "answer_question")


async def exercise(intent: Intent, turn: Turn, _means: Means) -> None:
    """Open a request; whoever has one open already is shown where it stands."""
    tickets = await own_tickets(turn)
    own = RIGHTS_OF[intent]
    open_ones = {one.ticket_id for one in await open_requests(tickets) if one.right in own}
    ticket = next((one for one in tickets if one.id in open_ones), None)
    if ticket is not None:
        await show_card(turn, ticket)
        return
    await begin(turn, intent)


access = partial(exercise, Intent.ACCESS)
delete = partial(exercise, Intent.DELETION)


async def feedback(turn: Turn, means: Means) -> None:
    """Ask what the feedback is about, or take it from behind the command."""
    said = turn.said
    if said and said.argument:
        await hear_feedback(turn, means)
        return
    turn.chat.ask(FEEDBACK, life=DAY)
    rows = [
        [turn.button(f"feedback.{one}", "kind", one) for one in ("idea", "problem", "praise")],
        [turn.button("button.cancel", "stop")],
    ]
    turn.say(turn.phrase("feedback.kind"), rows)
    await turn.finish()


async def kind(turn: Turn, _means: Means) -> None:
    """Ask for the words."""
    turn.settle()
    turn.chat.ask(FEEDBACK, life=DAY)
    turn.say(turn.phrase("feedback.text"), [[turn.button("button.cancel", "stop")]])
    await turn.finish()


async def hear_feedback(turn: Turn, means: Means) -> bool:
    """Take feedback; what may be a request is asked about."""
    reading = await turn.read()
    if _may_be_request(reading):
        await hear(turn, means)
    else:
        await begin(turn, Intent.FEEDBACK, reading)
    return True


async def may(turn: Turn, _means: Means) -> None:
    """Note that an answer is welcome."""
    await _call(turn, "feedback.may", ANSWER_FEEDBACK)


async def need_not(turn: Turn, _means: Means) -> None:
    """Note that no answer is wanted."""
    ticket = await present_ticket(turn)
    turn.settle()
    about(turn, ticket)
    turn.say(turn.phrase("feedback.need_not", reference=ticket.reference), ticket_id=ticket.id)
    await turn.finish()


async def hear_addition(turn: Turn, _means: Means) -> bool:
    """Add what was asked for from the status."""
    ticket, reading = await present_ticket(turn), await turn.read()

    def then(its: Ticket, _message: Message) -> None:
        turn.react("👀")
        about(turn, its)
        turn.say(turn.phrase("free.added", reference=its.reference), ticket_id=its.id)

    await take_in(turn, reading, then, ticket=ticket.id)
    return True


def _may_be_request(reading: Reading) -> bool:
    """Tell whether something is to be taken for a request, and asked about, however it began."""
    return reading.intent in RIGHTS_OF and (is_sure(reading) or reading.suspected)


async def _call(turn: Turn, key: str, work: str) -> None:
    ticket = await present_ticket(turn)
    turn.settle()
    text = turn.phrase(key, reference=ticket.reference)

    def say(_draft: Draft) -> None:
        about(turn, ticket)
        turn.say(text, ticket_id=ticket.id)

    own, me = wishes(turn), requester(turn).id
    await wish(turn, lambda also: own.with_also(also).call_person(ticket.id, me, work), say, work)
