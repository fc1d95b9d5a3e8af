import asyncio
import multiprocessing
import os
import random
import sqlite3
import stat

import pytest

from vault.errors import KeyStoreBusy
from vault.keys import MemoryKeyStore, PostgresKeyStore, SqliteKeyStore, open_store
from vault.vault import Vault


async def test_what_is_put_is_got(store):
    await store.put({"a": b"1", "b": b"2"})

    assert await store.get(["a", "b", "c", "a"]) == {"a": b"1", "b": b"2"}


async def test_nothing_asked_is_nothing_done(store):
    await store.put({})

    assert await store.get([]) == {}
    assert await store.destroy([]) == 0
    assert await store.replace({}) == 0


async def test_who_has_a_key_keeps_it(store):
    await store.put({"a": b"1"})
    await store.put({"a": b"9", "b": b"2"})

    assert await store.get(["a", "b"]) == {"a": b"1", "b": b"2"}


async def test_replacing_spares_what_changed_meanwhile(store):
    await store.put({"a": b"1", "b": b"2"})

    changed = await store.replace({"a": (b"1", b"3"), "b": (b"x", b"4"), "gone": (b"5", b"6")})

    assert changed == 1
    assert await store.get(["a", "b", "gone"]) == {"a": b"3", "b": b"2"}


async def test_destroying_counts_what_was_there(store):
    await store.put({"a": b"1", "b": b"2", "c": b"3"})

    assert await store.destroy(["a", "b", "b", "nobody"]) == 2
    assert await store.destroy(["a"]) == 0
    assert await store.get(["a", "b", "c"]) == {"c": b"3"}


async def test_owners_come_in_pages_in_byte_order(store):
    await store.put(dict.fromkeys(["b", "a_", "Z", "a-", "é"], b"k"))

    assert await store.owners(limit=3) == ["Z", "a-", "a_"]
    assert await store.owners(after="a_", limit=3) == ["b", "é"]


async def test_compacting_keeps_what_lives(store):
    await store.put({"a": b"1", "b": b"2"})
    await store.destroy(["a"])

    await store.compact()

    assert await store.get(["a", "b"]) == {"b": b"2"}


async def test_many_owners_are_no_trouble(store):
    keys = {f"identity:{n:032x}": n.to_bytes(8, "big") for n in range(3000)}
    await store.put(keys)

    assert await store.get(keys) == keys
    assert await store.destroy(keys) == 3000


async def test_closing_twice_is_harmless(store):
    await store.close()
    await store.close()


# SQLite


def _bytes_of(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.glob("keys.db*")))


async def test_the_file_is_ours_alone(tmp_path):
    path = tmp_path / "keys.db"
    path.touch(0o644)
    old = os.umask(0)
    try:
        store = await SqliteKeyStore.open(path)
        await store.put({"a": b"1"})
        modes = {stat.S_IMODE(found.stat().st_mode) for found in tmp_path.iterdir()}
    finally:
        os.umask(old)
    await store.close()

    assert modes == {0o600}


async def test_a_symbolic_link_is_not_followed(tmp_path):
    (tmp_path / "keys.db").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FileExistsError):
        await SqliteKeyStore.open(tmp_path / "keys.db")


async def test_destroyed_keys_leave_no_bytes(tmp_path):
    """Inserted and destroyed in random order, so that pages split, fill anew and merge."""
    chance = random.Random(7)  # noqa: S311 - the same order every time
    keys = {f"identity:{chance.randbytes(16).hex()}": chance.randbytes(69) for _ in range(1500)}
    store = await SqliteKeyStore.open(tmp_path / "keys.db")
    owners = list(keys)
    for start in range(0, len(owners), 50):
        await store.put({owner: keys[owner] for owner in owners[start : start + 50]})
    before = _bytes_of(tmp_path)
    assert all(wrapped in before for wrapped in keys.values())

    chance.shuffle(owners)
    dead, alive = owners[:1000], owners[1000:]
    while dead:
        size = chance.choice([1, 3, 60])
        batch, dead = dead[:size], dead[size:]
        await store.destroy(batch)
        left = _bytes_of(tmp_path)
        assert not [owner for owner in batch if keys[owner] in left or owner.encode() in left]

    left = _bytes_of(tmp_path)
    assert not [owner for owner in owners[:1000] if keys[owner][20:36] in left]
    assert all(keys[owner] in left for owner in alive)
    await store.close()


async def test_replaced_keys_leave_no_bytes(tmp_path):
    store = await SqliteKeyStore.open(tmp_path / "keys.db")
    await store.put({"a": b"the old wrapping"})

    await store.replace({"a": (b"the old wrapping", b"the new wrapping")})

    assert b"the old wrapping" not in _bytes_of(tmp_path)
    assert b"the new wrapping" in _bytes_of(tmp_path)
    await store.close()


async def test_a_log_that_cannot_be_emptied_is_not_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr("vault.sqlite_keys._BUSY_SECONDS", 0.05)
    store = await SqliteKeyStore.open(tmp_path / "keys.db")
    await store.put({"a": b"wrapped key"})
    reader = sqlite3.connect(tmp_path / "keys.db", isolation_level=None)
    reader.execute("begin")
    reader.execute("select * from keys").fetchall()

    with pytest.raises(KeyStoreBusy):
        await store.destroy(["a"])

    reader.execute("rollback")
    reader.close()
    assert await store.destroy(["a"]) == 0
    assert b"wrapped key" not in _bytes_of(tmp_path)
    await store.close()


async def test_two_stores_on_one_file_see_each_other(tmp_path):
    one = await SqliteKeyStore.open(tmp_path / "keys.db")
    two = await SqliteKeyStore.open(tmp_path / "keys.db")

    await asyncio.gather(
        *(
            store.put({f"{n}": name})
            for n in range(20)
            for store, name in [(one, b"1"), (two, b"2")]
        )
    )

    owners = [f"{n}" for n in range(20)]
    assert await one.get(owners) == await two.get(owners)
    assert await one.destroy(owners) == 20
    assert await two.get(owners) == {}
    await one.close()
    await two.close()


def _create_keys(path, barrier, results):
    async def create():
        vault = await Vault.open(await SqliteKeyStore.open(path), b"m" * 32)
        keys = await vault.create_keys(f"identity:{n:032x}" for n in range(5))
        await vault.close()
        return [vault.fingerprint, *(key.id.hex() for key in keys.values())]

    barrier.wait()
    results.put(asyncio.run(create()))


@pytest.mark.parametrize("trial", range(3))
def test_processes_that_start_together_agree(tmp_path, trial):
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(3), context.Queue()
    arguments = (tmp_path / "keys.db", barrier, results)
    processes = [context.Process(target=_create_keys, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    found = [results.get(timeout=110) for _ in processes]
    for process in processes:
        process.join()

    assert found[0] == found[1] == found[2]


async def test_a_failed_write_leaves_nothing_and_the_store_usable(tmp_path):
    store = await SqliteKeyStore.open(tmp_path / "keys.db")

    with pytest.raises(sqlite3.Error):
        await store.put({"a": b"1", "b": {"not": "bytes"}})
    await store.put({"c": b"3"})

    assert await store.owners() == ["c"]
    await store.close()


async def test_a_copy_is_whole_private_and_never_overwrites(tmp_path):
    store = await SqliteKeyStore.open(tmp_path / "keys.db")
    await store.put({"a": b"wrapping of a", "b": b"wrapping of b"})
    await store.destroy(["b"])
    (tmp_path / "away").mkdir()
    target = tmp_path / "away" / "copy.db"

    await store.copy_to(target)
    with pytest.raises(FileExistsError):
        await store.copy_to(target)
    await store.close()

    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["copy.db"]
    assert b"wrapping of b" not in target.read_bytes()
    copy = await SqliteKeyStore.open(target)
    assert await copy.get(["a", "b"]) == {"a": b"wrapping of a"}
    await copy.close()


# PostgreSQL


async def test_many_processes_may_create_the_table_at_once(empty_postgres):
    stores = await asyncio.gather(*(PostgresKeyStore.open(empty_postgres) for _ in range(5)))

    await asyncio.gather(*(store.put({"a": b"%d" % n}) for n, store in enumerate(stores)))

    assert len({(await store.get(["a"]))["a"] for store in stores}) == 1
    for store in stores:
        await store.close()


# Choosing


@pytest.mark.parametrize("form", ["{}", "sqlite://{}"])
async def test_a_path_opens_sqlite(tmp_path, form):
    store = await open_store(form.format(tmp_path / "keys.db"))
    await store.close()

    assert isinstance(store, SqliteKeyStore)
    assert (tmp_path / "keys.db").exists()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "asyncpg"])
async def test_a_url_opens_postgresql(postgres_url, scheme):
    store = await open_store(f"{scheme}://{postgres_url.partition('://')[2]}")
    await store.close()

    assert isinstance(store, PostgresKeyStore)


async def test_the_memory_store_is_its_own():
    one, two = MemoryKeyStore(), MemoryKeyStore()
    await one.put({"a": b"1"})

    assert await two.get(["a"]) == {}
