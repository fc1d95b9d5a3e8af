"""What arrives from Telegram: asked for, kept and committed, and only then confirmed.

Nothing is read here beyond what keeps an update apart from the next.  The Bot API forgets an update
once a higher offset was asked for, so that is asked only after the journal's commit; whatever
comes twice is known by its key.  docs/telegram.md says what is promised for each failure.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from bot.client import Client
from bot.refusals import Refused, Why
from bot.settings import TelegramSettings
from bot.updates import ALLOWED_UPDATES, Me, chat_of, update_key
from tickets.errors import DeliveryError, TemporaryDeliveryError, UnknownDeliveryError
from tickets.journal import Arrival
from tickets.types import Channel

_SAME_OFFSET: Final = 3.0  # seconds; who asks the same again sooner is punished by the server
_PATIENCE: Final = 3  # conflicts in a row before we say that another copy runs
_QUARREL: Final = 30.0  # seconds between two tries while another copy runs
_REFUSED: Final = 60.0  # seconds between two tries with a token that is not taken
_LONGEST: Final = 30.0  # seconds between two tries without a connection
_OUTAGE: Final = timedelta(hours=12)  # the Bot API keeps updates for 24

_log = logging.getLogger(__name__)


class Keeper(Protocol):
    """The journal, as far as a door needs it."""

    async def keep(self, arrivals: Sequence[Arrival]) -> list[str | None]:
        """Commit what arrived; None for what was held already."""


@dataclass(slots=True)
class BotStatus:
    """How the door fares, for people and for health checks."""

    trouble: str = ""  # why nothing comes, in codes; empty when all is well
    heard_at: datetime | None = None  # when the server last answered


async def introduce(client: Client) -> Me:
    """Ask who we are; raises as `Client.call` does."""
    told = await client.call("getMe")
    return Me(int(told["id"]), str(told.get("username", "")))


def arrivals(updates: Sequence[Any], account: str, now: datetime) -> list[Arrival]:
    """Return updates as the journal keeps them: each as JSON, under its key."""
    return [
        Arrival(
            account,
            _raw(update),
            now,
            key=update_key(update),
            chat=str(chat_of(update) or ""),
            channel=Channel.TELEGRAM,
        )
        for update in updates
    ]


def _raw(update: object) -> bytes:
    """Return an update's JSON; half a surrogate pair stays the escape that it came as."""
    text = json.dumps(update, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


class Polling:
    """Asks for updates, again and again; of one bot there may be one."""

    def __init__(
        self,
        client: Client,
        journal: Keeper,
        settings: TelegramSettings,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self.status = BotStatus()
        self._client = client
        self._journal = journal
        self._settings = settings
        self._now = now
        self._offset: int | None = None  # none: whatever was not confirmed comes again
        self._asked_at: float | None = None
        self._over = asyncio.Event()
        self._is_ready = False
        self._is_keeping = False
        self._conflicts = 0
        self._failures = 0
        self._is_alarmed = False

    async def run_once(self) -> int:
        """Ask once, keep what came, and return how many updates that was.

        Waits as long as the settings say where there is nothing, and a moment where the same
        offset was asked for just now.  Raises as `Client.call` and the journal do; the next call
        asks the same again.
        """
        if not self._is_ready:
            await self._make_ready()
        await self._wait_to_ask_again()
        self._asked_at = asyncio.get_running_loop().time()
        seconds = self._settings.poll_seconds
        updates = await self._client.call(
            "getUpdates",
            {"offset": self._offset, "timeout": seconds, "allowed_updates": ALLOWED_UPDATES},
            timeout=seconds + 10,
        )
        self._heard()
        if updates:
            await self._keep(updates)
        return len(updates)

    async def run(self, over: asyncio.Event) -> None:
        """Ask until `over`; a question that is on its way then is taken back."""
        self._over = over
        self._heard_from_now_on()
        while not over.is_set():
            asking = asyncio.create_task(self.run_once())
            ending = asyncio.create_task(over.wait())
            await asyncio.wait({asking, ending}, return_when=asyncio.FIRST_COMPLETED)
            ending.cancel()
            if not self._is_keeping:
                asking.cancel()  # what was not kept was not confirmed either
            outcome, _ = await asyncio.gather(asking, ending, return_exceptions=True)
            if isinstance(outcome, DeliveryError):
                await self._sleep(self._pause(outcome))
            elif isinstance(outcome, Exception):
                raise outcome

    async def _keep(self, updates: Sequence[Any]) -> None:
        self._is_keeping = True
        try:
            await self._journal.keep(arrivals(updates, self._settings.name, self._now()))
        finally:
            self._is_keeping = False
        self._offset = 1 + max(update["update_id"] for update in updates)
        self._asked_at = None

    async def _make_ready(self) -> None:
        """Take back a webhook: while one is set nobody may ask."""
        told = await self._client.call("getWebhookInfo")
        if told.get("url"):
            await self._client.call("deleteWebhook", {"drop_pending_updates": False})
        self._is_ready = True

    async def _wait_to_ask_again(self) -> None:
        if self._asked_at is not None:
            since = asyncio.get_running_loop().time() - self._asked_at
            await self._sleep(_SAME_OFFSET - since)

    async def _sleep(self, seconds: float) -> None:
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), seconds)

    def _heard_from_now_on(self) -> None:
        self.status.heard_at = self.status.heard_at or self._now()

    def _heard(self) -> None:
        self.status.heard_at = self._now()
        self.status.trouble = ""
        self._conflicts = self._failures = 0
        self._is_alarmed = False

    def _pause(self, error: DeliveryError) -> float:
        """Say what is wrong, and return how long to wait before the next try, in seconds."""
        if isinstance(error, Refused) and error.code is Why.CONFLICT:
            return self._quarrel()
        if isinstance(error, Refused) and error.code is Why.UNAUTHORIZED:
            self._tell("telegram_unauthorized", "the token is not taken: see telegram.token")
            return _REFUSED
        self.status.trouble = error.reason
        self._watch_outage()
        if isinstance(error, TemporaryDeliveryError) and error.retry_after:
            return error.retry_after
        self._failures += 1
        if self._failures == 1 and isinstance(error, UnknownDeliveryError):
            return 0.0  # a connection that was cut while it waited
        return min(2.0**self._failures, _LONGEST) * random.uniform(0.5, 1)  # noqa: S311  - jitter

    def _quarrel(self) -> float:
        self._conflicts += 1
        self._is_ready = False  # it may be a webhook that somebody set
        if self._conflicts < _PATIENCE:
            return _SAME_OFFSET
        self._tell("telegram_conflict", "another copy is running with this bot's token")
        return _QUARREL

    def _watch_outage(self) -> None:
        heard_at = self.status.heard_at
        if heard_at is None or self._now() - heard_at < _OUTAGE or self._is_alarmed:
            return
        self._is_alarmed = True
        _log.error(
            "nothing was heard for 12 hours; after 24 messages are lost",
            extra={"action": "telegram_outage", "account": self._settings.name},
        )

    def _tell(self, action: str, what: str) -> None:
        """Log a trouble once, for as long as it lasts."""
        if self.status.trouble != action:
            _log.error(what, extra={"action": action, "account": self._settings.name})
        self.status.trouble = action
