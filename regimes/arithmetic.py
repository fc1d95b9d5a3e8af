"""Adding months, days and working days to a date, and moving a last day off a day of rest.

Pure date arithmetic: which period, which rest days and which calendar are arguments.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Set as AbstractSet
from datetime import date, timedelta

from regimes.calendars import Calendar
from regimes.regime import Unit

DAY = timedelta(days=1)
WEEKEND = frozenset({5, 6})


def add_months(day: date, count: int) -> date:
    """Return the same date `count` months on, or that month's last day (Reg. 1182/71, 3(2)(c))."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def is_working(day: date, rest_days: AbstractSet[int], calendar: Calendar) -> bool:
    """Tell whether people work on this day; an adjusted Saturday or Sunday is worked."""
    if calendar.is_adjusted(day):
        return True
    return day.weekday() not in rest_days and not calendar.is_holiday(day)


def add_working_days(
    day: date, count: int, rest_days: AbstractSet[int], calendar: Calendar
) -> date:
    """Return the `count`-th working day after `day`, which itself does not count."""
    while count:
        day += DAY
        count -= is_working(day, rest_days, calendar)
    return day


def add_business_days(day: date, count: int) -> date:
    """Return the `count`-th Monday-to-Friday after `day`, holidays counted as working days."""
    while count:
        day += DAY
        count -= day.weekday() not in WEEKEND
    return day


def add(day: date, count: int, unit: Unit, rest_days: AbstractSet[int], calendar: Calendar) -> date:
    """Return the last day of a period that starts with an event on `day`.

    The day of the event is never counted.  Raises `OverflowError` past the year 9999.
    """
    try:
        match unit:
            case Unit.MONTH:
                return add_months(day, count)
            case Unit.DAY:
                return day + timedelta(days=count)
            case Unit.WORKING_DAY:
                return add_working_days(day, count, rest_days, calendar)
            case Unit.BUSINESS_DAY:
                return add_business_days(day, count)
    except ValueError as exc:  # a month past the year 9999
        raise OverflowError("date value out of range") from exc


def roll(
    day: date, rest_days: AbstractSet[int], calendar: Calendar, *, holidays: bool = True
) -> date:
    """Return `day`, or the next one that is neither a rest day nor a public holiday.

    The rest days are the statute's words, so an adjusted Saturday or Sunday does not undo them.
    """
    while day.weekday() in rest_days or (holidays and calendar.is_holiday(day)):
        day += DAY
    return day
