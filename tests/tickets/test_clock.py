"""Clocks begin with the message, warn in time, and record what was late once, by its moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from regimes.events import EventType
from regimes.settings import Settings as LawSettings
from tests.tickets.conftest import COMPANY, mail
from tickets.clock import Clock, explain
from tickets.models import (
    Clock as ClockRow,
)
from tickets.models import (
    ClockKind,
    ClockNotice,
    Event,
    OutboxEntry,
    Request,
    RequestEvent,
    Ticket,
)
from tickets.settings import DeskConfig
from tickets.statute import earliest_possible, law_event
from tickets.types import RequestState, Right

GERMAN = mail(
    "Ann Example <ann@person.test>",
    body="I live in Germany. Please delete my account. Under the GDPR I ask for erasure.",
)


def with_settings(bench, **settings) -> Clock:
    config = bench.desk.config
    changed = config.settings.model_copy(update=settings)
    object.__setattr__(bench.desk, "config", DeskConfig(config.company, config.accounts, changed))
    return Clock(bench.desk)


async def statutory(kind: ClockKind) -> ClockRow:
    return await ClockRow.get(kind=kind, family="statute")


async def test_a_suspected_request_has_its_clocks_in_the_same_transaction(bench):
    await bench.take_in(mail(body="Please delete my account."))

    request = await Request.get()
    clocks = {(c.family, c.kind): c for c in await ClockRow.all()}

    assert request.state is RequestState.SUSPECTED
    assert (await RequestEvent.get()).type == EventType.RECEIVED
    # Fifteen working days from 2 November 2026 (cn_app_rules), three in hand inside.
    assert clocks["statute", "respond"].due_on == date(2026, 11, 23)
    assert clocks["statute", "internal"].due_on < date(2026, 11, 23)
    # The end of that day in Shanghai is 16:00 UTC.
    assert clocks["statute", "respond"].due_at == datetime(2026, 11, 23, 16, tzinfo=UTC)
    assert {k for f, k in clocks if f == "service"} == {"acknowledge", "first_response", "resolve"}


async def test_the_receipt_meets_the_acknowledgement_when_it_left(bench):
    await bench.take_in(mail())
    clock = Clock(bench.desk)

    await clock.run_once(bench.clock[0])
    before = await ClockRow.filter(kind="acknowledge", met_at=None).count()
    bench.later(minutes=3)
    await bench.outbox.run_once()
    left = bench.clock[0]
    bench.later(minutes=30)
    await clock.run_once(bench.clock[0])

    rows = await ClockRow.filter(kind="acknowledge")
    assert before == 2
    assert {row.met_at for row in rows} == {left}


async def test_warnings_and_the_breach_are_recorded_once_however_late_we_look(bench):
    await bench.take_in(mail())
    row = await statutory(ClockKind.RESPOND)
    clock = Clock(bench.desk)

    bench.later(days=60)
    while await clock.run_once(bench.clock[0]):
        pass
    await clock.run_once(bench.clock[0])

    notices = await ClockNotice.filter(clock_id=row.id).order_by("happened_at")
    assert [(n.code, n.happened_at) for n in notices] == [
        *((f"{d}d", row.due_at - timedelta(days=d)) for d in (14, 7, 3, 1)),
        ("breach", row.due_at),
    ]
    assert (await statutory(ClockKind.RESPOND)).breached_at == row.due_at
    assert await Event.filter(kind="clock_breach").count() >= 1
    assert "answer_overdue" in (await Ticket.get()).work


async def test_nothing_is_warned_of_before_its_time(bench):
    await bench.take_in(mail())
    row = await statutory(ClockKind.RESPOND)
    clock = Clock(bench.desk)

    await clock.run_once(row.due_at - timedelta(days=14, seconds=1))
    before = await ClockNotice.filter(clock_id=row.id).count()
    await clock.run_once(row.due_at - timedelta(days=14))

    assert before == 0
    assert await ClockNotice.filter(clock_id=row.id).count() == 1


async def test_an_answer_in_time_leaves_no_breach_though_we_look_late(bench):
    await bench.take_in(mail())
    row = await statutory(ClockKind.RESPOND)
    await ClockRow.filter(id=row.id).update(met_at=row.due_at - timedelta(seconds=1))

    bench.later(days=60)
    await Clock(bench.desk).run_once(bench.clock[0])

    codes = [n.code for n in await ClockNotice.filter(clock_id=row.id)]
    assert "breach" not in codes
    assert (await statutory(ClockKind.RESPOND)).breached_at is None


async def test_a_change_of_rules_is_computed_once(bench):
    await bench.take_in(mail())
    await Request.all().update(regimes=["eu_gdpr"])
    await ClockRow.all().update(rules="")
    await Clock(bench.desk)._renew()
    before = await statutory(ClockKind.INTERNAL)
    config = bench.desk.config
    changed = DeskConfig(
        config.company, config.accounts, config.settings, LawSettings(margin_days=5)
    )
    object.__setattr__(bench.desk, "config", changed)
    clock = Clock(bench.desk)

    first = await clock._renew()
    after = await statutory(ClockKind.INTERNAL)

    assert first == 3
    assert before.due_on - after.due_on == timedelta(days=2)
    assert await clock._renew() == 0


async def test_a_reminder_goes_to_the_team_and_never_at_night(bench):
    clock = with_settings(bench, team_address="team@desk.test")
    await bench.take_in(GERMAN)
    await bench.outbox.run_once()
    bench.post.sent.clear()
    row = await statutory(ClockKind.RESPOND)

    # Seven days before the end of the day in Shanghai is midnight there.
    bench.clock[0] = row.due_at - timedelta(days=7)
    while await clock.run_once(bench.clock[0]):
        pass

    entry = await OutboxEntry.filter(message__letter="reminder").order_by("id").first()
    assert entry.due_at.astimezone(UTC) > bench.clock[0]
    assert entry.due_at.astimezone(UTC).hour == 1  # nine in Shanghai
    bench.clock[0] = entry.due_at
    await bench.outbox.run_once()
    reference = (await Ticket.get()).reference
    assert {one.recipient.address for one in bench.post.sent} == {"team@desk.test"}
    assert all(reference in one.letter.subject for one in bench.post.sent)
    assert not any("ann@person.test" in one.letter.text for one in bench.post.sent)


async def test_a_late_event_corrects_the_dates(bench):
    await bench.take_in(mail())
    request = await Request.get()
    await Request.filter(id=request.id).update(regimes=["eu_gdpr"])
    at = bench.clock[0]
    event = law_event(request.id, EventType.EXTENSION_NOTIFIED, at, entered_at=at)
    await event.save(force_create=True)
    await ClockRow.all().update(rules="")

    await Clock(bench.desk)._renew()

    assert (await statutory(ClockKind.RESPOND)).due_on == date(2027, 2, 2)


async def test_the_same_right_in_another_ticket_is_linked_and_stays_open(bench):
    await bench.take_in(mail(subject="one"))
    await bench.take_in(mail(subject="two", body="Delete my account, please!"))

    first, second = await Request.all().order_by("id")

    assert second.duplicate_of_id == first.id
    assert second.state is RequestState.SUSPECTED
    assert await ClockRow.filter(kind="respond").count() == 2


async def test_asked_again_after_an_answer_is_a_new_round(bench):
    await bench.take_in(mail(message_id="one@person.test"))
    await Request.all().update(state=RequestState.FULFILLED)
    bench.later(days=2)

    await bench.take_in(
        mail(
            message_id="two@person.test",
            body="Please delete my account, it is still there.",
            headers="References: <one@person.test>\r\n",
        )
    )

    first, second = await Request.all().order_by("id")
    assert (second.right, second.round, first.round) == (Right.DELETION, 2, 1)
    assert second.received_at > first.received_at


async def test_explain_says_each_step_with_its_article(bench):
    await bench.take_in(GERMAN)

    text = "\n".join(await explain(bench.desk, (await Ticket.get()).reference))

    assert "may be under eu_gdpr: cites gdpr" in text.lower()
    assert "GDPR 12(3)" in text
    assert "service first_response" in text


def test_a_shunted_message_has_the_earliest_date_of_all():
    config = DeskConfig(COMPANY, ())

    # Three working days to acknowledge where no regime is established.
    assert earliest_possible(datetime(2026, 11, 2, 9, tzinfo=UTC), config) == date(2026, 11, 5)


@pytest.mark.parametrize("day", [1, 2])
async def test_the_day_of_receipt_is_the_controllers(bench, day):
    bench.clock[0] = datetime(2026, 11, day, 23, 30, tzinfo=UTC)  # the next day in Shanghai
    await bench.take_in(mail())
    await Request.all().update(regimes=["eu_gdpr"])
    await ClockRow.all().update(rules="")

    await Clock(bench.desk)._renew()

    assert (await statutory(ClockKind.RESPOND)).due_on == date(2026, 12, day + 1)
