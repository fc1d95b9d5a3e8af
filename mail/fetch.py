"""Fetch mails from an open folder and have the ledger keep them, in batches by count and bytes.

One mail that cannot be fetched does not hold up its neighbours.  Which mails are due is decided in
`mail.watch`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from mail.errors import CommandRefused
from mail.imap import ImapConnection
from mail.imap_text import Fetched
from mail.ledger import Ledger
from mail.pace import Pace
from mail.settings import MailboxSettings
from tickets.journal import Arrival

log = logging.getLogger(__name__)

HEADS = 200  # UIDs in one question for sizes


class Fetcher:
    """Takes the mails of one mailbox in."""

    def __init__(  # noqa: PLR0913  - everything from outside is handed in
        self,
        settings: MailboxSettings,
        ledger: Ledger,
        *,
        pace: Pace,
        now: Callable[[], datetime],
        on_kept: Callable[[], None],
        is_stopping: Callable[[], bool],
        kill: Callable[[str], None],
    ) -> None:
        self.unfetchable: dict[str, set[int]] = {}
        """By folder, the mails that the server cannot give us."""
        self._settings = settings
        self._ledger = ledger
        self._pace = pace
        self._now = now
        self._on_kept = on_kept
        self._is_stopping = is_stopping
        self._kill = kill

    async def take(
        self,
        connection: ImapConnection,
        folder: str,
        validity: int,
        uids: Sequence[int],
        *,
        only_known: bool = False,
    ) -> int:
        """Fetch and keep `uids` of the selected folder; return how many were new.

        With `only_known` nothing new is kept, and only the place of what is held already.
        """
        kept = 0
        most = min(self._pace.batch_bytes, self._settings.max_bytes)
        for start in range(0, len(uids), HEADS):
            heads = await self._heads(connection, uids[start : start + HEADS])
            for batch in _batches(heads, self._pace.batch_count, most):
                if self._is_stopping():
                    return kept
                mails = await self._fetch(connection, folder, batch)
                if mails:
                    kept += await self._keep(folder, validity, mails, only_known=only_known)
        return kept

    async def _heads(self, connection: ImapConnection, uids: Sequence[int]) -> Iterable[Fetched]:
        try:
            heads = await connection.fetch_heads(uids)
        except CommandRefused:  # one broken mail is enough; which one, its own fetch will tell
            return [Fetched(uid) for uid in uids]
        return sorted(heads.values(), key=lambda head: head.uid)

    async def _fetch(
        self, connection: ImapConnection, folder: str, batch: Sequence[Fetched]
    ) -> list[Fetched]:
        try:
            if batch[0].size > self._settings.max_bytes:  # then it is alone
                whole = await connection.fetch_in_pieces(batch[0].uid)
                answer = [whole] if whole is not None else []
            else:
                answer = list((await connection.fetch([head.uid for head in batch])).values())
        except CommandRefused:
            if len(batch) > 1:  # one broken mail does not hold up its neighbours
                return [m for head in batch for m in await self._fetch(connection, folder, [head])]
            answer = [Fetched(batch[0].uid)]
        # No bytes of a mail that has some: the server cannot read it either.
        broken = {m.uid for m in answer if m.raw is None or (m.size and not m.raw)}
        if broken:
            self.unfetchable.setdefault(folder, set()).update(broken)
            log.error("A mail cannot be fetched", extra=self._extra("fetch_refused", folder))
        return sorted((m for m in answer if m.uid not in broken), key=lambda mail: mail.uid)

    async def _keep(
        self, folder: str, validity: int, mails: Sequence[Fetched], *, only_known: bool
    ) -> int:
        arrivals = [
            Arrival(
                account=self._settings.name,
                folder=folder,
                uidvalidity=validity,
                uid=mail.uid,
                raw=mail.raw or b"",
                internal_at=mail.internal_at or self._now(),
                email_id=mail.email_id,
            )
            for mail in mails
        ]
        self._kill("mail.fetched")
        records = await self._ledger.keep(arrivals, only_known=only_known)
        self._kill("mail.kept")
        self._on_kept()
        kept = sum(record is not None for record in records)
        log.info("Mails kept", extra=self._extra("mail_kept", folder) | {"count": kept})
        return kept

    def _extra(self, action: str, folder: str) -> dict[str, object]:
        return {"action": action, "mailbox": self._settings.name, "folder": folder}


def _batches(heads: Iterable[Fetched], count: int, most: int) -> Iterator[list[Fetched]]:
    """Cut into runs of at most `count` mails and `most` bytes; a larger mail goes alone."""
    batch: list[Fetched] = []
    size = 0
    for head in heads:
        if batch and (len(batch) >= count or size + head.size > most):
            yield batch
            batch, size = [], 0
        batch.append(head)
        size += head.size
    if batch:
        yield batch
