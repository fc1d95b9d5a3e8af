"""What must hold of any request: hypothesis looks for one of which it does not."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from regimes.arithmetic import add_months, roll
from regimes.calendars import NO_HOLIDAYS, Calendar, calendar
from regimes.deadlines import Event, EventType, deadlines
from regimes.regime import Right, Unit, codes, load

SHANGHAI = ZoneInfo("Asia/Shanghai")
UNHURRIED = settings(deadline=None)
"""The machine may be shared; a slow example is no finding."""

BEGIN, END = date(2023, 1, 1), date(2027, 12, 31)

days = st.dates(BEGIN, END)
regimes = st.sampled_from(codes()).map(load)
rights = st.sampled_from(list(Right))
calendars = st.sampled_from([None, "GB", "DE", "CN"]).map(calendar)
later = [kind for kind in EventType if kind is not EventType.RECEIVED]


minutes = st.none() | st.integers(0, 24 * 60 - 1)


def happening(kind, day, minute):
    """Return an event of a day, or of a moment in UTC on that day."""
    if minute is None:
        return Event(kind, on=day)
    return Event(kind, at=datetime.combine(day, time(), UTC) + timedelta(minutes=minute))


def day_of(event):
    return event.day(SHANGHAI)


@st.composite
def histories(draw):
    received = draw(days)
    events = [happening(EventType.RECEIVED, received, draw(minutes))]
    happened = st.tuples(st.sampled_from(later), st.integers(-3, 120), minutes)
    events.extend(
        happening(kind, received + timedelta(days=after), minute)
        for kind, after, minute in draw(st.lists(happened, max_size=8))
    )
    return events


def derive(regime, right, events, cal=NO_HOLIDAYS):
    return deadlines(regime, right, events, zone=SHANGHAI, calendar=cal)


def dates(found):
    return (
        found.acknowledge_due,
        found.respond_due,
        found.internal_due,
        found.extendable_until,
        found.target_due,
    )


@UNHURRIED
@given(regimes, rights, histories(), calendars, st.randoms())
def test_recomputing_reordering_and_repeating_change_nothing(regime, right, events, cal, random):
    shuffled = [*events]
    random.shuffle(shuffled)

    first = derive(regime, right, events, cal)
    assert derive(regime, right, events, cal) == first
    assert derive(regime, right, shuffled, cal) == first
    assert dates(derive(regime, right, [*events, *events], cal)) == dates(first)


@UNHURRIED
@given(regimes, rights, histories(), calendars)
def test_internal_is_never_late_and_stands_and_falls_with_the_statutory_date(
    regime, right, events, cal
):
    found = derive(regime, right, events, cal)
    received = events[0].earlier_day(SHANGHAI)

    assert (found.internal_due is None) == (found.respond_due is None)
    if found.respond_due:
        assert received <= found.internal_due <= found.respond_due
        assert found.target_due is None
    if found.extendable_until:
        assert found.respond_due <= found.extendable_until
    assert found.work_by is not None
    assert found.why


@UNHURRIED
@given(regimes, rights, histories(), calendars)
def test_nothing_makes_a_date_later_than_the_law_allows(regime, right, events, cal):
    """Outside the UK nothing but a notice moves a date, and that only to the law's own limit."""
    if regime.starts and not all(rule.optional for rule in regime.starts):
        return
    plain = derive(regime, right, events[:1], cal)
    found = derive(regime, right, events, cal)

    assert found.acknowledge_due == plain.acknowledge_due
    assert found.extendable_until == plain.extendable_until
    assert found.respond_due in {plain.respond_due, plain.extendable_until}


@UNHURRIED
@given(rights, histories(), calendars)
def test_in_the_uk_a_date_is_bounded_by_what_was_waited_for(right, events, cal):
    uk = load("uk_gdpr")
    plain = derive(uk, right, events[:1], cal)
    found = derive(uk, right, events, cal)
    if found.respond_due is None or plain.respond_due is None:
        return
    last = max(map(day_of, events))
    # Three months from the last start, every day between first and last event out, and a roll.
    allowed = add_months(last, 3) + (last - day_of(events[0])) + timedelta(days=1 + 5)

    assert plain.respond_due <= found.respond_due <= allowed


@UNHURRIED
@given(
    regimes, rights, histories(), calendars, st.tuples(st.sampled_from(later), st.integers(1, 400))
)
def test_a_notice_or_answer_after_the_end_moves_nothing(regime, right, events, cal, late):
    kind, days_late = late
    before = derive(regime, right, events, cal)
    end = before.extendable_until or before.respond_due
    if end is None:
        return
    last = max(end, *map(day_of, events))
    after = derive(regime, right, [*events, Event(kind, on=last + timedelta(days_late))], cal)

    # A question asked inside the period may find its answer late; nothing else counts.
    if after.respond_due != before.respond_due:
        assert regime.code == "uk_gdpr"
        assert kind not in {EventType.EXTENSION_NOTIFIED, EventType.ANSWERED}


@UNHURRIED
@given(regimes, rights, histories(), calendars, st.sets(days, max_size=12))
def test_adding_holidays_never_shortens(regime, right, events, cal, extra):
    def off(year):
        return cal.off(year) | {day for day in extra if day.year == year}

    before = derive(regime, right, events, cal)
    after = derive(regime, right, events, replace(cal, off=off))

    for old, new in zip(dates(before)[:2], dates(after)[:2], strict=True):
        # A longer first period may let a question in that is still open: then the clock stands.
        assert new is None or (old is not None and new >= old)


@UNHURRIED
@given(days, st.sets(days, max_size=30))
def test_a_rolled_day_is_the_first_free_one(day, off):
    cal = Calendar("test", "test", lambda year: frozenset(d for d in off if d.year == year))
    rolled = roll(day, {5, 6}, cal)

    assert rolled >= day
    assert rolled.weekday() < 5
    assert rolled not in off
    between = [day + timedelta(n) for n in range((rolled - day).days)]
    assert all(d.weekday() > 4 or d in off for d in between)


@UNHURRIED
@given(days, st.integers(1, 24))
def test_months_end_on_the_same_date_or_the_last(day, count):
    end = add_months(day, count)

    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == count
    assert end.day == day.day or (end + timedelta(1)).day == 1
    assert end.day <= day.day


def test_units_are_all_in_use():
    used = {
        period.unit
        for regime in map(load, codes())
        for clock in regime.clocks
        for period in (clock.acknowledge, clock.answer)
        if period
    }

    assert used == set(Unit)
