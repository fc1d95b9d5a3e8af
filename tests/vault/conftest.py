"""The three key stores, and a vault over each."""

import asyncpg
import pytest

from vault.keys import MemoryKeyStore, PostgresKeyStore, SqliteKeyStore
from vault.vault import Vault

MASTER = b"m" * 32
OTHER_MASTER = b"o" * 32


class Clock:
    """A monotonic clock that stands until it is moved."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def empty_postgres(postgres_url):
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("drop table if exists vault_keys")
    await connection.close()
    return postgres_url


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def store(request, tmp_path):
    if request.param == "memory":
        opened = MemoryKeyStore()
    elif request.param == "sqlite":
        opened = await SqliteKeyStore.open(tmp_path / "keys.db")
    else:
        url = request.getfixturevalue("postgres_url")
        opened = await PostgresKeyStore.open(url)
        await opened._pool.execute("truncate vault_keys")
    yield opened
    await opened.close()


@pytest.fixture
async def vault(clock):
    return await Vault.open(MemoryKeyStore(), MASTER, clock=clock)
