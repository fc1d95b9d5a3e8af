"""Sealed content, stored once: the raw bytes of what arrived.

Content is sealed under a random key of its own, in segments of one MiB.  That key is wrapped by the
intake key until the message is matched, then by the identity's, so that destroying the identity's
key destroys the content.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from tickets.ids import new_id
from tickets.models import Attachment, Blob, BlobSegment, Message
from vault.sealing import Key, Place, new_content_key, seal, unseal, unwrap, wrap
from vault.vault import Vault

SEGMENT: Final = 1 << 20
INTAKE: Final = "intake"


def identity_owner(identity: UUID) -> str:
    """Return the name under which an identity's key lies in the key store."""
    return f"identity:{identity.hex}"


def seal_content(
    owner: Key, blob_id: UUID, raw: bytes, created_at: datetime
) -> tuple[Blob, list[BlobSegment]]:
    """Return the rows that hold `raw`, not yet saved; `owner` wraps the content key."""
    content = new_content_key()
    count = max(1, -(-len(raw) // SEGMENT))
    place = Place("blob", blob_id, "content")
    parts = [
        seal(content, place.part(i, count), raw[i * SEGMENT : (i + 1) * SEGMENT])
        for i in range(count)
    ]
    blob = Blob(
        id=blob_id,
        wrapped_for=owner.owner,
        wrapped_key=wrap(owner, Place("blob", blob_id, "wrapped_key"), content),
        content=parts[0],
        segments=count,
        size=len(raw),
        created_at=created_at,
    )
    more = [
        BlobSegment(id=new_id(), blob_id=blob_id, number=i, content=part)
        for i, part in enumerate(parts[1:], 1)
    ]
    return blob, more


async def open_content(vault: Vault, blob: Blob) -> bytes:
    """Return the bytes of a blob."""
    owner = (await vault.load_keys([blob.wrapped_for]))[blob.wrapped_for]
    content = unwrap(owner, Place("blob", blob.id, "wrapped_key"), blob.wrapped_key)
    place = Place("blob", blob.id, "content")
    parts = [blob.content]
    if blob.segments > 1:
        more = BlobSegment.filter(blob_id=blob.id).order_by("number")
        parts += [segment.content async for segment in more]
    return b"".join(
        unseal(content, place.part(i, blob.segments), part) for i, part in enumerate(parts)
    )


def rewrap(blob: Blob, old: Key, new: Key) -> None:
    """Hand a blob over from one owner to another, in memory."""
    place = Place("blob", blob.id, "wrapped_key")
    blob.wrapped_key = wrap(new, place, unwrap(old, place, blob.wrapped_key))
    blob.wrapped_for = new.owner


async def forget(ticket_id: UUID, message_ids: Sequence[UUID]) -> None:
    """Destroy the content of messages for good: their keys and bytes, and the list of files."""
    messages = await Message.filter(id__in=list(message_ids), ticket_id=ticket_id)
    blobs = [message.blob_id for message in messages if message.blob_id]
    await BlobSegment.filter(blob_id__in=blobs).delete()
    await Blob.filter(id__in=blobs).update(content=b"", wrapped_key=b"", segments=1, size=0)
    await Attachment.filter(message_id__in=[message.id for message in messages]).delete()
