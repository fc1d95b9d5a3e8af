"""Locks end with their holder, and with nothing else."""

from __future__ import annotations

import os

import asyncpg
import pytest

from tickets.locks import AdvisoryLocks, FileLocks


@pytest.fixture(params=["files", "postgres"])
async def pair(request, tmp_path):
    """The locks of two processes."""
    if request.param == "files":
        first, second = FileLocks(tmp_path), FileLocks(tmp_path)
    else:
        url = request.getfixturevalue("postgres_url")
        first, second = AdvisoryLocks(url), AdvisoryLocks(url)
    async with first, second:
        yield first, second


async def test_one_of_two_gets_it_and_the_other_after_its_end(pair):
    first, second = pair

    assert await first.acquire("watch")
    assert not await second.acquire("watch")
    assert await second.is_held("watch")
    assert await first.keep() == set()
    await first.close()

    assert not await second.is_held("watch")
    assert await second.acquire("watch")


async def cut(locks: AdvisoryLocks, url: str) -> None:
    """Have the server drop the connection, as its restart does."""
    backend = await locks._connection.fetchval("SELECT pg_backend_pid()")
    admin = await asyncpg.connect(url)
    await admin.execute("SELECT pg_terminate_backend($1)", backend)
    await admin.close()


async def test_a_lost_connection_takes_its_locks_anew(postgres_url):
    async with AdvisoryLocks(postgres_url) as ours, AdvisoryLocks(postgres_url) as other:
        await ours.acquire("worker")
        await ours.acquire("watch-taken")
        await cut(ours, postgres_url)
        while not await other.acquire("watch-taken"):
            pass

        assert await ours.keep() == {"watch-taken"}
        assert await other.is_held("worker")


async def test_files_of_workers_long_dead_are_removed(tmp_path):
    async with FileLocks(tmp_path) as living:
        await living.acquire("w-living")
        for name in ("w-dead", "w-living", "mailbox-a"):
            (tmp_path / f"{name}.lock").touch()
            os.utime(tmp_path / f"{name}.lock", (0, 0))
        (tmp_path / "w-young.lock").touch()

        async with FileLocks(tmp_path):
            left = {path.stem for path in tmp_path.iterdir()}

    assert left == {"w-living", "w-young", "mailbox-a"}
