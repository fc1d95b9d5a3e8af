"""Thirty tickets in a minute under Telegram's own limits, on a clock that the test turns."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.telegram.people import Someone
from tests.bot.bench import BotBench
from tickets.dispatch import Lane
from tickets.models import Post, Ticket
from tickets.types import Delivery

PEOPLE = 30


async def wait_for(bench: BotBench, holds: Callable[[], bool], most: float) -> float:
    """Let time go by until it holds; return how many seconds that took."""
    passed = 0.0
    while not holds():
        assert passed < most, f"not within {most} seconds"
        await bench.pass_time(1)
        passed += 1
    return passed


@pytest.mark.timeout(300)
async def test_a_burst_keeps_to_the_limits_and_everybody_is_answered(bench):
    people = [Someone.new(bench.telegram, bench.our_bot, f"Person {i}") for i in range(PEOPLE)]
    answered_after: list[float] = []
    for number, someone in enumerate(people):
        someone.types(f"Please delete my account number {number}.")
        waited = 0
        while not any(not text.startswith("Please") for text in someone.reads()):
            await bench.pass_time(1)
            waited += 1
            assert waited <= 10
        answered_after.append(waited)
        await bench.pass_time(1)

    # A code to somebody else does not wait for the desk's group.
    outsider = Someone.new(bench.telegram, bench.our_bot, "Outsider")
    outsider.starts()
    await wait_for(bench, lambda: len(outsider.reads()) > 1, 3)

    for _ in range(6):
        await bench.pass_time(60, step=2)
    assert await Ticket.all().count() == PEOPLE
    waiting = await Post.filter(state__in=(Delivery.QUEUED, Delivery.SENDING), lane__lt=Lane.CARD)
    assert waiting == []
    assert await Post.filter(state=Delivery.FAILED).count() == 0
    topics = [t for t in bench.group.topics.values() if "EJ-" in t.name]
    assert len(topics) == PEOPLE
