"""What happened, kept so that a change shows.

Every event carries a digest over all its columns.  One sealer chains events in batches within a
second and signs each link (Ed25519; the private key lies in the key store, outside the database).
The newest head is also kept beside the keys, so that cutting off the chain's end shows too.
`verify` finds changed, removed, reordered and cut-off events and lists the unsealed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tickets.ids import new_id
from tickets.killpoints import kill
from tickets.models import AuditBatch, Event
from tickets.transactions import transaction, unit_of_work
from vault.sealing import Key, Place, framed, seal, unseal
from vault.vault import Vault

SYSTEM: Final = "system"
_BATCH: Final = 500
_GENESIS: Final = "0" * 64
_HEAD: Final = "audit-head"  # under this name the newest batch and its link lie beside the keys


def new_event(  # noqa: PLR0913  - an event has these parts
    kind: str,
    at: datetime,
    *,
    key: Key | None = None,
    ticket_id: UUID | None = None,
    actor: str = SYSTEM,
    payload: Mapping[str, object] | None = None,
) -> Event:
    """Return an event, not yet saved; its payload is sealed with `key`."""
    event_id = new_id()
    sealed = None
    if payload and key is not None:
        plain = json.dumps(payload, ensure_ascii=False, sort_keys=True).encode()
        sealed = seal(key, Place("event", event_id, "payload"), plain)
    event = Event(
        id=event_id, kind=kind, actor=actor, ticket_id=ticket_id, at=at, payload=sealed, digest=""
    )
    event.digest = digest_of(event)
    return event


def open_payload(event: Event, key: Key) -> dict[str, Any]:
    """Return what an event says."""
    if event.payload is None:
        return {}
    said: dict[str, Any] = json.loads(
        unseal(key, Place("event", event.id, "payload"), event.payload)
    )
    return said


def digest_of(event: Event) -> str:
    """Return the digest over everything an event says, in hex."""
    parts = (
        event.id.bytes,
        event.kind.encode(),
        event.actor.encode(),
        event.ticket_id.bytes if event.ticket_id else b"",
        event.at.isoformat(timespec="microseconds").encode(),
        event.payload or b"",
    )
    return hashlib.sha256(framed(*parts)).hexdigest()


class Sealer:
    """Chains what happened since the last turn; one process at a time does it."""

    def __init__(self, vault: Vault, *, now: Callable[[], datetime]) -> None:
        self._vault = vault
        self._now = now

    async def run_once(self) -> int:
        """Seal one batch; return how many events it holds."""
        count = await self._seal()
        kill("audit.sealed")
        return count

    @unit_of_work
    async def _seal(self) -> int:
        waiting = Event.filter(batch_id=None).order_by("id").limit(_BATCH)
        events = await waiting.values("id", "digest")
        if not events:
            return 0
        now = self._now()
        last = await AuditBatch.all().order_by("-id").first()
        month = f"{now:%Y-%m}"
        same = last is not None and last.month == month
        batch = AuditBatch(
            id=new_id(),
            month=month,
            number=last.number + 1 if last is not None and same else 1,
            events=b"".join(event["id"].bytes for event in events),
            link="",
            signature="",
            sealed_at=now,
        )
        batch.link = link_of(
            batch, await self._previous_link(last), [event["digest"] for event in events]
        )
        batch.signature = self._vault.sign(bytes.fromhex(batch.link)).hex()
        async with transaction():
            await batch.save(force_create=True)
            await Event.filter(id__in=[event["id"] for event in events]).update(batch_id=batch.id)
        await self._vault.remember(_HEAD, f"{batch.id.hex}:{batch.link}")
        return len(events)

    async def _previous_link(self, last: AuditBatch | None) -> str:
        """Return the link to go on from: the last batch's, unless the remembered head is gone.

        Then the chain's end was cut off, and a link to what is missing keeps that visible.
        """
        batch_id, _, link = (await self._vault.recall(_HEAD) or "").partition(":")
        if batch_id and not await AuditBatch.filter(id=UUID(hex=batch_id), link=link).exists():
            return link
        return last.link if last else _GENESIS


def link_of(batch: AuditBatch, previous: str, digests: Sequence[str]) -> str:
    """Return the link that ties a batch to the one before it, in hex."""
    head = (bytes.fromhex(previous), batch.month.encode(), batch.number.to_bytes(8, "big"))
    return hashlib.sha256(
        framed(*head, batch.events, *(bytes.fromhex(digest) for digest in digests))
    ).hexdigest()


@dataclass(slots=True)
class Verification:
    """What `verify` found; sound where `problems` is empty."""

    batches: int = 0
    events: int = 0
    unsealed: int = 0
    problems: list[str] = field(default_factory=list)


async def verify(vault: Vault) -> Verification:
    """Walk every chain and compare it with the events and with the head beside the keys."""
    found = Verification()
    previous: AuditBatch | None = None
    head = (await vault.recall(_HEAD) or "").partition(":")
    seen_head = not head[0]
    async for batch in _batches():
        await _verify_batch(vault, batch, previous, found)
        if batch.id.hex == head[0]:
            seen_head = True
            if batch.link != head[2]:
                found.problems.append(f"{_name(batch)}: differs from the head beside the keys")
        previous = batch
        found.batches += 1
    if not seen_head:
        found.problems.append("the chain's end was cut off: its remembered head is missing")
    found.unsealed = await Event.filter(batch_id=None).count()
    known = {row["id"] for row in await AuditBatch.all().values("id")}
    for row in await Event.exclude(batch_id=None).distinct().values("batch_id"):
        if row["batch_id"] not in known:
            found.problems.append(f"batch {row['batch_id'].hex}: missing, its events are there")
    return found


async def _verify_batch(
    vault: Vault, batch: AuditBatch, previous: AuditBatch | None, found: Verification
) -> None:
    name = _name(batch)
    same_month = previous is not None and previous.month == batch.month
    if batch.number != (previous.number + 1 if previous is not None and same_month else 1):
        found.problems.append(f"{name}: out of order, or a batch before it is missing")
    ids = [UUID(bytes=batch.events[i : i + 16]) for i in range(0, len(batch.events), 16)]
    events = {event.id: event for event in await Event.filter(batch_id=batch.id)}
    found.events += len(ids)
    for event_id in ids:
        event = events.pop(event_id, None)
        if event is None:
            found.problems.append(f"{name}: event {event_id.hex} is missing")
        elif event.digest != digest_of(event):
            found.problems.append(f"{name}: event {event_id.hex} was changed")
        else:
            continue
        return
    found.problems += [f"{name}: event {extra.hex} was put in" for extra in events]
    digests = {e.id: e.digest for e in await Event.filter(batch_id=batch.id).only("id", "digest")}
    link = link_of(batch, previous.link if previous else _GENESIS, [digests[i] for i in ids])
    if link != batch.link:
        found.problems.append(f"{name}: its link does not follow from what lies before it")
    if not vault.verify(
        bytes.fromhex(batch.link), bytes.fromhex(batch.signature), vault.public_key
    ):
        found.problems.append(f"{name}: its signature is not ours")


async def _batches() -> AsyncIterator[AuditBatch]:
    last: UUID | None = None
    while True:
        query = AuditBatch.all() if last is None else AuditBatch.filter(id__gt=last)
        page = await query.order_by("id").limit(200)
        if not page:
            return
        for batch in page:
            yield batch
        last = page[-1].id


def _name(batch: AuditBatch) -> str:
    return f"batch {batch.month}/{batch.number}"
