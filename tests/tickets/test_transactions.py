"""Long work waits while a transaction is open, but never for long."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tickets.transactions import give_way, transaction


async def test_long_work_waits_for_the_end_of_a_transaction(bench, monkeypatch):
    monkeypatch.setattr("tickets.transactions._LONGEST_WAIT", 3600)
    order = []

    async def compute():
        for step in range(3):
            await give_way()
            order.append(step)

    async with transaction():
        working = asyncio.create_task(compute())
        for _ in range(20):
            await asyncio.sleep(0)
        order.append("committed")
    await working

    assert order == ["committed", 0, 1, 2]


async def test_long_work_goes_on_beside_a_transaction_that_does_not_end(bench):
    async with transaction():
        begun = time.monotonic()

        await asyncio.create_task(give_way())

    assert time.monotonic() - begun > 0.2


async def test_nobody_waits_where_there_is_no_transaction(bench):
    begun = time.monotonic()

    for _ in range(1000):
        await give_way()

    assert time.monotonic() - begun < 60  # each would wait a quarter of a second


@asynccontextmanager
async def counted_turns() -> AsyncIterator[list[None]]:
    """Yield a list that grows by one with each turn of the event loop."""
    turns: list[None] = []

    async def count() -> None:
        while True:
            turns.append(None)
            await asyncio.sleep(0)

    beside = asyncio.create_task(count())
    yield turns
    beside.cancel()


async def test_others_go_on_after_each_long_step(bench):
    async with counted_turns() as turns:
        for _ in range(5):
            time.sleep(0.003)
            await give_way()

    assert len(turns) >= 5


async def test_short_steps_do_not_each_cost_a_turn_of_the_event_loop(bench):
    async with counted_turns() as turns:
        for _ in range(20_000):
            await give_way()

    assert len(turns) < 2_000
