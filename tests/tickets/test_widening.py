"""A law that is named later may apply to what was asked before; the earliest date wins."""

from __future__ import annotations

from datetime import date

import pytest

from tests.tickets.conftest import mail
from tickets.actions import Actions
from tickets.agents import Agents
from tickets.clock import explain
from tickets.models import Clock, ClockKind, Event, Request, Role, Ticket
from tickets.types import Right

KOREAN = "I live in Korea, and under PIPA you have ten days."


@pytest.fixture
async def desk(bench):
    """A desk that was asked for access by somebody of whom nothing is known."""
    await Agents(bench.vault).add("Bo", Role.AGENT, bench.clock[0])
    await bench.take_in(mail(body="Access request: a copy of my data."))
    await bench.outbox.run_once()
    bench.later(days=1)
    bench.actions = Actions(bench.desk)

    async def write(body: str) -> None:
        ours = bench.post.sent[0].external_id
        await bench.take_in(mail(body=body, headers=f"In-Reply-To: <{ours}>\r\n"))

    bench.write = write
    return bench


async def due() -> date:
    return (await Clock.get(kind=ClockKind.RESPOND, request__right=Right.ACCESS)).due_on


async def test_a_residence_named_later_counts_from_the_first_day(desk):
    before = await due()
    reference = (await Ticket.get()).reference

    await desk.write(KOREAN)

    request = await Request.get(right=Right.ACCESS)
    assert request.regimes[0] == "kr_pipa"
    assert "cn_app_rules" in request.regimes
    assert await due() == date(2026, 11, 12)  # ten days from 2 November
    assert await due() < before
    told = await explain(desk.desk, reference)
    assert any("may be under kr_pipa: " in line and "settled" not in line for line in told)
    assert any("may be under cn_app_rules: we sit in the PRC" in line for line in told)
    assert await Event.filter(kind="regimes_widened").count() == 1


async def test_a_later_date_changes_nothing_and_saying_it_twice_neither(desk):
    before = await due()

    await desk.write("I live in Brazil, and I mean the LGPD.")
    first = await due()
    await desk.write("I live in Brazil, I said.")

    assert first == min(before, date(2026, 11, 17))
    assert await due() == first
    assert await Event.filter(kind="regimes_widened").count() == 1


async def test_guesses_add_nothing(desk):
    before = (await Request.get()).regimes

    await desk.write("여보세요?")

    assert (await Request.get()).regimes == before


async def test_what_an_agent_has_settled_stays(desk):
    await desk.actions.settle((await Ticket.get()).reference, "Bo", "eu_gdpr")
    desk.later(minutes=1)

    await desk.write(KOREAN)

    assert (await Request.get()).regimes == ["eu_gdpr"]


async def test_our_own_letter_quoted_names_no_law(desk):
    before = (await Request.get()).regimes

    await desk.write("Thanks.\n\n> Under the GDPR and PIPA you may complain.\n> I live in Korea.")

    assert (await Request.get()).regimes == before
