"""Who is asking: an address, a code that a mail brings, and the last question before a deletion.

Words and timing are the same whether we know the address or not.  The code and the address do not
stay in the chat; afterwards it shows `a•••@e•••.org`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.buttons import Button
from bot.requesters.means import (
    DAY,
    Means,
    about,
    certain,
    is_interrupted,
    open_requests,
    own_ticket,
    present_ticket,
    requester,
    take_in,
    wish,
    wishes,
)
from bot.turn import Rows, Turn
from tickets.banning import is_protected
from tickets.challenges import CODE_LIFE, TRIES, open_codes
from tickets.draft import Draft
from tickets.errors import Refusal
from tickets.models import Message, Request, Ticket
from tickets.proof import Tried
from tickets.requests import ARROWS, DELETES
from tickets.settings import Account
from tickets.types import NEEDS_NO_PROOF, RIGHTS_OF, Channel, Intent, RequestState, Right

ADDRESS: Final = "address"
CODE: Final = "code"
DELETE: Final = "delete"

OTHER_WAY: Final = "proof_other_way"
"""Work: the requester cannot get a code; an agent finds another proof."""

_ADDRESS: Final = re.compile(
    r"[^\s<>@,;:\"'()]{1,64}@[^\s<>@,;:\"'()]{1,190}\.[^\s<>@,;:\"'().\d]{2,24}"
)
_DIGITS: Final = 6
_ANSWER: Final = 40  # characters: what is longer is a message, not an answer
_WEEK: Final = timedelta(days=7)
_STILL: Final = {ADDRESS: "proof.bad_address", CODE: "proof.bad_code"}


def needs_proof(intent: Intent, rights: Sequence[Right]) -> bool:
    """Tell whether we must know who asks; without a right named, by the intent's first."""
    own = RIGHTS_OF.get(intent, ())
    named = [right for right in rights if right in own] or own[:1]
    return any(right not in NEEDS_NO_PROOF for right in named)


def begin_proof(turn: Turn, ticket: Ticket, intent: Intent | None = None) -> None:
    """Ask for the address; where no mail leaves us, a person finds another way."""
    if _mailbox(turn) is None:
        ticket.work = [*dict.fromkeys([*ticket.work, OTHER_WAY])]
        about(turn, ticket)
        _tell(turn, ticket, "proof.unavailable")
        return
    turn.chat.ask(ADDRESS, ticket=ticket.id, life=_WEEK)
    text = turn.phrase("proof.address", reference=ticket.reference)
    if intent in {Intent.ACCESS, Intent.PORTABILITY}:
        text += f"\n\n{turn.phrase('access.next')}"
    turn.say(text, [[turn.button("button.cancel", "later")]], ticket_id=ticket.id)


async def prove(turn: Turn, _means: Means) -> None:
    """Begin from the status: confirm who I am."""
    press = turn.press
    ticket = await own_ticket(turn, press.args[0] if press and press.args else "")
    if not await _to_prove(ticket):
        raise Refusal("nothing_to_prove", reference=ticket.reference)
    if _mailbox(turn) is None:
        await _call_person(turn, ticket, "proof.unavailable")
        return
    begin_proof(turn, ticket)
    await turn.finish()


async def hear_address(turn: Turn, means: Means) -> bool:
    """Take an address that was typed; return False for what is a message rather."""
    said = turn.said
    if said is None or said.files or not said.text:
        return False
    text = unicodedata.normalize("NFKC", said.text)
    found = _ADDRESS.search(text)
    if found is None:
        if len(text) > _ANSWER or await _says_more(turn, text):
            return False
        turn.remove(said.message_id)
        await _ask_again(turn, "proof.bad_address")
        return True
    turn.remove(said.message_id)
    await _send_code(turn, means, found[0])
    return True


async def hear_code(turn: Turn, means: Means) -> bool:
    """Take a code that was typed; another address is taken as one."""
    said = turn.said
    if said is None or said.files or not said.text:
        return False
    text = unicodedata.normalize("NFKC", said.text)
    if _ADDRESS.search(text):
        return await hear_address(turn, means)
    digits = re.sub(r"\D", "", text)
    is_code = len(digits) == _DIGITS
    if len(text) > _ANSWER or (not is_code and await _says_more(turn, text)):
        return False
    turn.remove(said.message_id)
    if not is_code:
        await _ask_again(turn, "proof.bad_code")
        return True
    await _try(turn, means, digits)
    return True


async def _says_more(turn: Turn, text: str) -> bool:
    """Tell whether what is typed answers a letter, or may be another request.

    A mistyped address looks suspect: of what has an @ only a named right counts.
    """
    if await is_interrupted(turn):
        return True
    reading = await turn.read()
    return is_protected(replace(reading, suspected=reading.suspected and "@" not in text))


async def still_asked(turn: Turn, ticket: Ticket) -> Callable[[], None]:
    """Return what says once more what is asked, after a few words that were kept as a message."""
    said, key = turn.said, _STILL.get(turn.chat.step)
    is_short = said is not None and not said.files and 0 < len(said.text) <= _ANSWER
    if key is None or not is_short or await is_interrupted(turn):
        return lambda: None
    rows = [[turn.button("button.cancel", "later")]]
    return lambda: _tell(turn, ticket, key, rows)


async def new_code(turn: Turn, means: Means) -> None:
    """Send another code to the same address; the one before is void."""
    turn.settle()
    await _send_code(turn, means, str(turn.chat.data.get("address", "")))


async def other_address(turn: Turn, _means: Means) -> None:
    """Ask for the address again."""
    ticket = await present_ticket(turn)
    turn.settle()
    begin_proof(turn, ticket)
    await turn.finish()


async def no_code(turn: Turn, _means: Means) -> None:
    """Leave it to a person; the request goes on."""
    ticket = await present_ticket(turn)
    turn.settle()
    await _call_person(turn, ticket, "proof.other_way")


async def later(turn: Turn, _means: Means) -> None:
    """Stop asking; nothing is lost."""
    ticket = await present_ticket(turn)
    turn.settle()
    stop(turn, ticket)
    await turn.finish()


def stop(turn: Turn, ticket: Ticket, *, is_quiet: bool = False) -> None:
    """Say that the proof can be given later."""
    about(turn, ticket)
    if not is_quiet:
        _tell(turn, ticket, "proof.later")


async def delete_now(turn: Turn, _means: Means) -> None:
    """Take the last word on a deletion."""
    ticket = await present_ticket(turn)
    turn.settle()

    def then(its: Ticket, _message: Message) -> None:
        about(turn, its)
        _tell(turn, its, "delete.going")

    reading = certain(turn, Intent.DELETION)
    await take_in(turn, reading, then, ticket=ticket.id, meaning=Intent.DELETION)


async def keep_data(turn: Turn, _means: Means) -> None:
    """Take the request for a deletion back."""
    ticket = await present_ticket(turn)
    turn.settle()

    def say(_draft: Draft) -> None:
        turn.chat.end()
        _tell(turn, ticket, "delete.kept")

    own = wishes(turn)
    await wish(
        turn,
        lambda also: own.with_also(also).withdraw(ticket.id, requester(turn).id),
        say,
        "withdrawn",
    )


async def _send_code(turn: Turn, means: Means, address: str) -> None:
    ticket = await present_ticket(turn)
    requests, mailbox = await _to_prove(ticket), _mailbox(turn)
    if not requests or mailbox is None:
        await _call_person(turn, ticket, "proof.unavailable")
        return

    def say(_draft: Draft) -> None:
        minutes = int(CODE_LIFE.total_seconds() // 60)
        turn.chat.ask(CODE, ticket=ticket.id, life=DAY, address=address)
        text = turn.phrase(
            "proof.sent", reference=ticket.reference, masked=masked(address), minutes=minutes
        )
        turn.say(text, _code_rows(turn), ticket_id=ticket.id)

    try:
        await wish(
            turn,
            lambda also: means.proof.with_also(also).ask_by_code(
                ticket, requests, address, mailbox
            ),
            say,
            "code_asked",
        )
    except Refusal as exc:
        if exc.code != "too_many_proofs":
            raise
        turn.chat.ask(CODE, ticket=ticket.id, life=DAY, address=address)
        text = turn.phrase("proof.limit", reference=ticket.reference)
        turn.say(text, _code_rows(turn), ticket_id=ticket.id)
        await turn.finish("code_limit")


async def _try(turn: Turn, means: Means, code: str) -> None:
    ticket = await present_ticket(turn)
    desk, data = turn.chat.desk, dict(turn.chat.data)
    waiting = await open_codes(ticket.id, requester(turn).address_blind, desk.now())
    left = TRIES - 1 - max((one.tries for one in waiting), default=TRIES)
    deletes = any(one.right in DELETES for one in await open_requests([ticket]))
    address = str(data.get("address", ""))

    def say(draft: Draft) -> None:
        if draft.outcome == Tried.PROVEN:
            _say_proven(turn, ticket, address, deletes=deletes)
            return
        turn.chat.ask(CODE, ticket=ticket.id, life=DAY, address=address)
        key = "proof.wrong" if draft.outcome == Tried.WRONG else "proof.over"
        text = turn.phrase(key, reference=ticket.reference, left=max(left, 0))
        turn.say(text, _code_rows(turn), ticket_id=ticket.id)

    await wish(
        turn, lambda also: means.proof.with_also(also).try_code(ticket, code), say, "code_tried"
    )


def _say_proven(turn: Turn, ticket: Ticket, address: str, *, deletes: bool) -> None:
    text = turn.phrase("proof.proven", reference=ticket.reference, masked=masked(address))
    turn.say(text, ticket_id=ticket.id)
    if not deletes:
        about(turn, ticket)
        return
    turn.chat.ask(DELETE, ticket=ticket.id, life=_WEEK * 4)
    rows = [
        [turn.button("button.delete_now", "delete_now", style="danger")],
        [turn.button("button.keep_data", "keep_data")],
    ]
    text = turn.phrase("delete.confirm", reference=ticket.reference)
    turn.say(text, rows, ticket_id=ticket.id)


async def _call_person(turn: Turn, ticket: Ticket, key: str) -> None:
    def say(_draft: Draft) -> None:
        about(turn, ticket)
        _tell(turn, ticket, key)

    own = wishes(turn)
    await wish(
        turn,
        lambda also: own.with_also(also).call_person(ticket.id, requester(turn).id, OTHER_WAY),
        say,
        "person_called",
    )


async def _ask_again(turn: Turn, key: str) -> None:
    """Say what is wrong with an answer; the question stays as it was."""
    rows = [[turn.button("button.cancel", "later")]]
    _tell(turn, await present_ticket(turn), key, rows)
    await turn.finish()


def _code_rows(turn: Turn) -> list[list[Button]]:
    return [
        [turn.button("button.new_code", "new_code")],
        [turn.button("button.other_address", "other_address")],
        [turn.button("button.no_code", "no_code"), turn.button("button.cancel", "later")],
    ]


def _tell(turn: Turn, ticket: Ticket, key: str, rows: Rows = ()) -> None:
    turn.say(turn.phrase(key, reference=ticket.reference), rows, ticket_id=ticket.id)


async def _to_prove(ticket: Ticket) -> list[Request]:
    """Return the open requests that can be asked for proof, or were."""
    asked = RequestState.PROOF_ASKED
    return [
        one
        for one in await open_requests([ticket])
        if not one.proven_at
        and one.right not in NEEDS_NO_PROOF
        and (one.state is asked or asked in ARROWS[one.state])
    ]


def _mailbox(turn: Turn) -> Account | None:
    """Return the account that codes leave by."""
    accounts = turn.chat.desk.config.accounts
    return next((one for one in accounts if one.channel is Channel.EMAIL), None)


def masked(address: str) -> str:
    """Return an address so that its owner knows it and nobody else learns it: a•••@e•••.org."""
    local, _, domain = address.rpartition("@")
    name, _, top = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••.{top}"
