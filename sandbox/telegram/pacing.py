"""How much a bot may send: per group, per chat, and in all."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from math import ceil


@dataclass(frozen=True)
class Limits:
    """Telegram's limits, as published and as seen; a figure of 0 switches that limit off."""

    group: int = 20  # messages within the window, all topics together
    window: float = 60.0  # seconds
    private: float = 1.0  # messages a second
    burst: int = 3  # that a private chat takes at once
    overall: int = 30  # messages a second


class Pacer:
    """Counts what was sent, and says how long to wait."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._groups: dict[int, deque[float]] = {}
        self._private: dict[int, float] = {}
        self._all: deque[float] = deque()
        self._until: dict[int | str, float] = {}

    def must_wait(self, line: int | str, at: datetime) -> bool:
        """Whether a `retry_after` that was given has not passed yet.

        It holds for a chat; where a call names none, for its query or its method.
        """
        return at.timestamp() < self._until.get(line, 0.0)

    def hold(self, line: int | str, seconds: int, at: datetime) -> None:
        """Refuse messages for so many seconds."""
        self._until[line] = at.timestamp() + seconds

    def admit(self, chat_id: int, messages: int, at: datetime, *, is_private: bool) -> int:
        """Count messages; return 0, or the seconds to wait if they are too many."""
        now = at.timestamp()
        waits = [self._until.get(chat_id, 0.0) - now, self._overall(now, messages)]
        waits.append(
            self._bucket(chat_id, now, messages)
            if is_private
            else self._group(chat_id, now, messages)
        )
        wait = max(0, *map(ceil, waits))
        if wait:
            self._until[chat_id] = now + wait
            return wait
        self._all.extend([now] * messages)
        if is_private:
            rate = self.limits.private or float("inf")
            ready = max(self._private.get(chat_id, now), now)
            self._private[chat_id] = ready + messages / rate
        else:
            self._groups[chat_id].extend([now] * messages)
        return 0

    def _overall(self, now: float, messages: int) -> float:
        return _wait(self._all, now, messages, self.limits.overall, 1.0)

    def _group(self, chat_id: int, now: float, messages: int) -> float:
        sent = self._groups.setdefault(chat_id, deque())
        return _wait(sent, now, messages, self.limits.group, self.limits.window)

    def _bucket(self, chat_id: int, now: float, messages: int) -> float:
        if not self.limits.private:
            return 0.0
        ready = max(self._private.get(chat_id, now), now)
        room = max(self.limits.burst, messages)  # an album always fits an empty bucket
        return ready + messages / self.limits.private - now - room / self.limits.private


def _wait(sent: deque[float], now: float, messages: int, most: int, window: float) -> float:
    while sent and sent[0] <= now - window:
        sent.popleft()
    excess = len(sent) + messages - most
    if not most or excess <= 0 or not sent:
        return 0.0
    return sent[min(excess, len(sent)) - 1] + window - now
