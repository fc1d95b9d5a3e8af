"""A button holds as long as its question: judged by when the press arrived, to the second."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.bot.chatting import alerts, goes_on, last, presses, says
from tests.bot.test_forum_agents import alert
from tests.bot.test_forum_agents import ann as _ann
from tests.bot.test_forum_agents import ticket as _ticket
from tests.bot.test_forum_topics import seen
from tickets.models import Dialogue, InboundRecord, InboundState, Ticket

ann, ticket = _ann, _ticket
SECOND = timedelta(seconds=1)


async def until():
    """Return when the newest question ends."""
    dialogue = await Dialogue.exclude(expires_at=None).order_by("-updated_at").first()
    return dialogue.expires_at


async def test_a_press_in_the_last_second_counts(bench):
    await says(bench, "Please delete my account.")
    bench.clock.at = await until() - SECOND
    assert "which e-mail address" in await presses(bench, "Delete my data")


@pytest.mark.parametrize("late", [0, 5, 10])
async def test_a_press_at_its_end_or_later_is_stale_and_answered(bench, late):
    """Also before anybody came to say that the question is over."""
    await says(bench, "Please delete my account.")
    bench.clock.at = await until() + timedelta(seconds=late)
    await presses(bench, "Delete my data")

    assert "out of date" in alerts(bench)[-1]
    assert (await Ticket.get()).needs_human


async def test_a_press_that_waited_for_us_counts_from_when_it_arrived(bench):
    await says(bench, "Please delete my account.")
    bench.clock.at = await until() - SECOND
    bench.mia.presses("Delete my data")
    await bench._ask()  # it is journalled, and then we are slow
    assert await InboundRecord.filter(state=InboundState.NEW).count() == 1
    bench.clock.forward(seconds=20)
    assert await bench.door.conversation.lapse_once() == 0  # it is to be answered first
    await goes_on(bench)

    assert "which e-mail address" in last(bench)


async def test_a_question_lapses_once_what_arrived_in_time_is_answered(bench):
    await says(bench, "Please delete my account.")
    bench.clock.at = await until() - SECOND
    bench.mia.types("hm")
    await bench._ask()
    bench.clock.forward(seconds=20)
    await goes_on(bench)
    assert await bench.door.conversation.lapse_once() == 1
    await goes_on(bench)

    assert "a person decides" in last(bench)


async def test_what_arrives_later_does_not_hold_it_up(bench):
    await says(bench, "Please delete my account.")
    bench.clock.at = await until()
    bench.mia.types("hm")
    await bench._ask()

    assert await bench.door.conversation.lapse_once() == 1


@pytest.mark.parametrize(("late", "holds"), [(-1, True), (0, False), (9, False)])
async def test_menus_of_agents_end_to_the_second(bench, ticket, ann, late, holds):
    ann.types("/ban")
    await bench.pass_time(3)
    bench.clock.at = await until() + timedelta(seconds=late)
    ann.presses("Days: 7", seen(bench)[-1])
    await bench.settle()

    assert ("a ban is proposed" in alert(bench)) is holds
    assert ("out of date" in alert(bench)) is not holds


async def test_cards_and_menus_hold_at_any_time(bench, ticket, ann):
    bench.clock.forward(days=2)
    ann.presses("Claim", seen(bench)[0])
    await bench.pass_time(3)
    assert "Ann Agent has it" in alert(bench)

    bench.mia.types("/start")
    await goes_on(bench)
    bench.clock.forward(days=40)
    assert "What would you like to know" in await presses(bench, "Ask a question")
