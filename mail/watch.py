"""Watch one mailbox: take in every mail exactly once, then mark it on the server.

What is held stands in the ledger, never in flags: a mail is (folder, UIDVALIDITY, UID), its bytes
are committed before anything else happens, and marks come only after the desk has finished with
it.  A crash anywhere means at worst that a mail is fetched again under the same key.  Nothing is
parsed here.  docs/mail-wire.md says what is promised for each failure.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from mail.decorate import Decorator
from mail.errors import CommandRefused, ConnectionGone, ImapError, LoginRefused
from mail.fetch import HEADS, Fetcher
from mail.imap import ImapConnection
from mail.imap_text import Selected
from mail.ledger import Ledger
from mail.listen import Listener
from mail.oauth import TokenSource
from mail.pace import Pace, Pauses
from mail.settings import MailboxSettings

log = logging.getLogger(__name__)


@dataclass(slots=True)
class WatchStatus:
    """How a watch fares, for people and for health checks."""

    trouble: str = ""  # why nothing comes, in codes; empty when all is well
    folder_trouble: dict[str, str] = field(default_factory=dict)
    swept_at: datetime | None = None
    idling: set[str] = field(default_factory=set)
    unfetchable: dict[str, set[int]] = field(default_factory=dict)


class ImapWatch:
    """The watch of one mailbox."""

    def __init__(  # noqa: PLR0913  - everything from outside is handed in
        self,
        settings: MailboxSettings,
        ledger: Ledger,
        *,
        now: Callable[[], datetime],
        on_kept: Callable[[], None],
        kill: Callable[[str], None] = lambda _: None,
        pace: Pace | None = None,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._now = now
        self._token = TokenSource(settings.oauth2) if settings.oauth2 is not None else None
        self._pace = pace or Pace()
        self._worker: ImapConnection | None = None
        self._opening: asyncio.Task[ImapConnection] | None = None
        self._selected: tuple[str, Selected] | None = None
        self._validity: dict[str, int] = {}
        self._compared: dict[str, float] = {}
        self._left: dict[tuple[str, int], set[int]] = {}
        self._wanted: set[str] = set()
        self._wake = asyncio.Event()
        self._has_more = False
        self._portions: dict[str, list[int]] = {}
        self._open = asyncio.Event()
        self._stop = asyncio.Event()
        self._decorator = Decorator(settings, ledger, kill)
        self._fetcher = Fetcher(
            settings,
            ledger,
            pace=self._pace,
            now=now,
            on_kept=on_kept,
            is_stopping=self._is_stopping,
            kill=kill,
        )
        self.status = WatchStatus(unfetchable=self._fetcher.unfetchable)

    def _is_stopping(self) -> bool:
        return self._stop.is_set()  # each run has a stop of its own

    def decorate_due(self) -> None:
        """Say that the desk has finished with mails, so that they can be marked.

        Called as often as one likes: marks are worked off in one go, and every sweep looks too.
        """
        self._wake.set()

    async def run_once(self) -> int:
        """Sweep every folder and mark what is due; return how many mails were newly kept.

        Raises `ImapError`; the next call begins with a new connection.
        """
        kept = await self._turn(self._settings.folders)
        while self._has_more:
            await self._turn(())
        return kept

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until `stop`; end within two seconds of it, never inside a transaction."""
        self._stop = stop
        listeners = [asyncio.create_task(self._listener(f).run()) for f in self._settings.folders]
        ending = asyncio.create_task(self._end_when_stopped())
        try:
            await self._work()
        finally:
            for task in (*listeners, ending):
                task.cancel()
            await asyncio.gather(*listeners, ending, return_exceptions=True)
            await self.close()

    async def close(self) -> None:
        """Leave the server."""
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.close()

    # The worker: sweeps and marks, on one connection.

    async def _work(self) -> None:
        pauses = Pauses(self._pace)
        loop = asyncio.get_running_loop()
        next_sweep = loop.time()
        while not self._stop.is_set():
            self._wake.clear()
            wanted, self._wanted = self._wanted, set()
            if loop.time() >= next_sweep:
                wanted = set(self._settings.folders)
                next_sweep = loop.time() + self._settings.sweep_seconds
            try:
                await self._turn([f for f in self._settings.folders if f in wanted])
            except Exception as exc:  # noqa: BLE001 - the loop's outermost turn
                if not self._stop.is_set():
                    next_sweep = loop.time()
                    await self._rest(self._note(exc, pauses))
            else:
                self.status.trouble = ""
                pauses.begin_anew()
                if self._has_more:
                    continue
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), max(0, next_sweep - loop.time()))

    async def _turn(self, folders: Collection[str]) -> int:
        try:
            connection, is_new = await self._connection()
            kept = 0
            for folder in self._settings.folders:
                if is_new or folder in folders:
                    kept += await self._sweep_or_note(connection, folder)
            await self._decorate(connection)
        except BaseException:
            self._discard()
            raise
        return kept

    async def _connection(self) -> tuple[ImapConnection, bool]:
        if self._worker is not None and not self._worker.is_gone:
            return self._worker, False
        self._discard()
        self._opening = asyncio.create_task(self._connect())
        try:
            self._worker = await self._opening
        except asyncio.CancelledError:
            if self._stop.is_set():
                raise ConnectionGone("stopping") from None
            self._opening.cancel()
            raise
        self._open.set()
        return self._worker, True

    async def _connect(self) -> ImapConnection:
        return await ImapConnection.open(
            self._settings, token=self._token, patience=self._pace.patience
        )

    def _discard(self) -> None:
        self._open.clear()
        self._selected = None
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.abort()

    async def _sweep_or_note(self, connection: ImapConnection, folder: str) -> int:
        try:
            kept = await self._sweep(connection, folder)
        except CommandRefused as exc:
            # One folder that is missing or locked does not keep us from the others.
            if self.status.folder_trouble.get(folder) != str(exc):
                log.warning(
                    "A folder cannot be swept: %s", exc, extra=self._extra("folder_refused", folder)
                )
            self.status.folder_trouble[folder] = str(exc)
            return 0
        self.status.folder_trouble.pop(folder, None)
        self.status.swept_at = self._now()
        return kept

    async def _sweep(self, connection: ImapConnection, folder: str) -> int:
        """Take every mail of `folder` that is not in the ledger, oldest first."""
        name = self._settings.name
        # SELECT, also of a folder that is open: without it Dovecot searches what it knew before.
        selected = await self._select(connection, folder)
        validity = selected.uidvalidity
        mark = await self._ledger.mark(name, folder)
        time = asyncio.get_running_loop().time()
        if mark is not None and mark[0] != validity:
            log.warning("UIDVALIDITY changed", extra=self._extra("uidvalidity_changed", folder))
        due = folder not in self._compared or time - self._compared[folder] >= self._pace.compare
        if mark is None or mark[0] != validity or due:
            # UIDs may become visible out of order, so the highest one is not proof of the rest.
            held = await self._ledger.held(name, folder, validity)
            found = await connection.search("ALL")
            uids = [uid for uid in found if uid not in held]
            self._fetcher.unfetchable.pop(folder, None)
            await self._note_left(folder, validity, held.difference(found))
        else:
            # `n:*` always answers with the highest mail, also when it is below n.
            last = mark[1]
            known_bad = self._fetcher.unfetchable.get(folder, set())
            found = await connection.search(f"UID {last + 1}:*")
            uids = [uid for uid in found if uid > last and uid not in known_bad]
        kept = await self._fetcher.take(connection, folder, validity, uids)
        if due and not self._stop.is_set():
            self._compared[folder] = time
        return kept

    async def _note_left(self, folder: str, validity: int, gone: set[int]) -> None:
        """Write down which mails people (or we) took out of the folder since we last looked."""
        key = (folder, validity)
        news = sorted(gone - self._left.get(key, set()))
        for start in range(0, len(news), HEADS):
            some = news[start : start + HEADS]
            await self._ledger.left(self._settings.name, folder, validity, some)
        self._left[key] = gone

    async def _decorate(self, connection: ImapConnection) -> None:
        """Mark a portion of what is due in each folder, so that new mail need not wait."""
        self._has_more = False
        if self._settings.decorate == "off":
            return
        for folder, validity in self._validity.items():
            try:
                self._has_more |= await self._decorate_folder(connection, folder, validity)
            except CommandRefused as exc:
                log.warning(
                    "Mails cannot be marked: %s", exc, extra=self._extra("mark_refused", folder)
                )

    async def _decorate_folder(
        self, connection: ImapConnection, folder: str, validity: int
    ) -> bool:
        """Mark what the ledger names; tell whether it may name more."""
        uids = await self._ledger.undecorated(self._settings.name, folder, validity)
        if not uids or uids == self._portions.get(folder) or self._stop.is_set():
            return False
        selected = await self._select_once(connection, folder)
        if selected.uidvalidity != validity:
            self._want(folder)
            return False
        name, target = self._settings.name, self._settings.processed_folder
        moves = self._settings.decorate == "move"
        before = await self._ledger.mark(name, target) if moves else None
        lost = await self._decorator.decorate(connection, folder, selected, uids)
        if lost:
            await self._find_again(connection, lost, before)
        self._portions[folder] = uids  # named again, it would be named for ever
        return True

    async def _find_again(
        self, connection: ImapConnection, count: int, mark: tuple[int, int] | None
    ) -> None:
        """Look for mails that a move took away without telling us where to.

        It happens when we die between the server's answer and the ledger: what came to the
        processed folder after `mark` is read, and the ledger knows it by its content.
        """
        name, folder = self._settings.name, self._settings.processed_folder
        selected = await self._select(connection, folder, is_watched=False)
        validity = selected.uidvalidity
        held = await self._ledger.held(name, folder, validity)
        if mark is not None and mark[0] == validity:
            found = await connection.search(f"UID {mark[1] + 1}:*")
            strange = [uid for uid in found if uid > mark[1] and uid not in held]
            await self._fetcher.take(connection, folder, validity, strange[:count])
            return
        # It was the first move: what lies there may be older than we are, and nobody wants that
        # answered now.  So the newest are read, and only what we know gets its new place.
        strange = [uid for uid in await connection.search("ALL") if uid not in held]
        newest = strange[-(count + HEADS) :]
        await self._fetcher.take(connection, folder, validity, newest, only_known=True)
        log.info("Looked for mails that had moved", extra=self._extra("place_lost", folder))

    async def _select(
        self, connection: ImapConnection, folder: str, *, is_watched: bool = True
    ) -> Selected:
        self._selected = None
        selected = await connection.select(folder)
        self._selected = (folder, selected)
        if is_watched:
            self._validity[folder] = selected.uidvalidity
        return selected

    async def _select_once(self, connection: ImapConnection, folder: str) -> Selected:
        if self._selected is not None and self._selected[0] == folder:
            return self._selected[1]
        return await self._select(connection, folder)

    def _listener(self, folder: str) -> Listener:
        return Listener(
            folder,
            connect=self._connect,
            may_connect=self._open,
            want=self._want,
            idling=self.status.idling,
            pace=self._pace,
        )

    def _want(self, folder: str) -> None:
        self._wanted.add(folder)
        self._wake.set()

    # Trouble and rest.

    async def _end_when_stopped(self) -> None:
        await self._stop.wait()
        self._wake.set()
        if self._opening is not None and not self._opening.done():
            self._opening.cancel()
        await asyncio.sleep(1)  # long enough for a mark and its entry in the ledger
        if self._worker is not None:
            self._worker.abort("stopping")

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    def _note(self, exc: Exception, pauses: Pauses) -> float:
        """Report a failed turn and return how long to rest."""
        extra = self._extra("mailbox_unreachable")
        self.status.trouble = str(exc) if isinstance(exc, ImapError) else type(exc).__name__
        if isinstance(exc, LoginRefused):
            log.error("The mailbox refuses our login: %s", exc, extra=extra)
            return self._pace.refused_pause
        if isinstance(exc, ImapError):
            log.warning("The mailbox cannot be reached: %s", exc, extra=extra)
        else:
            log.error("A turn of the watch failed", exc_info=exc, extra=extra)
        return pauses.next()

    def _extra(self, action: str, folder: str = "") -> dict[str, object]:
        return {"action": action, "mailbox": self._settings.name, "folder": folder}
