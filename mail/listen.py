"""Listen to one folder: a connection that only idles and says when to look.

It never searches and never fetches: what a server tells in the middle of another answer gets lost
(aioimaplib drops it, and IDLE does not say it again), so that looking is another connection's work.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from mail.errors import CommandRefused, ImapError
from mail.imap import ImapConnection
from mail.pace import Pace, Pauses

log = logging.getLogger(__name__)


class Listener:
    """Idles in a folder for life; ends by being cancelled."""

    def __init__(  # noqa: PLR0913  - everything from outside is handed in
        self,
        folder: str,
        *,
        connect: Callable[[], Awaitable[ImapConnection]],
        may_connect: asyncio.Event,
        want: Callable[[str], None],
        idling: set[str],
        pace: Pace,
    ) -> None:
        self._folder = folder
        self._connect = connect
        self._may_connect = may_connect
        self._want = want
        self._idling = idling
        self._pace = pace
        self._pauses = Pauses(pace)

    async def run(self) -> None:
        """Listen, and come back after every end."""
        while True:
            await self._may_connect.wait()  # the worker finds out whether we may log in at all
            try:
                connection = await self._connect()
                try:
                    await self._idle(connection)
                finally:
                    self._idling.discard(self._folder)
                    await connection.close()
            except CommandRefused:
                # No IDLE, or no such folder: the sweeps stay, and the answer may change.
                await asyncio.sleep(self._pace.refused_pause)
            except ImapError as exc:
                log.info("IDLE ended: %s", exc, extra={"action": "idle_ended"})
                await asyncio.sleep(self._pauses.next())
            except Exception:  # the loop's outermost turn
                log.exception("A listener stumbled", extra={"action": "idle_ended"})
                await asyncio.sleep(self._pauses.next())

    async def _idle(self, connection: ImapConnection) -> None:
        if not connection.can("IDLE"):
            raise CommandRefused("no IDLE")
        await connection.select(self._folder)
        loop = asyncio.get_running_loop()
        while True:
            await connection.idle_begin()
            self._pauses.begin_anew()
            self._idling.add(self._folder)
            # What came between the last search and now is told by nobody: look.
            self._want(self._folder)
            until = loop.time() + self._pace.renew
            while (left := until - loop.time()) > 0:
                if await connection.idle_wait(left):
                    self._want(self._folder)
            await connection.idle_end()
