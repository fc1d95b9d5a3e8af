"""Long work waits while a transaction is open, but never for long."""

import asyncio
import time

from tickets.transactions import give_way, transaction


async def test_long_work_waits_for_the_end_of_a_transaction(bench):
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

    assert 0.2 < time.monotonic() - begun < 5


async def test_nobody_waits_where_there_is_no_transaction(bench):
    begun = time.monotonic()

    for _ in range(100):
        await give_way()

    assert time.monotonic() - begun < 0.2


async def test_others_go_on_after_each_long_step(bench):
    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    for _ in range(5):
        time.sleep(0.003)
        await give_way()
    beside.cancel()

    assert turns >= 5


async def test_short_steps_do_not_each_cost_a_turn_of_the_event_loop(bench):
    turns, begun = 0, time.monotonic()

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    steps = 0
    while time.monotonic() - begun < 0.1:
        await give_way()
        steps += 1
    beside.cancel()

    assert steps > 1_000
    assert 0 < turns <= 51
