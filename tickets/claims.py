"""Who works on which row: claims by guarded update, released when their worker is dead.

A worker is one process; it holds a lock of its name for as long as it lives.  So a claim needs no
time-out: whoever finds the lock free knows that the claim is orphaned.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar
from uuid import UUID

from tortoise.queryset import QuerySet

from tickets.locks import Locks
from tickets.models import InboundRecord, InboundState, OutboxEntry, Post
from tickets.transactions import unit_of_work
from tickets.types import Delivery
from tickets.written import take

Row = TypeVar("Row", InboundRecord, OutboxEntry, Post)

_WAITING: Final[Mapping[type[Any], Collection[object]]] = {
    InboundRecord: (InboundState.NEW, InboundState.SHUNTED),
    OutboxEntry: (Delivery.QUEUED, Delivery.UNKNOWN),
    Post: (Delivery.QUEUED,),
}


class Worker:
    """This process, by a name that others can check for life."""

    def __init__(self, locks: Locks) -> None:
        self._locks = locks
        self.name = f"w-{secrets.token_hex(8)}"
        self._numbers = itertools.count(1)
        self._active: set[str] = set()

    async def start(self) -> None:
        """Show that we live."""
        if not await self._locks.acquire(self.name):
            raise AssertionError("a fresh name is never taken")

    @asynccontextmanager
    async def claim(
        self, model: type[Row], ids: Sequence[UUID], **fields: object
    ) -> AsyncIterator[list[Row]]:
        """Claim those of `ids` that nobody else has, for as long as the block runs; in order.

        What another has dealt with since it was looked for is nobody's any more: it is left out.
        Each claim has a mark of its own, so that two loops of one process never share a row.  A row
        that still carries the mark when the block has ended, however it ended, is an orphan.
        """
        mark = f"{self.name}.{next(self._numbers)}"
        self._active.add(mark)
        try:
            yield await self._take(model, ids, mark, fields) if ids else []
        finally:
            self._active.discard(mark)

    @unit_of_work
    async def _take(
        self, model: type[Row], ids: Sequence[UUID], mark: str, fields: dict[str, object]
    ) -> list[Row]:
        values = {"claimed_by": mark, **fields}
        return await take(model, ids, values, claimed_by=("",), state=_WAITING[model])

    async def orphans(self, rows: QuerySet[Row]) -> list[str]:
        """Return the marks on some of `rows` whose claims have ended: their worker is dead."""
        found = await rows.exclude(claimed_by="").distinct().values("claimed_by")
        marks = [row["claimed_by"] for row in found]
        names = {mark.partition(".")[0] for mark in marks} - {self.name}
        dead = {name for name in names if not await self._locks.is_held(name)}
        return [mark for mark in marks if self._is_over(mark, dead)]

    def _is_over(self, mark: str, dead: set[str]) -> bool:
        name = mark.partition(".")[0]
        return name in dead or (name == self.name and mark not in self._active)
