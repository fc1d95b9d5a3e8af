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
from tickets.board import Board, Face
from tickets.desk import Desk
from tickets.forums import Forum, Forums
from tickets.matching import Blinder
from tickets.models import ClockNotice, DeskTopic, Post, Stamp, Ticket
from tickets.posts import Posts
from tickets.types import Delivery, Intent

_OVERLAP: Final = timedelta(seconds=60)  # a transaction may commit later than the time it names
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
        self._mark: datetime | None = None  # tickets changed until then were looked at
        self._seen: dict[UUID, datetime] = {}  # how those within the overlap stood
        self._noticed: UUID | None = None
        self._day = ""
        self._waiting: dict[UUID, None] = {}  # tickets to look at, in order
        self._not_before: dict[UUID, datetime] = {}

    async def run_once(self) -> int:
        """Queue what the forums lack; return how many posts that was."""
        if not self._forums.all:
            return 0
        await self._find_changed()
        await self._find_lost()
        await self._find_due()
        made = 0
        now = self._desk.now()
        due = [id_ for id_ in self._waiting if self._not_before.get(id_, now) <= now][:_AT_ONCE]
        for ticket in await Ticket.filter(id__in=due).order_by("id"):
            del self._waiting[ticket.id]
            self._not_before.pop(ticket.id, None)
            made += await self._show(ticket)
        for id_ in due:
            if id_ in self._waiting and id_ not in self._not_before:
                del self._waiting[id_]  # there is no such ticket any more
        made += await tell_outcomes(self._posts(), self._forums, self._writers, self._desk)
        for forum in self._forums.all:
            made += await self._reminders.run(forum, self._writers[forum.name], self._posts())
        return made

    # What to look at

    async def _find_changed(self) -> None:
        """Note tickets that changed since the last look."""
        since = self._mark or await self._beginning()
        rows = Ticket.filter(updated_at__gte=since - _OVERLAP).order_by("updated_at", "id")
        found = await rows.limit(_LOOK).values("id", "updated_at")
        fresh = [row for row in found if self._seen.get(row["id"]) != row["updated_at"]]
        if len(found) == _LOOK and not fresh:  # a burst within the overlap: go on behind it
            since = found[-1]["updated_at"]
            found = (
                await Ticket.filter(updated_at__gt=since)
                .order_by("updated_at", "id")
                .limit(_LOOK)
                .values("id", "updated_at")
            )
            fresh = found
        for row in fresh:
            self._look_at(row["id"])
            self._seen[row["id"]] = row["updated_at"]
        if found:
            self._mark = max(found[-1]["updated_at"], self._mark or since)
            edge = self._mark - 2 * _OVERLAP
            self._seen = {id_: at for id_, at in self._seen.items() if at >= edge}

    async def _beginning(self) -> datetime:
        """Return since when forums are kept: what is older has no topic until it moves."""
        now = self._desk.now()
        stamp = f"forums:{self._settings.name}"[:32]
        row, _ = await Stamp.get_or_create(name=stamp, defaults={"value": now.isoformat()})
        return datetime.fromisoformat(row.value)

    async def _find_lost(self) -> None:
        """Note tickets whose topic is gone, and posts that came to nothing."""
        forums = [forum.id for forum in self._forums.all]
        lost = DeskTopic.filter(forum_id__in=forums, thread=None).limit(_LOOK)
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

    async def _find_due(self) -> None:
        """Note tickets whose dates have come nearer: a warning, a breach, or another day."""
        notices = ClockNotice.all().order_by("id").select_related("clock")
        if self._noticed is None:
            last = await ClockNotice.all().order_by("-id").first()
            self._noticed = last.id if last else UUID(int=0)
        for notice in await notices.filter(id__gt=self._noticed).limit(_LOOK):
            self._look_at(notice.clock.ticket_id)
            self._noticed = notice.id
        today = f"{self._desk.now():%F}"
        if today != self._day:
            if self._day:
                for row in await DeskTopic.filter(is_open=True).order_by("id").values("ticket_id"):
                    self._look_at(row["ticket_id"])
            self._day = today

    def _look_at(self, ticket: UUID) -> None:
        self._waiting.setdefault(ticket)

    # What to show

    async def _show(self, ticket: Ticket) -> int:
        face = await self._board.face(ticket)
        place = self._place(face)
        if place is None:
            return 0
        forum, settings = place
        topic = await DeskTopic.get_or_none(forum_id=forum.id, ticket_id=ticket.id)
        if topic is None and not self._is_for_topics(face):
            return 0
        posts = self._posts()
        again = await self._topics.show(
            posts, forum, settings, self._writers[forum.name], ticket, face, topic
        )
        if again is not None:
            self._look_at(ticket.id)
            self._not_before[ticket.id] = again
        return len(posts.rows)

    @staticmethod
    def _is_for_topics(face: Face) -> bool:
        """Tell whether a ticket deserves a topic of its own: spam and what is over do not."""
        return face.look != "closed" and face.intent is not Intent.SPAM and not face.is_erased

    def _place(self, face: Face) -> tuple[Forum, TelegramDeskSettings] | None:
        """Return the first forum that a ticket belongs to, by language and law."""
        forums = {forum.name: forum for forum in self._forums.all}
        for desk in self._settings.desk:
            language = face.language.partition("-")[0]
            speaks = not desk.languages or {face.language, language} & set(desk.languages)
            knows = not desk.regimes or set(face.regimes) & set(desk.regimes)
            if speaks and knows and desk.name in forums:
                return forums[desk.name], desk
        return None

    def _posts(self) -> Posts:
        return Posts(self._settings.name, self._desk.now(), self._blinder.blind)
