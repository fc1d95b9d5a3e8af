"""What follows a closed ticket: it is told, may be opened again, and is rated once."""

from __future__ import annotations

from typing import Final

from bot.requesters.hearing import add_to
from bot.requesters.means import (
    DAY,
    Means,
    own_ticket,
    present_ticket,
    requester,
    undecided,
    wish,
    wishes,
)
from bot.turn import Turn
from tickets.draft import Draft

BETTER: Final = "better"

_CONTENT: Final = 4  # stars from which on nothing is asked


async def rate(turn: Turn, _means: Means) -> None:
    """Keep the stars; ask whoever was not content what should be better."""
    press, pressed = turn.press, turn.pressed
    args = press.args if press else ()
    ticket = await own_ticket(turn, args[0] if args else "")
    stars = int(args[1]) if len(args) > 1 and args[1].isdecimal() else 0

    def say(_draft: Draft) -> None:
        done = turn.phrase("rating.done", reference=ticket.reference, stars=stars)
        if pressed is not None and pressed.message_id is not None:
            turn.edit(pressed.message_id, done)
        if stars >= _CONTENT:
            return
        turn.chat.ask(BETTER, ticket=ticket.id, life=DAY)
        text = turn.phrase("rating.better", reference=ticket.reference)
        turn.say(text, [[turn.button("button.skip", "skip")]], ticket_id=ticket.id)

    own, me = wishes(turn), requester(turn).id
    await wish(turn, lambda also: own.with_also(also).rate(ticket.id, me, stars), say, "rated")


async def hear_better(turn: Turn, _means: Means) -> bool:
    """Keep what should be better; it opens nothing."""
    said = turn.said
    if said is None or not said.text or said.files:
        return False
    ticket = await present_ticket(turn)

    def say(_draft: Draft) -> None:
        turn.chat.end()
        turn.say(turn.phrase("rating.noted", reference=ticket.reference), ticket_id=ticket.id)

    own, me = wishes(turn), requester(turn).id
    await wish(
        turn, lambda also: own.with_also(also).comment(ticket.id, me, said.text), say, "rated"
    )
    return True


async def skip(turn: Turn, _means: Means) -> None:
    """Ask no further."""
    turn.settle()
    turn.chat.end()
    await turn.finish()


async def reopen(turn: Turn, _means: Means) -> None:
    """Open a closed ticket again."""
    press = turn.press
    ticket = await own_ticket(turn, press.args[0] if press and press.args else "")
    turn.settle()
    await add_to(turn, ticket, undecided(turn))
