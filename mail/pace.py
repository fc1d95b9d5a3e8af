"""How fast and how patient the mail door is."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Patience:
    """How long silence is borne, in seconds; bytes that arrive begin it anew."""

    connect: float = 20
    quiet: float = 30
    whole: float = 900  # a command may never last longer, bytes or not


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast and how patient a watch is; times in seconds."""

    patience: Patience = field(default_factory=Patience)
    renew: float = 240  # Gmail and Exchange forget an IDLE of 10 minutes, AOL one of 5
    compare: float = 3600  # all UIDs against the ledger
    pause: float = 1  # after the first failure; doubles, with jitter
    longest_pause: float = 60
    refused_pause: float = 300  # after a refused login, so that no account is locked by us
    batch_count: int = 20  # mails in one commit
    batch_bytes: int = 4_000_000


class Pauses:
    """Growing pauses with jitter and a cap, so that many watches do not knock at once."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._next = pace.pause

    def begin_anew(self) -> None:
        """Forget the failures: it works again."""
        self._next = self._pace.pause

    def next(self) -> float:
        """Return how long to wait now, in seconds."""
        pause = self._next * random.uniform(0.5, 1)  # noqa: S311 - no secret depends on it
        self._next = min(self._next * 2, self._pace.longest_pause)
        return pause
