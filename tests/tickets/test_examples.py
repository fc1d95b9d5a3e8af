"""Agents' verdicts: counted by hand, drawn once a day, exported without who wrote them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.tickets.conftest import mail
from tickets.actions import Actions
from tickets.agents import Agents
from tickets.examples import Share, Verdict, export, learned, redact, report, sample_once
from tickets.models import Event, Role, Ticket
from tickets.types import Intent


def test_shares_come_with_wilsons_interval():
    """Worked out by hand: 2 of 20 lie between 2.79 and 30.10 per cent."""
    low, high = Share(2, 20).interval

    assert (round(low, 4), round(high, 4)) == (0.0279, 0.3010)
    assert Share(0, 0).interval == (0.0, 1.0)
    assert Share(0, 0).value is None


def test_a_small_table_by_hand():
    tickets = [uuid4() for _ in range(5)]
    verdicts = [
        Verdict(tickets[0], "feedback", "feedback"),
        Verdict(tickets[1], "feedback", "deletion_request"),
        Verdict(tickets[2], "access_request", "access_request"),
        Verdict(tickets[3], "access_request", "deletion_request"),
    ]

    found = learned(verdicts, {tickets[0]: True, tickets[1]: True, tickets[4]: False})

    assert found.precision["feedback"] == Share(1, 2)
    assert found.precision["access_request"] == Share(1, 2)
    assert found.recall["deletion_request"] == Share(0, 2)
    assert found.missed == Share(1, 2)
    assert (found.waiting, found.verdicts) == (1, 4)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("I am Mia Sample, mia.sample@person.test", "I am [name] [name], [address]"),
        ("call +49 30 1234567 or https://shop.test/u/77", "call [number] or [link]"),
        ("order AB12CD34 by @mia_s", "order [code] by [name]"),
    ],
)
def test_who_wrote_is_taken_out(text, left):
    assert redact(text, {"Mia", "Sample"}) == left


async def harmless(bench, count: int) -> None:
    for number in range(count):
        await bench.take_in(
            mail(f"p{number}@person.test", "Lamp", f"I love the lamp {number}, great work!")
        )
    await Ticket.all().update(needs_human=False, intent=Intent.FEEDBACK, work=[])


async def test_a_few_of_yesterday_are_drawn_once_a_day(bench):
    await harmless(bench, 8)
    assert await sample_once(bench.desk) == 0  # nothing was read yesterday

    bench.later(days=1)
    assert await sample_once(bench.desk) == 5
    assert await sample_once(bench.desk) == 0

    drawn = [ticket for ticket in await Ticket.all() if "check_reading" in ticket.work]
    assert len(drawn) == 5
    bench.later(days=1)
    assert await sample_once(bench.desk) == 0


async def test_a_miss_among_the_drawn_is_an_estimate_with_its_interval(bench):
    await harmless(bench, 3)
    bench.later(days=1)
    await sample_once(bench.desk)
    await Agents(bench.vault).add("Ann", Role.AGENT, bench.clock[0])
    acts = Actions(bench.desk)
    first, second, _ = await Ticket.all().order_by("id")

    await acts.done(first.reference, "Ann", "check_reading")
    await acts.change_type(second.reference, "Ann", Intent.DELETION)

    found = await report(bench.desk)
    assert (found.missed, found.waiting) == (Share(1, 2), 1)
    assert found.recall["deletion_request"] == Share(0, 1)
    assert "check_reading" not in (await Ticket.get(id=second.id)).work


async def test_an_export_is_written_down_and_names_nobody(bench):
    await harmless(bench, 1)
    await Agents(bench.vault).add("Ann", Role.AGENT, bench.clock[0])
    ticket = await Ticket.get()
    await Actions(bench.desk).change_type(ticket.reference, "Ann", Intent.SUPPORT)

    [one] = await export(bench.desk, "agent:x")

    assert (one["read"], one["intent"]) == ("feedback", "support_question")
    assert "p0" not in str(one)
    assert await Event.filter(kind="examples_exported").count() == 1
