"""One ticket in one forum: its topic, its card, and what was said since it was last shown.

Posts and the topic's row commit together.  A topic may cost three calls when it is opened; then the
card is edited at most once in ten seconds, and words that wait for their turn are joined into one
message.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from bot.forum.card import ICONS, Card, Writer
from bot.refusals import Why
from bot.settings import TelegramDeskSettings, TelegramSettings
from bot.text import utf16_length
from tickets.agents import STAFF
from tickets.board import WORDS, Board, Face, Look, Word
from tickets.desk import Desk
from tickets.dispatch import Lane
from tickets.forums import Forum
from tickets.ids import new_id
from tickets.models import DeskTopic, Post, Ticket
from tickets.posts import Address, Posts, card, icon, thread
from tickets.transactions import transaction, unit_of_work
from tickets.types import Channel, Delivery

TOPIC: Final = "topic"
"""The role of a post that opens a topic."""
CARD: Final = "card"
MIRROR: Final = "mirror"
LOST: Final = "lost"
"""The role of a mirror that can never be shown, such as of a message that was deleted."""

_EVERY: Final = timedelta(seconds=10)  # between two edits of a card
_LATER: Final = timedelta(seconds=1)
_DOUBT: Final = timedelta(seconds=30)  # a topic that may have been opened comes back as an update
_BLOCK: Final = timedelta(minutes=5)  # until a forum that refuses us is tried again
_JOINED: Final = 3500  # UTF-16 units of words in one message
_UNDERWAY: Final = (Delivery.QUEUED, Delivery.SENDING, Delivery.SENT, Delivery.UNKNOWN)
_NOT_OURS: Final = frozenset((Why.NO_RIGHTS, Why.KICKED, Why.NO_CHAT, Why.NOT_FORUM))
_AGAIN: Final = frozenset((Why.NO_TOPIC, Why.MIGRATED, Why.TOPIC_CLOSED)) | _NOT_OURS
_PLAIN: Final[dict[str, Any]] = {"link_preview_options": {"is_disabled": True}}

_log = logging.getLogger(__name__)


class _TooLate(Exception):
    """What was to be replaced is on its way already: look again."""


@dataclass(slots=True)
class _Shown:
    """What is needed to show one ticket."""

    posts: Posts
    to: Address
    writer: Writer
    ticket: Ticket
    face: Face
    topic: DeskTopic
    is_new: bool
    replaced: list[UUID]
    again: datetime | None = None

    def later(self, moment: datetime) -> None:
        """Have this ticket looked at again."""
        self.again = min(moment, self.again or moment)


class Topics:
    """Shows tickets, one at a time."""

    def __init__(self, desk: Desk, board: Board, settings: TelegramSettings) -> None:
        self._desk = desk
        self._board = board
        self._settings = settings
        self._blocked: dict[UUID, datetime] = {}

    async def show(  # noqa: PLR0913, PLR0917  - a ticket, a place, and how to write there
        self,
        posts: Posts,
        forum: Forum,
        desk: TelegramDeskSettings,
        writer: Writer,
        ticket: Ticket,
        face: Face,
        topic: DeskTopic | None,
    ) -> datetime | None:
        """Queue what the topic lacks; return when to look again where it could not be done now."""
        now = self._desk.now()
        if (until := self._blocked.get(forum.id, now)) > now:
            return until
        staff = (await self._desk.vault.create_keys([STAFF]))[STAFF]
        to = posts.address(forum.chat, await self._board.key(ticket) or staff)
        row = topic or DeskTopic(
            id=new_id(), forum_id=forum.id, ticket_id=ticket.id, created_at=now, former=[]
        )
        shown = _Shown(posts, to, writer, ticket, face, row, topic is None, [])
        if not await self._open(shown):
            return shown.again
        is_told = desk.mirror == "all" or (
            desk.mirror == "origin" and ticket.channel is Channel.TELEGRAM
        )
        first = await self._board.first(ticket) if is_told else None
        await self._card(shown, first, is_told=is_told)
        if is_told:
            await self._words(shown, first, forum.chat_blind)
        self._state(shown)
        try:
            await _save(shown)
        except _TooLate:
            posts.rows.clear()
            return now + _LATER
        return shown.again

    async def note_failure(self, post: Post) -> None:
        """Draw the conclusion from a post that came to nothing; what can be shown, is again."""
        why = post.error
        is_refused = post.state == Delivery.FAILED
        if why in _NOT_OURS or (post.role == TOPIC and is_refused and why not in _AGAIN):
            await self._block(post, why)
        if post.role == MIRROR and why not in _AGAIN:
            await Post.filter(id=post.id).update(role=LOST)
            return
        if post.role == CARD and (why in _AGAIN or why == Why.GONE or not is_refused):
            gone = why == Why.GONE or post.method == "sendMessage"
            fields: dict[str, Any] = {"version": ""} | ({"card": None} if gone else {})
            await DeskTopic.filter(ticket_id=post.ticket_id).update(**fields)
        await Post.filter(id=post.id).update(role="")

    async def _block(self, post: Post, why: str) -> None:
        """Leave a forum alone for a while that does not let us work."""
        topic = await DeskTopic.filter(ticket_id=post.ticket_id).order_by("-id").first()
        if topic is not None and self._blocked.get(topic.forum_id, self._desk.now()) <= (
            self._desk.now()
        ):
            self._blocked[topic.forum_id] = self._desk.now() + _BLOCK
            _log.error(
                "a forum does not let the bot work: see docs/telegram.md for the rights it needs",
                extra={"action": "forum_refused", "error": why},
            )

    async def _open(self, shown: _Shown) -> bool:
        """Open the topic where there is none; False where that is in doubt still."""
        topic, face = shown.topic, shown.face
        if topic.thread is not None:
            return True
        key = f"open:{topic.id.hex}"
        last = await Post.filter(key=key).order_by("-id").first()
        if last is not None and last.state in {Delivery.QUEUED, Delivery.SENDING}:
            return True
        if last is not None and last.state == Delivery.UNKNOWN:
            settles_at = last.created_at + _DOUBT
            if settles_at > self._desk.now():
                shown.later(settles_at)
                return False
        if face.look is Look.CLOSED:
            await DeskTopic.filter(id=topic.id).update(is_open=False)
            return False
        topic.title, topic.icon = shown.writer.title(face), str(face.look)
        topic.card, topic.version, topic.is_open = None, "", True
        shown.posts.add(
            "createForumTopic",
            shown.to,
            {
                "name": topic.title,
                "icon_custom_emoji_id": icon(ICONS[face.look]),
                "$topic": topic.id.hex,
            },
            lane=Lane.MIRROR,
            role=TOPIC,
            key=key,
            ticket_id=face.ticket,
        )
        return True

    async def _card(self, shown: _Shown, first: Word | None, *, is_told: bool) -> None:
        topic, now = shown.topic, self._desk.now()
        words = (first.text if first else "") if is_told else None
        made = shown.writer.card(shown.face, words)
        if made.version == topic.version:
            return
        key = f"card:{topic.id.hex}"
        if await Post.filter(key=key, state=Delivery.SENDING).exists():
            shown.later(now + _LATER)
            return
        if topic.card is None:
            self._send_card(shown, made, first, key)
            topic.shown_at = now
        else:
            due_at = max(now, (topic.shown_at or now) + _EVERY)
            if topic.shown_at and topic.shown_at > now:  # one waits already: at its time
                due_at = topic.shown_at
            params = {"message_id": card(topic.id), **_body(made)}
            shown.posts.add(
                "editMessageText",
                shown.to,
                params,
                lane=Lane.CARD,
                role=CARD,
                key=key,
                ticket_id=shown.face.ticket,
                wait=due_at - now,
            )
            topic.shown_at = due_at
        topic.version = made.version

    @staticmethod
    def _send_card(shown: _Shown, made: Card, first: Word | None, key: str) -> None:
        topic = shown.topic
        shown.posts.add(
            "sendMessage",
            shown.to,
            {
                "message_thread_id": thread(topic.id),
                "$topic": topic.id.hex,
                "disable_notification": False,
                **_body(made),
            },
            lane=Lane.MIRROR,
            role=CARD,
            key=key,
            ticket_id=shown.face.ticket,
            message_id=first.message if first else None,
        )
        shown.posts.add(
            "pinChatMessage",
            shown.to,
            {"message_id": card(topic.id), "disable_notification": True},
            lane=Lane.DIGEST,
            key=f"pin:{topic.id.hex}",
            ticket_id=shown.face.ticket,
        )

    async def _words(self, shown: _Shown, first: Word | None, here: str) -> None:
        """Mirror what was said since; a message that still waits is written anew with the rest."""
        posts = Post.filter(ticket_id=shown.face.ticket, role__in=(CARD, MIRROR, LOST))
        rows = await posts.exclude(message_id=None).order_by("id")
        told = [row for row in rows if row.state in _UNDERWAY or row.role == LOST]
        waiting = [row for row in told if _may_grow(row)]
        last = max((_shows(row) for row in told if row not in waiting), default=None)
        tail = [row for row in waiting if last is None or _shows(row) > last]
        if len(tail) < len(waiting):
            last = max(_shows(row) for row in told if row not in tail)
        words = await self._board.words(shown.ticket, last, besides=here)
        if last is None and first is not None:  # the card shows these; their files come after it
            words = [w for w in words if w.message != first.message or w.has_files]
        if not words or (tail and words[-1].message == tail[-1].message_id):
            return
        shown.replaced = [row.id for row in tail]
        if len(words) == WORDS:
            shown.later(self._desk.now() + _LATER)
        for group in _groups(words, shown.writer):
            self._mirror(shown, group)

    @staticmethod
    def _mirror(shown: _Shown, group: Sequence[Word]) -> None:
        last, where = group[-1], {"message_thread_id": thread(shown.topic.id)}
        method, params = "sendMessage", {"text": _joined(group, shown.writer), **_PLAIN}
        if last.has_files and last.numbers:
            params = {"from_chat_id": last.chat}
            if len(last.numbers) == 1:
                method, params["message_id"] = "copyMessage", last.numbers[0]
            else:
                method, params["message_ids"] = "copyMessages", list(last.numbers)
        shown.posts.add(
            method,
            shown.to,
            {**where, **params},
            lane=Lane.MIRROR,
            role=MIRROR,
            ticket_id=shown.face.ticket,
            message_id=last.message,
        )

    @staticmethod
    def _state(shown: _Shown) -> None:
        """Follow with title, icon, and whether the topic is open."""
        topic, face = shown.topic, shown.face
        title, look = shown.writer.title(face), str(face.look)
        where = {"message_thread_id": thread(topic.id)}
        is_open = face.look is not Look.CLOSED
        if is_open and not topic.is_open:
            key = f"state:{topic.id.hex}"
            shown.posts.add("reopenForumTopic", shown.to, where, lane=Lane.CARD, key=key)
        if (title, look) != (topic.title, topic.icon):
            names = {"name": title, "icon_custom_emoji_id": icon(ICONS[face.look])}
            key = f"icon:{topic.id.hex}"
            shown.posts.add(
                "editForumTopic", shown.to, where | names, lane=Lane.CARD, role="", key=key
            )
        if topic.is_open and not is_open:
            key = f"state:{topic.id.hex}"
            shown.posts.add("closeForumTopic", shown.to, where, lane=Lane.CARD, key=key)
        topic.title, topic.icon, topic.is_open = title, look, is_open


def _shows(post: Post) -> UUID:
    return post.message_id or post.id


def _may_grow(post: Post) -> bool:
    """Tell whether a message of words still waits, so that more can be said in it."""
    is_waiting = post.state == Delivery.QUEUED and not post.claimed_by
    return is_waiting and post.role == MIRROR and post.method == "sendMessage"


@unit_of_work
async def _save(shown: _Shown) -> None:
    async with transaction():
        for post in shown.replaced:
            queued = Post.filter(id=post, state=Delivery.QUEUED, claimed_by="")
            if not await queued.update(state=Delivery.EXPIRED, error="joined"):
                raise _TooLate
        await shown.posts.save()
        await _save_topic(shown)


async def _save_topic(shown: _Shown) -> None:
    """Write what was shown; thread and card belong to whoever carries out the calls."""
    topic = shown.topic
    if shown.is_new:
        await topic.save(force_create=True)
        return
    fields = {name: getattr(topic, name) for name in ("title", "icon", "version", "is_open")}
    if topic.thread is None:
        fields["card"] = None
    as_seen = DeskTopic.filter(id=topic.id, thread=topic.thread)
    if not await as_seen.update(shown_at=topic.shown_at, **fields):
        raise _TooLate


def _body(made: Card) -> dict[str, Any]:
    return {"text": made.text, "reply_markup": made.markup, **_PLAIN}


def _groups(words: Sequence[Word], writer: Writer) -> list[list[Word]]:
    """Join words without files as far as one message holds them."""
    groups: list[list[Word]] = []
    for word in words:
        is_file = word.has_files and bool(word.numbers)
        last = groups[-1] if groups else []
        if (
            not is_file
            and last
            and not (last[-1].has_files and last[-1].numbers)
            and utf16_length(_joined([*last, word], writer)) <= _JOINED
        ):
            last.append(word)
        else:
            groups.append([word])
    return groups


def _joined(words: Sequence[Word], writer: Writer) -> str:
    return "\n\n".join(writer.word(word) for word in words)
