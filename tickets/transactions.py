"""Units of work: transactions that a cancelled task cannot tear.

Cancelling a task while it enters `in_transaction()` leaves that connection locked for ever, and a
task started inside one inherits it.  So each unit of work runs as a task of its own, shielded.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, ParamSpec, TypeVar

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.transactions import in_transaction

P = ParamSpec("P")
T = TypeVar("T")


def unit_of_work(
    function: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """Let the decorated coroutine run to its end even where its caller is cancelled."""

    @functools.wraps(function)
    async def whole(*args: P.args, **kwargs: P.kwargs) -> T:
        task = asyncio.create_task(function(*args, **kwargs))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            raise

    return whole


def transaction() -> AbstractAsyncContextManager[TransactionalDBClient]:
    """Begin a transaction on the connection that writes."""
    return in_transaction("default")


class Bell:
    """Wakes several loops at once; each hears with an ear of its own, so none misses a ring."""

    def __init__(self) -> None:
        self._ears: list[asyncio.Event] = []

    def hear(self) -> asyncio.Event:
        """Return an event that every later ring sets."""
        ear = asyncio.Event()
        self._ears.append(ear)
        return ear

    def ring(self) -> None:
        """Wake everybody who listens."""
        for ear in self._ears:
            ear.set()


async def run_loop(
    turn: Callable[[], Awaitable[int]], stop: asyncio.Event, wake: asyncio.Event, idle: float
) -> None:
    """Call `turn` until `stop`: at once again while it finds work, else when woken or idle is over.

    `turn` returns how much it did; `idle` is in seconds.
    """
    while not stop.is_set():
        wake.clear()
        if await turn():
            await asyncio.sleep(0)
            continue
        waits = {asyncio.create_task(wake.wait()), asyncio.create_task(stop.wait())}
        _, pending = await asyncio.wait(waits, timeout=idle, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
