"""How fast we may speak to chats: when each one takes the next message.

Pure: it is told the time and what was sent, and does no I/O.  Who asks knows the lanes and asks
for the most urgent first; calls that no server counts are simply not asked about.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

MINUTE: Final = timedelta(minutes=1, seconds=0.5)  # what left first may arrive last
_SECOND: Final = timedelta(seconds=1)
_MANY: Final = 10_000  # chats remembered before those that are free again are forgotten


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server of chats takes; a little less than it is known to refuse."""

    group_per_minute: int = 20  # all its topics together
    private_per_second: float = 1.0
    per_second: int = 25  # in all


class Pace:
    """Remembers what went out, by chat; a chat is any name that stays the same for it."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self._limits = limits
        self._gap = _SECOND / limits.private_per_second
        self._all: deque[datetime] = deque(maxlen=limits.per_second)
        self._groups: dict[str, deque[datetime]] = {}
        self._private: dict[str, datetime] = {}  # when each is free again
        self._held: dict[str, datetime] = {}

    def free_at(self, chat: str, *, is_group: bool, now: datetime) -> datetime:
        """Return the first moment, `now` or later, at which this chat takes a message."""
        moments = [now, self._held.get(chat, now), self._room(self._all, _SECOND, now)]
        if is_group:
            sent = self._groups.get(chat)
            moments.append(now if sent is None else self._room(sent, MINUTE, now))
        else:
            moments.append(self._private.get(chat, now))
        return max(moments)

    def free_at_all(self, now: datetime) -> datetime:
        """Return the first moment, `now` or later, at which any chat takes a message."""
        return max(now, self._room(self._all, _SECOND, now))

    def took(self, chat: str, *, is_group: bool, now: datetime) -> None:
        """Remember that a message goes to this chat at `now`."""
        self._all.append(now)
        if is_group:
            most = self._limits.group_per_minute
            self._groups.setdefault(chat, deque(maxlen=most)).append(now)
        else:
            self._private[chat] = now + self._gap
        if len(self._private) + len(self._groups) + len(self._held) > _MANY:
            self._forget(now)

    def hold(self, chat: str, until: datetime) -> None:
        """Leave this chat alone until then: its server said so."""
        self._held[chat] = max(until, self._held.get(chat, until))

    def held_until(self, chat: str, now: datetime) -> datetime:
        """Return until when this chat is left alone; `now` where nothing is in the way."""
        return max(now, self._held.get(chat, now))

    @staticmethod
    def _room(sent: deque[datetime], window: timedelta, now: datetime) -> datetime:
        """Return when the oldest of a full window has left it."""
        return now if len(sent) < (sent.maxlen or 0) else sent[0] + window

    def _forget(self, now: datetime) -> None:
        """Drop what no longer makes anybody wait."""
        self._private = {chat: at for chat, at in self._private.items() if at > now}
        self._held = {chat: at for chat, at in self._held.items() if at > now}
        self._groups = {
            chat: sent for chat, sent in self._groups.items() if sent[-1] + MINUTE > now
        }
