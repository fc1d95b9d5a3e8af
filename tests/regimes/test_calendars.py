"""Holidays against the notices themselves: what the package says, and what we set right."""

from datetime import date

import pytest

from regimes.calendars import NO_HOLIDAYS, calendar, codes, make


def days(year, text):
    return {date.fromisoformat(f"{year}-{day}") for day in text.split()}


def weekdays(found):
    return {day for day in found if day.weekday() < 5}


# The State Council's notices: weekdays off, then weekend days worked.
NOTICES = {
    2023: (
        (
            "01-02 01-23 01-24 01-25 01-26 01-27 04-05 05-01 05-02 05-03 06-22 06-23 "
            "09-29 10-02 10-03 10-04 10-05 10-06"
        ),
        "01-28 01-29 04-23 05-06 06-25 10-07 10-08",
    ),
    2024: (
        (
            "01-01 02-12 02-13 02-14 02-15 02-16 04-04 04-05 05-01 05-02 05-03 06-10 "
            "09-16 09-17 10-01 10-02 10-03 10-04 10-07"
        ),
        "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    ),
    2025: (
        (
            "01-01 01-28 01-29 01-30 01-31 02-03 02-04 04-04 05-01 05-02 05-05 06-02 "
            "10-01 10-02 10-03 10-06 10-07 10-08"
        ),
        "01-26 02-08 04-27 09-28 10-11",
    ),
    2026: (
        (
            "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 05-04 05-05 06-19 "
            "09-25 10-01 10-02 10-05 10-06 10-07"
        ),
        "01-04 02-14 02-28 05-09 09-20 10-10",
    ),
}


@pytest.mark.parametrize("year", NOTICES)
def test_china_is_as_the_state_council_announced(year):
    off, working = NOTICES[year]
    cn = calendar("CN")

    assert weekdays(cn.off(year)) == days(year, off)
    assert cn.working(year) == days(year, working)


def test_china_guesses_nothing_past_the_last_notice():
    cn = calendar("CN")

    assert not cn.knows(date(2027, 1, 1))
    assert not cn.is_holiday(date(2027, 1, 1))
    assert not cn.is_adjusted(date(2027, 2, 20))


def test_a_table_of_ours_replaces_the_year_of_the_package():
    entry = {
        "package": "CN",
        "says": "test",
        "known_through": 2027,
        "years": {"2027": {"off": [date(2027, 1, 4)], "working": [date(2027, 1, 9)]}},
    }
    cn = make("CN", entry)

    assert cn.is_holiday(date(2027, 1, 4))
    assert not cn.is_holiday(date(2027, 1, 1))
    assert cn.is_adjusted(date(2027, 1, 9))
    assert cn.is_holiday(date(2026, 10, 1))


def test_england_and_wales():
    gb = calendar("GB")

    assert weekdays(gb.off(2026)) == days(2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28")
    assert weekdays(gb.off(2027)) == days(2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28")


def test_germany_nationwide():
    de = calendar("DE")

    assert weekdays(de.off(2026)) == days(2026, "01-01 04-03 04-06 05-01 05-14 05-25 12-25")
    assert date(2026, 10, 3) in de.off(2026)
    assert date(2026, 8, 15) not in de.off(2026)  # the Saarland and parts of Bavaria only


def test_no_calendar_has_no_holidays():
    assert calendar(None) is NO_HOLIDAYS
    assert not NO_HOLIDAYS.is_holiday(date(2026, 1, 1))
    assert set(codes()) == {"GB", "DE", "CN"}
    with pytest.raises(KeyError):
        calendar("XX")
