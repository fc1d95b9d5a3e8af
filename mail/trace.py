"""Read what mail servers wrote into a mail on its way: envelope, hops, verdicts."""

from __future__ import annotations

import re
from datetime import datetime

from mail.addresses import addresses
from mail.charsets import clean
from mail.dates import parse_date
from mail.headers import Headers, one_line

_HOPS = 30
_VERDICTS = 10
_BY = re.compile(r"\bby\s+([^\s;()]{1,255})")


def return_path(headers: Headers) -> str | None:
    """Return the envelope sender; "" is the null sender (RFC 5321 4.5.5), None is unknown."""
    value = headers.raw(b"return-path")
    found = addresses(value)
    if found and found[0].address:
        return found[0].address
    return "" if b"<>" in value.replace(b" ", b"") else None


def received(headers: Headers) -> tuple[tuple[str, datetime], ...]:
    """Return who took the mail and when, topmost first (RFC 5321 4.4)."""
    found: list[tuple[str, datetime]] = []
    for value in headers.all(b"received")[:_HOPS]:
        moment = parse_date(value[-200:].decode("latin-1").rpartition(";")[2])
        if moment is not None:
            by = _BY.search(value[:2000].decode("latin-1"))
            found.append((clean(by.group(1)).lower() if by else "", moment))
    return tuple(found)


def authentication(headers: Headers) -> tuple[tuple[str, str], ...]:
    """Return Authentication-Results as (authserv-id, rest), topmost first (RFC 8601 2.2).

    Whose verdict may be believed is not decided here.
    """
    found: list[tuple[str, str]] = []
    for value in headers.all(b"authentication-results")[:_VERDICTS]:
        server, _, rest = one_line(value.decode("utf-8", "replace")).partition(";")
        found.append((server.split()[0].lower() if server.split() else "", rest.strip()[:4000]))
    return tuple(found)
