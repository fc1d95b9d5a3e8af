"""Keeps the forums as the desk is: a topic a ticket, its card, what was said.

What is shown is derived from the tickets, whoever changed them and by whichever door; so nothing is
missed when a process dies, and a topic that was deleted is opened anew.  It runs once for a bot.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tortoise.expressions import Q

from bot.forum.card import Writer
from bot.forum.outcomes import tell_outcomes
from bot.forum.reminders import Reminders
from bot.forum.topics import CARD, MIRROR, TOPIC, Topics
from bot.settings import TelegramDeskSettings, TelegramSettings
from bot.turn import Phrases
from tickets.agents import STAFF
from tickets.board import Board, Face
from tickets.desk import Desk
from tickets.dispatch import Lane
from tickets.forums import Forum, Forums
from tickets.ids import earlier
from tickets.matching import Blinder
from tickets.models import DeskTopic, Event, Post, Stamp, Ticket
from tickets.posts import Posts, thread
from tickets.transactions import transaction, unit_of_work
from tickets.types import Delivery, Intent

FULL: Final = 150
"""Calls waiting for one group, over seven minutes of them; then new topics wait, told by digest."""

_CALLS: Final = 3  # that a new topic costs
_BEHIND: Final = timedelta(seconds=20)
_AGAIN: Final = timedelta(minutes=1)
_OVERLAP: Final = timedelta(seconds=15)  # a transaction may commit later than one that began later
_SAVE_EVERY: Final = timedelta(seconds=10)
_AT_ONCE: Final = 25  # tickets in one turn
_LOOK: Final = 500


class Mirror:
    """One bot's forums."""

    def __init__(
        self, desk: Desk, forums: Forums, phrases: Phrases, settings: TelegramSettings
    ) -> None:
        self._desk = desk
        self._forums = forums
        self._settings = settings
        self._board = Board(desk, settings.name)
        self._blinder = Blinder(desk.vault)
        self._writers = {
            one.name: Writer(phrases, one.language, settings.console_url) for one in settings.desk
        }
        self._topics = Topics(desk, self._board, settings)
        self._reminders = Reminders(desk, self._board)
        self._mark: UUID | None = None  # the newest event that was looked at
        self._seen: set[UUID] = set()  # events within the overlap
        self._saved: UUID | None = None
        self._save_at = desk.now()
        self._stamp = f"forums:{settings.name}"[:32]
        self._day = ""
        self._waiting: dict[UUID, None] = {}  # tickets to look at, in order
        self._not_before: dict[UUID, datetime] = {}
        self._backlog: dict[UUID, int] = {}  # calls that wait, by forum; of this turn
        self._full: set[UUID] = set()  # forums whose new topics must wait

    async def run_once(self) -> int:
        """Queue what the forums lack; return how many posts that was."""
        if not self._forums.all:
            return 0
        await self._find_changed()
        await self._find_lost()
        await self._find_older()
        made = 0
        now = self._desk.now()
        due = [id_ for id_ in self._waiting if self._not_before.get(id_, now) <= now][:_AT_ONCE]
        self._backlog.clear()
        for ticket in await Ticket.filter(id__in=due).order_by("id"):
            # Should it fail, it is tried again, and does not hold up the others.
            self._not_before[ticket.id] = now + _AGAIN
            made += await self._show(ticket)
        for id_ in due:
            if id_ not in self._not_before:  # done, or there is no such ticket any more
                self._waiting.pop(id_, None)
        made += await tell_outcomes(self._posts(), self._forums, self._writers, self._desk)
        for forum in self._forums.all:
            writer, posts = self._writers[forum.name], self._posts()
            made += await self._reminders.run(forum, writer, posts, is_full=forum.id in self._full)
        self._full.clear()
        await self._save_mark()
        return made

    # What to look at

    async def _find_changed(self) -> None:
        """Note tickets to which something happened since the last look.

        Ids of events rise, but a transaction may commit after one that began later: so we look back
        a little, and know what we have seen there.
        """
        mark = self._mark = self._mark or await self._beginning()
        after = earlier(mark, _OVERLAP)
        while True:
            rows = Event.filter(id__gt=after).order_by("id").limit(_LOOK)
            found = await rows.values("id", "ticket_id")
            for row in found:
                if row["id"] not in self._seen and row["ticket_id"] is not None:
                    self._look_at(row["ticket_id"])
            self._seen.update(row["id"] for row in found)
            if len(found) < _LOOK:
                break
            after = found[-1]["id"]
        self._mark = max([mark, *(row["id"] for row in found)])
        edge = earlier(self._mark, _OVERLAP)
        self._seen = {id_ for id_ in self._seen if id_ > edge}

    async def _beginning(self) -> UUID:
        """Return the event that was shown last, or the newest: what is older has no topic."""
        newest = await Event.all().order_by("-id").first()
        value = str(newest.id if newest else UUID(int=0))
        row, _ = await Stamp.get_or_create(name=self._stamp, defaults={"value": value})
        self._saved = UUID(row.value)
        return self._saved

    async def _save_mark(self) -> None:
        """Keep how far we are, once all of it is shown; at most every few seconds."""
        now = self._desk.now()
        if self._waiting or self._mark in {None, self._saved} or now < self._save_at:
            return
        await Stamp.filter(name=self._stamp).update(value=str(self._mark))
        self._saved, self._save_at = self._mark, now + _SAVE_EVERY

    async def _find_lost(self) -> None:
        """Note tickets whose topic is gone, and posts that came to nothing."""
        forums = [forum.id for forum in self._forums.all]
        lost = DeskTopic.filter(forum_id__in=forums, thread=None, is_open=True).limit(_LOOK)
        for row in await lost.values("ticket_id"):
            self._look_at(row["ticket_id"])
        failed = Post.filter(
            Q(state=Delivery.FAILED, role__in=(TOPIC, CARD, MIRROR))
            | Q(state=Delivery.UNKNOWN, role__in=(TOPIC, CARD)),
            account=self._settings.name,
        )
        for post in await failed.limit(_LOOK):
            await self._topics.note_failure(post)
            if post.ticket_id is not None:
                self._look_at(post.ticket_id)

    async def _find_older(self) -> None:
        """Note every open topic once a day: what is due is a day nearer."""
        today = f"{self._desk.now():%F}"
        if self._day and today != self._day:
            for row in await DeskTopic.filter(is_open=True).order_by("id").values("ticket_id"):
                self._look_at(row["ticket_id"])
        self._day = today

    def _look_at(self, ticket: UUID) -> None:
        self._waiting.setdefault(ticket)

    # What to show

    async def _show(self, ticket: Ticket) -> int:
        face = await self._board.face(ticket)
        place = self._place(face)
        left = await self._leave(ticket, place[0] if place else None)
        if place is None:
            self._done(ticket.id, None)
            return left
        forum, settings = place
        again: datetime | None
        topic = await DeskTopic.get_or_none(forum_id=forum.id, ticket_id=ticket.id)
        if topic is None and not self._is_for_topics(face):
            self._done(ticket.id, None)
            return left
        posts = self._posts()
        if topic is None and await self._is_behind(forum):
            again = self._desk.now() + _BEHIND
        else:
            again = await self._topics.show(
                posts, forum, settings, self._writers[forum.name], ticket, face, topic
            )
        self._done(ticket.id, again)
        return left + len(posts.rows)

    async def _leave(self, ticket: Ticket, here: Forum | None) -> int:
        """Close a ticket's topics in forums that it no longer belongs to; return how many posts.

        Its law or language became known after it was first shown.
        """
        others = {one.id: one for one in self._forums.all if one != here}
        topics = await DeskTopic.filter(
            ticket_id=ticket.id, forum_id__in=list(others), is_open=True, thread__isnull=False
        )
        if not topics:
            return 0
        posts, staff = self._posts(), (await self._desk.vault.create_keys([STAFF]))[STAFF]
        for topic in topics:
            to = posts.address(others[topic.forum_id].chat, staff)
            where = {"message_thread_id": thread(topic.id)}
            key = f"state:{topic.id.hex}"
            posts.add("closeForumTopic", to, where, lane=Lane.CARD, key=key)
        await _close(posts, [topic.id for topic in topics])
        return len(posts.rows)

    def _done(self, ticket: UUID, again: datetime | None) -> None:
        """Look at a ticket again at a time, or only when something happens to it."""
        if again is not None:
            self._not_before[ticket] = again
            return
        self._waiting.pop(ticket, None)
        self._not_before.pop(ticket, None)

    async def _is_behind(self, forum: Forum) -> bool:
        """Tell whether so much waits for this group that new topics must wait for a digest."""
        if forum.id not in self._backlog:
            queued = Post.filter(state=Delivery.QUEUED, chat_blind=forum.chat_blind)
            self._backlog[forum.id] = await queued.count()
        is_behind = self._backlog[forum.id] >= FULL
        if is_behind:
            self._full.add(forum.id)
        self._backlog[forum.id] += _CALLS
        return is_behind

    @staticmethod
    def _is_for_topics(face: Face) -> bool:
        """Tell whether a ticket deserves a topic of its own: spam and what is over do not."""
        return face.look != "closed" and face.intent is not Intent.SPAM and not face.is_erased

    def _place(self, face: Face) -> tuple[Forum, TelegramDeskSettings] | None:
        """Return the first forum that a ticket belongs to, by language and law.

        While no law is established, any that may apply will do.
        """
        forums = {forum.name: forum for forum in self._forums.all}
        for desk in self._settings.desk:
            language = face.language.partition("-")[0]
            speaks = not desk.languages or {face.language, language} & set(desk.languages)
            knows = not desk.regimes or set(face.laws or face.regimes) & set(desk.regimes)
            if speaks and knows and desk.name in forums:
                return forums[desk.name], desk
        return None

    def _posts(self) -> Posts:
        return Posts(self._settings.name, self._desk.now(), self._blinder.blind)


@unit_of_work
async def _close(posts: Posts, topics: list[UUID]) -> None:
    async with transaction():
        await posts.save()
        await DeskTopic.filter(id__in=topics).update(is_open=False)
