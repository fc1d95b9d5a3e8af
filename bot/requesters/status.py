"""My requests: where each stands, and what its requester can do about it."""

from __future__ import annotations

from typing import Final

from bot.buttons import Button, write_data
from bot.requesters.means import (
    DAY,
    Means,
    about,
    day_of,
    for_ticket,
    open_requests,
    own_ticket,
    present_ticket,
    requester,
    seen_ticket,
    seen_tickets,
    wish,
    wishes,
)
from bot.turn import Turn
from tickets.draft import Draft
from tickets.models import Clock, ClockKind, Request, Ticket
from tickets.requests import ARROWS
from tickets.types import NEEDS_NO_PROOF, Intent, RequestState, Status

ADD: Final = "add"
WITHDRAW: Final = "withdraw"

HELP: Final = "requester_calls"
"""Work: the requester asks for a person."""

_S: Final = RequestState
_STATES: Final = {
    _S.SUSPECTED: "received",
    _S.RECEIVED: "received",
    _S.ACKNOWLEDGED: "received",
    _S.PROOF_ASKED: "proof",
    _S.NOT_PROVEN: "proof",
    _S.PROVEN: "confirmed",
    _S.IN_WORK: "in_work",
    _S.EXTENDED: "extended",
    _S.FULFILLED: "done",
    _S.PARTLY_FULFILLED: "done",
    _S.REFUSED: "refused",
    _S.WITHDRAWN: "withdrawn",
    _S.LAPSED: "closed",
}
_MATTERS: Final = {Intent.QUESTION: "question", Intent.FEEDBACK: "feedback"}


async def status(turn: Turn, _means: Means) -> None:
    """Show a button for each request; a pressed one puts the list in its place."""
    tickets = await seen_tickets(turn)
    if not tickets:
        turn.say(turn.phrase("status.none"))
        await turn.finish()
        return
    rows = [[await _line(turn, ticket)] for ticket in tickets]
    _put(turn, turn.phrase("status.choose"), rows)
    await turn.finish()


async def card(turn: Turn, _means: Means) -> None:
    """Show one ticket."""
    press = turn.press
    await show_card(turn, await seen_ticket(turn, press.args[0] if press and press.args else ""))


async def show_card(turn: Turn, ticket: Ticket) -> None:
    """Show where a ticket stands and what can be done."""
    requests = await Request.filter(ticket_id=ticket.id).order_by("id")
    clock = await _due(requests)
    values = {
        "reference": ticket.reference,
        "what": what(turn, ticket, requests),
        "received": day_of(turn, ticket.received_at),
        "state": turn.phrase(f"state.{state(ticket, requests)}"),
    }
    key = "status.card"
    if clock is not None and clock.due_on is not None:
        values["due"] = clock.due_on
        is_late = clock.due_on < day_of(turn, turn.chat.desk.now())
        key = "status.card_late" if is_late else "status.card_due"
    rows = [[turn.button("button.back", "status", stale=False)]]
    if ticket.requester_id == requester(turn).id:  # of another channel's it is only looked at
        rows = [*_rows(turn, ticket, requests), *rows]
    _put(turn, turn.phrase(key, **values), rows, ticket)
    await turn.finish()


async def ask_to_add(turn: Turn, _means: Means) -> None:
    """Ask for what is to be added."""
    ticket = await _pressed_ticket(turn)
    turn.chat.ask(ADD, ticket=ticket.id, life=DAY)
    turn.say(turn.phrase("status.add", reference=ticket.reference), ticket_id=ticket.id)
    await turn.finish()


async def ask_person(turn: Turn, _means: Means) -> None:
    """Call a person to the ticket."""
    ticket = await _pressed_ticket(turn)

    def say(_draft: Draft) -> None:
        about(turn, ticket)
        turn.say(turn.phrase("status.person", reference=ticket.reference), ticket_id=ticket.id)

    own, me = wishes(turn), requester(turn).id
    await wish(turn, lambda also: own.with_also(also).call_person(ticket.id, me, HELP), say, HELP)


async def ask_to_withdraw(turn: Turn, _means: Means) -> None:
    """Ask once more before a request ends."""
    ticket = await _pressed_ticket(turn)
    if not any(_may_withdraw(one) for one in await open_requests([ticket])):
        turn.say(turn.phrase("withdraw.over", reference=ticket.reference), ticket_id=ticket.id)
        await turn.finish()
        return
    turn.chat.ask(WITHDRAW, ticket=ticket.id, life=DAY)
    rows = [
        [turn.button("button.withdraw", "withdraw_now", style="danger")],
        [turn.button("button.keep_request", "keep_request")],
    ]
    turn.say(turn.phrase("withdraw.ask", reference=ticket.reference), rows, ticket_id=ticket.id)
    await turn.finish()


async def withdraw_now(turn: Turn, _means: Means) -> None:
    """End the requests of the ticket."""
    ticket = await present_ticket(turn)
    turn.settle()

    def say(_draft: Draft) -> None:
        turn.chat.end()
        turn.say(turn.phrase("withdraw.done", reference=ticket.reference), ticket_id=ticket.id)

    own, me = wishes(turn), requester(turn).id
    await wish(turn, lambda also: own.with_also(also).withdraw(ticket.id, me), say, "withdrawn")


async def keep_request(turn: Turn, _means: Means) -> None:
    """Leave it as it is."""
    ticket = await present_ticket(turn)
    turn.settle()
    about(turn, ticket)
    turn.say(turn.phrase("withdraw.kept", reference=ticket.reference), ticket_id=ticket.id)
    await turn.finish()


def what(turn: Turn, ticket: Ticket, requests: list[Request]) -> str:
    """Return in a word or two what a ticket is about."""
    if requests:
        still = [one for one in requests if ARROWS[one.state]]
        return turn.phrase(f"short.{(still or requests)[0].right}")
    return turn.phrase(f"short.{_MATTERS.get(ticket.intent, 'message')}")


def state(ticket: Ticket, requests: list[Request]) -> str:
    """Return the code of how far a ticket is: that of its least advanced request."""
    still = [one for one in requests if ARROWS[one.state]]
    if still:
        return _STATES[still[0].state]
    if ticket.status is Status.CLOSED:
        return _STATES[requests[-1].state] if requests else "closed"
    return "waiting" if ticket.status is Status.WAITING else "received"


async def _line(turn: Turn, ticket: Ticket) -> Button:
    requests = await Request.filter(ticket_id=ticket.id).order_by("id")
    clock = await _due(requests)
    values = {"reference": ticket.reference, "what": what(turn, ticket, requests)}
    if clock is not None and clock.due_on is not None:
        label = turn.phrase("status.line_due", due=clock.due_on, **values)
    else:
        now = turn.phrase(f"state.{state(ticket, requests)}")
        label = turn.phrase("status.line", state=now, **values)
    return Button(label, write_data("card", ticket.reference))


async def _due(requests: list[Request]) -> Clock | None:
    """Return the earliest day by which we must answer; promised only where the law is settled."""
    settled = [one.id for one in requests if one.is_settled]
    rows = Clock.filter(request_id__in=settled, kind=ClockKind.RESPOND, met_at=None)
    return await rows.filter(stopped_at=None, due_on__not_isnull=True).order_by("due_on").first()


def _rows(turn: Turn, ticket: Ticket, requests: list[Request]) -> list[list[Button]]:
    still = [one for one in requests if ARROWS[one.state]]
    rows: list[list[Button]] = []
    if any(_may_prove(one) for one in still):
        rows.append([for_ticket(turn, "button.confirm", "prove", ticket)])
    if ticket.status is Status.CLOSED:
        rows.append([for_ticket(turn, "button.reopen", "reopen", ticket)])
    else:
        rows.append([for_ticket(turn, "button.add", "add", ticket)])
    if any(map(_may_withdraw, still)):
        rows.append([for_ticket(turn, "button.withdraw", "withdraw", ticket)])
    if ticket.status is not Status.CLOSED:
        rows.append([for_ticket(turn, "button.ask_person", "person", ticket)])
    return rows


def _may_withdraw(request: Request) -> bool:
    return RequestState.WITHDRAWN in ARROWS[request.state]


def _may_prove(request: Request) -> bool:
    is_asked = request.state is RequestState.PROOF_ASKED
    may = is_asked or RequestState.PROOF_ASKED in ARROWS[request.state]
    return may and not request.proven_at and request.right not in NEEDS_NO_PROOF


async def _pressed_ticket(turn: Turn) -> Ticket:
    press = turn.press
    return await own_ticket(turn, press.args[0] if press and press.args else "")


def _put(turn: Turn, text: str, rows: list[list[Button]], ticket: Ticket | None = None) -> None:
    """Show in place of the message whose button was pressed, else as a new one."""
    pressed = turn.pressed
    if pressed is not None and pressed.message_id is not None and _is_list(turn):
        turn.edit(pressed.message_id, text, rows)
    else:
        turn.say(text, rows, ticket_id=ticket.id if ticket else None)


def _is_list(turn: Turn) -> bool:
    """Tell whether the button was one of the list or the card, not of the menu."""
    press = turn.press
    text = turn.pressed.text if turn.pressed else ""
    return press is not None and (press.step == "card" or text.startswith("EJ-"))
