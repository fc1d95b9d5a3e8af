"""More than anybody writes in earnest: recorded all the same, without answers but for one notice.

A flood hides no legal request; nor does it fill the desk, for `tickets.floods` gives whoever opens
too many tickets no more of their own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bot.requesters.means import own_tickets, take_in
from bot.turn import Turn
from tickets.models import ChatMessage, Post
from tickets.types import Inbound, Status

_FLOOD: Final = 20  # messages to us in one chat …
_FLOOD_TIME: Final = timedelta(minutes=10)  # … in this time
_FLOOD_NOTICE: Final = timedelta(hours=1)
_LIMIT_ROLE: Final = "limit"


async def is_flood(turn: Turn) -> bool:
    """Tell whether so much was written in this chat that not all of it can be answered."""
    since = turn.chat.desk.now() - _FLOOD_TIME
    here = ChatMessage.filter(chat_blind=turn.here.blind, created_at__gt=since)
    return await here.filter(role__in=("inbound", "in_group")).count() >= _FLOOD


async def keep_quietly(turn: Turn, inbound: Inbound | None = None) -> None:
    """Record without a word, but for one notice an hour."""
    since = turn.chat.desk.now() - _FLOOD_NOTICE
    told = Post.filter(chat_blind=turn.here.blind, role=_LIMIT_ROLE, created_at__gt=since)
    if not await told.exists():
        turn.say(turn.phrase("limit.notice"), thread=turn.thread_id, role=_LIMIT_ROLE)
    open_ones = (one for one in await own_tickets(turn) if one.status is not Status.CLOSED)
    still = next(open_ones, None)
    reading = await turn.read(inbound)
    ticket = still.id if still else None
    await take_in(turn, reading, lambda *_: None, inbound=inbound, ticket=ticket, is_quiet=True)
