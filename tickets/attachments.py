"""Files whose bytes come apart from their message: which are to be fetched, and what became of it.

A door that fetches them asks `due`, and tells `keep`, `refuse` or `put_off`.  One process does so.
What is kept is sealed under the key of whoever sent it and dies with that key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tickets.content import identity_owner, seal_content
from tickets.ids import new_id
from tickets.models import Attachment, Blob, BlobSegment
from tickets.transactions import transaction, unit_of_work
from tickets.types import Channel
from vault.sealing import Place, unseal_text
from vault.vault import Vault

_PAUSES: Final = tuple(timedelta(minutes=m) for m in (0.2, 1, 5, 15, 60, 120, 240, 480))
_ERASED: Final = "erased"
_LOST: Final = "gone"


@dataclass(frozen=True, slots=True)
class Remote:
    """A file that lies at its server still."""

    id: UUID
    remote: str  # how the server names it
    size: int  # bytes, as the server said; 0: it did not
    content_type: str  # as the sender said
    attempts: int
    owner: str  # the name of the key that will seal it


class Attachments:
    """The files that one kind of server holds for us."""

    def __init__(self, vault: Vault, channel: Channel, *, now: Callable[[], datetime]) -> None:
        self._vault = vault
        self._channel = channel
        self._now = now

    async def due(self, limit: int = 10) -> list[Remote]:
        """Return files to fetch now, longest waiting first."""
        rows = Attachment.filter(fetch_at__lte=self._now(), message__channel=self._channel)
        found = await rows.order_by("fetch_at", "id").limit(limit).select_related("message")
        owners = {row.id: identity_owner(row.message.identity_id) for row in found}
        keys = await self._vault.load_keys(sorted(set(owners.values())))
        remotes = []
        for row in found:
            key = keys.get(owners[row.id])
            if key is None or row.remote is None:
                await self.refuse(row.id, _ERASED)
                continue
            remote = unseal_text(key, Place("attachment", row.id, "remote"), row.remote)
            remotes.append(
                Remote(row.id, remote, row.size, row.content_type, row.attempts, key.owner)
            )
        return remotes

    async def keep(self, file: Remote, data: bytes, content_type: str) -> None:
        """Seal what was fetched; nothing where its sender was erased meanwhile."""
        keys = await self._vault.load_keys([file.owner])
        if file.owner not in keys:
            return await self.refuse(file.id, _ERASED)
        digest = await asyncio.to_thread(self._vault.blind, "file", data)
        sealed = await asyncio.to_thread(
            seal_content, keys[file.owner], new_id(), data, self._now()
        )
        fields = {"digest": digest.hex()[:32], "content_type": content_type[:128]}
        await self._write(file.id, *sealed, {**fields, "size": len(data)})
        return None

    async def refuse(self, file_id: UUID, code: str) -> None:
        """Give a file up for good; `code` says why."""
        await Attachment.filter(id=file_id).update(fetch_at=None, refused=code)

    async def put_off(self, file: Remote) -> None:
        """Try again later, for a day; then the file is lost."""
        if file.attempts >= len(_PAUSES):
            return await self.refuse(file.id, _LOST)
        due_at = self._now() + _PAUSES[file.attempts]
        await Attachment.filter(id=file.id).update(fetch_at=due_at, attempts=file.attempts + 1)
        return None

    @unit_of_work
    async def _write(
        self, file_id: UUID, blob: Blob, more: list[BlobSegment], fields: dict[str, object]
    ) -> None:
        async with transaction():
            rows = Attachment.filter(id=file_id, blob_id=None)
            if not await rows.update(blob_id=blob.id, fetch_at=None, **fields):
                return
            await Blob.bulk_create([blob])
            await BlobSegment.bulk_create(more)
