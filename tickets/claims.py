"""Who works on which row: claims by guarded update, released when their worker is dead.

A worker is one process; it holds a lock of its name for as long as it lives.  So a claim needs no
time-out: whoever finds the lock free knows that the claim is orphaned.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from tortoise.queryset import QuerySet

from tickets.locks import Locks
from tickets.models import InboundRecord, OutboxEntry

Row = TypeVar("Row", InboundRecord, OutboxEntry)


class Worker:
    """This process, by a name that others can check for life."""

    def __init__(self, locks: Locks) -> None:
        self._locks = locks
        self.name = f"w-{secrets.token_hex(8)}"
        self._claims = itertools.count(1)

    async def start(self) -> None:
        """Show that we live."""
        if not await self._locks.acquire(self.name):
            raise AssertionError("a fresh name is never taken")

    async def claim(self, model: type[Row], ids: Sequence[UUID], **fields: object) -> list[Row]:
        """Claim those of `ids` that nobody else has claimed, in one write; return them in order.

        Each claim has a mark of its own, so that two loops of one process never share a row.
        """
        if not ids:
            return []
        mark = f"{self.name}.{next(self._claims)}"
        await model.filter(id__in=list(ids), claimed_by="").update(claimed_by=mark, **fields)
        return await model.filter(id__in=list(ids), claimed_by=mark).order_by("id")

    async def orphans(self, rows: QuerySet[Row]) -> list[str]:
        """Return the marks of dead workers that still claim some of `rows`."""
        found = await rows.exclude(claimed_by="").distinct().values("claimed_by")
        marks = [row["claimed_by"] for row in found]
        names = {mark.partition(".")[0] for mark in marks}
        dead = {name for name in names if await self._is_dead(name)}
        return [mark for mark in marks if mark.partition(".")[0] in dead]

    async def _is_dead(self, name: str) -> bool:
        return name != self.name and not await self._locks.is_held(name)
