"""Read address fields leniently (RFC 5322 3.4, with what real mailers make of it).

The list is cut before encoded words are decoded: a decoded name may hold a comma.
"""

from __future__ import annotations

import re

from mail.charsets import decode
from mail.headers import FIELD_LIMIT, decode_words, one_line
from tickets.types import Sender

MOST = 1000  # addresses of one field

_PLAIN = re.compile(
    r'\s*(?:"([^"\\<>]*)"|([^",:;<>()\\]*?))\s*<([^<>@\s,;:"()]+@[^<>@\s,;:"()]+)>\s*'
)
_BARE = re.compile(r"\s*([^<>@\s,;:\"()]+@[^<>@\s,;:\"()]+)\s*")
_TOKEN = re.compile(
    r'"((?>[^"\\]+|\\.){0,60})"|<([^<>]{0,998})>|([,;:()])|([^\s"(),;:<]+)|\s+|.', re.DOTALL
)
_ADDRESS = re.compile(r"[^\s<>,;:()\[\]\"']+@[^\s<>,;:()\[\]\"']+")
_INVISIBLE = dict.fromkeys((0xFEFF, 0x200B, *range(0x2060, 0x206A), *range(0x202A, 0x202F)))
_INVISIBLE |= dict.fromkeys((0x200E, 0x200F))  # marks of direction stick to copied addresses
_ESCAPED = re.compile(r"\\(.)")


def addresses(value: bytes, hint: str = "") -> tuple[Sender, ...]:
    """Return the addresses of a field, in order; a name without any address has address ""."""
    text = decode(value[:FIELD_LIMIT], "", hint)
    if not text.isascii():
        text = text.translate(_INVISIBLE)
    plain = _PLAIN.fullmatch(text)
    if plain:
        quoted, name, address = plain.groups()
        return (Sender(address, _name(quoted or name or "")),)
    if _BARE.fullmatch(text):
        return (Sender(text.strip()),)
    found = _scan(text)
    if "=?" in text and not any("@" in one.address for one in found):
        found = _scan(decode_words(text))  # name and address were encoded together
    return tuple(found[:MOST])


def _scan(text: str) -> list[Sender]:
    """Cut the list at its commas (and, as Outlook does, semicolons)."""
    found: list[Sender] = []
    phrase: list[str] = []
    comments: list[str] = []
    angle: str | None = None
    depth = 0
    is_nested = text.count("(") == text.count(")")
    for token in _TOKEN.finditer(text):
        quoted, inner, mark, _ = token.groups()
        piece = token.group()
        if mark in {"(", ")"} and is_nested:
            depth += 1 if mark == "(" else -1
            depth = max(depth, 0)
            if mark == ")" or depth > 1:
                comments.append(" ")
        elif depth:
            comments.append(piece)
        elif mark in {",", ";"}:
            _put(found, phrase, comments, angle)
            phrase, comments, angle = [], [], None
            if len(found) > MOST:
                return found
        elif mark == ":" and angle is None and "@" not in "".join(phrase):
            phrase = []  # what stood before was a group's name
        elif inner is not None and (angle is None or "@" not in angle):
            angle = inner
        elif quoted is not None:
            phrase.append(_ESCAPED.sub(r"\1", quoted))
        else:
            phrase.append(piece)
    _put(found, phrase, comments, angle)
    return found


def _put(found: list[Sender], phrase: list[str], comments: list[str], angle: str | None) -> None:
    name = "".join(phrase).strip()
    comment = "".join(comments).strip()
    address = _route(angle) if angle is not None else ""
    if "@" not in address:
        if "@" not in name and "@" in comment:
            name = f"{name} {comment}"
        inside = _ADDRESS.search(name)
        if inside:
            # `a@b`, `a@b <>` or `a@b <Name>`: the address stands where the name should.
            rest = (name[: inside.start()] + name[inside.end() :]).strip(" \"'[]")
            name, address = rest or address, inside.group().strip(".")
        elif not address and name and " " not in name and angle is None:
            name, address = "", name  # a local user: `From: root`
    name = name or comment
    if address or name:
        found.append(Sender(one_line(_decoded(address))[:998], _name(name)))


def _route(angle: str) -> str:
    """Drop white space and a source route (`@a,@b:user@host`, RFC 5322 4.4)."""
    address = " ".join(angle.split()).strip("<> '")
    if '"' not in address:
        address = address.replace(" ", "")  # folded inside; a quoted local part may hold blanks
    if address.startswith("@") and ":" in address:
        address = address.rpartition(":")[2]
    return address.removeprefix("mailto:").removeprefix("MAILTO:")


def _decoded(text: str) -> str:
    return decode_words(text) if "=?" in text else text


def _name(text: str) -> str:
    text = _ESCAPED.sub(r"\1", text) if "\\" in text else text
    return one_line(_decoded(text)).strip(" \"'")[:998]
