"""Takes what was journalled from chats: strictly in order in each chat, chats side by side.

A turn that fails is set aside with its cause, listed and tried again (`Intake.shunt`); the chat
goes on.  Desks' chats go to the forum's flows, everything else to the requesters'.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from tortoise.expressions import Q

from bot.menu import REQUESTERS
from bot.settings import TelegramSettings
from bot.turn import Phrases, Turn, place, speaker
from bot.updates import Ignored, Me, Migrated, Pressed, Said, Told, Unreadable, chat_of, read_update
from tickets.chat import Chats, ChatTurn
from tickets.claims import Worker
from tickets.content import open_content
from tickets.desk import Desk
from tickets.draft import Draft, StaleDraft
from tickets.errors import Refusal, UnreadableMessage
from tickets.forums import Forums
from tickets.intake import Intake, is_database_down
from tickets.killpoints import kill
from tickets.models import Blob, Dialogue, InboundRecord, InboundState
from tickets.transactions import side_by_side
from tickets.types import Channel

_BATCH: Final = 40
_OF_ONE_CHAT: Final = 5
_EXPIRED: Final = 20
_TRIES: Final = 3

_log = logging.getLogger(__name__)


class Flow(Protocol):
    """What answers the updates of one kind of chat."""

    async def __call__(self, turn: Turn) -> None:
        """Answer; end with one of the turn's commits.  A `Refusal` is phrased here."""

    async def lapsed(self, turn: Turn) -> None:
        """Deal with a question whose time is over; nothing has been said."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A journalled update, opened."""

    record: InboundRecord
    blob: Blob
    raw: Any
    told: Told


class Conversation:
    """One bot's turns."""

    def __init__(  # noqa: PLR0913, PLR0917  - everything that it brings together
        self,
        desk: Desk,
        worker: Worker,
        intake: Intake,
        chats: Chats,
        forums: Forums,
        phrases: Phrases,
        settings: TelegramSettings,
        me: Me,
        requesters: Flow,
        agents: Flow,
    ) -> None:
        self._desk = desk
        self._worker = worker
        self._intake = intake
        self._chats = chats
        self._forums = forums
        self._phrases = phrases
        self._settings = settings
        self._me = me
        self._requesters = requesters
        self._agents = agents
        self._one_at_a_time = asyncio.Lock()  # a question lapses, or is answered
        self._is_torn = True  # a turn broke off: ours, or that of a process before us

    async def run_once(self) -> int:
        """Answer the next updates; return how many there were.

        Where the database fails nothing is lost: what was not answered comes again, in its order.
        """
        if self._is_torn:
            await self._intake.release_orphans()
        self._is_torn = True
        done = await self._answer_next()
        self._is_torn = False
        return done

    async def _answer_next(self) -> int:
        async with self._worker.claim(InboundRecord, await self._waiting()) as records:
            chats: dict[int | None, list[Opened]] = {}
            for one in [await self._open(record) for record in records]:
                if one is not None:
                    chats.setdefault(chat_of(one.raw), []).append(one)
            async with self._one_at_a_time:
                await side_by_side(*(self._in_order(updates) for updates in chats.values()))
            return len(records)

    async def lapse_once(self) -> int:
        """Deal with questions that nobody answered in time; return how many."""
        async with self._one_at_a_time:
            rows = Dialogue.filter(
                account=self._settings.name, expires_at__lte=self._desk.now()
            ).exclude(step="")
            done = 0
            for row in await rows.order_by("expires_at").limit(_EXPIRED):
                try:
                    done += await self._lapse(row)
                except Exception as exc:
                    if is_database_down(exc):
                        raise
                    _log.exception(
                        "a loop stumbled", extra={"action": "loop_failed", "loop": "lapsing"}
                    )
        return done

    async def _lapse(self, row: Dialogue) -> bool:
        chat = await self._chats.lapsed(row)
        if chat is None:
            return False
        flow = self._agents if self._forums.at(chat.chat) else self._requesters
        await flow.lapsed(self._turn(Ignored("lapsed"), chat))
        return True

    async def _waiting(self) -> list[UUID]:
        """Return the oldest updates, but few of any one chat: a crowd there stops nobody else."""
        rows = InboundRecord.filter(
            Q(state=InboundState.NEW)
            | Q(state=InboundState.SHUNTED, retry_at__lte=self._desk.now()),
            channel=Channel.TELEGRAM,
            account=self._settings.name,
            claimed_by="",
        )
        chosen: list[UUID] = []
        chats: Counter[str] = Counter()
        while len(chosen) < _BATCH:
            full = [chat for chat, count in chats.items() if count >= _OF_ONE_CHAT]
            more = rows.exclude(id__in=chosen).exclude(chat_blind__in=full)
            page = await more.order_by("id").limit(_BATCH).values_list("id", "chat_blind")
            for id_, chat in page:
                if chats[chat] < _OF_ONE_CHAT and len(chosen) < _BATCH:
                    chats[chat] += bool(chat)
                    chosen.append(id_)
            if len(page) < _BATCH:
                break
        return chosen

    async def _open(self, record: InboundRecord) -> Opened | None:
        try:
            blob = await Blob.get(id=record.blob_id)
            raw = json.loads(await open_content(self._desk.vault, blob))
            return Opened(record, blob, raw, read_update(raw, self._me))
        except Exception as exc:
            if is_database_down(exc):
                raise
            await self._intake.shunt(record, exc)
            return None

    async def _in_order(self, updates: Sequence[Opened]) -> None:
        for one in updates:
            try:
                await self._answer_at_last(one)
            except Exception as exc:
                if is_database_down(exc):
                    raise
                await self._intake.shunt(one.record, exc)
            kill("telegram.answered")

    async def _answer_at_last(self, one: Opened) -> None:
        """Answer; where others change the ticket each time, try again before it is set aside."""
        for _ in range(_TRIES - 1):
            try:
                return await self._answer(one)
            except StaleDraft:
                await one.record.refresh_from_db()
                await one.blob.refresh_from_db()
        return await self._answer(one)

    async def _answer(self, one: Opened) -> None:
        told, person, chat = one.told, speaker(one.told), place(one.told)
        if isinstance(told, Migrated):
            await self._forums.move(told.old_chat_id, told.new_chat_id)
        if isinstance(told, Unreadable):
            raise UnreadableMessage(one.record.id.hex, told.reason)
        if isinstance(told, Ignored | Migrated) or chat is None or person is None:
            reason = told.reason if isinstance(told, Ignored) else "nobody"
            await self._ignore(one, reason)
            return
        forum = self._forums.at(chat.id)
        if forum is None and not chat.is_private and not _is_for_us(told):
            await self._ignore(one, "not_addressed")
            return
        row = await self._chats.turn(
            one.record,
            one.blob,
            chat=chat.id,
            person=person.id,
            name=person.name,
            language=person.language_code,
            is_desk=forum is not None,
        )
        turn = self._turn(told, row, person.language_code)
        if isinstance(told, Said) and forum is None:
            row.mark(told.message_id, "inbound" if chat.is_private else "in_group")
        flow = self._agents if forum else self._requesters
        try:
            await flow(turn)
        except Refusal as exc:
            if row.is_done:
                raise
            _log.info("a turn was refused", extra={"action": "turn_refused", "code": exc.code})
            turn.answer(turn.phrase("alert.failed"), alert=True)
        if not row.is_done:
            await turn.finish()

    def _turn(self, told: Told, row: ChatTurn, code: str = "") -> Turn:
        language = self._language(row, code)
        return Turn(told, row, self._me, self._settings, self._phrases, language)

    def _language(self, row: ChatTurn, code: str) -> str:
        """Return the language to answer in: chosen, then the application's, then the default."""
        return self._phrases.language(
            row.agent_language,
            row.identity.chosen_language if row.identity else "",
            code,
            self._settings.language,
        )

    async def _ignore(self, one: Opened, reason: str) -> None:
        draft = Draft(self._desk.now())
        draft.finish(one.record, reason[:32], state=InboundState.IGNORED)
        await draft.save()


def _is_for_us(told: Told) -> bool:
    """Tell whether something in a group is meant for us: of others we remember nothing."""
    if not isinstance(told, Said):
        return isinstance(told, Pressed)
    is_other_bots = told.command and told.command not in REQUESTERS
    return told.addressed and (not is_other_bots or "@" in told.text.split()[0])
