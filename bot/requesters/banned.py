"""Who is banned for a while: their talk is not taken in, their rights are (`tickets.banning`).

Commands and buttons for rights, the status and the settings work as ever, and so does what answers
an open question or request.  A picture, a recording or a document may hold a request, so a person
gets it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bot.requesters.means import day_of, open_requests, own_tickets, requester
from bot.turn import Turn
from tickets.banning import is_banned, is_protected
from tickets.models import Post

_NOTICE: Final = timedelta(hours=1)
_ROLE: Final = "ban"
_MAY_ASK: Final = frozenset(("document", "photo", "voice", "audio", "video", "video_note"))
"""Kinds of messages without words that may be a request all the same."""

TALK: Final = frozenset(("ask", "feedback", "section", "kind", "new"))
"""Commands and steps that only begin talk."""


async def is_kept_away(turn: Turn, *, is_asked: bool) -> bool:
    """Tell whether this is a banned person's talk; `is_asked`: it answers a question of ours."""
    if not is_banned(requester(turn), turn.chat.at):
        return False
    said, press = turn.said, turn.press
    if said is None:
        return press is not None and press.step in TALK
    if said.command:
        return said.command in TALK and not is_protected(await turn.read())
    if is_asked or said.kind in _MAY_ASK:
        return False
    return not is_protected(await turn.read()) and not await _answers_request(turn)


async def keep_away(turn: Turn) -> None:
    """Say, once an hour, until when that is, and what is taken in all the same."""
    until = requester(turn).banned_until
    since = turn.chat.desk.now() - _NOTICE
    told = Post.filter(chat_blind=turn.here.blind, role=_ROLE, created_at__gt=since)
    if until is not None and (turn.pressed is not None or not await told.exists()):
        rows = [
            [turn.button(f"button.{one}", one, stale=False) for one in row]
            for row in (("access", "delete"), ("status",))
        ]
        turn.say(turn.phrase("ban.notice", until=day_of(turn, until)), rows, role=_ROLE)
    await turn.finish("banned")


async def _answers_request(turn: Turn) -> bool:
    """Tell whether something is written while a request of theirs waits for an answer."""
    return bool(await open_requests(await own_tickets(turn)))
