"""Units of work: transactions that a cancelled task cannot tear.

Cancelling a task while it enters `in_transaction()` leaves that connection locked for ever, and a
task started inside one inherits it.  So each unit of work runs as a task of its own, shielded.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

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
