"""The real service with a stopwatch on its transactions: `python -m bench.service REPORT ARG…`.

Runs `helpdesk ARG…` in this process, unchanged but for `READER`.  At its end it writes to REPORT,
as JSON, what the classifier spent by stage (messages, CPU seconds), and a row for each transaction:
when it began (the machine's monotonic clock), how many milliseconds from BEGIN until it was
committed, how many for COMMIT alone, and whose it was.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

from tortoise.backends.asyncpg.client import TransactionWrapper as PostgresTransaction
from tortoise.backends.sqlite.client import SqliteTransactionWrapper

from bench.reader import open_simple
from classifier.stages import SPENT
from helpdesk import house

READER: Final = "HELPDESK_BENCH_READER"
"""`simple` in this variable: read by words alone, so that the classifier's cost shows apart."""


class Stopwatch:
    """Times every transaction of a kind."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, float, float, str]] = []

    def watch(self, kind: type[Any]) -> None:
        """Put a watch around BEGIN and COMMIT of a class of tortoise's transactions."""
        begin: Callable[[Any], Awaitable[None]] = kind.begin
        commit: Callable[[Any], Awaitable[None]] = kind.commit
        begun: dict[int, float] = {}

        @wraps(begin)
        async def timed_begin(transaction: Any) -> None:  # noqa: ANN401  - tortoise's own
            begun[id(transaction)] = time.monotonic()
            await begin(transaction)

        @wraps(commit)
        async def timed_commit(transaction: Any) -> None:  # noqa: ANN401  - tortoise's own
            at = time.monotonic()
            await commit(transaction)
            now, since = time.monotonic(), begun.pop(id(transaction), at)
            self.seen.append((since, (now - since) * 1e3, (now - at) * 1e3, _whose()))

        kind.begin, kind.commit = timed_begin, timed_commit


def _whose() -> str:
    """Name the unit of work that this task runs."""
    task = asyncio.current_task()
    return getattr(task.get_coro(), "__qualname__", "") if task else ""


def main() -> None:
    """Run the command line with a stopwatch."""
    path = Path(sys.argv[1])
    stopwatch = Stopwatch()
    for kind in (SqliteTransactionWrapper, PostgresTransaction):
        stopwatch.watch(kind)
    from helpdesk.__main__ import main as helpdesk  # noqa: PLC0415  - after the watch is set

    if os.environ.get(READER) == "simple":
        setattr(house, "open_reader", open_simple)  # noqa: B010  - for this process only
    sys.argv = ["helpdesk", *sys.argv[2:]]
    try:
        helpdesk()
    finally:
        stages = {name: (spent.messages, spent.seconds) for name, spent in SPENT.items()}
        path.write_text(json.dumps({"transactions": stopwatch.seen, "stages": stages}))


if __name__ == "__main__":
    main()
