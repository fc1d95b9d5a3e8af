"""One bot, whole: what asks for updates, answers them, fetches files, mirrors and sends.

Of one bot only one process runs these loops (`helpdesk.service` holds its lock).  Everything is
handed in; nothing here knows the configuration as a whole or another door.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import httpx

from bot.app import Polling, introduce
from bot.client import Client
from bot.conversation import Conversation
from bot.delivery import Delivery
from bot.files import Files
from bot.forum.flow import Agents
from bot.forum.mirror import Mirror
from bot.menu import Menu
from bot.requesters.closing import Closings
from bot.requesters.flow import Requesters
from bot.settings import TelegramSettings
from bot.turn import Phrases
from bot.webhook import Webhook
from tickets.actions import Actions
from tickets.attachments import Attachments
from tickets.chat import Chats
from tickets.claims import Worker
from tickets.desk import Desk
from tickets.detours import by_mail
from tickets.dispatch import Call, Dispatch, undeliverable
from tickets.draft import Step
from tickets.errors import ConfigError, DeliveryError, PermanentDeliveryError
from tickets.forums import Forums
from tickets.intake import Intake
from tickets.journal import Journal
from tickets.models import Message
from tickets.pacing import Limits, Pace
from tickets.proof import Proof
from tickets.transactions import first_of, run_loop
from tickets.types import Channel

_PAUSE: Final = 1.0  # seconds between two looks where no bell rings
_TRY_AGAIN: Final = 5.0
_LAPSE: Final = 10.0
_MENU: Final = 60.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a bot is handed."""

    desk: Desk
    worker: Worker
    journal: Journal
    intake: Intake
    actions: Actions
    proof: Proof
    phrases: Phrases


class Door:
    """The Telegram door; `prepare` before anything else."""

    def __init__(
        self,
        settings: TelegramSettings,
        wiring: Wiring,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.settings = settings
        self._wiring = wiring
        desk, limits = wiring.desk, settings.limits
        self.client = Client(settings, transport=transport)
        self.forums = Forums(desk.vault, settings.name)
        self.polling = Polling(self.client, wiring.journal, settings, now=desk.now)
        pace = Pace(Limits(limits.group_per_minute, limits.private_per_second, limits.per_second))
        delivery = Delivery(self.client, self.forums, self._unreachable)
        self.dispatch = Dispatch(desk, wiring.worker, settings.name, delivery, pace)
        attachments = Attachments(desk.vault, Channel.TELEGRAM, now=desk.now)
        self.files = Files(self.client, attachments, refused_types=settings.refuse_files)
        self.mirror = Mirror(desk, self.forums, wiring.phrases, settings)
        self.closings = Closings(desk, wiring.phrases, settings)
        self._conversation: Conversation | None = None

    @property
    def conversation(self) -> Conversation:
        """What answers; there is none before the bot knows its own name."""
        if self._conversation is None:
            raise AssertionError("prepare comes first")
        return self._conversation

    async def prepare(self) -> None:
        """Learn who we are and where the forums are; raises as `Client.call` does."""
        wiring, settings = self._wiring, self.settings
        me = await introduce(self.client)
        if settings.username and settings.username.lower() != me.username.lower():
            _log.error(
                "telegram.username names another bot: links in mails lead to that one",
                extra={"action": "wrong_bot_named", "account": settings.name},
            )
        await self.forums.load([(desk.name, desk.chat_id) for desk in settings.desk])
        chats = Chats(wiring.desk, wiring.intake, wiring.actions, settings.name)
        self._conversation = Conversation(
            wiring.desk,
            wiring.worker,
            wiring.intake,
            chats,
            self.forums,
            wiring.phrases,
            settings,
            me,
            Requesters(wiring.proof),
            Agents(self.forums),
        )

    async def run(self, over: asyncio.Event) -> None:
        """Run every loop until `over`; a server that does not answer is asked again."""
        while not over.is_set():
            try:
                await self.prepare()
            except DeliveryError as exc:
                _log.warning(
                    "the bot is not ready", extra={"action": "bot_waits", "error": exc.reason}
                )
                await first_of(over, seconds=_TRY_AGAIN)
            else:
                break
        if over.is_set():
            return
        kept, queued = self._wiring.journal.kept.hear(), self._wiring.intake.queued.hear()
        changed, fetched = self._wiring.intake.done.hear(), self._wiring.intake.done.hear()
        never = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            begin = group.create_task
            begin(self._keep_arriving(over))
            begin(self.set_menu(over))
            begin(_keep_running("conversation", self.conversation.run_once, over, kept, _PAUSE))
            begin(_keep_running("lapsing", self.conversation.lapse_once, over, never, _LAPSE))
            begin(_keep_running("mirror", self.mirror.run_once, over, changed, _PAUSE))
            begin(_keep_running("closings", self.closings.run_once, over, never, _LAPSE))
            begin(_keep_running("files", self.files.run_once, over, fetched, _PAUSE))
            begin(self.dispatch.run(over, queued))

    async def set_menu(self, over: asyncio.Event) -> None:
        """Set the menus, with as many tries as it takes: meanwhile people are answered as ever."""
        if not self.settings.set_menu:
            return
        company = self._wiring.desk.config.company.name
        menu = Menu(
            self.client,
            self._wiring.phrases,
            self.settings,
            company=company,
            forums=self.forums.all,
        )
        while not over.is_set():
            try:
                await menu.run_once()
            except DeliveryError as exc:
                _log.warning(
                    "menus were not set", extra={"action": "menu_refused", "error": exc.reason}
                )
                if isinstance(exc, PermanentDeliveryError):
                    return
                await first_of(over, seconds=exc.retry_after or _MENU)
            except Exception:  # noqa: BLE001  - a loop's outermost turn
                _log.exception("a loop stumbled", extra={"action": "loop_failed", "loop": "menu"})
                await first_of(over, seconds=_MENU)
            else:
                return

    async def work(self) -> int:
        """Do once what every loop but the asking for updates does; for tests."""
        done = await self.conversation.run_once()
        done += await self.mirror.run_once() + await self.files.run_once()
        done += await self.closings.run_once()
        return done + await self.dispatch.drain()

    async def close(self) -> None:
        """Let calls on their way end, and close the connections."""
        await self.dispatch.settle()
        await self.client.__aexit__()

    async def _keep_arriving(self, over: asyncio.Event) -> None:
        """Take what arrives; a database that fails for a moment ends nothing.

        Raise `ConfigError` where nothing could arrive.
        """
        while not over.is_set():
            try:
                await self._arrive(over)
            except ConfigError:
                raise
            except Exception:  # noqa: BLE001  - a loop's outermost turn
                _log.exception(
                    "a loop stumbled", extra={"action": "loop_failed", "loop": "arrivals"}
                )
                await first_of(over, seconds=_PAUSE)

    async def _arrive(self, over: asyncio.Event) -> None:
        if self.settings.webhook.url:
            webhook = Webhook(self._wiring.journal, self.settings, now=self._wiring.desk.now)
            await webhook.run(self.client, over)
        else:
            await self.polling.run(over)

    async def _unreachable(self, call: Call) -> Sequence[Step]:
        """Note that somebody stopped the bot; letters go by mail where that is proven theirs."""
        desk = self._wiring.desk
        steps: list[Step] = []
        message = await Message.get_or_none(id=call.message_id) if call.message_id else None
        if message is not None:
            steps.append(partial(undeliverable, message.identity_id, desk.now()))
        if call.letter is not None:
            steps += await by_mail(desk, call.row)
        return steps


async def _keep_running(
    name: str,
    turn: Callable[[], Awaitable[int]],
    over: asyncio.Event,
    wake: asyncio.Event,
    idle: float,
) -> None:
    """Run one loop: what escapes a turn is logged, and the loop goes on."""
    while not over.is_set():
        try:
            await run_loop(turn, over, wake, idle)
        except Exception:  # noqa: BLE001  - a loop's outermost turn
            _log.exception("a loop stumbled", extra={"action": "loop_failed", "loop": name})
            await first_of(over, seconds=_PAUSE)
