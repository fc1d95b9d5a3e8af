"""Which product a request for a copy or a deletion is about, where the company has several.

The request is in its ticket before this is asked, and no answer narrows it: who does not know, or
says nothing, asks about everything.  The answer is a message of the requester in the ticket.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from bot.buttons import Button, write_data
from bot.requesters.means import DAY, Means, certain, present_ticket, take_in
from bot.requesters.proving import begin_proof
from bot.turn import Turn
from tickets.errors import UnknownTicket
from tickets.models import Message, Ticket
from tickets.types import Intent

SCOPE: Final = "scope"

_ASKED: Final = frozenset((Intent.ACCESS, Intent.DELETION))
_WIDE: Final = ("all_products", "not_sure")
_ROW: Final = 2  # buttons
_MOST: Final = 40  # products that are shown; a further one can be typed


def has_scope(turn: Turn, intent: Intent) -> bool:
    """Tell whether a request of this kind may be about a part of what we hold."""
    return intent in _ASKED and len(_products(turn)) > 1


def ask_scope(turn: Turn, ticket: Ticket, intent: Intent) -> None:
    """Ask which product it is."""
    turn.chat.ask(SCOPE, ticket=ticket.id, life=DAY, intent=intent.value)
    nonce = turn.chat.nonce
    products = [
        Button(name, write_data("product", f"{number}", nonce=nonce))
        for number, name in enumerate(_products(turn)[:_MOST])
    ]
    rows: list[Sequence[Button]] = [
        products[at : at + _ROW] for at in range(0, len(products), _ROW)
    ]
    rows.append([turn.button(f"button.{one}", "product", one) for one in _WIDE])
    turn.say(turn.phrase("scope.ask", reference=ticket.reference), rows, ticket_id=ticket.id)


async def product(turn: Turn, _means: Means) -> None:
    """Take a pressed answer, and go on with who asks."""
    press = turn.press
    arg = press.args[0] if press and press.args else ""
    known = {*map(str, range(len(_products(turn)))), *_WIDE}
    if arg not in known:
        raise UnknownTicket("")
    turn.settle()
    await _go_on(turn)


async def hear_scope(turn: Turn, _means: Means) -> bool:
    """Take a typed answer, where it names a product or is a button's words."""
    said = turn.said
    if said is None or said.files:
        return False
    words = _folded(said.text)
    wide = {_folded(turn.phrase(f"button.{one}")) for one in _WIDE}
    named = any(_folded(name) in words for name in _products(turn))
    if not named and words not in wide:
        return False
    await _go_on(turn)
    return True


async def unanswered(turn: Turn, ticket: Ticket) -> None:
    """Go on with everything, for nobody said that it is less."""
    begin_proof(turn, ticket, _intent(turn))
    await turn.finish("lapsed")


async def _go_on(turn: Turn) -> None:
    ticket, intent = await present_ticket(turn), _intent(turn)

    def then(its: Ticket, _message: Message) -> None:
        if turn.said is not None:
            turn.react("👀")
        begin_proof(turn, its, intent)

    await take_in(turn, certain(turn, intent), then, ticket=ticket.id, is_quiet=True)


def _intent(turn: Turn) -> Intent:
    return Intent(turn.chat.data["intent"])


def _products(turn: Turn) -> Sequence[str]:
    return turn.chat.desk.config.company.products


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
