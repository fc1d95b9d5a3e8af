"""Agents try everything in every language; the bench asserts that nothing of it was refused."""

from __future__ import annotations

import random

import pytest

from bot.forum.flow import COMMANDS
from sandbox.telegram.nouns import Message
from sandbox.telegram.pacing import Limits as ServerLimits
from sandbox.telegram.people import Someone
from templates.phrases import Phrases
from tests.bot.test_forum_topics import topics
from tests.bot.test_tour import LONG, NAME
from tickets.models import InboundRecord, InboundState, Post
from tickets.models import Message as Written
from tickets.pacing import Limits, Pace
from tickets.types import Delivery, Direction

STEPS = 12


def unlimited(bench):
    """Take the limits away: what is tried here is words, not pace."""
    bench.telegram.pacers[bench.our_bot.id].limits = ServerLimits(group=0, private=0, overall=0)
    bench.door.dispatch._pace = Pace(Limits(100_000, 100_000.0, 100_000))


def having_buttons(someone):
    return [m for m in someone.sees() if (m.markup or {}).get("inline_keyboard")]


def buttons_of(message: Message):
    rows = message.markup["inline_keyboard"]
    return [b["callback_data"] for row in rows for b in row if "callback_data" in b]


@pytest.mark.parametrize("language", Phrases().languages)
async def test_an_agent_tries_everything(bench, language):
    unlimited(bench)
    dice = random.Random(language)  # noqa: S311  - the same walk each time
    bench.ann.person.language = language.lower()
    await bench.link(bench.ann, "Ann Agent")
    al = Someone.new(bench.telegram, bench.our_bot, NAME, language=language.lower())
    al.types(f"Please delete my data. {LONG}")
    await bench.pass_time(2)
    al.types(LONG)
    al.sends("document", b"%PDF-1.7", name=f"{NAME}.pdf", caption="<b>&")
    await bench.pass_time(2)
    ann = bench.topic(bench.ann, topics(bench)[0].id)
    for name in sorted(COMMANDS):
        ann.types(f"/{name} {LONG[:3000]}" if dice.random() < 0.5 else f"/{name}")
        await bench.pass_time(1)
    for _ in range(STEPS):
        shown = having_buttons(ann)
        message = dice.choice(shown[-2:] + shown[:1])
        data = dice.choice(buttons_of(message))
        ann.presses(data, message)
        await bench.pass_time(1)
        if dice.random() < 0.4 and (last := [m for m in ann.sees() if m.sender is bench.our_bot]):
            ann.types(LONG[:200], reply_to=last[-1])
            await bench.pass_time(1)
    await bench.pass_time(15, 5)

    assert await InboundRecord.filter(state=InboundState.SHUNTED).count() == 0
    assert await Post.filter(error__startswith="refused").count() == 0
    assert await Post.filter(error="bad_markup").count() == 0
    assert await Post.filter(state=Delivery.QUEUED, due_at__lte=bench.clock()).count() == 0
    notes = await Written.filter(direction=Direction.NOTE).count()
    said = "\n".join(al.reads()[1:])
    assert notes
    assert "Ann Agent" not in said
