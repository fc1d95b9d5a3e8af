"""Who works on which row: claims by guarded update, released when their worker is dead.

A worker is one process; it holds a lock of its name for as long as it lives.  So a claim needs no
time-out: whoever finds the lock free knows that the claim is orphaned.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
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

    async def start(self) -> None:
        """Show that we live."""
        if not await self._locks.acquire(self.name):
            raise AssertionError("a fresh name is never taken")

    async def claim(self, model: type[Row], ids: Sequence[UUID], **fields: object) -> list[Row]:
        """Claim those of `ids` that nobody else has claimed, in one write; return them in order."""
        if not ids:
            return []
        free = model.filter(id__in=list(ids), claimed_by="")
        await free.update(claimed_by=self.name, **fields)
        return await model.filter(id__in=list(ids), claimed_by=self.name).order_by("id")

    async def orphans(self, rows: QuerySet[Row]) -> list[str]:
        """Return the names of dead workers that still claim some of `rows`."""
        names = await rows.exclude(claimed_by="").distinct().values("claimed_by")
        return [name for name in _names(names) if await self._is_dead(name)]

    async def _is_dead(self, name: str) -> bool:
        return name != self.name and not await self._locks.is_held(name)


def _names(rows: Iterable[dict[str, str]]) -> list[str]:
    return [row["claimed_by"] for row in rows]
