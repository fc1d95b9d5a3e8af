"""Open Outlook's `winmail.dat` (TNEF): the files and the text that it wraps.

The library does the format; this module bounds it.  Compressed RTF is not read: Outlook sends a
plain body beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from mail.charsets import clean, decode
from mail.headers import one_line

LIMIT = 30_000_000  # bytes of one container
MOST = 100  # files of one container


@dataclass(frozen=True, slots=True)
class TnefFile:
    """A file inside a container."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Tnef:
    """What a container holds; `is_whole` is False where it could not be read to the end."""

    text: str = ""
    html: str = ""
    files: tuple[TnefFile, ...] = ()
    is_whole: bool = True


def open_tnef(data: bytes) -> Tnef:
    """Return the contents of a TNEF stream; never raises."""
    if not data.startswith(b"\x78\x9f\x3e\x22") or len(data) > LIMIT:
        return Tnef(is_whole=False)
    import tnefparse  # type: ignore[import-untyped] # noqa: PLC0415 - 50 ms, seldom needed

    try:
        parsed = tnefparse.TNEF(data, do_checksum=False)
        files = tuple(
            TnefFile(one_line(_text(one.long_filename() or one.name)), bytes(one.data or b""))
            for one in parsed.attachments[:MOST]
            if one.data
        )
        return Tnef(_text(parsed.body), _text(parsed.htmlbody), files)
    except Exception:  # noqa: BLE001 - the library raises whatever broken bytes make it raise
        return Tnef(is_whole=False)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return decode(value.rstrip(b"\0"))
    return clean(value) if isinstance(value, str) else ""
