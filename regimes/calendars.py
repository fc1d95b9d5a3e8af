"""Public holidays, and the weekends that the State Council turns into working days.

Says of a day whether it is a holiday or an adjusted working day.  It does not count
(`arithmetic.py`) and does not know which weekdays a regime rests on: those are the regime's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

Days = frozenset[date]


def _none(_year: int) -> Days:
    return frozenset()


@dataclass(frozen=True, slots=True)
class Calendar:
    """The holidays of one place.

    `off` and `working` give a year's holidays and its adjusted working weekends.  Where
    `known_through` is a year, later years are not announced yet: they have neither, so that a
    count comes out at the earliest date.
    """

    code: str
    says: str
    off: Callable[[int], Days] = _none
    working: Callable[[int], Days] = _none
    known_through: int | None = None

    def knows(self, day: date) -> bool:
        """Tell whether the holidays of this day's year have been announced."""
        return self.known_through is None or day.year <= self.known_through

    def is_holiday(self, day: date) -> bool:
        """Tell whether the day is a public holiday; never of a year not announced."""
        return self.knows(day) and day in self.off(day.year)

    def is_adjusted(self, day: date) -> bool:
        """Tell whether a Saturday or Sunday is a working day by decree."""
        return self.knows(day) and day in self.working(day.year)


NO_HOLIDAYS = Calendar("", "no public holidays")


def codes() -> tuple[str, ...]:
    """Return the codes of the calendars that the desk knows."""
    return tuple(_table())


def calendar(code: str | None) -> Calendar:
    """Return a calendar by its code; None is a calendar without holidays.

    Raises `KeyError` for a code that is not known.
    """
    return NO_HOLIDAYS if code is None else _calendar(code)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("regimes") / "calendars.toml").read_text(encoding="utf-8"))


@cache
def _calendar(code: str) -> Calendar:
    return make(code, _table()[code])


def make(code: str, entry: dict[str, Any]) -> Calendar:
    """Make a calendar from its table, with the years that the table sets right."""
    ours: dict[str, dict[str, list[date]]] = entry.get("years", {})

    @cache
    def off(year: int) -> Days:
        if str(year) in ours:
            return frozenset(ours[str(year)]["off"])
        return frozenset(_package(entry, year))

    @cache
    def working(year: int) -> Days:
        if str(year) in ours:
            return frozenset(ours[str(year)]["working"])
        adjusted: set[date] = getattr(_package(entry, year), "weekend_workdays", set())
        return frozenset(day for day in adjusted if day.year == year)

    return Calendar(code, entry["says"], off, working, entry.get("known_through"))


def _package(entry: dict[str, Any], year: int) -> Any:  # noqa: ANN401  - the package's own class
    # The package takes 0.1 s to import and most questions need no holiday.
    import holidays  # noqa: PLC0415

    return holidays.country_holidays(
        entry["package"], subdiv=entry.get("subdivision"), years=year, expand=False
    )
