"""Identifiers: time-ordered 128-bit ids, ticket references, and signed Message-IDs.

What an id opens is decided elsewhere: a reference alone opens nothing (docs/architecture.md).
"""

from __future__ import annotations

import base64
import hmac
import os
import re
import secrets
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and capitals that nobody confuses: no 0, 1, I, L, O, U."""

REFERENCE: Final = re.compile(rf"\bEJ-([{ALPHABET}]{{4}})-([{ALPHABET}]{{2}})\b", re.IGNORECASE)
"""A ticket reference anywhere in a text."""

_MESSAGE_ID: Final = re.compile(r"^ej\.([0-9a-f]{32})\.([0-9a-f]{32})@", re.IGNORECASE)

_ADDRESS_WORD: Final = re.compile(r"b([a-z2-7]{39})", re.IGNORECASE)
_SHORT: Final = 16  # hex digits of the signature that fit into an address

_last = [0]
_lock = threading.Lock()


def new_id() -> UUID:
    """Return a UUID version 7 (RFC 9562 5.7), strictly rising within this process.

    48 bits of milliseconds, 12 bits of fraction kept rising, 62 random bits.
    """
    with _lock:
        ticks = time.time_ns() // 244  # about 4096 ticks in a millisecond
        ticks = _last[0] = max(ticks, _last[0] + 1)
    milliseconds, fraction = divmod(ticks * 244, 1_000_000)
    value = (milliseconds & (1 << 48) - 1) << 80
    value |= 7 << 76
    value |= (fraction * 4096 // 1_000_000) << 64
    value |= 2 << 62
    value |= int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=value)


def earlier(id_: UUID, by: timedelta) -> UUID:
    """Return an id below which everything is older than `id_` by so much."""
    return UUID(int=max(id_.int - (int(by.total_seconds() * 1000) << 80), 0))


def new_reference() -> str:
    """Return a reference such as `EJ-7K3F-9Q`: random, so it tells no volume."""
    letters = draw_letters(6)
    return f"EJ-{letters[:4]}-{letters[4:]}"


def draw_letters(count: int) -> str:
    """Return so many letters of the alphabet, each as likely as any: one draw for all."""
    number = secrets.randbelow(len(ALPHABET) ** count)
    letters = ""
    for _ in range(count):
        number, at = divmod(number, len(ALPHABET))
        letters += ALPHABET[at]
    return letters


def find_references(text: str) -> tuple[str, ...]:
    """Return the references that a text names, each once, in order."""
    found = (f"EJ-{a}-{b}".upper() for a, b in REFERENCE.findall(text))
    return tuple(dict.fromkeys(found))


def sign_message_id(message: UUID, domain: str, sign: Callable[[str], str]) -> str:
    """Return our Message-ID (without brackets) for an outgoing message.

    `sign` maps a text to at least 32 hex digits of a keyed digest: 128 bits that nobody can forge.
    """
    return f"ej.{message.hex}.{sign(message.hex)[:32]}@{domain}"


def marker_of(message_id: str) -> str:
    """Return our Message-ID's token and signature as one word, for a hidden mark; else nothing."""
    match = _MESSAGE_ID.match(message_id)
    return f"{match[1]}-{match[2]}" if match else ""


def address_word_of(message_id: str) -> str:
    """Return the same as a word that fits into an address: no case, 64 bits of the signature.

    That is enough for what comes back there: it tells only which letter did not arrive.
    """
    match = _MESSAGE_ID.match(message_id)
    if match is None:
        return ""
    packed = bytes.fromhex(match[1] + match[2][:_SHORT])
    return "b" + base64.b32encode(packed).decode("ascii").rstrip("=").lower()


def open_address_word(word: str, sign: Callable[[str], str]) -> UUID | None:
    """Return the outgoing message that a word of an address names, or None if it is not ours."""
    match = _ADDRESS_WORD.fullmatch(word)
    if match is None:
        return None
    packed = base64.b32decode(match[1].upper() + "=")
    token, signature = packed[:16].hex(), packed[16:].hex()
    return UUID(hex=token) if hmac.compare_digest(signature, sign(token)[:_SHORT]) else None


def open_marker(marker: str, sign: Callable[[str], str]) -> UUID | None:
    """Return the outgoing message that a hidden mark names, or None where it is not ours."""
    token, _, signature = marker.partition("-")
    return open_message_id(f"ej.{token}.{signature}@", sign)


def open_message_id(message_id: str, sign: Callable[[str], str]) -> UUID | None:
    """Return the outgoing message that a Message-ID names, or None where it is not ours.

    The domain is not looked at: relays rewrite it.
    """
    match = _MESSAGE_ID.match(message_id.strip().lstrip("<"))
    if match is None:
        return None
    token, signature = match[1].lower(), match[2].lower()
    if not hmac.compare_digest(signature, sign(token)[:32]):
        return None
    return UUID(hex=token)
