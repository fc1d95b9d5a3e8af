"""One call at a time to each chat, and none before its server wants one again.

A server counts every call against the time that it named, also those that keep no order (a
reaction, a deletion): so they stand in their chat's line too, and wait with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final
from weakref import WeakValueDictionary

from tickets.errors import DeliveryError, TemporaryDeliveryError
from tickets.pacing import MINUTE, Pace
from tickets.types import Delivery

_LEAST: Final = timedelta(seconds=2)
_MOST: Final = 60  # times that
_PATIENCE: Final = 1.0  # seconds


class Lines:
    """One account's chats, by any name that stays the same for each."""

    def __init__(self, pace: Pace, now: Callable[[], datetime]) -> None:
        self._pace = pace
        self._now = now
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def alone(self, chat: str, attempts: int, *, in_order: bool) -> AsyncIterator[None]:
        """Call a chat; raise `TemporaryDeliveryError` where that must wait.

        What keeps no order stands behind a slow call for a moment only, and comes again.
        """
        if not chat:
            yield
            return
        line = self._lines.setdefault(chat, asyncio.Lock())
        try:
            await asyncio.wait_for(line.acquire(), None if in_order else _PATIENCE)
        except TimeoutError:
            raise TemporaryDeliveryError("busy", retry_after=_PATIENCE) from None
        try:
            now = self._now()
            if (until := self._pace.held_until(chat, now)) > now:
                raise TemporaryDeliveryError("held", retry_after=(until - now).total_seconds())
            yield
        except DeliveryError as exc:
            # The whole chat waits, so that its order is kept.
            if exc.retry_after or isinstance(exc, TemporaryDeliveryError):
                self._pace.hold(chat, self._now() + pause(exc, attempts))
            raise
        finally:
            line.release()

    async def recall(self, rows: Sequence[Any]) -> None:
        """Learn again after a restart what went out, and which chats wanted to be left alone."""
        now = self._now()
        for kind in rows:
            waiting = kind.filter(state=Delivery.QUEUED, attempts__gt=0, due_at__gt=now)
            for row in await waiting.exclude(chat_blind=""):
                self._pace.hold(row.chat_blind, row.due_at)
            sent = kind.filter(sent_at__gt=now - MINUTE).exclude(chat_blind="")
            for row in await sent.order_by("sent_at"):
                is_group = getattr(row, "is_group", False)
                self._pace.took(row.chat_blind, is_group=is_group, now=row.sent_at)


def pause(error: DeliveryError, attempts: int) -> timedelta:
    """Return how long to wait after a failure: what the server named, else more each time."""
    if error.retry_after:
        return timedelta(seconds=error.retry_after)
    times: int = min(2**attempts, _MOST)
    return _LEAST * times
