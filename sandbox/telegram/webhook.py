"""Posting updates to bots that want it: in order per chat, chats side by side, with retries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import httpx

from sandbox.telegram.api import Telegram
from sandbox.telegram.network import Event
from sandbox.telegram.nouns import Bot, Hook
from sandbox.telegram.updates import Update

_LONGEST_PAUSE = 60.0  # seconds
_SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header


class Webhooks:
    """Delivers for as long as `run` runs; a client and a way to sleep may be handed in."""

    def __init__(
        self,
        telegram: Telegram,
        client: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.telegram = telegram
        self._client = client or httpx.AsyncClient(trust_env=False, timeout=10)
        self._sleep = sleep
        self._wake = asyncio.Event()
        self._lanes: dict[tuple[int, str], asyncio.Task[None]] = {}
        telegram.listeners.append(self._notice)

    def _notice(self, events: tuple[Event, ...]) -> None:
        if any(event.kind in ("update", "webhook") for event in events):
            self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            while True:
                self._wake.clear()
                for bot in self.telegram.bots.values():
                    self._open_lanes(bot)
                await self._wake.wait()
        finally:
            for lane in self._lanes.values():
                lane.cancel()
            await asyncio.gather(*self._lanes.values(), return_exceptions=True)
            self.telegram.listeners.remove(self._notice)
            await self._client.aclose()

    def _open_lanes(self, bot: Bot) -> None:
        """Start a lane for each chat with news; no more at once than the bot wishes."""
        if bot.hook is None:
            return
        busy = {key for number, key in self._lanes if number == bot.id}
        for update in bot.updates.waiting(self.telegram.now(), 10**6):
            if len(busy) >= bot.hook.most_connections:
                return
            if update.chat_key not in busy:
                busy.add(update.chat_key)
                lane = (bot.id, update.chat_key)
                self._lanes[lane] = asyncio.create_task(self._serve(bot, update.chat_key))
                self._lanes[lane].add_done_callback(partial(self._close, lane))

    def _close(self, lane: tuple[int, str], _: object) -> None:
        self._lanes.pop(lane, None)
        self._wake.set()

    async def _serve(self, bot: Bot, chat_key: str) -> None:
        pause = 0.0  # the first retry comes at once
        while bot.hook is not None:
            waiting = bot.updates.waiting(self.telegram.now(), 10**6)
            update = next((u for u in waiting if u.chat_key == chat_key), None)
            if update is None:
                return
            if await self._deliver(bot.hook, update):
                bot.updates.drop(update.id)
                pause = 0.0
            else:
                await self._sleep(pause)
                pause = min(max(1.0, pause * 2), _LONGEST_PAUSE)

    async def _deliver(self, hook: Hook, update: Update) -> bool:
        headers = {_SECRET: hook.secret} if hook.secret else {}
        try:
            answer = await self._client.post(hook.url, json=update.public(), headers=headers)
        except httpx.HTTPError as error:
            trouble = f"Connection failed: {type(error).__name__}"
        else:
            if answer.is_success:
                return True
            trouble = f"Wrong response from the webhook: {answer.status_code}"
        hook.last_error, hook.last_error_at = trouble, self.telegram.now()
        return False
