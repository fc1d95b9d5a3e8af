"""Seal bytes so that they open only with their key and only in their place.

AES-256-GCM with random nonces.  Pure functions: no store, no clock, no event loop.  Which key
belongs to whom, and where keys are kept, is `vault.vault` and `vault.keys`.

The sealed form, 37 bytes longer than what it holds:

    version 1 │ key id 8 │ nonce 12 │ ciphertext … │ tag 16

The key id is derived from the key, so a value also commits to the key that opens it; GCM alone
does not.  Random nonces allow 2**32 values under one key (NIST SP 800-38D, 8.3), which no
identity, and at four thousand million messages no staff key, will reach.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.errors import SealBroken

KEY_BYTES: Final = 32
OVERHEAD: Final = 37
"""By how many bytes a sealed value is longer than its plaintext."""

_VERSION: Final = b"\x01"
_ID_END: Final = 9
_NONCE_END: Final = 21
_NONCE_BYTES: Final = 12
_ID_FRAME: Final = (_ID_END - 1).to_bytes(4, "big")  # how `framed` begins a key's id
_HEX_FRAME: Final = (32).to_bytes(4, "big")  # … and a UUID in hex


class Place(NamedTuple):
    """Where a sealed value lives; it opens nowhere else."""

    table: str
    row_id: UUID | str
    column: str

    def part(self, index: int, count: int) -> Place:
        """Name one segment of a value that is kept in `count` segments.

        Index and count are sealed in, so segments cannot be swapped, dropped or cut off.
        """
        return self._replace(column=f"{self.column}[{index}/{count}]")

    @property
    def row(self) -> str:
        """The row's id as it is sealed in: a UUID in 32 hex digits, other ids as they are."""
        return self.row_id.hex if isinstance(self.row_id, UUID) else self.row_id

    def __str__(self) -> str:
        """Name the place in errors; ids and columns are public."""
        return f"{self.table}.{self.column} {self.row}"


@dataclass(frozen=True, slots=False)
class Key:
    """A secret of 32 bytes that seals and opens; `owner` says whose it is."""

    owner: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a secret of another length: AES would take 16 or 24 bytes as well."""
        if len(self.secret) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, this one {len(self.secret)}")

    @cached_property
    def id(self) -> bytes:
        """Eight bytes that name the key without telling it."""
        return hmac.digest(self.secret, b"ejet-helpdesk key id", "sha256")[:8]

    @cached_property
    def cipher(self) -> AESGCM:
        """The cipher, its key schedule computed once."""
        return AESGCM(self.secret)


def seal(key: Key, place: Place, plain: bytes) -> bytes:
    """Encrypt and authenticate `plain` for this key and place."""
    nonce = os.urandom(_NONCE_BYTES)
    associated = _associated(place, key.id)
    return b"".join((_VERSION, key.id, nonce, key.cipher.encrypt(nonce, plain, associated)))


def unseal(key: Key, place: Place, sealed: bytes) -> bytes:
    """Open what `seal` made, or raise `SealBroken`."""
    if len(sealed) < OVERHEAD:
        raise SealBroken(str(place), "too short to be a sealed value")
    if sealed[:1] != _VERSION:
        raise SealBroken(str(place), "unknown version")
    if sealed[1:_ID_END] != key.id:
        raise SealBroken(str(place), f"not sealed under the key of {key.owner}")
    nonce, body = sealed[_ID_END:_NONCE_END], sealed[_NONCE_END:]
    try:
        return key.cipher.decrypt(nonce, body, _associated(place, key.id))
    except InvalidTag as exc:
        raise SealBroken(str(place), "altered, or from another place") from exc


def seal_text(key: Key, place: Place, plain: str) -> bytes:
    """Seal a string; lone surrogates, as broken mail brings them, survive."""
    return seal(key, place, plain.encode("utf-8", "surrogatepass"))


def unseal_text(key: Key, place: Place, sealed: bytes) -> str:
    """Open a string sealed by `seal_text`."""
    return unseal(key, place, sealed).decode("utf-8", "surrogatepass")


def key_id_of(sealed: bytes) -> bytes:
    """Read which key a value was sealed under, without opening it."""
    return sealed[1:_ID_END]


def new_content_key() -> Key:
    """Make a random key for one piece of content whose owner is not yet known."""
    return Key("content", os.urandom(KEY_BYTES))


def wrap(owner_key: Key, place: Place, content_key: Key) -> bytes:
    """Seal a content key for its owner; wrapping it anew hands the content over."""
    return seal(owner_key, place, content_key.secret)


def unwrap(owner_key: Key, place: Place, wrapped: bytes) -> Key:
    """Open a content key sealed by `wrap`."""
    return Key("content", unseal(owner_key, place, wrapped))


def framed(*parts: bytes) -> bytes:
    """Join parts so that no two different lists give the same bytes."""
    return b"".join([len(part).to_bytes(4, "big") + part for part in parts])


def _associated(place: Place, key_id: bytes) -> bytes:
    """Return what `framed` makes of a place and a key; the names of columns recur."""
    row_id = place.row_id
    row = _HEX_FRAME + row_id.hex.encode() if isinstance(row_id, UUID) else framed(row_id.encode())
    return b"".join((_name(place.table), row, _name(place.column), _ID_FRAME, key_id))


@lru_cache(maxsize=256)
def _name(name: str) -> bytes:
    return framed(name.encode())
