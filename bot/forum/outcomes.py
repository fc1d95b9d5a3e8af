"""What became of agents' replies: a reaction on their message, a line where it went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bot.buttons import keyboard
from bot.forum.card import Writer
from bot.text import escape
from tickets.agents import STAFF
from tickets.desk import Desk
from tickets.dispatch import Lane
from tickets.forums import Forum, Forums
from tickets.ids import earlier, new_id
from tickets.models import ChatMessage, DeskTopic, OutboxEntry, Post, Ticket
from tickets.posts import Posts, thread
from tickets.transactions import transaction, unit_of_work
from tickets.types import Delivery

REPLYING: Final = "replying"
"""The role of an agent's message whose words are on their way to the requester."""
REPLIED: Final = "replied"
FAILED: Final = "reply_failed"
OUTCOME: Final = "outcome"
"""The role of what tells agents that a reply went wrong."""

WAITS, ARRIVED, BROKEN = "✍", "👍", "💔"
"""Reactions: it waits or is on its way, it was delivered, it was not."""

_BLOCKED: Final = frozenset(("blocked", "deactivated", "not_started"))
_WHY: Final = {"recipient erased": "erased", "no_chat": "no_chat", "too_large": "too_large"}
"""Codes of failures that are said in words of their own; every other is a refusal."""
_AT_ONCE: Final = 50
_RECENT: Final = timedelta(days=3)  # a reply is tried for a day
_TRIES: Final = 5


async def tell_outcomes(
    posts: Posts, forums: Forums, writers: Mapping[str, Writer], desk: Desk
) -> int:
    """Queue what agents are shown of their replies; return how many posts that was."""
    recent = ChatMessage.filter(id__gt=earlier(new_id(), _RECENT))
    rows = recent.filter(account=posts.account, role=REPLYING).order_by("id").limit(_AT_ONCE)
    places = {forum.chat_blind: forum for forum in forums.all}
    for row in await rows:
        entry = await OutboxEntry.filter(message_id=row.message_id).order_by("-id").first()
        forum = places.get(row.chat_blind)
        if entry is None or entry.state in {Delivery.QUEUED, Delivery.SENDING}:
            continue
        one = Posts(posts.account, posts.now, posts.blind)
        role = REPLIED
        if forum is not None:
            role = await _tell(one, forum, writers[forum.name], row, entry, desk)
        await _save(one, row, role)
        posts.rows += one.rows
    return len(posts.rows) + await _tell_again(posts)


async def _tell_again(posts: Posts) -> int:
    """Queue again what may not have reached the agents; return how many posts that was.

    Told twice it does no harm; told to nobody, a reply stays lost.
    """
    untold = Post.filter(account=posts.account, role=OUTCOME, state=Delivery.UNKNOWN)
    recent = untold.filter(claimed_by="", attempts__lt=_TRIES, id__gt=earlier(new_id(), _RECENT))
    return await recent.update(state=Delivery.QUEUED, due_at=posts.now, error="")


async def _tell(  # noqa: PLR0913, PLR0917  - a reply and where it was written
    posts: Posts,
    forum: Forum,
    writer: Writer,
    row: ChatMessage,
    entry: OutboxEntry,
    desk: Desk,
) -> str:
    """Say what became of one reply; return its role from now on."""
    to = posts.address(forum.chat, (await desk.vault.create_keys([STAFF]))[STAFF])
    if entry.state == Delivery.SENT:
        posts.react(to, row.number, ARRIVED)
        return REPLIED
    if entry.state == Delivery.CANCELLED:
        posts.react(to, row.number, "")
        return REPLIED
    posts.react(to, row.number, BROKEN)
    ticket = await Ticket.get(id=entry.ticket_id)
    if entry.error in _BLOCKED:
        text = writer.phrase("desk.said.blocked", reference=ticket.reference)
    elif entry.state == Delivery.UNKNOWN:
        text = writer.phrase("desk.ask.unknown_outcome", reference=ticket.reference)
    else:
        name = _WHY.get(entry.error, "refused")
        name = "expired" if entry.state == Delivery.EXPIRED else name
        why = writer.phrase(f"desk.undelivered.{name}")
        text = writer.phrase("desk.said.not_delivered", reference=ticket.reference, why=why)
    again = writer.button("send_again", "d.again", entry.id.hex)
    params = {
        "text": escape(text),
        "reply_parameters": {"message_id": row.number, "allow_sending_without_reply": True},
        "reply_markup": keyboard([[again]]),
    }
    topic = await DeskTopic.get_or_none(forum_id=forum.id, ticket_id=ticket.id)
    if topic is not None:
        params["message_thread_id"] = thread(topic.id)
    posts.add("sendMessage", to, params, lane=Lane.MIRROR, role=OUTCOME, ticket_id=ticket.id)
    return FAILED


@unit_of_work
async def _save(posts: Posts, row: ChatMessage, role: str) -> None:
    async with transaction():
        await ChatMessage.filter(id=row.id).update(role=role)
        await posts.save()
