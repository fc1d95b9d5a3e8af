"""Read the content of an S/MIME mail that is signed but not encrypted (RFC 8551 3.5.2).

Outlook can wrap a whole mail into `smime.p7m` only to sign it: its words are there in clear,
inside a CMS SignedData (RFC 5652 5.1).  Nothing is verified here.
"""

from __future__ import annotations

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_SEQUENCE, _OCTETS, _OCTETS_BUILT, _EXPLICIT = 0x30, 0x04, 0x24, 0xA0
_INDEFINITE = -1
_MOST_CHUNKS = 1_000_000


def signed_content(der: bytes) -> bytes | None:
    """Return the signed MIME entity, or None where this is no such thing.

    Only the way to the content is walked: outer sequence, type, version and digests are skipped
    by looking for the inner content type, which comes first of all that may hold data.
    """
    head = der[:64]
    if not head.startswith(bytes([_SEQUENCE])) or _SIGNED_DATA not in head:
        return None
    at = der.find(_DATA, 0, 4096)
    if at < 0:
        return None
    try:
        tag, _, at = _header(der, at + len(_DATA))
        if tag != _EXPLICIT:
            return None
        return _octets(der, at)
    except IndexError:
        return None


def _header(der: bytes, at: int) -> tuple[int, int, int]:
    """Return tag, length and where the value begins."""
    tag, first = der[at], der[at + 1]
    if first < 0x80:  # noqa: PLR2004 - short form (X.690 8.1.3.4)
        return tag, first, at + 2
    if first == 0x80:  # noqa: PLR2004 - indefinite form (X.690 8.1.3.6)
        return tag, _INDEFINITE, at + 2
    count = first & 0x7F
    return tag, int.from_bytes(der[at + 2 : at + 2 + count], "big"), at + 2 + count


def _octets(der: bytes, at: int) -> bytes | None:
    """Join an octet string, which may be built of chunks."""
    tag, length, at = _header(der, at)
    if tag == _OCTETS and length != _INDEFINITE:
        return der[at : at + length]
    if tag != _OCTETS_BUILT:
        return None
    end = len(der) if length == _INDEFINITE else min(at + length, len(der))
    chunks: list[bytes] = []
    while at < end and len(chunks) < _MOST_CHUNKS:
        tag, length, at = _header(der, at)
        if tag != _OCTETS or length == _INDEFINITE:
            break
        chunks.append(der[at : at + length])
        at += length
    return b"".join(chunks)
