"""Whoever opens ticket after ticket gets none of their own for a while: the desk stays usable.

What they write is recorded all the same, in the newest ticket that they have open: nothing is lost,
a right that is named there opens its request, and its clock runs.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tickets.models import Ticket
from tickets.types import Status

MOST: Final = 10
"""Tickets that one requester may open in an hour."""

_TIME: Final = timedelta(hours=1)
_OVER: Final = (Status.CLOSED, Status.ERASED)


async def ticket_instead(requester: UUID, now: datetime) -> UUID | None:
    """Return the ticket that takes what would open one too many; None where it may open one."""
    own = Ticket.filter(requester_id=requester, merged_into_id=None)
    if await own.filter(created_at__gt=now - _TIME).count() < MOST:
        return None
    newest = await own.exclude(status__in=_OVER).order_by("-id").first()
    return newest.id if newest else None
