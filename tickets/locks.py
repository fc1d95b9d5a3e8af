"""What must be single: a mailbox's watch, the clock, the sealer; and who is still alive.

On one machine a lock is an flock on a file beside the database, on PostgreSQL an advisory lock on
a connection of its own.  Both end with the process that holds them, however it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import asyncpg

_WORKER_FILES: Final = 24 * 3600  # seconds that a dead worker's file may lie about
_TRY: Final = "SELECT pg_try_advisory_lock($1)"
_LOST: Final = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # asked between the server's last word and the end of the line
)


class Locks(Protocol):
    """Named locks that die with their holder."""

    async def acquire(self, name: str) -> bool:
        """Take a lock for the life of this object; tell whether we have it now."""

    async def is_held(self, name: str) -> bool:
        """Tell whether somebody, we included, holds the lock."""

    async def keep(self) -> set[str]:
        """Make sure of every lock that we hold; return those that another has taken from us."""

    async def close(self) -> None:
        """Give back every lock."""


class FileLocks:
    """Locks for processes of one machine: `<directory>/<name>.lock`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._held: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        """Make the directory."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        await self._sweep()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give back every lock."""
        await self.close()

    async def acquire(self, name: str) -> bool:
        """Take a lock without waiting."""
        if name in self._held:
            return True
        descriptor = os.open(self._path(name), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._held[name] = descriptor
        return True

    async def is_held(self, name: str) -> bool:
        """Try the lock and give it back."""
        if name in self._held:
            return True
        if not self._path(name).exists():
            return False
        if not await self.acquire(name):
            return True
        os.close(self._held.pop(name))
        return False

    async def keep(self) -> set[str]:
        """Do nothing: only our own end takes a lock of a file from us."""
        return set()

    async def close(self) -> None:
        """Give back every lock.  The files stay: to unlink one would let two hold its name."""
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held.clear()

    async def _sweep(self) -> None:
        """Remove the files of workers that are long dead; their names never come again."""
        long_ago = time.time() - _WORKER_FILES
        for path in self._directory.glob("w-*.lock"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < long_ago and not await self.is_held(path.stem):
                    path.unlink()

    def _path(self, name: str) -> Path:
        return self._directory / f"{name.replace('/', '_')}.lock"


class AdvisoryLocks:
    """Locks for any number of machines on one PostgreSQL."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._held: set[str] = set()
        self._connection: asyncpg.Connection | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Open the connection that holds the locks."""
        self._connection = await asyncpg.connect(self._url)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it; the locks end with it."""
        await self.close()

    async def acquire(self, name: str) -> bool:
        """Take a lock without waiting; a lost connection is opened anew, its locks asked again."""
        async with self._turn:
            if name not in self._held and await self._ask(_TRY, _number(name)):
                self._held.add(name)
            return name in self._held

    async def is_held(self, name: str) -> bool:
        """Ask the server who holds the lock."""
        if name in self._held:
            return True
        async with self._turn:
            free = await self._ask(_TRY, _number(name))
            if free:
                await self._ask("SELECT pg_advisory_unlock($1)", _number(name))
            return not free

    async def keep(self) -> set[str]:
        """Ask the server for a sign of life; after a lost connection take the locks anew."""
        async with self._turn:
            held = set(self._held)
            await self._ask("SELECT 1")
            return held - self._held

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
        self._held.clear()

    async def _ask(self, question: str, *values: int) -> object:
        connection = await self._alive()
        try:
            return await connection.fetchval(question, *values)
        except _LOST:
            connection.terminate()
        return await (await self._alive()).fetchval(question, *values)

    async def _alive(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._url)
            for name in [*self._held]:
                if not await self._connection.fetchval(_TRY, _number(name)):
                    self._held.discard(name)
        return self._connection


def _number(name: str) -> int:
    digest = hashlib.sha256(b"ejet-helpdesk/" + name.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
