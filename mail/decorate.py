"""Mark mails on the server once the desk holds them: seen, keyword, moved, or not at all.

Marks are for the people who look into the mailbox with another program; nothing is ever
decided by them.  A server that cannot do what was asked for gets the nearest harmless thing:
mails are never removed where the server cannot say where they went.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from mail.errors import CommandRefused
from mail.imap import ImapConnection
from mail.imap_text import CopyUid, Selected
from mail.ledger import Ledger
from mail.settings import MailboxSettings

log = logging.getLogger(__name__)

_AT_ONCE = 200  # UIDs in one command; each moved one comes back as a line


class Decorator:
    """Marks the mails of one mailbox as its settings say."""

    def __init__(
        self, settings: MailboxSettings, ledger: Ledger, kill: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._kill = kill
        self._told: set[str] = set()

    async def decorate(
        self, connection: ImapConnection, folder: str, selected: Selected, uids: Sequence[int]
    ) -> int:
        """Mark `uids` of the selected folder and enter it in the ledger.

        Return how many mails a move did not find, so that their place is unknown.
        """
        name, validity = self._settings.name, selected.uidvalidity
        lost = 0
        for start in range(0, len(uids), _AT_ONCE):
            some = uids[start : start + _AT_ONCE]
            self._kill("mail.decorating")
            if self._settings.decorate == "move" and self._can_move(connection, selected):
                lost += len(some) - await self._move(connection, folder, validity, some)
            else:
                flag = self._flag(selected)
                if flag:
                    await connection.add_flags(some, flag)
            await self._ledger.decorated(name, folder, validity, some)
            self._kill("mail.decorated")
        return lost

    def _can_move(self, connection: ImapConnection, selected: Selected) -> bool:
        # Without UIDPLUS there is no COPYUID to tell where a mail went, and only a bare EXPUNGE,
        # which would also remove what people have marked for deletion themselves.
        if selected.is_read_only or not connection.can("UIDPLUS"):
            self._tell("move")
            return False
        return True

    def _flag(self, selected: Selected) -> str:
        """Return the flag that can be set for good, or none."""
        wanted = self._settings.keyword if self._settings.decorate == "keyword" else "\\Seen"
        lasting = selected.permanent_flags
        # No PERMANENTFLAGS means that all flags last (RFC 3501 7.1).
        is_lasting = not lasting or wanted.lower() in lasting
        if wanted != "\\Seen" and "\\*" in lasting:
            is_lasting = True
        if selected.is_read_only or not is_lasting:
            self._tell(wanted)
            return ""
        return wanted

    async def _move(
        self, connection: ImapConnection, folder: str, validity: int, uids: Sequence[int]
    ) -> int:
        """Move mails and write down where to; return how many were found."""
        target = self._settings.processed_folder
        is_atomic = connection.can("MOVE")
        send = connection.move if is_atomic else connection.copy
        try:
            went = await send(uids, target)
        except CommandRefused as exc:
            if "TRYCREATE" not in str(exc):
                raise
            await connection.create(target)
            went = await send(uids, target)
        await self._enter(folder, validity, went)
        moved = [old for old, _ in went.pairs] if went is not None else []
        if moved and not is_atomic:
            await connection.add_flags(moved, "\\Deleted")
            await connection.expunge(moved)
        return len(moved)

    async def _enter(self, folder: str, validity: int, went: CopyUid | None) -> None:
        if went is None:
            return
        name, target = self._settings.name, self._settings.processed_folder
        for old, new in went.pairs:
            await self._ledger.moved(name, folder, validity, old, target, went.uidvalidity, new)

    def _tell(self, what: str) -> None:
        if what not in self._told:
            self._told.add(what)
            log.warning(
                "The server cannot mark mails as asked: %s",
                what,
                extra={"action": "mark_impossible", "mailbox": self._settings.name},
            )
