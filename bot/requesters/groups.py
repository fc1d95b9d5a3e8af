"""Groups that are no desk: only who addresses us is answered, and led into the private chat.

What they wrote is recorded at once, so that the day of receipt counts; the link carries it over.
Neither data nor a reference is ever shown in a group.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bot.buttons import Button
from bot.requesters.banned import is_kept_away
from bot.requesters.floods import is_flood, keep_quietly
from bot.requesters.means import Means, take_in
from bot.requesters.menu import CARRIED
from bot.told import Said
from bot.turn import Turn
from tickets.models import Message, Ticket


async def hear_in_group(turn: Turn, _means: Means) -> None:
    """Answer whoever speaks to us; everybody else is not our business."""
    said = turn.said
    if said is None or not said.addressed:
        await turn.finish("not_addressed")
        return
    words = _words(turn, said)
    nobody = said.person is None or said.person.is_bot or said.is_anonymous_admin
    if nobody or not (words or said.files) or await is_kept_away(turn, is_asked=False):
        _lead(turn, said, CARRIED)
        await turn.finish("led")
        return
    inbound = replace(turn.inbound, text=words, newest=words)
    if await is_flood(turn):
        await keep_quietly(turn, inbound)
        return

    def then(ticket: Ticket, _message: Message) -> None:
        _lead(turn, said, f"{CARRIED}{ticket.id.hex}")

    await take_in(turn, await turn.read(inbound), then, inbound=inbound, is_quiet=True)


def _lead(turn: Turn, said: Said, payload: str) -> None:
    """Lead into the private chat, by an answer to what was written."""
    url = f"https://t.me/{turn.me.username}?start={payload}"
    button = Button(turn.phrase("button.write_privately"), url=url)
    turn.say(
        turn.phrase("group.private"),
        [[button]],
        reply_to=said.message_id,
        thread=said.thread_id,
        role="lead",
    )


def _words(turn: Turn, said: Said) -> str:
    """Return what was written, without the command and our name."""
    text = said.argument if said.command else said.text
    return re.sub(rf"@{re.escape(turn.me.username)}\b", "", text, flags=re.IGNORECASE).strip()
