"""Read a header block leniently: fields, encoded words, ids.

Bytes in, bytes kept: a field is decoded only when it is asked for.  Addresses, parameters and
dates have modules of their own.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import KeysView
from dataclasses import dataclass, field

from mail.charsets import clean, decode, resolve

FIELD_LIMIT = 64_000  # bytes of one field that are decoded: no honest one is longer

_FIELDS = re.compile(rb"^([!-9;-~]{1,200})[ \t]*:(.*(?:\n[ \t].*)*)", re.MULTILINE)
_FIELD_LINE = re.compile(rb"[!-9;-~]{1,200}[ \t]*:")
_MBOX_LINE = re.compile(rb">?From (?![ \t]*:)[^\n]*")
_WORD = re.compile(
    r"=\?([^?*\s=]{0,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?"
    r"([^?]*(?:\?(?!=)(?<!=\?)[^?]*){0,8})(?:\?=|\?\Z|\Z)"
)
_ID = re.compile(r"<([^<>]{1,998})>")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_BLANKS = re.compile(r"[ \t\r\n]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(slots=True)
class Headers:
    """The fields of one header block, in order, names in lower case."""

    fields: list[tuple[bytes, bytes]] = field(default_factory=list)
    _first: dict[bytes, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index the fields by name."""
        for name, value in self.fields:
            # A blank first field is no answer: the next of its name is.
            if not self._first.get(name):
                self._first[name] = value

    def raw(self, name: bytes) -> bytes:
        """Return the first field of this name that says something, unfolded; else b""."""
        return self._first.get(name, b"")

    def all(self, name: bytes) -> list[bytes]:
        """Return every field of this name, topmost first."""
        if name not in self._first:
            return []
        return [value for key, value in self.fields if key == name]

    def names(self) -> KeysView[bytes]:
        """Return the names that occur, in lower case."""
        return self._first.keys()

    def __contains__(self, name: bytes) -> bool:
        """Tell whether a field of this name is there, even an empty one."""
        return name in self._first

    def latin(self, name: bytes) -> str:
        """Return a field byte for byte, for values that are ASCII by their grammar."""
        return self._first.get(name, b"").decode("latin-1")

    def text(self, name: bytes, hint: str = "") -> str:
        """Return an unstructured field as a person reads it."""
        value = self._first.get(name)
        return header_text(value, hint) if value else ""

    def ids(self, name: bytes) -> tuple[str, ...]:
        """Return the message ids of a field, without brackets."""
        value = self._first.get(name)
        return message_ids(value) if value else ()


def read_block(block: bytes) -> tuple[Headers, int, bool]:
    """Read a header block; its line ends may be of any kind.

    Returns the fields, how many lines of the block are header (the rest is the body's: a blank
    line is missing), and whether anything had to be skipped.
    """
    block = plain_newlines(block)
    found = _FIELDS.findall(block)
    lines = block.count(b"\n") + (not block.endswith(b"\n"))
    is_broken = sum(value.count(b"\n") for _, value in found) + len(found) != lines
    if is_broken:
        found, lines = _read_broken(block, lines)
    fields = [(name.lower(), _unfold(value)) for name, value in found]
    return Headers(fields), lines, is_broken


def plain_newlines(data: bytes) -> bytes:
    """Make every line end LF; at most three CR before an LF belong to it."""
    if b"\r" in data:
        for ending in (b"\r\r\r\n", b"\r\r\n", b"\r\n"):
            data = data.replace(ending, b"\n")
        data = data.replace(b"\r", b"\n" if b"\n" not in data else b" ")
    return data


def _read_broken(block: bytes, lines: int) -> tuple[list[tuple[bytes, bytes]], int]:
    """Read a block with lines that are no fields: skip them, or see the body begin."""
    found: list[tuple[bytes, bytes]] = []
    rows = block.split(b"\n")
    for number, row in enumerate(rows):
        if row[:1] in (b" ", b"\t"):
            if row.strip():
                if found:
                    name, value = found[-1]
                    if len(value) < FIELD_LIMIT:
                        found[-1] = (name, value + b"\n" + row)
                elif _FIELD_LINE.match(row.strip()):
                    found.append(_halves(row.strip()))  # the first field is indented
            elif number and _begins_body(rows, number + 1):
                return found, number + 1  # a line of blanks that was meant to be empty
            continue
        if _FIELD_LINE.match(row):
            found.append(_halves(row))
        elif row and not _MBOX_LINE.match(row) and _begins_body(rows, number):
            return found, number
    return found, lines


def _halves(row: bytes) -> tuple[bytes, bytes]:
    name, _, value = row.partition(b":")
    return name.strip(), value


def _begins_body(rows: list[bytes], number: int) -> bool:
    """Tell whether the text begins at this row: neither it nor the row after is a field."""
    return not any(_FIELD_LINE.match(row) for row in rows[number : number + 2])


def _unfold(value: bytes) -> bytes:
    return (value.replace(b"\n", b"") if b"\n" in value else value).strip()


def header_text(value: bytes, hint: str = "") -> str:
    """Decode an unstructured value: raw 8-bit bytes, then encoded words (RFC 2047)."""
    text = decode(value[:FIELD_LIMIT], "", hint)
    if "=?" in text:
        text = decode_words(text)
    return one_line(text)


def one_line(text: str) -> str:
    """Make a value printable on one line: controls go, runs of blanks become one."""
    if not text.isprintable():
        text = _CONTROLS.sub(" ", text.replace("\0", ""))
    if "  " in text or "\n" in text or "\t" in text:
        text = _BLANKS.sub(" ", text)
    return clean(text.strip())


def decode_words(text: str) -> str:
    """Decode encoded words wherever they stand, also where RFC 2047 5 forbids them.

    Neighbours of one charset are joined as bytes first: mailers split inside a character.
    White space between neighbours vanishes (RFC 2047 6.2).
    """
    parts: list[str] = []
    run: list[tuple[str, str, str]] = []
    at = 0
    for word in _WORD.finditer(text):
        gap = text[at : word.start()]
        if gap.strip() or (gap and not run):
            parts.append(_decode_run(run))
            run = []
            parts.append(gap)
        charset, encoding, payload = word.groups()
        run.append((charset, encoding.lower(), payload))
        at = word.end()
    parts.append(_decode_run(run))
    parts.append(text[at:])
    return clean("".join(parts))


def _decode_run(run: list[tuple[str, str, str]]) -> str:
    """Decode neighbouring words, charset by charset."""
    out: list[str] = []
    data, codec, last = b"", "", ""
    pending = ""  # base64 that was cut between two words
    for charset, encoding, payload in run:
        if pending and (encoding != "b" or resolve(charset) != codec):
            data += _base64_word(pending)
            pending = ""
        if resolve(charset) != codec and data:
            out.append(decode(data, last))
            data = b""
        codec, last = resolve(charset), charset
        if encoding == "q":
            data += binascii.a2b_qp(payload.encode("utf-8", "replace"), header=True)
            continue
        pending += _NOT_BASE64.sub("", payload)
        if len(pending) % 4 == 0 or payload.rstrip().endswith("="):
            data += _base64_word(pending)
            pending = ""
    if pending:
        data += _base64_word(pending)
    if data:
        out.append(decode(data, last))
    return "".join(out)


def _base64_word(payload: str) -> bytes:
    """Decode base64 without its padding; a last lone character carries no byte."""
    if len(payload) % 4 == 1:
        payload = payload[:-1]
    return binascii.a2b_base64(payload + "=" * (-len(payload) % 4))


def message_ids(value: bytes) -> tuple[str, ...]:
    """Return the ids of Message-ID, In-Reply-To or References; broken ones as they are."""
    text = clean(value[:FIELD_LIMIT].decode("utf-8", "replace"))
    found = [_BLANKS.sub("", one) for one in _ID.findall(text)]
    if not found:
        found = [one.strip("<>,;") for one in text.split()]
        if len(found) > 1:
            found = [one for one in found if "@" in one]
    return tuple(dict.fromkeys(one for one in found if one))
