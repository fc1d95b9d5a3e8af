"""What a message is about: a question with the likeliest answers, and what follows from each.

The message is in a ticket before anything is asked, so the clock runs from its first second.  Who
does not answer within a day leaves it to a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.requesters.means import (
    DAY,
    Means,
    about,
    certain,
    present_ticket,
    requester,
    take_in,
    undecided,
    wish,
    wishes,
)
from bot.requesters.proving import begin_proof, needs_proof
from bot.requesters.scope import ask_scope, has_scope
from bot.turn import Turn
from tickets.draft import Draft
from tickets.models import Message, Ticket
from tickets.types import RIGHTS_OF, Intent, Reading, Right, Topic

CONFIRM: Final = "confirm"
HELPFUL: Final = "helpful"
MAY: Final = "may"

DECIDE: Final = "decide_intent"
"""Work: the requester has not said what they mean."""

ASKED: Final = (
    Intent.DELETION,
    Intent.ACCESS,
    Intent.RECTIFICATION,
    Intent.OBJECTION,
    Intent.PORTABILITY,
    Intent.COMPLAINT,
    Intent.QUESTION,
    Intent.SUPPORT,
    Intent.FEEDBACK,
)
"""What a requester can be asked about; spam and what is none of these is for a person."""

_USUAL: Final = (Intent.QUESTION, Intent.ACCESS, Intent.DELETION)
_GUESSES: Final = 3
_ALBUM: Final = timedelta(seconds=2)  # its caption may come with a later part


def is_sure(reading: Reading) -> bool:
    """Tell whether a reading is worth a question that expects a yes."""
    return reading.intent in ASKED and not reading.needs_human


def is_for_person(reading: Reading, *, has_words: bool) -> bool:
    """Tell what no question helps with: police and courts, a picture or a voice alone."""
    return "authority" in reading.marks or not has_words


def ask_meaning(turn: Turn, ticket: Ticket, reading: Reading) -> None:
    """Ask what a message is about."""
    said = turn.said
    album = said.album if said else ""
    turn.chat.ask(CONFIRM, ticket=ticket.id, life=DAY, reading=_kept(reading), album=album)
    sure = is_sure(reading)
    key = f"sounds.{reading.intent}" if sure else "free.unsure"
    choices = _choices(reading)
    first = [
        turn.button(f"yes.{reading.intent}" if sure else f"wants.{choices[0]}", "mean", choices[0])
    ]
    rest = [[turn.button(f"wants.{one}", "mean", one)] for one in choices[1:]]
    other = [turn.button("button.something_else", "mean", Intent.OTHER)]
    turn.say(
        turn.phrase(key, reference=ticket.reference),
        [first, *rest, other],
        ticket_id=ticket.id,
        wait=_ALBUM if album else timedelta(0),
        key=f"ask:{ticket.id.hex}" if album else "",
    )


async def chosen(turn: Turn, means: Means) -> None:
    """Take a pressed answer; it is a message of its own in the ticket."""
    press = turn.press
    arg = press.args[0] if press and press.args else ""
    intent = next((one for one in (*ASKED, Intent.OTHER) if one == arg), Intent.OTHER)
    turn.settle()
    await mean(turn, means, intent)


async def typed(turn: Turn, means: Means, reading: Reading) -> bool:
    """Take a typed answer to the question, where it is one: a button's words, or plain enough."""
    said = turn.said
    words = said.text.strip().casefold() if said else ""
    kept = _reading(turn)
    labels = {turn.phrase(f"wants.{one}").casefold(): one for one in ASKED}
    labels |= {turn.phrase(f"yes.{one}").casefold(): one for one in ASKED}
    if is_sure(kept):
        labels[turn.phrase("button.yes").casefold()] = kept.intent
    labels[turn.phrase("button.something_else").casefold()] = Intent.OTHER
    intent = labels.get(words) or (reading.intent if is_sure(reading) else None)
    if intent is None:
        return False
    await mean(turn, means, intent, reading if is_sure(reading) else None)
    return True


async def mean(turn: Turn, _means: Means, intent: Intent, reading: Reading | None = None) -> None:
    """Go on with what the requester means; the receipt goes out now."""
    ticket = await present_ticket(turn)
    if intent is Intent.OTHER:
        await take_in(
            turn,
            undecided(turn),
            lambda its, _message: about(turn, its),
            ticket=ticket.id,
            is_first=True,
        )
        return
    sure = certain(turn, intent, reading or _reading(turn))

    def then(its: Ticket, _message: Message) -> None:
        follow(turn, its, sure)

    await take_in(turn, sure, then, ticket=ticket.id, meaning=intent, is_first=True)


async def closer(turn: Turn, _means: Means) -> None:
    """Answer another question that was near, where the first answer was not the one."""
    ticket = await present_ticket(turn)
    press, kept = turn.press, _reading(turn)
    asked = tuple(one for one in kept.questions if press and one in press.args)
    turn.settle()
    sure = certain(turn, Intent.QUESTION, replace(kept, questions=asked))

    def then(its: Ticket, _message: Message) -> None:
        follow(turn, its, sure)

    await take_in(turn, sure, then, ticket=ticket.id, meaning=Intent.QUESTION, is_first=True)


async def undecided_in_time(turn: Turn, ticket: Ticket) -> None:
    """Leave it to a person what a message is about, and say so."""
    text = turn.phrase("free.decided", reference=ticket.reference)

    def say(_draft: Draft) -> None:
        about(turn, ticket)
        if requester(turn).muted_at is None:
            turn.say(text, ticket_id=ticket.id)

    own, me = wishes(turn), requester(turn).id
    await wish(
        turn, lambda also: own.with_also(also).call_person(ticket.id, me, DECIDE), say, "lapsed"
    )


async def begin(turn: Turn, intent: Intent, reading: Reading | None = None) -> None:
    """Open a ticket for what was chosen from a menu or by a command."""
    sure = certain(turn, intent, reading)

    def then(its: Ticket, _message: Message) -> None:
        if turn.said is not None:
            turn.react("👀")
        follow(turn, its, sure)

    await take_in(turn, sure, then, meaning=intent)


def follow(turn: Turn, ticket: Ticket, reading: Reading) -> None:
    """Ask what comes after the receipt, where anything does."""
    intent = reading.intent
    if intent is Intent.QUESTION and reading.policy_section is not None:
        turn.chat.ask(HELPFUL, ticket=ticket.id, life=DAY, reading=_kept(reading))
        rows = [
            [turn.button("button.helped", "helped"), turn.button("button.not_helped", "not_helped")]
        ]
        rows += [
            [turn.button(f"question.title.{one}", "closer", one)] for one in reading.questions[1:]
        ]
        text = turn.phrase("question.helpful", reference=ticket.reference)
        turn.say(text, rows, ticket_id=ticket.id)
    elif intent is Intent.FEEDBACK:
        turn.chat.ask(MAY, ticket=ticket.id, life=DAY)
        rows = [[turn.button("button.yes", "may"), turn.button("button.no_need", "need_not")]]
        text = turn.phrase("feedback.answer", reference=ticket.reference)
        turn.say(text, rows, ticket_id=ticket.id)
    elif needs_proof(intent, reading.rights) and has_scope(turn, intent):
        ask_scope(turn, ticket, intent)
    elif needs_proof(intent, reading.rights):
        begin_proof(turn, ticket, intent)
    else:
        about(turn, ticket)


def reading_of(ticket: Ticket) -> Reading:
    """Return how a ticket's first message was read."""
    return Reading(
        ticket.intent,
        rights=tuple(Right(one) for one in ticket.rights),
        topic=ticket.topic,
        policy_section=ticket.policy_section,
        language=ticket.language,
        confidence=ticket.confidence,
        needs_human=ticket.needs_human,
    )


def _choices(reading: Reading) -> Sequence[Intent]:
    """Return the answers to offer, likeliest first."""
    if is_sure(reading):
        other = Intent.QUESTION if reading.intent in RIGHTS_OF else Intent.ACCESS
        return [reading.intent, other]
    guesses = dict.fromkeys((*reading.intents, *_USUAL))
    return [one for one in guesses if one in ASKED][:_GUESSES]


def _kept(reading: Reading) -> dict[str, object]:
    """Return what of a reading is needed when the answer comes."""
    return {
        "intent": reading.intent.value,
        "rights": [right.value for right in reading.rights],
        "topic": reading.topic.value if reading.topic else "",
        "section": reading.policy_section,
        "questions": list(reading.questions),
        "sure": not reading.needs_human,
    }


def _reading(turn: Turn) -> Reading:
    kept = turn.chat.data.get("reading")
    if not kept:
        return undecided(turn)
    reading = Reading(
        Intent(kept["intent"]),
        rights=tuple(Right(one) for one in kept["rights"]),
        topic=Topic(kept["topic"]) if kept["topic"] else None,
        policy_section=kept["section"],
        questions=tuple(kept.get("questions", ())),
        language=turn.language,
    )
    return replace(reading, needs_human=not kept["sure"])
