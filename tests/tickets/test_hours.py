"""Open hours: worked out by hand, each with the bug of others that it guards against."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tickets.settings import CalendarSettings, DeskSettings, TargetSettings

OFFICE = CalendarSettings().hours()  # Shanghai, 9 to 12 and 13:30 to 18, China's holidays
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str, zone=SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.mark.parametrize(
    ("start", "amount", "end"),
    [
        # Lunch is not worked (chatwoot#14009, frappe#2212). 2 November 2026 is a Monday.
        ("2026-11-02 11:00", 2, "2026-11-02 14:30"),
        ("2026-11-02 12:30", 1, "2026-11-02 14:30"),
        # Friday evening to Monday morning.
        ("2026-11-06 17:30", 1, "2026-11-09 09:30"),
        # Eight hours are more than a day of seven and a half.
        ("2026-11-02 09:00", 8, "2026-11-03 09:30"),
        # The National Day week of 2026 (1 to 7 October); Saturday the 10th is worked.
        ("2026-09-30 17:00", 2, "2026-10-08 10:00"),
        ("2026-10-09 17:00", 2, "2026-10-10 10:00"),
        # An end that falls on a closing is that day's closing, not the next opening.
        ("2026-11-02 09:00", 7.5, "2026-11-02 18:00"),
    ],
)
def test_targets_end_in_open_hours(start, amount, end):
    assert OFFICE.add(at(start), hours(amount)) == at(end)


def test_the_calendar_counts_in_its_own_zone():
    # frappe#3776: the same moment read in another zone gives the same end.
    moment = at("2026-11-02 11:00")

    assert OFFICE.add(moment.astimezone(ZoneInfo("America/New_York")), hours(2)) == at(
        "2026-11-02 14:30"
    )


def test_seconds_are_kept():
    # libredesk truncates seconds, zammad counts minutes.
    end = OFFICE.add(at("2026-11-02 11:59:30"), timedelta(seconds=45))

    assert end == at("2026-11-02 13:30:15")


def test_a_pause_is_a_break_in_the_calendar():
    # frappe#2449: hold is not added to the creation time, so it cannot fall on closed days.
    breaks = [(at("2026-11-06 10:00"), at("2026-11-09 10:00"))]

    end = OFFICE.add(at("2026-11-06 09:00"), hours(2), breaks)

    assert end == at("2026-11-09 11:00")


def test_two_breaks_that_begin_together_both_count():
    # zammad keys breaks by minute, so two of them collapse.
    same = at("2026-11-02 10:00")
    breaks = [(same, at("2026-11-02 10:30")), (same, at("2026-11-02 11:00"))]

    assert OFFICE.add(at("2026-11-02 09:00"), hours(2), breaks) == at("2026-11-02 12:00")


def test_an_open_break_has_no_end():
    assert OFFICE.add(at("2026-11-02 09:00"), hours(2), [(at("2026-11-02 10:00"), None)]) is None
    assert OFFICE.add(at("2026-11-02 09:00"), hours(1), [(at("2026-11-02 10:00"), None)]) == at(
        "2026-11-02 10:00"
    )


def test_hours_past_midnight_and_the_hour_that_is_missing():
    night = CalendarSettings(
        zone="Europe/Berlin", week={"sat": ("22:00-06:00",)}, holidays=""
    ).hours()
    # The night of 28 to 29 March 2026 has seven hours: at two it is three.
    berlin = ZoneInfo("Europe/Berlin")

    total = night.between(at("2026-03-28 12:00", berlin), at("2026-03-29 12:00", berlin))
    end = night.add(at("2026-03-28 12:00", berlin), hours(5))

    assert total == hours(7)
    assert end == at("2026-03-29 04:00", berlin)


def test_between_is_what_was_open():
    assert OFFICE.between(at("2026-11-06 17:00"), at("2026-11-09 10:00")) == hours(2)
    assert OFFICE.between(at("2026-11-09 10:00"), at("2026-11-06 17:00")) == hours(0)


def test_next_open_is_never_at_night():
    assert OFFICE.next_open(at("2026-11-02 23:10")) == at("2026-11-03 09:00")
    assert OFFICE.next_open(at("2026-11-07 10:00")) == at("2026-11-09 09:00")
    assert OFFICE.next_open(at("2026-11-03 10:10")) == at("2026-11-03 10:10")


moments = st.integers(1_767_225_600, 1_796_083_200).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)
amounts = st.integers(1, 200_000).map(lambda seconds: timedelta(seconds=seconds))


@given(moments, amounts)
def test_adding_and_measuring_agree(start, amount):
    end = OFFICE.add(start, amount)

    assert end is not None
    assert OFFICE.between(start, end) == amount


@given(moments, amounts, moments, amounts)
def test_a_break_never_makes_it_earlier(start, amount, from_, length):
    plain = OFFICE.add(start, amount)
    broken = OFFICE.add(start, amount, [(from_, from_ + length)])

    assert plain is not None
    assert broken is not None
    assert broken >= plain
    assert OFFICE.between(start, broken, [(from_, from_ + length)]) == amount


def test_a_closed_day():
    house = CalendarSettings(closed_on=(date(2026, 11, 3),)).hours()

    assert house.add(at("2026-11-02 17:00"), hours(2)) == at("2026-11-04 10:00")


@pytest.mark.parametrize(
    "wrong",
    [
        {"week": {"mon": ("9-17",)}},
        {"week": {"mon": ()}},
        {"zone": "Mars/Olympus"},
        {"holidays": "XX"},
    ],
)
def test_what_cannot_be_counted_in_is_refused(wrong):
    with pytest.raises(ValidationError):
        CalendarSettings(**wrong)


def test_a_target_names_a_calendar_that_is_there():
    with pytest.raises(ValidationError, match="there is no calendar"):
        DeskSettings(targets=(TargetSettings(calendar="night"),))
