"""A team's targets count from the moment that the ticket is the team's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.tickets.conftest import mail
from tickets.actions import Actions
from tickets.agents import Agents
from tickets.clock import Clock
from tickets.desk import Desk
from tickets.models import Clock as ClockRow
from tickets.models import ClockKind, Event, Role, Ticket
from tickets.reports import report
from tickets.settings import DeskConfig, TargetSettings
from tickets.types import Intent

TAX = TargetSettings(teams=("Tax",), resolve=5)
ALL = TargetSettings(resolve=15)


def with_targets(bench, *targets: TargetSettings) -> Desk:
    old = bench.desk
    settings = old.config.settings.model_copy(update={"targets": targets})
    config = DeskConfig(old.config.company, old.config.accounts, settings)
    return Desk(old.vault, config, old.letters, old.classify, old.decide, old.now)


@pytest.fixture
async def desk(bench):
    """A desk with an agent of a team and one of none; a ticket of a Monday, 10:00 in Shanghai."""
    agents = Agents(bench.vault)
    await agents.add("Bo", Role.AGENT, bench.clock[0])
    await agents.add("Ty", Role.AGENT, bench.clock[0], team="Tax")
    bench.clock[0] = datetime(2026, 11, 2, 2, tzinfo=UTC)
    bench.desk = with_targets(bench, TAX, ALL)
    bench.actions = Actions(bench.desk)
    await bench.take_in(mail())
    await ClockRow.all().update(started_at=bench.clock[0])
    bench.reference = (await Ticket.get()).reference
    await renewed(bench)
    bench.later(minutes=1)
    return bench


async def renewed(desk) -> datetime:
    await ClockRow.filter(family="service").update(rules="")
    while await Clock(desk.desk).run_once(desk.clock[0]):
        pass
    return await resolve()


async def resolve() -> datetime:
    return (await ClockRow.get(kind=ClockKind.RESOLVE)).due_at


async def looked_at(desk) -> datetime:
    """Return the date after the loop has looked, with nothing marked by hand."""
    while await Clock(desk.desk).run_once(desk.clock[0]):
        pass
    return await resolve()


THEIRS = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)  # 5 hours: the same day, 16:30


async def test_taken_by_a_team_its_target_counts_and_given_back_it_stays(desk):
    before = await resolve()
    await desk.actions.take(desk.reference, "Ty")
    theirs = await looked_at(desk)
    await desk.actions.release(desk.reference, "Ty")
    released = await looked_at(desk)
    desk.later(minutes=1)
    await desk.actions.assign(desk.reference, "Ty", "Bo")

    # 15 open hours: 6.5 on Monday, 7.5 on Tuesday, one on Wednesday.
    assert before == datetime(2026, 11, 4, 2, tzinfo=UTC)
    assert theirs == released == THEIRS
    assert await looked_at(desk) == before


async def test_a_change_of_the_rules_is_followed(desk):
    await desk.actions.take(desk.reference, "Ty")
    assert await looked_at(desk) == THEIRS

    desk.desk = with_targets(desk, TAX.model_copy(update={"resolve": 6}), ALL)

    assert await looked_at(desk) == datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    desk.desk = with_targets(desk, ALL)
    assert await looked_at(desk) == datetime(2026, 11, 4, 2, tzinfo=UTC)


async def test_what_is_late_by_the_teams_target_is_recorded_once(desk):
    await desk.actions.take(desk.reference, "Ty")
    desk.clock[0] = datetime(2026, 11, 2, 9, tzinfo=UTC)
    await looked_at(desk)
    await looked_at(desk)

    row = await ClockRow.get(kind=ClockKind.RESOLVE)
    assert row.breached_at == THEIRS
    breaches = await Event.filter(kind="clock_breach").count()
    desk.later(minutes=1)
    await looked_at(desk)
    assert await Event.filter(kind="clock_breach").count() == breaches


async def test_a_reopened_ticket_of_a_team_has_its_target(desk):
    await desk.actions.take(desk.reference, "Ty")
    await desk.actions.change_type(desk.reference, "Ty", Intent.SUPPORT)
    await desk.actions.close(desk.reference, "Ty")
    desk.clock[0] = datetime(2026, 11, 3, 2, tzinfo=UTC)

    await desk.actions.reopen(desk.reference, "Ty")

    open_one = await ClockRow.get(kind=ClockKind.RESOLVE, met_at=None)
    assert open_one.due_at == datetime(2026, 11, 3, 8, 30, tzinfo=UTC)
    (figures,) = await report(desk.desk, desk.clock[0])
    assert figures.service["resolve"].n == 2
