"""What the watch asks of the desk: a book of what is held and where it lies.

`tickets.journal.Journal` is the real one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tickets.journal import Arrival


class Ledger(Protocol):
    """The desk's book of what is held; every method commits before it returns."""

    async def mark(self, account: str, folder: str) -> tuple[int, int] | None:
        """Return (UIDVALIDITY, highest UID held) as last seen; None for a new folder."""

    async def held(self, account: str, folder: str, uidvalidity: int) -> set[int]:
        """Return every UID of the folder that is in the book."""

    async def keep(
        self, arrivals: Sequence[Arrival], *, only_known: bool = False
    ) -> list[str | None]:
        """Keep mails in one transaction; None for each that was held before.

        With `only_known` nothing new is kept: what is held gets one more place, the rest is left.
        """

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
        """Write down where a held mail is now."""

    async def undecorated(self, account: str, folder: str, uidvalidity: int) -> list[int]:
        """Return the UIDs whose intake is finished and whose mark on the server is not."""

    async def decorated(
        self, account: str, folder: str, uidvalidity: int, uids: Sequence[int]
    ) -> None:
        """Write down that these marks are done."""

    async def left(self, account: str, folder: str, uidvalidity: int, uids: Sequence[int]) -> None:
        """Write down that these mails are no longer in that folder."""
