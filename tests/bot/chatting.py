"""How tests talk with the bot as a requester: type, press, read, wait."""

from __future__ import annotations

import re

from tests.bot.bench import BotBench
from tickets.models import InboundRecord, InboundState, OutboxEntry, Post
from tickets.types import Delivery


async def goes_on(bench: BotBench) -> None:
    """Let the bot answer, at the pace that it must keep."""
    await bench.settle()
    for _ in range(30):
        waiting = Post.filter(state=Delivery.QUEUED)
        if not await waiting.exists() and not await OutboxEntry.filter(state="queued").exists():
            return
        bench.clock.forward(seconds=1)
        await bench.settle()


async def says(bench: BotBench, text: str) -> str:
    """Type, let the bot answer, and return the newest text in sight."""
    bench.mia.types(text)
    await goes_on(bench)
    return last(bench)


async def presses(bench: BotBench, button: str) -> str:
    bench.mia.presses(button)
    await goes_on(bench)
    return last(bench)


def last(bench: BotBench) -> str:
    return bench.mia.reads()[-1]


def told(bench: BotBench) -> list[str]:
    """Return what the bot has written, without what was written to it."""
    return [one.text for one in bench.mia.sees() if one.sender is bench.our_bot]


def alerts(bench: BotBench) -> list[str]:
    return [q.answer["text"] for q in bench.telegram.queries.values() if q.answer.get("text")]


def code(bench: BotBench) -> str:
    return re.search(r"\b\d{6}\b", bench.post.sent[-1].letter.text)[0]


async def nothing_waits() -> None:
    waiting = (InboundState.NEW, InboundState.SHUNTED)
    assert await InboundRecord.filter(state__in=waiting).count() == 0
