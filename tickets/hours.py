"""Hours of service: when the house works, and how to count in that time.

Several intervals a day, also past midnight, public holidays and adjusted weekends, in the
calendar's own zone whatever zone an agent sits in.  A pause is a break in the calendar, taken from
history each time: nothing is added up, so every figure can be worked out again after a change of
rules.  The law is not counted here (`regimes`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from regimes.calendars import NO_HOLIDAYS, Calendar

Span = tuple[datetime, datetime]
Break = tuple[datetime, datetime | None]
"""From when to when nothing counts; without an end it lasts."""

_MONDAY: Final = 0
_HORIZON: Final = 3660  # days: whoever has no open hour in ten years has none


@dataclass(frozen=True, slots=True)
class Hours:
    """Open hours of a week in one zone; `week` maps 0 (Monday) to 6 to minutes from midnight.

    An interval that ends at or before its begin ends on the next day.
    """

    zone: ZoneInfo
    week: Mapping[int, tuple[tuple[int, int], ...]]
    holidays: Calendar = NO_HOLIDAYS
    closed_on: frozenset[date] = field(default_factory=frozenset)
    _known: dict[date, tuple[Span, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def add(
        self, start: datetime, amount: timedelta, breaks: Sequence[Break] = ()
    ) -> datetime | None:
        """Return when `amount` of open time has passed; None while a break has no end."""
        return next(self.add_each(start, [amount], breaks))

    def add_each(
        self, start: datetime, amounts: Sequence[timedelta], breaks: Sequence[Break] = ()
    ) -> Iterator[datetime | None]:
        """Yield the same for each of several amounts, which must rise, in one walk."""
        spans = self._open(start, breaks)
        span: Span | None = (start, start)
        passed = timedelta()  # of open time, before the span
        for amount in amounts:
            while span and (span[0] == span[1] or span[1] - span[0] < amount - passed):
                passed += span[1] - span[0]
                span = next(spans, None)
            yield span[0] + (amount - passed) if span else None

    def between(self, start: datetime, end: datetime, breaks: Sequence[Break] = ()) -> timedelta:
        """Return how much open time lies between two moments."""
        total = timedelta()
        for begin, stop in self._open(start, breaks, until=end):
            total += stop - begin
        return total

    def next_open(self, moment: datetime) -> datetime:
        """Return the moment itself within open hours, else the next opening."""
        return next((begin for begin, _ in self._open(moment, ())), moment)

    def _open(
        self, start: datetime, breaks: Sequence[Break], until: datetime | None = None
    ) -> Iterator[Span]:
        """Yield open spans from `start` on, in order, without breaks."""
        first = start.astimezone(self.zone).date() - timedelta(days=1)
        for offset in range(_HORIZON):
            day = first + timedelta(days=offset)
            if until is not None and day > until.astimezone(self.zone).date():
                return
            for begin, end in self._spans(day):
                begin, end = max(begin, start), min(end, until or end)  # noqa: PLW2901
                if begin < end:
                    yield from _without(begin, end, breaks) if breaks else ((begin, end),)
            if breaks and any(
                stop is None and start <= _midnight(day, self.zone) for start, stop in breaks
            ):
                return

    def _spans(self, day: date) -> tuple[Span, ...]:
        """Return a day's open spans; each day is worked out once, for every clock asks again."""
        if day not in self._known:
            self._known[day] = tuple(
                (self._moment(day, first), self._moment(day, last + (last <= first) * 24 * 60))
                for first, last in self._minutes(day)
            )
        return self._known[day]

    def _minutes(self, day: date) -> tuple[tuple[int, int], ...]:
        """Return a day's intervals; a weekend worked by decree has Monday's."""
        if day in self.closed_on or self.holidays.is_holiday(day):
            return ()
        weekday = _MONDAY if self.holidays.is_adjusted(day) else day.weekday()
        return self.week.get(weekday, ())

    def _moment(self, day: date, minutes: int) -> datetime:
        days, rest = divmod(minutes, 24 * 60)
        local = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), self.zone)
        return local.astimezone(UTC)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _without(begin: datetime, end: datetime, breaks: Sequence[Break]) -> Iterator[Span]:
    """Yield what is left of a span once the breaks are taken out; breaks may overlap."""
    for start, stop in sorted(breaks, key=lambda one: one[0]):
        if start >= end:
            break
        if stop is not None and stop <= begin:
            continue
        if start > begin:
            yield begin, start
        if stop is None:
            return
        begin = max(begin, stop)
    if begin < end:
        yield begin, end
