"""The key store: wrapped keys by owner, kept apart from the database.

A store sees only keys wrapped by the master key, and knows nothing of sealing.  It is small and
separate so that a key can be destroyed for good while backups of the data live on.  The two
real stores are `vault.sqlite_keys` and `vault.postgres_keys`; `open_store` chooses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from vault.postgres_keys import PostgresKeyStore
from vault.sqlite_keys import SqliteKeyStore

__all__ = ["KeyStore", "MemoryKeyStore", "PostgresKeyStore", "SqliteKeyStore", "open_store"]


class KeyStore(Protocol):
    """Wrapped keys by owner, shared by every process of the desk."""

    async def get(self, owners: Iterable[str]) -> dict[str, bytes]:
        """Return the wrapped keys of those owners that have one."""
        ...

    async def put(self, wrapped: Mapping[str, bytes]) -> None:
        """Insert keys in one commit; an owner that has a key keeps it."""
        ...

    async def replace(self, changes: Mapping[str, tuple[bytes, bytes]]) -> int:
        """Change (old, new) in one commit, only where `old` is still what is stored.

        A key destroyed or made anew meanwhile is left as it is.  Return how many changed.
        """
        ...

    async def destroy(self, owners: Iterable[str]) -> int:
        """Remove keys for good; return how many there were."""
        ...

    async def owners(self, after: str = "", limit: int = 1000) -> list[str]:
        """Return a page of owners in byte order, those behind `after`."""
        ...

    async def compact(self) -> None:
        """Rewrite the store without anything that was removed; for retention's nightly turn."""
        ...

    async def close(self) -> None:
        """Let go of files and connections."""
        ...


class MemoryKeyStore:
    """A key store that forgets everything at the end: for tests and trials."""

    def __init__(self) -> None:
        self.wrapped: dict[str, bytes] = {}

    async def get(self, owners: Iterable[str]) -> dict[str, bytes]:
        """Return the wrapped keys of those owners that have one."""
        return {owner: self.wrapped[owner] for owner in owners if owner in self.wrapped}

    async def put(self, wrapped: Mapping[str, bytes]) -> None:
        """Insert keys; an owner that has a key keeps it."""
        self.wrapped = {**wrapped, **self.wrapped}

    async def replace(self, changes: Mapping[str, tuple[bytes, bytes]]) -> int:
        """Change (old, new) where `old` is still what is stored."""
        fitting = {o: new for o, (old, new) in changes.items() if self.wrapped.get(o) == old}
        self.wrapped.update(fitting)
        return len(fitting)

    async def destroy(self, owners: Iterable[str]) -> int:
        """Remove keys; return how many there were."""
        return sum(self.wrapped.pop(owner, None) is not None for owner in set(owners))

    async def owners(self, after: str = "", limit: int = 1000) -> list[str]:
        """Return a page of owners in byte order, those behind `after`."""
        return sorted(owner for owner in self.wrapped if owner > after)[:limit]

    async def compact(self) -> None:
        """Do nothing: nothing removed is kept."""

    async def close(self) -> None:
        """Do nothing: there is nothing to let go of."""


async def open_store(address: str | Path) -> KeyStore:
    """Open the store at a PostgreSQL URL, or at a path (or `sqlite://` URL) of a file."""
    text = str(address)
    scheme, separator, rest = text.partition("://")
    if not separator:
        return await SqliteKeyStore.open(text)
    if scheme == "sqlite":
        return await SqliteKeyStore.open(rest)
    return await PostgresKeyStore.open(text)
