"""Fetch one file out of a raw mail, by the path that its `Attachment.part` names.

Paths are IMAP's ("2.1"); behind a slash stands what lies inside that part: the number of a file
in a `winmail.dat` or in uuencoded text, or the path inside an S/MIME-signed entity.
"""

from __future__ import annotations

from mail.bodies import read_text, take_uu
from mail.envelopes import describe, is_pkcs7
from mail.smime import signed_content
from mail.structure import Limits, Part, read_structure
from mail.tnef import open_tnef


def content_of(raw: bytes, path: str, limits: Limits = Limits()) -> bytes | None:  # noqa: B008
    """Return a file's bytes as its sender had them, or None where the path leads nowhere."""
    outer, _, inner = path.partition("/")
    for part in read_structure(raw, limits).root.leaves():
        if part.path == outer:
            return _inner(part, inner, limits) if inner else part.content()
    return None


def _inner(part: Part, inner: str, limits: Limits) -> bytes | None:
    if is_pkcs7(part):
        entity = signed_content(part.content())
        return None if entity is None else content_of(entity, inner, limits)
    if describe(part)[1] == "tnef":
        contents = [one.content for one in open_tnef(part.content()).files]
    else:
        contents = [one.content for one in take_uu(read_text(part))[1]]
    number = int(inner) if inner.isdecimal() else 0
    return contents[number - 1] if 0 < number <= len(contents) else None
