"""The journal: what arrived is kept raw and committed before anything else happens to it.

Doors call `keep`, and acknowledge to their server only afterwards.  `tickets.intake` takes records
from here.  The journal is also the ledger of where a mail lies on the server: flags there are
decoration, never the state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tortoise.exceptions import IntegrityError

from tickets.content import INTAKE, seal_content
from tickets.ids import new_id
from tickets.killpoints import kill
from tickets.matching import Blinder
from tickets.models import Blob, BlobSegment, InboundRecord, InboundState, Location
from tickets.statements import change, columns_of
from tickets.transactions import Bell, give_way, transaction, unit_of_work
from tickets.types import Channel
from tickets.written import insert
from vault.vault import Vault

_LARGE: Final = 1 << 20  # bytes; from here on digest and sealing leave the event loop

_SAME: Final = '"account" IN ? AND "digest" IN ?'
_UNDECORATED: Final = (
    '"account" = ? AND "folder" = ? AND "uidvalidity" = ? AND "decorated_at" IS NULL'
    ' AND "left_at" IS NULL AND EXISTS (SELECT 1 FROM "inbound"'
    ' WHERE "inbound"."id" = "location"."record_id" AND "inbound"."state" IN ?)'
    ' ORDER BY "uid" LIMIT 500'
)
_HERE: Final = '"account" = ? AND "folder" = ? AND "uidvalidity" = ? AND "uid" IN ?'


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as a server handed it over.

    A channel without folders leaves `folder`, `uidvalidity` and `uid` empty and gives `key`, which
    names the message for good (Telegram: the update id), and `chat`, whose order it keeps.
    """

    account: str
    raw: bytes
    internal_at: datetime
    folder: str = ""
    uidvalidity: int = 0
    uid: int = 0
    email_id: str = ""
    key: str = ""
    chat: str = ""
    channel: Channel = Channel.EMAIL


class Journal:
    """Keeps what arrives; knows where on the server it lies."""

    def __init__(self, vault: Vault, *, now: Callable[[], datetime]) -> None:
        self._vault = vault
        self._blinder = Blinder(vault)
        self._now = now
        self.kept = Bell()
        """Rings whenever something new was committed; wakes the intake."""

    async def keep(
        self, arrivals: Sequence[Arrival], *, only_known: bool = False
    ) -> list[str | None]:
        """Commit raw messages and their places in one transaction.

        Return a record's id for each arrival, None where it was held already: the same place, or
        the same bytes in the same mailbox (then only the new place is added).  With `only_known`
        nothing else is done: what is not held is left alone.
        """
        if not arrivals:
            return []
        digests = [await self._digest(arrival) for arrival in arrivals]
        intake = (await self._vault.create_keys([INTAKE]))[INTAKE]
        sealed = []
        for arrival in arrivals:
            await give_way()
            seal_one = (intake, new_id(), arrival.raw, self._now())
            if len(arrival.raw) >= _LARGE:
                sealed.append(await asyncio.to_thread(seal_content, *seal_one))
            else:
                sealed.append(seal_content(*seal_one))
        for attempt in range(3):
            try:
                ids = await self._commit(arrivals, digests, sealed, only_known=only_known)
            except IntegrityError:
                # Another process kept one of them between our look and our write: look again.
                if attempt == 2:  # noqa: PLR2004  - the third time is no race
                    raise
            else:
                if any(ids):
                    self.kept.ring()
                return ids
        raise AssertionError("unreachable")

    async def mark(self, account: str, folder: str) -> tuple[int, int] | None:
        """Return (UIDVALIDITY, highest UID held) of a folder, under its newest UIDVALIDITY.

        The newest is the highest (RFC 3501 2.3.1.1).  Where a server breaks that, the answer never
        fits, and the caller compares everything at each sweep.
        """
        here = Location.filter(account=account, folder=folder)
        newest = await here.order_by("-uidvalidity", "-uid").first().values("uidvalidity", "uid")
        return (newest["uidvalidity"], newest["uid"]) if newest else None

    async def held(self, account: str, folder: str, uidvalidity: int) -> set[int]:
        """Return every UID of a folder that the ledger knows."""
        rows = Location.filter(account=account, folder=folder, uidvalidity=uidvalidity)
        return {row["uid"] for row in await rows.values("uid")}

    async def moved(  # noqa: PLR0913, PLR0917  - two places of three parts each
        self,
        account: str,
        folder: str,
        uidvalidity: int,
        uid: int,
        to_folder: str,
        to_uidvalidity: int,
        to_uid: int,
    ) -> None:
        """Record where the server put a mail (COPYUID, RFC 4315 3)."""
        here = await Location.get_or_none(
            account=account, folder=folder, uidvalidity=uidvalidity, uid=uid
        )
        if here is None:
            return
        await self._move(here, to_folder, to_uidvalidity, to_uid)

    async def undecorated(self, account: str, folder: str, uidvalidity: int) -> list[int]:
        """Return the UIDs whose mail is taken in but not yet marked so on the server."""
        given = (account, folder, uidvalidity, (InboundState.DONE, InboundState.IGNORED))
        return [uid for (uid,) in await columns_of(Location, ("uid",), _UNDECORATED, *given)]

    async def decorated(
        self, account: str, folder: str, uidvalidity: int, uids: Collection[int]
    ) -> None:
        """Remember that the server carries our mark on these mails."""
        if uids:
            news = {"decorated_at": self._now()}
            await change(Location, news, _HERE, account, folder, uidvalidity, list(uids))

    async def left(
        self, account: str, folder: str, uidvalidity: int, uids: Collection[int]
    ) -> None:
        """Remember that these mails are no longer in that folder."""
        rows = Location.filter(
            account=account, folder=folder, uidvalidity=uidvalidity, uid__in=list(uids)
        )
        await rows.filter(left_at=None).update(left_at=self._now())

    @unit_of_work
    async def _move(self, here: Location, folder: str, uidvalidity: int, uid: int) -> None:
        now = self._now()
        async with transaction():
            await Location.filter(id=here.id).update(left_at=now)
            known = Location.filter(
                account=here.account, folder=folder, uidvalidity=uidvalidity, uid=uid
            )
            if not await known.exists():
                await Location.create(
                    id=new_id(),
                    record_id=here.record_id,
                    account=here.account,
                    folder=folder,
                    uidvalidity=uidvalidity,
                    uid=uid,
                    email_id=here.email_id,
                    seen_at=now,
                    decorated_at=now,
                )

    async def _digest(self, arrival: Arrival) -> str:
        whole: str | bytes = f"key:{arrival.key}" if arrival.key else arrival.raw
        if len(whole) >= _LARGE:
            digest = await asyncio.to_thread(self._vault.blind, "raw", whole)
        else:
            digest = self._vault.blind("raw", whole)
        return digest.hex()[:32]

    @unit_of_work
    async def _commit(
        self,
        arrivals: Sequence[Arrival],
        digests: Sequence[str],
        sealed: Sequence[tuple[Blob, list[BlobSegment]]],
        *,
        only_known: bool,
    ) -> list[str | None]:
        accounts = {arrival.account for arrival in arrivals}
        known: dict[tuple[str, str], UUID] = {
            (account, digest): record_id
            for record_id, account, digest in await columns_of(
                InboundRecord, ("id", "account", "digest"), _SAME, accounts, digests
            )
        }
        places = await self._places(arrivals)
        now = self._now()
        rows = _Rows([], [], [], [], [])
        for arrival, digest, (blob, more) in zip(arrivals, digests, sealed, strict=True):
            place = (arrival.account, arrival.folder, arrival.uidvalidity, arrival.uid)
            if arrival.folder and place in places:
                rows.ids.append(None)
                continue
            record_id = known.get((arrival.account, digest))
            if only_known and record_id is None:
                rows.ids.append(None)
                continue
            rows.ids.append(None if record_id else str(blob.id))
            if record_id is None:
                record_id = known[arrival.account, digest] = blob.id
                rows.blobs.append(blob)
                rows.segments += more
                rows.records.append(
                    InboundRecord(
                        id=record_id,
                        channel=arrival.channel,
                        account=arrival.account,
                        digest=digest,
                        chat_blind=self._blinder.blind("chat", arrival.chat),
                        blob_id=blob.id,
                        size=len(arrival.raw),
                        internal_at=arrival.internal_at,
                        fetched_at=now,
                    )
                )
            if arrival.folder:
                places.add(place)
                rows.locations.append(_location(arrival, record_id, now))
        await rows.save()
        return rows.ids

    async def _places(self, arrivals: Sequence[Arrival]) -> set[tuple[str, str, int, int]]:
        found: set[tuple[str, str, int, int]] = set()
        folders = {(a.account, a.folder, a.uidvalidity) for a in arrivals if a.folder}
        for account, folder, uidvalidity in folders:
            uids = [
                a.uid
                for a in arrivals
                if (a.account, a.folder, a.uidvalidity) == (account, folder, uidvalidity)
            ]
            held = await columns_of(Location, ("uid",), _HERE, account, folder, uidvalidity, uids)
            found.update((account, folder, uidvalidity, uid) for (uid,) in held)
        return found


@dataclass(slots=True)
class _Rows:
    """What one call of `keep` writes."""

    ids: list[str | None]
    blobs: list[Blob]
    segments: list[BlobSegment]
    records: list[InboundRecord]
    locations: list[Location]

    async def save(self) -> None:
        if not (self.records or self.locations):
            return
        async with transaction() as connection:
            await insert(connection, self.blobs)
            await insert(connection, self.segments)
            await insert(connection, self.records)
            await insert(connection, self.locations)
            kill("journal.written")


def _location(arrival: Arrival, record_id: UUID, now: datetime) -> Location:
    return Location(
        id=new_id(),
        record_id=record_id,
        account=arrival.account,
        folder=arrival.folder,
        uidvalidity=arrival.uidvalidity,
        uid=arrival.uid,
        email_id=arrival.email_id[:64],  # RFC 8474 allows 255; PostgreSQL would refuse the mail
        seen_at=now,
    )
