"""Read the dates that mailers write (RFC 5322 3.3, its obsolete forms, and plain mistakes)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

_USUAL = re.compile(
    r"(\d{1,2})[ -]([A-Za-z]{3})[a-z]*[ -](\d{4}|\d\d)[ T,]+(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?"
    r"(?:\.\d+)?[ \t]*(?:([+-])(\d\d):?(\d\d))?"
)
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*(?:([+-])(\d\d):?(\d\d))?"
)
_MONTHS = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)  # noqa: SIM905
}


def parse_date(text: str) -> datetime | None:
    """Return the moment in UTC, or None where there is none; never raises.

    A date without a zone is taken as UTC: nothing better is known.
    """
    text = text[:200]
    try:
        found = _USUAL.search(text)
        if found and (month := _MONTHS.get(found[2].lower())):
            year = int(found[3])
            if year < 100:  # noqa: PLR2004 - two digits, read as POSIX reads them
                year += 2000 if year < 69 else 1900  # noqa: PLR2004
            if found[7] or not text[found.end() :].strip()[:1].isalpha():
                return _moment(year, month, int(found[1]), found, 4)
        elif iso := _ISO.search(text):
            return _moment(int(iso[1]), int(iso[2]), int(iso[3]), iso, 4)
        return _by_library(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _moment(year: int, month: int, day: int, found: re.Match[str], at: int) -> datetime:
    hour, minute, second = int(found[at]), int(found[at + 1]), min(int(found[at + 2] or 0), 59)
    if found[7]:
        offset = timedelta(hours=int(found[8]), minutes=int(found[9]))
        if offset < timedelta(hours=24):
            zone = timezone(-offset if found[7] == "-" else offset)
            return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _by_library(text: str) -> datetime | None:
    """Read named zones and odd orders."""
    parts = parsedate_tz(text)
    if parts is None:
        return None
    year, month, day, hour, minute, second, *_, offset = parts
    moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    return moment - timedelta(seconds=offset or 0)
