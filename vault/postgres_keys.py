"""The key store in a PostgreSQL table, for desks of more than one machine.

It belongs into a database of its own, whose backups and archived logs live 7 days at most.  A
destroyed key is out of reach at once; its old bytes may stay in the table's file until
`compact` rewrites it, and in PostgreSQL's own log until that is recycled (docs/vault.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Self

import asyncpg

_TABLE: Final = """
create table if not exists vault_keys (owner text collate "C" primary key, wrapped bytea not null)
"""

_LOCK: Final = 0x656A_6574_6B65_7973
"""The advisory lock under which the table is created: the letters `ejetkeys`."""


class PostgresKeyStore:
    """Wrapped keys in a PostgreSQL table, over a small pool of connections."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect, and create the table where it is not there yet."""
        url = re.sub(r"^\w+://", "postgresql://", url)
        pool = await asyncpg.create_pool(url, min_size=1, max_size=4, command_timeout=30)
        try:
            async with pool.acquire() as connection, connection.transaction():
                # Two processes that create a table at once would meet on its name's unique key.
                await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
                await connection.execute(_TABLE)
        except BaseException:
            pool.terminate()
            raise
        return cls(pool)

    async def get(self, owners: Iterable[str]) -> dict[str, bytes]:
        """Return the wrapped keys of those owners that have one."""
        query = "select owner, wrapped from vault_keys where owner = any($1::text[])"
        return dict(await self._pool.fetch(query, list(owners)))

    async def put(self, wrapped: Mapping[str, bytes]) -> None:
        """Insert keys in one commit; an owner that has a key keeps it."""
        rows = sorted(wrapped.items())  # in one order everywhere, against deadlocks
        await self._pool.execute(
            """insert into vault_keys (owner, wrapped)
            select * from unnest($1::text[], $2::bytea[]) on conflict do nothing""",
            [owner for owner, _ in rows],
            [key for _, key in rows],
        )

    async def replace(self, changes: Mapping[str, tuple[bytes, bytes]]) -> int:
        """Change (old, new) in one commit, only where `old` is still what is stored."""
        rows = sorted(changes.items())
        status = await self._pool.execute(
            """update vault_keys set wrapped = change.new
            from unnest($1::text[], $2::bytea[], $3::bytea[]) as change (owner, old, new)
            where vault_keys.owner = change.owner and vault_keys.wrapped = change.old""",
            [owner for owner, _ in rows],
            [old for _, (old, _) in rows],
            [new for _, (_, new) in rows],
        )
        return _count(status)

    async def destroy(self, owners: Iterable[str]) -> int:
        """Remove keys from reach; return how many there were."""
        status = await self._pool.execute(
            "delete from vault_keys where owner = any($1::text[])", sorted(set(owners))
        )
        return _count(status)

    async def owners(self, after: str = "", limit: int = 1000) -> list[str]:
        """Return a page of owners in byte order, those behind `after`."""
        query = "select owner from vault_keys where owner > $1 order by owner limit $2"
        return [owner for (owner,) in await self._pool.fetch(query, after, limit)]

    async def compact(self) -> None:
        """Rewrite the table's file without the rows that were removed.

        It holds the table alone for as long as that takes: a second for a million keys.
        """
        await self._pool.execute("vacuum full vault_keys")

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()


def _count(status: str) -> int:
    """Read the number of rows from a status such as `DELETE 3`."""
    return int(status.rsplit(" ", 1)[-1])
