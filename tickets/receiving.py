"""When a message reached us: the day from which the law counts (law.md 3.1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from tickets.types import Inbound

_SLACK: Final = timedelta(days=5)
"""How much earlier than the mailbox's own date our MX may have taken a mail in."""


def received_at(
    inbound: Inbound, received_by: str, internal_at: datetime, fetched_at: datetime
) -> tuple[datetime, str]:
    """Return when a mail reached us and how we know: `received`, `internal` or `fetched`.

    The topmost Received line written by our own MX counts if it lies within five days before the
    server's INTERNALDATE and now; else INTERNALDATE, unless it lies in the future.
    """
    if received_by:
        for host, when in inbound.received:
            if host.lower().rstrip(".") != received_by.lower():
                continue
            if internal_at - _SLACK <= when <= fetched_at:
                return when, "received"
            break
    if internal_at <= fetched_at:
        return internal_at, "internal"
    return fetched_at, "fetched"
