"""Reminds a desk of what is due: in the topic, in open hours only; many at once in one digest.

What passed is recorded by `tickets.clock`; here it is told.  How far that went is kept, so that a
restart neither repeats nor forgets.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from bot.buttons import keyboard
from bot.forum.card import Writer
from bot.text import bold, escape
from tickets.agents import STAFF
from tickets.board import Board, Face, Look
from tickets.desk import Desk
from tickets.dispatch import Lane
from tickets.forums import Forum
from tickets.models import ClockFamily, ClockKind, ClockNotice, DeskTopic, Stamp, Ticket
from tickets.posts import Posts, thread
from tickets.transactions import transaction, unit_of_work

MOST: Final = 5
"""Reminders at once; more than these are told as one digest."""

EVERY: Final = timedelta(minutes=10)
"""Between two digests of a forum that cannot follow."""

_TOLD: Final = ("14d", "7d", "3d", "1d", "breach")
_LOOK: Final = 200


class Reminders:
    """What forums are reminded of."""

    def __init__(self, desk: Desk, board: Board) -> None:
        self._desk = desk
        self._board = board
        self._told: dict[UUID, datetime] = {}  # when a full forum is told again

    async def run(
        self, forum: Forum, writer: Writer, posts: Posts, *, is_full: bool = False
    ) -> int:
        """Queue what is to be told now; return how many posts that was.

        A forum that `is_full` is told by a digest, once in a while, what has no topic yet.
        """
        now = self._desk.now()
        if is_full and self._told.get(forum.id, now) <= now:
            self._told[forum.id] = now + EVERY
            await self._digest(forum, writer, posts)
            await save_posts(posts)
            return len(posts.rows)
        if self._desk.targets.office.next_open(now) > now:
            return 0
        stamp = await self._stamp(forum)
        after, _, day = stamp.value.partition(" ")
        notices = ClockNotice.filter(id__gt=UUID(after)).order_by("id").limit(_LOOK)
        found = await notices.select_related("clock")
        due = [n.clock.ticket_id for n in found if _is_told(n)]
        faces = await self._faces(forum, due)
        today = f"{now:%F}"
        if len(faces) > MOST or (day and day != today):
            await self._digest(forum, writer, posts)
        if len(faces) <= MOST:
            for face, topic in faces:
                await self._remind(forum, writer, posts, face, topic)
        value = f"{found[-1].id if found else after} {today}"
        if value != stamp.value:
            await _save(stamp.name, value, posts)
        return len(posts.rows)

    async def _stamp(self, forum: Forum) -> Stamp:
        name = f"remind:{forum.id.hex}"[:32]
        if (row := await Stamp.get_or_none(name=name)) is not None:
            return row
        last = await ClockNotice.all().order_by("-id").first()
        return await Stamp.create(name=name, value=f"{last.id if last else UUID(int=0)} ")

    async def _faces(self, forum: Forum, tickets: list[UUID]) -> list[tuple[Face, DeskTopic]]:
        topics = await DeskTopic.filter(forum_id=forum.id, ticket_id__in=tickets)
        found = []
        for topic in topics:
            face = await self._board.face(await Ticket.get(id=topic.ticket_id))
            if face.look is not Look.CLOSED and face.due_on is not None:
                found.append((face, topic))
        return found

    async def _remind(
        self, forum: Forum, writer: Writer, posts: Posts, face: Face, topic: DeskTopic
    ) -> None:
        to = posts.address(forum.chat, (await self._desk.vault.create_keys([STAFF]))[STAFF])
        ticket = await Ticket.get(id=face.ticket)
        text = remind_text(writer, face)
        if account := await self._board.account_of(ticket.agent_id):
            text = f'<a href="tg://user?id={account}">{escape(face.holder)}</a> {text}'
        first = writer.button("claim", "d.claim", face.reference)
        extend = writer.button("extend", "d.extend", face.reference)
        later = writer.button("remind", "d.remind", face.reference)
        rows = [[*([] if face.holder else [first]), extend], [later]]
        posts.add(
            "sendMessage",
            to,
            {
                "text": text,
                "message_thread_id": thread(topic.id),
                "reply_markup": keyboard(rows),
            },
            lane=Lane.CARD,
            role="prompt",
            key=f"remind:{topic.id.hex}",
            ticket_id=face.ticket,
        )

    async def _digest(self, forum: Forum, writer: Writer, posts: Posts) -> None:
        """Say in General what waits, if anything does."""
        new, due = await self._board.unclaimed(200), await self._board.due_within(limit=200)
        faces = [await self._board.face(ticket) for ticket in due]
        late = sum(face.look is Look.OVERDUE for face in faces)
        if not (new or due):
            return
        to = posts.address(forum.chat, (await self._desk.vault.create_keys([STAFF]))[STAFF])
        head = writer.phrase("desk.list.digest", new=len(new), due=len(faces) - late, overdue=late)
        lines = [escape(writer.line(face)) for face in faces[:15]]
        posts.add(
            "sendMessage",
            to,
            {"text": "\n".join([bold(head), *lines])},
            lane=Lane.CARD,
            role="prompt",
            key=f"digest:{forum.id.hex}",
            life=timedelta(hours=12),
        )


def remind_text(writer: Writer, face: Face) -> str:
    """Return a reminder, as HTML."""
    days = face.days_left or 0
    if days < 0:
        text = writer.phrase("desk.remind.overdue", reference=face.reference, due=face.due_on)
    elif days == 0:
        text = writer.phrase("desk.remind.due_today", reference=face.reference)
    else:
        text = writer.phrase(
            "desk.remind.due", reference=face.reference, due=face.due_on, days=days
        )
    return escape(text)


def _is_told(notice: ClockNotice) -> bool:
    clock = notice.clock
    is_law = clock.family is ClockFamily.STATUTE and clock.kind is ClockKind.RESPOND
    is_open = clock.met_at is None and clock.stopped_at is None
    return is_law and is_open and notice.code in _TOLD


@unit_of_work
async def save_posts(posts: Posts) -> None:
    """Commit posts that belong to nothing else."""
    async with transaction():
        await posts.save()


@unit_of_work
async def _save(name: str, value: str, posts: Posts) -> None:
    async with transaction():
        await Stamp.filter(name=name).update(value=value)
        await posts.save()
