"""The flow of requesters' chats: which update means which step.

One table says which commands there are, one which buttons, one which questions take a typed answer.
What fits none of them is free text, and that is recorded before anything is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from bot.requesters import linked, matters, menu, proving, rating, scope, status
from bot.requesters.banned import TALK, is_kept_away, keep_away
from bot.requesters.groups import hear_in_group
from bot.requesters.hearing import edited, hear, new_request
from bot.requesters.meaning import CONFIRM, HELPFUL, MAY, chosen, closer, undecided_in_time
from bot.requesters.means import ADDED, Handler, Means, is_interrupted, present_ticket, requester
from bot.told import Edited, Membership, Pressed, Said
from bot.turn import Turn, place
from tickets.dispatch import undeliverable
from tickets.errors import Refusal, UnknownTicket
from tickets.proof import Proof

Hear = Callable[[Turn, Means], Awaitable[bool]]

COMMANDS: Final[Mapping[str, Handler]] = {
    "start": menu.start,
    "ask": matters.ask,
    "access": matters.access,
    "delete": matters.delete,
    "status": status.status,
    "feedback": matters.feedback,
    "settings": menu.settings,
    "privacy": menu.privacy,
    "cancel": menu.cancel,
    "help": menu.show_help,
}
"""What can be written after a slash."""

ANYTIME: Final[Mapping[str, Handler]] = {
    "ask": matters.ask,
    "access": matters.access,
    "delete": matters.delete,
    "status": status.status,
    "feedback": matters.feedback,
    "language": menu.choose_language,
    "notices": menu.choose_notices,
    "card": status.card,
    "add": status.ask_to_add,
    "person": status.ask_person,
    "prove": proving.prove,
    "withdraw": status.ask_to_withdraw,
    "reopen": rating.reopen,
    "rate": rating.rate,
}
"""Buttons that hold whatever is being talked about."""

ANSWERS: Final[Mapping[str, tuple[frozenset[str], Handler]]] = {
    "mean": (frozenset((CONFIRM,)), chosen),
    "helped": (frozenset((HELPFUL,)), matters.helped),
    "not_helped": (frozenset((HELPFUL,)), matters.not_helped),
    "closer": (frozenset((HELPFUL,)), closer),
    "may": (frozenset((MAY,)), matters.may),
    "need_not": (frozenset((MAY,)), matters.need_not),
    "section": (frozenset((matters.ASK,)), matters.section),
    "kind": (frozenset((matters.FEEDBACK,)), matters.kind),
    "product": (frozenset((scope.SCOPE,)), scope.product),
    "stop": (frozenset((matters.ASK, matters.FEEDBACK, linked.LINKED)), menu.stop),
    "new": (frozenset((ADDED,)), new_request),
    "new_code": (frozenset((proving.CODE, linked.LINKED)), linked.new_code),
    "other_address": (frozenset((proving.CODE,)), proving.other_address),
    "no_code": (frozenset((proving.CODE,)), proving.no_code),
    "later": (frozenset((proving.ADDRESS, proving.CODE)), proving.later),
    "delete_now": (frozenset((proving.DELETE,)), proving.delete_now),
    "keep_data": (frozenset((proving.DELETE,)), proving.keep_data),
    "withdraw_now": (frozenset((status.WITHDRAW,)), status.withdraw_now),
    "keep_request": (frozenset((status.WITHDRAW,)), status.keep_request),
    "skip": (frozenset((rating.BETTER,)), rating.skip),
}
"""Buttons that answer a question, with its step: once another is asked, they are stale."""

TYPED: Final[Mapping[str, Hear]] = {
    matters.ASK: matters.hear_question,
    matters.FEEDBACK: matters.hear_feedback,
    scope.SCOPE: scope.hear_scope,
    linked.LINKED: linked.hear_linked,
    proving.ADDRESS: proving.hear_address,
    proving.CODE: proving.hear_code,
    status.ADD: matters.hear_addition,
    rating.BETTER: rating.hear_better,
}
"""Questions that are answered in words; False: it was a message rather."""

_PLAIN: Final = frozenset((matters.ASK, matters.FEEDBACK, status.ADD, rating.BETTER))
"""Steps that take any words: a letter that came in between is what is answered then."""

_log = logging.getLogger(__name__)


class Requesters:
    """The flow of private chats and of groups that are no desk."""

    def __init__(self, proof: Proof) -> None:
        self._means = Means(proof)

    async def __call__(self, turn: Turn) -> None:
        """Answer one update."""
        handler = _handler(turn)
        try:
            await handler(turn, self._means)
        except Refusal as exc:
            if turn.chat.is_done:
                raise
            await _refused(turn, exc)

    async def lapsed(self, turn: Turn) -> None:
        """Deal with a question whose time is over: say what happens without an answer."""
        was = turn.chat.dialogue.step
        try:
            ticket = await present_ticket(turn)
        except UnknownTicket:
            ticket = None
        if ticket is not None and was == CONFIRM:
            await undecided_in_time(turn, ticket)
            return
        if ticket is not None and was == scope.SCOPE:
            await scope.unanswered(turn, ticket)
            return
        turn.chat.end()
        if ticket is not None and was in {proving.ADDRESS, proving.CODE}:
            proving.stop(turn, ticket, is_quiet=requester(turn).muted_at is not None)
        await turn.finish("lapsed")


def _handler(turn: Turn) -> Handler:
    told, where = turn.told, place(turn.told)
    is_private = where is not None and where.is_private
    if isinstance(told, Membership):
        return _membership if is_private else _nothing
    if isinstance(told, Pressed):
        return _pressed if is_private else _stale  # in groups we show links only
    if isinstance(told, Said):
        return _said if is_private else hear_in_group
    return edited if isinstance(told, Edited) and is_private else _nothing


async def _said(turn: Turn, means: Means) -> None:
    said = turn.said
    if await is_kept_away(turn, is_asked=turn.chat.step in TYPED.keys() - TALK):
        await keep_away(turn)
        return
    if said is not None and said.command:
        await COMMANDS.get(said.command, menu.unknown)(turn, means)
        return
    typed = None if await _answers_another(turn) else TYPED.get(turn.chat.step)
    if turn.chat.step in _PLAIN and await is_interrupted(turn):
        typed = None
    if typed is None or not await typed(turn, means):
        await hear(turn, means)


async def _answers_another(turn: Turn) -> bool:
    """Tell whether a message answers one that is about another ticket than our question."""
    said = turn.said
    row = await turn.chat.find(said.reply_to) if said and said.reply_to else None
    return row is not None and row.ticket_id not in {None, turn.chat.dialogue.ticket_id}


async def _pressed(turn: Turn, means: Means) -> None:
    press = turn.press
    if await is_kept_away(turn, is_asked=True):
        await keep_away(turn)
        return
    if press is not None and press.step in ANYTIME and not press.nonce:
        await ANYTIME[press.step](turn, means)
        return
    steps, handler = ANSWERS.get(press.step if press else "", (frozenset(), _stale))
    is_present = press is not None and press.nonce == turn.chat.nonce and turn.chat.step in steps
    await (handler if is_present else _stale)(turn, means)


async def _stale(turn: Turn, _means: Means) -> None:
    turn.answer(turn.phrase("alert.stale"), alert=True)
    await turn.finish("stale")


async def _refused(turn: Turn, error: Refusal) -> None:
    """Say that something could not be done; the code is for the log."""
    _log.info("a turn was refused", extra={"action": "turn_refused", "code": error.code})
    gone = isinstance(error, UnknownTicket) or error.code == "rated_already"
    text = turn.phrase("alert.stale" if gone else "alert.failed")
    if turn.pressed is not None:
        turn.answer(text, alert=True)
    else:
        turn.say(text)
    await turn.finish("refused")


async def _membership(turn: Turn, _means: Means) -> None:
    """Remember that somebody blocked us, or let us write again."""
    told = turn.told
    if isinstance(told, Membership):
        at = turn.chat.desk.now() if told.change == "blocked" else None
        turn.chat.later(partial(undeliverable, requester(turn).id, at))
    await turn.finish("membership")


async def _nothing(turn: Turn, _means: Means) -> None:
    await turn.finish("nothing")
