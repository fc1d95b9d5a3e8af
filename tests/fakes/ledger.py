"""The desk's ledger in memory: the same promises as the real one, none of its storage."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from tickets.journal import Arrival

Place = tuple[str, str, int, int]  # account, folder, UIDVALIDITY, UID
PORTION = 100  # of what is due; the real one has portions too


@dataclass
class Record:
    """One held mail and every place where it was seen."""

    id: str
    raw: bytes
    places: list[Place] = field(default_factory=list)
    email_id: str = ""
    is_finished: bool = False


class MemoryLedger:
    """Implements `mail.watch.Ledger`; `finish()` plays the desk's intake."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.commits: list[int] = []
        self.gone: set[Place] = set()
        self._by_place: dict[Place, str] = {}
        self._by_digest: dict[tuple[str, str], str] = {}
        self._pending: dict[Place, None] = {}
        self._numbers = itertools.count(1)
        self._order: dict[tuple[str, str], int] = {}

    async def mark(self, account: str, folder: str) -> tuple[int, int] | None:
        validity = self._order.get((account, folder))
        if validity is None:
            return None
        return validity, max(await self.held(account, folder, validity), default=0)

    async def held(self, account: str, folder: str, uidvalidity: int) -> set[int]:
        wanted = (account, folder, uidvalidity)
        return {place[3] for place in self._by_place if place[:3] == wanted}

    async def keep(
        self, arrivals: Sequence[Arrival], *, only_known: bool = False
    ) -> list[str | None]:
        answers: list[str | None] = []
        for a in arrivals:
            place = (a.account, a.folder, a.uidvalidity, a.uid)
            key = (a.account, hashlib.sha256(a.raw).hexdigest())
            if place in self._by_place:
                answers.append(None)
                continue
            known = self._by_digest.get(key)
            if only_known and known is None:
                answers.append(None)
                continue
            record_id = known or f"r{next(self._numbers)}"
            if known is None:
                self.records[record_id] = Record(record_id, a.raw, email_id=a.email_id)
                self._by_digest[key] = record_id
                self._pending[place] = None
            self._add(place, record_id)
            answers.append(None if known else record_id)
        self.commits.append(len(arrivals))
        return answers

    async def moved(  # noqa: PLR0917
        self,
        account: str,
        folder: str,
        uidvalidity: int,
        uid: int,
        to_folder: str,
        to_uidvalidity: int,
        to_uid: int,
    ) -> None:
        record_id = self._by_place[(account, folder, uidvalidity, uid)]
        self._add((account, to_folder, to_uidvalidity, to_uid), record_id)

    async def undecorated(self, account: str, folder: str, uidvalidity: int) -> list[int]:
        wanted = (account, folder, uidvalidity)
        return sorted(
            place[3]
            for place in self._pending
            if place[:3] == wanted and self.records[self._by_place[place]].is_finished
        )[:PORTION]

    async def decorated(
        self, account: str, folder: str, uidvalidity: int, uids: Sequence[int]
    ) -> None:
        for uid in uids:
            self._pending.pop((account, folder, uidvalidity, uid), None)

    async def left(self, account: str, folder: str, uidvalidity: int, uids: Sequence[int]) -> None:
        self.gone |= {(account, folder, uidvalidity, uid) for uid in uids}

    def finish(self) -> None:
        """Let the intake of everything be finished."""
        for record in self.records.values():
            record.is_finished = True

    def finish_one(self, raw: bytes) -> None:
        """Let the intake of one mail be finished."""
        for record in self.records.values():
            record.is_finished |= record.raw == raw

    def forget(self, raw: bytes) -> None:
        """Lose a mail, as if it had never been seen."""
        for record in [r for r in self.records.values() if r.raw == raw]:
            del self.records[record.id]
            for place in record.places:
                del self._by_place[place]
                self._pending.pop(place, None)
        self._by_digest = {k: v for k, v in self._by_digest.items() if v in self.records}

    def places(self, raw: bytes) -> list[Place]:
        """Tell where a mail was seen."""
        return [p for r in self.records.values() if r.raw == raw for p in r.places]

    @property
    def raws(self) -> list[bytes]:
        return [record.raw for record in self.records.values()]

    def _add(self, place: Place, record_id: str) -> None:
        self._by_place[place] = record_id
        self.records[record_id].places.append(place)
        self._order[place[:2]] = place[2]
