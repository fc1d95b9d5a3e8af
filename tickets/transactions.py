"""Units of work: transactions that a cancelled task cannot tear, and that nobody holds up.

Cancelling a task while it enters `in_transaction()` leaves that connection locked for ever, and a
task started inside one inherits it.  So each unit of work runs as a task of its own, shielded.

While a transaction waits for the database, the event loop runs other tasks; each that computes for
long makes everybody wait who wants to write.  So long work gives way between its steps.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, ParamSpec, TypeVar

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.transactions import in_transaction

P = ParamSpec("P")
T = TypeVar("T")

_LONGEST_WAIT: Final = 0.25  # seconds: a transaction may be waiting for another process
_LONGEST_STEP: Final = 0.002  # seconds
_gave_way_at = [0.0]  # when somebody last did, on the monotonic clock
_open: set[object] = set()
_giving_way: set[asyncio.Event] = set()


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


@asynccontextmanager
async def transaction() -> AsyncIterator[TransactionalDBClient]:
    """Begin a transaction on the connection that writes."""
    ours = object()
    _open.add(ours)
    try:
        async with in_transaction("default") as connection:
            yield connection
    finally:
        _open.remove(ours)
        for event in _giving_way:
            event.set()


async def give_way() -> None:
    """Let others go on between two steps of long work: until an open transaction has ended.

    A turn of the event loop costs as much as a short step, so without a transaction to wait for
    there is one every few milliseconds at most.  Never called inside a transaction.
    """
    if not _open and time.monotonic() - _gave_way_at[0] < _LONGEST_STEP:
        return
    await asyncio.sleep(0)
    _gave_way_at[0] = time.monotonic()
    if not _open:
        return
    ended = asyncio.Event()
    _giving_way.add(ended)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_WAIT):
                await ended.wait()
    finally:
        _giving_way.remove(ended)


async def side_by_side(*works: Awaitable[object]) -> None:
    """Await all, each to its end whatever becomes of the others; then raise the first error.

    `asyncio.gather` would raise while the rest goes on, and whoever holds a claim for them would
    give it back too early.
    """
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


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
        await first_of(wake, stop, seconds=idle)


async def first_of(*events: asyncio.Event, seconds: float) -> None:
    """Wait for the first of some events, or so many seconds."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    _, pending = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
