"""Figures against tables worked out by hand; each number that lied elsewhere is a test here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.tickets.conftest import mail
from tickets.actions import Actions
from tickets.agents import Agents
from tickets.clock import Clock
from tickets.models import Clock as ClockRow
from tickets.models import ClockKind, Request, Role, Ticket
from tickets.proof import Seen
from tickets.reports import By, Due, Lengths, Span, Statute, age, judge, measure, report
from tickets.types import RequestState

NOW = datetime(2026, 12, 10, tzinfo=UTC)


def day(number: int) -> datetime:
    return datetime(2026, 12, number, tzinfo=UTC)


def test_each_request_is_in_one_part():
    table = [
        (Due(day(5), answered_at=day(4)), "on_time"),
        (Due(day(5), answered_at=day(6), is_extended=True), "late"),
        (Due(day(5), answered_at=day(5)), "late"),  # the due moment is the first too late
        (Due(day(5)), "late"),  # open and overdue is late, not invisible
        (Due(day(20)), "pending"),
        (Due(None), "undated"),
        (Due(None, is_asked=True), "undated"),
        (Due(day(5), stopped_at=day(4)), "ended"),
        (Due(day(5), stopped_at=day(7)), "late"),
        (Due(None, answered_at=day(4)), "undated"),
    ]

    found = judge([one for one, _ in table], NOW)

    assert found == Statute(
        n=10, on_time=1, late=4, pending=1, undated=3, ended=1, extended=1, paused=1
    )
    assert found.share_on_time == 1 / 5
    for one, part in table:
        alone = judge([one], NOW)
        assert getattr(alone, part) == 1
        assert alone.on_time + alone.late + alone.pending + alone.undated + alone.ended == 1


def test_no_case_is_no_success():
    assert judge([Due(day(20))], NOW).share_on_time is None


def spans(*hours: float, still_open: tuple[float, ...] = ()) -> list[Span]:
    done = [Span("resolve", timedelta(hours=one)) for one in hours]
    return done + [Span("resolve", timedelta(hours=one), is_open=True) for one in still_open]


def test_percentiles_by_nearest_rank():
    found = measure(spans(*range(1, 21)))  # 1 to 20 hours

    assert found == Lengths(n=20, hours={"p50": 10.0, "p90": 18.0, "p95": 19.0})


def test_breaches_stay_in_the_figure():
    # libredesk averages only what was met in time.
    slow = [Span("resolve", timedelta(hours=100), is_breached=True)]

    found = measure([*spans(1, 2, 3), *slow])

    assert (found.n, found.breached, found.hours["p95"]) == (4, 1, 100.0)


def test_open_cases_are_in_the_denominator():
    found = measure(spans(1, 2, 3, still_open=(2.5, 50)))

    assert (found.n, found.open) == (5, 2)
    assert found.hours == {"p50": 2.5, "p90": 50.0, "p95": 50.0}
    assert found.at_least == ["p50", "p90", "p95"]
    assert measure(spans(1, 2, 3, still_open=(50,))).at_least == ["p90", "p95"]


def test_nothing_is_rounded_up_to_days():
    # frappe rounds to whole days before averaging.
    assert measure(spans(0.25)).hours["p50"] == 0.25


def test_nothing_measured_says_nothing():
    assert measure([]) == Lengths()


def test_ages():
    assert age([0.5, 1, 1.01, 7, 29, 31]) == {
        "<=1": 2, "<=3": 1, "<=7": 1, "<=14": 0, "<=30": 1, ">30": 1
    }  # fmt: skip


@pytest.fixture
async def desk(bench):
    for name in ("Bo", "Cy"):
        await Agents(bench.vault).add(name, Role.AGENT, bench.clock[0], team="Privacy")
    bench.actions = Actions(bench.desk)
    return bench


async def answer(desk, reference: str) -> None:
    await desk.actions.take(reference, "Bo")
    await desk.actions.verify(reference, "Bo", Seen.ACCOUNT)
    await desk.actions.settle(reference, "Bo", "eu_gdpr")
    await desk.actions.fulfil(reference, "Bo", {"deleted": ("all",)})
    await desk.actions.approve(reference, "Cy")
    await send(desk)
    await desk.actions.close(reference, "Cy")


async def send(desk) -> None:
    while await desk.outbox.run_once():
        pass
    while await Clock(desk.desk).run_once(desk.clock[0]):
        pass


async def test_a_small_desk_by_hand(desk):
    # Monday 2 November, 17:00 in Shanghai: an hour before the office closes.
    await desk.take_in(mail("a <a@d.test>"), mail("b <b@e.test>"))
    await send(desk)
    first, second = [one.reference for one in await Ticket.all().order_by("id")]
    desk.later(hours=17)  # Tuesday 10:00: two open hours later
    await answer(desk, first)

    (whole,) = await report(desk.desk, desk.clock[0])

    assert whole.statute == Statute(n=2, on_time=1, pending=1)
    resolve = whole.service["resolve"]
    assert (resolve.n, resolve.open, resolve.hours["p50"]) == (2, 1, 2.0)
    # The automatic receipt is no first response (chatwoot#13312).
    assert whole.service["first_response"].open == 1
    assert (whole.backlog, whole.ages["<=1"]) == (1, 1)

    # A later note lengthens nothing (django-helpdesk measures to the last change).
    desk.later(days=5)
    await desk.actions.note(first, "Bo", "Filed.")
    row = await ClockRow.filter(kind=ClockKind.RESOLVE, met_at__isnull=False).get()
    assert row.met_at == datetime(2026, 11, 3, 2, tzinfo=UTC)

    groups = {one.group: one for one in await report(desk.desk, desk.clock[0], by=By.AGENT)}
    assert groups["Bo"].statute.on_time == 1
    assert groups["nobody"].backlog == 1
    by_regime = {o.group: o for o in await report(desk.desk, desk.clock[0], by=By.REGIME)}
    assert by_regime["eu_gdpr"].statute.n == by_regime["not settled"].statute.n == 1
    assert second in {one.reference for one in await Ticket.filter(closed_at=None)}


async def test_the_period_is_that_of_receipt(desk):
    await desk.take_in(mail())
    received = (await Request.get()).received_at

    (inside,) = await report(desk.desk, desk.clock[0], since=received)
    (before,) = await report(desk.desk, desk.clock[0], until=received)

    assert (inside.statute.n, before.statute.n) == (1, 0)
    assert before.backlog == 1


async def test_every_split_adds_up(desk):
    await desk.take_in(mail("a <a@d.test>"), mail("b <b@e.test>", body="Just a question"))
    await Request.all().update(state=RequestState.RECEIVED)

    for by in By:
        groups = await report(desk.desk, desk.clock[0], by=by)
        assert sum(one.backlog for one in groups) == 2
        assert sum(one.statute.n for one in groups) == await Request.all().count()
