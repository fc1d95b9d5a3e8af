"""The key store in one SQLite file beside the database, mode 0600.

Several processes of one machine may share it.  A destroyed key leaves no bytes behind in the
file: `secure_delete` overwrites the row, and the write-ahead log is emptied before `destroy`
returns.  What the disk below keeps of overwritten blocks is beyond this (docs/vault.md).
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self, TypeVar

from vault.errors import KeyStoreBusy
from vault.files import make_private, written_whole

_T = TypeVar("_T")

_BUSY_SECONDS: Final = 10.0
_PAGE: Final = 500  # SQLite takes at least 999 parameters in one statement

_RETRY_SECONDS: Final = 0.02

_SETUP: Final = """
pragma journal_mode = wal;
pragma synchronous = full;
pragma secure_delete = on;
create table if not exists keys (owner text primary key, wrapped blob not null) without rowid;
"""


class SqliteKeyStore:
    """Wrapped keys in a SQLite file; every call runs on one thread of its own."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, thread: ThreadPoolExecutor
    ) -> None:
        self._path = path
        self._connection = connection
        self._thread = thread
        self._closed = False

    @classmethod
    async def open(cls, path: str | Path) -> Self:
        """Open the file, and create it with mode 0600 where it is not there yet."""
        path = Path(path)
        thread = ThreadPoolExecutor(1, thread_name_prefix="keys")
        try:
            connection = await asyncio.get_running_loop().run_in_executor(thread, _connect, path)
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(path, connection, thread)

    async def get(self, owners: Iterable[str]) -> dict[str, bytes]:
        """Return the wrapped keys of those owners that have one."""
        return await self._run(self._get, list(dict.fromkeys(owners)))

    async def put(self, wrapped: Mapping[str, bytes]) -> None:
        """Insert keys in one commit; an owner that has a key keeps it."""
        if wrapped:
            await self._run(self._put, list(wrapped.items()))

    async def replace(self, changes: Mapping[str, tuple[bytes, bytes]]) -> int:
        """Change (old, new) in one commit, only where `old` is still what is stored."""
        rows = [(new, owner, old) for owner, (old, new) in changes.items()]
        return await self._run(self._replace, rows)

    async def destroy(self, owners: Iterable[str]) -> int:
        """Remove keys for good; return how many there were.

        Raise `KeyStoreBusy` if another process kept the log from being emptied.
        """
        return await self._run(self._destroy, list(set(owners)))

    async def owners(self, after: str = "", limit: int = 1000) -> list[str]:
        """Return a page of owners in byte order, those behind `after`."""
        return await self._run(self._owners, after, limit)

    async def compact(self) -> None:
        """Rewrite the file without free pages and empty its log."""
        await self._run(self._compact)

    async def copy_to(self, path: str | Path) -> None:
        """Write a copy with mode 0600 to a path where nothing is yet.

        Keep it apart from every backup of the database, and no longer than 7 days: a copy
        brings destroyed keys back.
        """
        await self._run(self._copy_to, Path(path))

    async def close(self) -> None:
        """Close the file; calling it again does nothing.

        The last connection of all processes to close empties the log and removes it.
        """
        if not self._closed:
            self._closed = True
            await self._run(self._connection.close)
            self._thread.shutdown(wait=False)

    async def _run(self, work: Callable[..., _T], *arguments: object) -> _T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, work, *arguments)

    # What follows runs on the store's thread.

    def _get(self, owners: list[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for start in range(0, len(owners), _PAGE):
            page = owners[start : start + _PAGE]
            marks = ",".join("?" * len(page))
            query = f"select owner, wrapped from keys where owner in ({marks})"  # noqa: S608 - marks only
            found.update(self._connection.execute(query, page).fetchall())
        return found

    def _put(self, rows: list[tuple[str, bytes]]) -> None:
        with self._writing() as connection:
            connection.executemany(
                "insert into keys (owner, wrapped) values (?, ?) on conflict do nothing", rows
            )

    def _replace(self, rows: list[tuple[bytes, str, bytes]]) -> int:
        statement = "update keys set wrapped = ? where owner = ? and wrapped = ?"
        with self._writing() as connection:
            changed = connection.executemany(statement, rows).rowcount
        self._empty_log()
        return changed

    def _destroy(self, owners: list[str]) -> int:
        with self._writing() as connection:
            removed = connection.executemany(
                "delete from keys where owner = ?", [(owner,) for owner in owners]
            ).rowcount
        self._empty_log()
        return max(removed, 0)

    def _owners(self, after: str, limit: int) -> list[str]:
        query = "select owner from keys where owner > ? order by owner limit ?"
        return [owner for (owner,) in self._connection.execute(query, (after, limit))]

    def _compact(self) -> None:
        self._connection.execute("vacuum")
        self._empty_log()

    def _copy_to(self, path: Path) -> None:
        with written_whole(path) as partial:
            self._connection.execute("vacuum into ?", (str(partial),))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("begin immediate")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def _empty_log(self) -> None:
        (busy, _, _) = self._connection.execute("pragma wal_checkpoint(truncate)").fetchone()
        if busy:
            raise KeyStoreBusy(f"the log of {self._path.name} could not be emptied")


def _connect(path: Path) -> sqlite3.Connection:
    make_private(path, exists_ok=True)  # before SQLite makes one by the umask
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    """Set up connection and table, again and again while another process does the same.

    SQLite's own waiting does not cover the change of the journal's mode.
    """
    give_up_at = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.executescript(_SETUP)
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return
