"""The vault: whose key is it, and what is a value called when nobody may read it.

    master key           outside: file, environment or command; wraps everything below
      └ key store        its own file or database, never in a backup of the data
          ├ vault:check  proves that the master key is the right one
          ├ vault:blind  root of the blind values, by purpose and version
          ├ vault:sign   Ed25519 key that signs the heads of the audit chains
          └ owner        "identity:<32 hex>", "staff", "intake", "audit": seals that owner's data

It keeps unwrapped keys for a second, so that a key destroyed by another process is of no use
here a second later.  It does not know tables, rights or retention: `tickets` decides what is
sealed for whom, and when a key dies.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vault.addresses import ADDRESS_VERSION, normalise_address
from vault.errors import KeyMissing, VaultError, WrongMasterKey
from vault.keys import KeyStore
from vault.sealing import (
    KEY_BYTES,
    Key,
    Place,
    framed,
    key_id_of,
    new_content_key,
    seal,
    seal_text,
    unseal,
    unseal_text,
    unwrap,
    wrap,
)

__all__ = [
    "ADDRESS_VERSION",
    "Key",
    "Place",
    "Vault",
    "key_id_of",
    "new_content_key",
    "normalise_address",
    "seal",
    "seal_text",
    "unseal",
    "unseal_text",
    "unwrap",
    "wrap",
]

FRESH_SECONDS: Final = 1.0
"""How long a key may be used from memory without asking the store again."""

_RESERVED: Final = "vault:"
_CHECK: Final = "vault:check"
_BLIND: Final = "vault:blind"
_SIGN: Final = "vault:sign"
_NOTE: Final = "vault:note:"
_PAGE: Final = 1000


class Vault:
    """Keys by owner, blind values and signatures, over one key store and one master key."""

    # The pure half of the vault, at hand where a Vault is.
    seal = staticmethod(seal)
    unseal = staticmethod(unseal)
    seal_text = staticmethod(seal_text)
    unseal_text = staticmethod(unseal_text)
    new_content_key = staticmethod(new_content_key)
    wrap = staticmethod(wrap)
    unwrap = staticmethod(unwrap)

    def __init__(
        self,
        store: KeyStore,
        masters: Mapping[bytes, Key],
        own: Mapping[str, Key],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Use `Vault.open`; this only puts together what that has loaded and checked."""
        self._store = store
        self._master = next(iter(masters.values()))
        self._masters = masters
        self._blind_root = own[_BLIND]
        self._signer = Ed25519PrivateKey.from_private_bytes(own[_SIGN].secret)
        self._clock = clock
        self._blind_keys: dict[tuple[str, int], bytes] = {}
        self._cache: OrderedDict[str, tuple[float, bytes, Key]] = OrderedDict()
        self._destructions = 0

    @classmethod
    async def open(
        cls,
        store: KeyStore,
        master: bytes,
        retired: Sequence[bytes] = (),
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Check the master key against the store, rotate from retired ones, load our own keys.

        With retired keys everything still wrapped by one of them is wrapped by `master`.  That
        may be broken off at any point and begun again; blinds and signatures do not change.
        Raise `WrongMasterKey` before anything is written to a store that is another key's.
        """
        current = Key("master", master)
        masters = {key.id: key for key in (current, *(Key("master", old) for old in retired))}
        own = (_CHECK, _BLIND, _SIGN)
        stored = await store.get(own)
        if _CHECK not in stored:
            # Inserted in one commit: whoever comes first writes all three, the others read.
            await store.put({owner: _wrapped(current, owner, _random()) for owner in own})
            stored = await store.get(own)
        if lost := set(own) - set(stored):
            raise VaultError(f"the key store has lost {', '.join(sorted(lost))}")
        keys = {owner: _unwrapped(masters, owner, stored[owner]) for owner in own}
        if retired:
            await _rotate(store, current, masters)
        return cls(store, masters, keys, clock)

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that name this key store for good, whatever the master key.

        A database remembers them, so that it is never run beside an empty or foreign store.
        """
        return self._blind_root.id.hex()

    # Keys

    async def create_keys(self, owners: Iterable[str]) -> dict[str, Key]:
        """Make sure that each owner has a key, in one commit, and return the keys.

        Of two processes that make a key for one owner, the first to commit wins for both.
        """
        keys = await self.load_keys(wanted := _checked(owners))
        missing = [owner for owner in wanted if owner not in keys]
        if missing:
            await self._store.put({o: _wrapped(self._master, o, _random()) for o in missing})
            keys.update(await self.load_keys(missing))
        for owner in wanted:
            if owner not in keys:  # destroyed between our two steps
                raise KeyMissing(owner)
        return keys

    async def load_keys(self, owners: Iterable[str]) -> dict[str, Key]:
        """Return the keys of those owners that have one, and keep them at hand for a second.

        Hold the returned mapping for a unit of work; `key` is for code that cannot be handed it.
        """
        wanted = _checked(owners)
        while True:
            destructions, now = self._destructions, self._clock()
            found = self._fresh(wanted, now, FRESH_SECONDS / 2)
            asked = [owner for owner in wanted if owner not in found]
            stored = await self._store.get(asked) if asked else {}
            if destructions == self._destructions:
                break  # else what was read may be dead: read again
        for owner in asked:
            if owner in stored:
                found[owner] = self._keep(owner, stored[owner], now)
            else:
                self._cache.pop(owner, None)
        while self._cache and self._is_stale(now):
            self._cache.popitem(last=False)
        return found

    def key(self, owner: str) -> Key:
        """Return a key loaded within the last second, or raise `KeyMissing`."""
        try:
            return self._fresh([owner], self._clock(), FRESH_SECONDS)[owner]
        except KeyError:
            raise KeyMissing(owner) from None

    async def destroy_keys(self, owners: Iterable[str]) -> int:
        """Destroy keys for good: at once here, within a second in every other process.

        Return how many there were; destroying again is harmless.
        """
        wanted = _checked(owners)
        self._forget(wanted)
        try:
            return await self._store.destroy(wanted)
        finally:
            self._forget(wanted)  # a load that began before the store was done may have kept one

    async def remember(self, name: str, text: str) -> None:
        """Keep a short public text beside the keys, outside the database."""
        owner, value = f"{_NOTE}{name}", text.encode()
        before = (await self._store.get([owner])).get(owner)
        if before is None:
            await self._store.put({owner: value})
        else:
            await self._store.replace({owner: (before, value)})

    async def recall(self, name: str) -> str | None:
        """Return what `remember` kept."""
        owner = f"{_NOTE}{name}"
        value = (await self._store.get([owner])).get(owner)
        return None if value is None else value.decode()

    async def close(self) -> None:
        """Forget every key and close the store."""
        self._cache.clear()
        await self._store.close()

    # Blind values and signatures

    def blind(self, purpose: str, value: str | bytes, version: int = 1) -> bytes:
        """Return 32 bytes that are equal for equal values, and tell nothing without the root.

        Values of different purposes or versions of normalisation cannot be compared.
        """
        try:
            key = self._blind_keys[purpose, version]
        except KeyError:
            key = self._blind_keys[purpose, version] = self._derive(purpose, version)
        if isinstance(value, str):
            value = value.encode("utf-8", "surrogatepass")
        return hmac.digest(key, value, "sha256")

    def blind_address(self, address: str) -> bytes:
        """Return the blind value of a mail address in its one spelling."""
        return self.blind("address", normalise_address(address), ADDRESS_VERSION)

    def sign(self, data: bytes) -> bytes:
        """Sign with the store's Ed25519 key: 64 bytes."""
        return self._signer.sign(data)

    @property
    def public_key(self) -> bytes:
        """The 32 bytes with which anyone can check what `sign` made."""
        return self._signer.public_key().public_bytes_raw()

    @staticmethod
    def verify(data: bytes, signature: bytes, public_key: bytes) -> bool:
        """Tell whether the signature is of this data and by the holder of this key."""
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, data)
        except (InvalidSignature, ValueError):
            return False
        return True

    def _derive(self, purpose: str, version: int) -> bytes:
        info = framed(b"ejet-helpdesk blind", purpose.encode(), str(version).encode())
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(self._blind_root.secret)

    def _fresh(self, owners: Iterable[str], now: float, seconds: float) -> dict[str, Key]:
        """Return from memory the keys read less than so many seconds ago."""
        found: dict[str, Key] = {}
        for owner in owners:
            cached = self._cache.get(owner)
            if cached is not None and now - cached[0] < seconds:
                found[owner] = cached[2]
        return found

    def _is_stale(self, now: float) -> bool:
        """Tell whether the key that was read longest ago may not be used any more."""
        read_at, *_ = next(iter(self._cache.values()))
        return now - read_at >= FRESH_SECONDS

    def _keep(self, owner: str, wrapped: bytes, now: float) -> Key:
        cached = self._cache.get(owner)
        if cached is not None and cached[1] == wrapped:
            key = cached[2]
        else:
            key = _unwrapped(self._masters, owner, wrapped)
        self._cache[owner] = (now, wrapped, key)
        self._cache.move_to_end(owner)  # in the order in which they were read
        return key

    def _forget(self, owners: Iterable[str]) -> None:
        self._destructions += 1
        for owner in owners:
            self._cache.pop(owner, None)


def _checked(owners: Iterable[str]) -> list[str]:
    """Drop doubles and refuse the vault's own names."""
    wanted = list(dict.fromkeys(owners))
    for owner in wanted:
        if not owner or owner.startswith(_RESERVED):
            raise ValueError(f"{owner!r} is not an owner of data")
    return wanted


def _random() -> bytes:
    return os.urandom(KEY_BYTES)


def _place(owner: str) -> Place:
    return Place("keys", owner, "wrapped")


def _wrapped(master: Key, owner: str, secret: bytes) -> bytes:
    return seal(master, _place(owner), secret)


def _unwrapped(masters: Mapping[bytes, Key], owner: str, wrapped: bytes) -> Key:
    master = masters.get(key_id_of(wrapped))
    if master is None:
        raise WrongMasterKey(f"the key of {owner} is wrapped by another master key")
    return Key(owner, unseal(master, _place(owner), wrapped))


async def _rotate(store: KeyStore, current: Key, masters: Mapping[bytes, Key]) -> None:
    """Wrap by the current master key whatever a retired one still wraps, page by page."""
    after = ""
    while page := await store.owners(after, _PAGE):
        after = page[-1]
        changes: dict[str, tuple[bytes, bytes]] = {}
        for owner, old in (await store.get(page)).items():
            if not owner.startswith(_NOTE) and key_id_of(old) != current.id:
                key = _unwrapped(masters, owner, old)
                changes[owner] = (old, _wrapped(current, owner, key.secret))
        if changes:
            await store.replace(changes)
        await asyncio.sleep(0)
