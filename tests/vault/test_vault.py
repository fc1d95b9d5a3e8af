import asyncio

import pytest

from tests.vault.conftest import MASTER, OTHER_MASTER
from vault.errors import KeyMissing, SealBroken, VaultError, WrongMasterKey
from vault.keys import MemoryKeyStore, SqliteKeyStore
from vault.sealing import key_id_of
from vault.vault import Key, Place, Vault

ANNA = "identity:" + "a" * 32
BORIS = "identity:" + "b" * 32
PLACE = Place("message", "1", "body")


# Opening


async def test_a_vault_opens_again_with_what_it_had(store):
    first = await Vault.open(store, MASTER)
    key = (await first.create_keys([ANNA]))[ANNA]
    sealed = first.seal(key, PLACE, b"secret")

    again = await Vault.open(store, MASTER)

    loaded = await again.load_keys([ANNA])
    assert again.unseal(loaded[ANNA], PLACE, sealed) == b"secret"
    assert again.blind("address", "x") == first.blind("address", "x")
    assert again.public_key == first.public_key
    assert again.fingerprint == first.fingerprint


async def test_the_wrong_master_key_is_refused_and_writes_nothing(store):
    await Vault.open(store, MASTER)
    before = await store.get(await store.owners())

    with pytest.raises(WrongMasterKey):
        await Vault.open(store, OTHER_MASTER)
    with pytest.raises(WrongMasterKey):
        await Vault.open(store, OTHER_MASTER, retired=[b"x" * 32])

    assert await store.get(await store.owners()) == before


async def test_two_that_open_an_empty_store_at_once_agree(store):
    one, two = await asyncio.gather(Vault.open(store, MASTER), Vault.open(store, MASTER))

    assert one.fingerprint == two.fingerprint
    assert one.public_key == two.public_key


async def test_a_damaged_store_is_refused():
    store = MemoryKeyStore()
    await Vault.open(store, MASTER)
    await store.destroy(["vault:blind"])

    with pytest.raises(VaultError, match="has lost vault:blind"):
        await Vault.open(store, MASTER)


async def test_keys_exchanged_between_owners_do_not_open():
    store = MemoryKeyStore()
    vault = await Vault.open(store, MASTER)
    await vault.create_keys([ANNA, BORIS])
    store.wrapped[ANNA], store.wrapped[BORIS] = store.wrapped[BORIS], store.wrapped[ANNA]

    with pytest.raises(SealBroken):
        await (await Vault.open(store, MASTER)).load_keys([ANNA])


async def test_no_key_stands_in_clear_in_the_store(tmp_path):
    store = await SqliteKeyStore.open(tmp_path / "keys.db")
    vault = await Vault.open(store, MASTER)
    key = (await vault.create_keys([ANNA]))[ANNA]
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    await vault.close()

    assert ANNA.encode() in raw
    assert key.secret not in raw


# Keys


async def test_creating_twice_gives_the_same_keys(store, clock):
    vault = await Vault.open(store, MASTER, clock=clock)
    first = await vault.create_keys([ANNA, "staff"])
    clock.now += 60

    assert await vault.create_keys([ANNA, "staff"]) == first


async def test_of_two_that_create_a_key_the_first_wins_for_both(store):
    one, two = await Vault.open(store, MASTER), await Vault.open(store, MASTER)

    keys = await asyncio.gather(*(v.create_keys([ANNA, BORIS]) for v in (one, two) * 5))

    assert all(found == keys[0] for found in keys)


async def test_all_new_keys_are_one_commit(clock):
    class Counting(MemoryKeyStore):
        puts = 0

        async def put(self, wrapped):
            self.puts += 1
            await super().put(wrapped)

    vault = await Vault.open(store := Counting(), MASTER, clock=clock)
    store.puts = 0

    await vault.create_keys(f"identity:{n:032x}" for n in range(20))
    await vault.create_keys(f"identity:{n:032x}" for n in range(20))

    assert store.puts == 1


async def test_a_key_is_at_hand_for_one_second(vault, clock):
    keys = await vault.create_keys([ANNA])

    clock.now += 0.9
    assert vault.key(ANNA) == keys[ANNA]
    clock.now += 0.1
    with pytest.raises(KeyMissing):
        vault.key(ANNA)
    assert await vault.load_keys([ANNA]) == keys
    assert vault.key(ANNA) == keys[ANNA]


async def test_a_loaded_key_is_at_hand_for_half_a_second_at_least(vault, clock):
    await vault.create_keys([ANNA])
    clock.now += 0.6
    await vault.load_keys([ANNA])
    clock.now += 0.9

    assert vault.key(ANNA).owner == ANNA


async def test_who_has_no_key_is_left_out(vault):
    assert await vault.load_keys([ANNA]) == {}
    with pytest.raises(KeyMissing) as caught:
        vault.key(ANNA)
    assert caught.value.owner == ANNA


async def test_a_destroyed_key_is_gone_at_once_here(vault):
    await vault.create_keys([ANNA, BORIS])

    assert await vault.destroy_keys([ANNA]) == 1

    with pytest.raises(KeyMissing):
        vault.key(ANNA)
    assert vault.key(BORIS).owner == BORIS
    assert await vault.load_keys([ANNA]) == {}


async def test_a_destroyed_key_is_gone_within_a_second_elsewhere(store, clock):
    here = await Vault.open(store, MASTER, clock=clock)
    there = await Vault.open(store, MASTER, clock=clock)
    await here.create_keys([ANNA])
    await there.load_keys([ANNA])

    await here.destroy_keys([ANNA])
    clock.now += 1

    with pytest.raises(KeyMissing):
        there.key(ANNA)
    assert await there.load_keys([ANNA]) == {}


async def test_a_key_made_anew_does_not_open_the_old(vault):
    old = (await vault.create_keys([ANNA]))[ANNA]
    sealed = vault.seal(old, PLACE, b"secret")
    await vault.destroy_keys([ANNA])

    new = (await vault.create_keys([ANNA]))[ANNA]

    with pytest.raises(SealBroken, match="not sealed under"):
        vault.unseal(new, PLACE, sealed)


async def test_a_load_under_way_does_not_bring_a_destroyed_key_back(clock):
    class Slow(MemoryKeyStore):
        reading = asyncio.Event()
        going_on = asyncio.Event()

        async def get(self, owners):
            found = await super().get(owners)
            if ANNA in found:
                self.reading.set()
                await self.going_on.wait()
            return found

    vault = await Vault.open(store := Slow(), MASTER, clock=clock)
    store.going_on.set()
    await vault.create_keys([ANNA])
    clock.now += 0.8
    store.going_on.clear()
    store.reading.clear()
    loading = asyncio.create_task(vault.load_keys([ANNA]))
    await store.reading.wait()

    await vault.destroy_keys([ANNA])
    store.going_on.set()

    assert await loading == {}
    with pytest.raises(KeyMissing):
        vault.key(ANNA)


async def test_keys_of_yesterday_do_not_stay_in_memory(clock):
    vault = await Vault.open(MemoryKeyStore(), MASTER, clock=clock)
    await vault.create_keys([f"identity:{n:032x}" for n in range(25)])
    clock.now += 0.7
    await vault.create_keys([BORIS])
    clock.now += 0.7

    await vault.create_keys([ANNA])

    assert list(vault._cache) == [BORIS, ANNA]


@pytest.mark.parametrize("owner", ["", "vault:check", "vault:blind", "vault:anything"])
async def test_the_vaults_own_names_are_refused(vault, owner):
    for method in (vault.create_keys, vault.load_keys, vault.destroy_keys):
        with pytest.raises(ValueError, match="not an owner"):
            await method([ANNA, owner])


# Rotation


async def test_rotation_changes_the_wrapping_and_nothing_else(store):
    old = await Vault.open(store, MASTER)
    keys = await old.create_keys([ANNA, BORIS])

    new = await Vault.open(store, OTHER_MASTER, retired=[MASTER])

    assert await new.load_keys([ANNA, BORIS]) == keys
    assert new.blind("address", "x") == old.blind("address", "x")
    assert new.public_key == old.public_key
    current = Key("master", OTHER_MASTER).id
    wrapped = await store.get(await store.owners())
    assert len(wrapped) == 5
    assert {key_id_of(value) for value in wrapped.values()} == {current}
    await Vault.open(store, OTHER_MASTER)  # the retired key is needed no more
    with pytest.raises(WrongMasterKey):
        await Vault.open(store, MASTER)


@pytest.mark.parametrize("page", [1, 2, 3, 4, 5])
async def test_rotation_broken_off_anywhere_goes_on_next_time(page, monkeypatch):
    class Failing(MemoryKeyStore):
        left = 99

        async def replace(self, changes):
            self.left -= 1
            if self.left < 0:
                raise OSError("power cut")
            return await super().replace(changes)

    monkeypatch.setattr("vault.vault._PAGE", 1)
    keys = await (await Vault.open(store := Failing(), MASTER)).create_keys([ANNA, BORIS])
    store.left = page - 1

    with pytest.raises(OSError, match="power cut"):
        await Vault.open(store, OTHER_MASTER, retired=[MASTER])
    store.left = 99

    vault = await Vault.open(store, OTHER_MASTER, retired=[MASTER])
    assert await vault.load_keys([ANNA, BORIS]) == keys
    await Vault.open(store, OTHER_MASTER)


async def test_one_that_still_runs_on_the_retired_key_loses_nothing(store, clock):
    late = await Vault.open(store, MASTER)
    new = await Vault.open(store, OTHER_MASTER, retired=[MASTER], clock=clock)

    keys = await late.create_keys([ANNA])

    assert await new.load_keys([ANNA]) == keys
    await Vault.open(store, OTHER_MASTER, retired=[MASTER])
    await Vault.open(store, OTHER_MASTER)


async def test_rotation_does_not_bring_a_destroyed_key_back():
    class Destroying(MemoryKeyStore):
        async def replace(self, changes):
            await self.destroy([ANNA])
            return await super().replace(changes)

    store = Destroying()
    await (await Vault.open(store, MASTER)).create_keys([ANNA])

    vault = await Vault.open(store, OTHER_MASTER, retired=[MASTER])

    assert await vault.load_keys([ANNA]) == {}


async def test_rotation_leaves_no_old_wrapping_in_the_file(tmp_path):
    store = await SqliteKeyStore.open(tmp_path / "keys.db")
    await (await Vault.open(store, MASTER)).create_keys(f"identity:{n:032x}" for n in range(50))
    old = (await store.get(await store.owners())).values()

    await Vault.open(store, OTHER_MASTER, retired=[MASTER])

    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not [wrapped for wrapped in old if wrapped in raw]
    await store.close()


# Blind values


async def test_blind_values_are_equal_for_equal_values_only(vault):
    values = {
        vault.blind("address", "x"),
        vault.blind("address", b"x"),
        vault.blind("address", "y"),
        vault.blind("token", "x"),
        vault.blind("address", "x", version=2),
        vault.blind("address1", "x", version=2),
    }

    assert len(values) == 5
    assert {len(value) for value in values} == {32}


async def test_blind_values_tell_nothing_across_stores(vault):
    other = await Vault.open(MemoryKeyStore(), MASTER)

    assert other.blind("address", "x") != vault.blind("address", "x")
    assert other.fingerprint != vault.fingerprint


async def test_any_string_can_be_made_blind(vault):
    assert vault.blind("name", "\udcff") != vault.blind("name", "")


async def test_an_address_is_blind_in_its_one_spelling(vault):
    assert vault.blind_address(" Anna@EXAMPLE.org") == vault.blind_address("anna@example.org")


# Signatures


async def test_a_signature_holds_for_its_data_and_key_only(vault):
    other = await Vault.open(MemoryKeyStore(), MASTER)
    signature = vault.sign(b"head")

    assert vault.verify(b"head", signature, vault.public_key)
    assert not vault.verify(b"heads", signature, vault.public_key)
    assert not vault.verify(b"head", signature[::-1], vault.public_key)
    assert not vault.verify(b"head", signature, other.public_key)
    assert not vault.verify(b"head", b"", vault.public_key)
    assert not vault.verify(b"head", signature, b"short")


async def test_closing_forgets_every_key(vault):
    await vault.create_keys([ANNA])
    await vault.close()

    with pytest.raises(KeyMissing):
        vault.key(ANNA)
