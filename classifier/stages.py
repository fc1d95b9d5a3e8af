"""What reading costs, stage by stage: processor seconds and messages since the process began.

    first    its language, the rules, the first vector model, the comparison with the corpus
    second   the second vector model
    further  those longer than a view: what their further sentences ask

The worker sends what it spent with each answer, so the counts are the same in the process that
asks.  They only count: nothing is decided by them, and nothing is ever switched off.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

NAMES: Final = ("first", "second", "further")


@dataclass(slots=True)
class Spent:
    """What one stage took."""

    messages: int = 0
    seconds: float = 0.0  # of the processor

    def add(self, messages: int, seconds: float) -> None:
        """Count some messages that took so many seconds together."""
        self.messages += messages
        self.seconds += seconds


SPENT: Final[Mapping[str, Spent]] = {name: Spent() for name in NAMES}
"""The counts of this process and, where it has a worker, of the worker too."""


@contextmanager
def measured(name: str, messages: int) -> Iterator[None]:
    """Count what happens inside to one stage."""
    began = time.process_time()
    try:
        yield
    finally:
        SPENT[name].add(messages, time.process_time() - began)


def taken() -> dict[str, tuple[int, float]]:
    """Return the counts and begin again; this is what a worker sends."""
    counts = {name: (spent.messages, spent.seconds) for name, spent in SPENT.items()}
    for spent in SPENT.values():
        spent.messages, spent.seconds = 0, 0.0
    return counts


def received(counts: Mapping[str, tuple[int, float]]) -> None:
    """Add what a worker sent."""
    for name, (messages, seconds) in counts.items():
        SPENT[name].add(messages, seconds)
