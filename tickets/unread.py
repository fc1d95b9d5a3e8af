"""The law's dates of messages that nobody could read: they run, and somebody must be told.

What such a message asks is unknown, so the earliest date that any law could want counts.  Each
warning is recorded once, as an event and in the log, with the moment at which it fell due.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from tickets.agents import STAFF
from tickets.audit import new_event
from tickets.desk import Desk
from tickets.models import InboundRecord, InboundState
from tickets.statute import earliest_possible, end_of, moments_of
from tickets.transactions import transaction, unit_of_work
from vault.sealing import Key

_PAGE: Final = 200
_LAST: Final = "breach"

_log = logging.getLogger(__name__)


async def warn_unread(desk: Desk, now: datetime) -> int:
    """Record the warnings of unread messages that have fallen due; return how many messages."""
    waiting = InboundRecord.filter(state=InboundState.SHUNTED).exclude(warned=_LAST)
    count = 0
    for record in await waiting.order_by("internal_at").limit(_PAGE):
        passed = _passed(desk, record, now)
        if passed:
            key = (await desk.vault.create_keys([STAFF]))[STAFF]
            count += await _record(record, passed, now, key)
    return count


def _passed(desk: Desk, record: InboundRecord, now: datetime) -> list[tuple[str, datetime]]:
    """Return the moments that have passed since the last that was recorded."""
    day = earliest_possible(record.internal_at, desk.config)
    if day is None:
        return []
    each = moments_of(end_of(day, desk.config), record.internal_at)
    codes = [code for code, _ in each]
    known = codes.index(record.warned) + 1 if record.warned in codes else 0
    return [(code, at) for code, at in each[known:] if at <= now]


@unit_of_work
async def _record(
    record: InboundRecord, passed: Sequence[tuple[str, datetime]], now: datetime, key: Key
) -> int:
    async with transaction():
        rows = InboundRecord.filter(id=record.id, state=InboundState.SHUNTED, warned=record.warned)
        if not await rows.update(warned=passed[-1][0]):
            return 0  # it was read in the meantime, or somebody else has warned
        for code, at in passed:
            kind = "shunted_breach" if code == _LAST else "shunted_warning"
            said = {"record": record.id.hex, "code": code, "happened_at": at.isoformat()}
            await new_event(kind, now, key=key, payload=said).save(force_create=True)
            _log.warning(
                "a message that nobody could read has a date of the law",
                extra={"action": kind, "record": record.id.hex, "code": code},
            )
    return 1
