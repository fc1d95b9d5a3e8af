"""What waits for a bot: numbered, kept until confirmed or a day old, filtered by kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

KINDS = (
    *("message", "edited_message", "callback_query", "my_chat_member"),
    *("chat_member", "message_reaction", "message_reaction_count"),
)
_UNASKED = frozenset(KINDS) - {"chat_member", "message_reaction", "message_reaction_count"}
_KEPT = timedelta(hours=24)
_QUIET = timedelta(days=7)  # after which numbering starts anew
_FAR = 10  # an offset further beyond the newest update is ignored
_SPIN = 3.0  # seconds


@dataclass(frozen=True)
class Update:
    """One piece of news for a bot, `chat_key` naming those that must keep their order."""

    id: int
    kind: str
    body: dict[str, Any]
    at: datetime
    chat_key: str

    def public(self) -> dict[str, Any]:
        """Return the update as it goes over the wire."""
        return {"update_id": self.id, self.kind: self.body}


class Updates:
    """The queue of one bot."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._next = random.randrange(10**8, 9 * 10**8)
        self._last_at: datetime | None = None
        self._waiting: list[Update] = []
        self._last_poll: tuple[int, datetime] | None = None
        self.planned = (100, 0)  # limit and timeout of the last poll
        self.allowed = _UNASKED
        self.lost = 0  # expired before anybody fetched them

    def allow(self, kinds: Iterable[str] | None) -> None:
        """Take only these kinds from now on; none named means the default; None, as before."""
        if kinds is not None:
            self.allowed = frozenset(kinds) & frozenset(KINDS) or _UNASKED

    def put(self, kind: str, body: dict[str, Any], at: datetime, chat_key: str) -> Update | None:
        """Queue an update, unless the bot did not ask for its kind."""
        if kind not in self.allowed:
            return None
        if self._last_at and at - self._last_at >= _QUIET and not self._waiting:
            self._next = self._random.randrange(10**8, 9 * 10**8)
        update = Update(self._next, kind, body, at, chat_key)
        self._next, self._last_at = self._next + 1, at
        self._waiting.append(update)
        return update

    def waiting(self, now: datetime, limit: int = 100) -> list[Update]:
        """Return the oldest that wait; they stay until confirmed."""
        fresh = [update for update in self._waiting if now - update.at < _KEPT]
        self.lost += len(self._waiting) - len(fresh)
        self._waiting = fresh
        return fresh[:limit]

    def confirm(self, offset: int) -> None:
        """Forget what is older than an offset; a negative one keeps so many of the newest."""
        if offset < 0:
            self._waiting = self._waiting[offset:]
        elif offset <= self._next + _FAR:
            self._waiting = [update for update in self._waiting if update.id >= offset]

    def drop(self, update_id: int | None = None) -> None:
        """Forget one update, or all."""
        self._waiting = [u for u in self._waiting if update_id is not None and u.id != update_id]

    def plan(self, offset: int, limit: int, timeout: int, now: datetime) -> tuple[int, int]:
        """Return limit and timeout as the server bends them for callers that spin."""
        if self._last_poll is not None and self._last_poll[0] == offset:
            since = (now - self._last_poll[1]).total_seconds()
            if since < _SPIN and timeout < _SPIN:
                timeout = int(_SPIN)
            if since < 0.5:  # noqa: PLR2004 - the server's own figure
                limit = 1
        self._last_poll = (offset, now)
        self.planned = (limit, timeout)
        return self.planned
