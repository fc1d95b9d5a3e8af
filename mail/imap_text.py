"""The text of IMAP: names, sets and answers, written and read without a connection.

Pure functions.  Only what the watch needs is read: no envelopes, no body structures.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

Line = bytes | bytearray
"""A line of an answer is bytes; a literal is a bytearray between two of them."""

_MONTHS = {
    name: number
    for number, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
_ITEM = re.compile(rb"\d+ FETCH \(", re.IGNORECASE)
_UID = re.compile(rb"[( ]UID (\d+)", re.IGNORECASE)
_SIZE = re.compile(rb"[( ]RFC822\.SIZE (\d+)", re.IGNORECASE)
_DATE = re.compile(
    rb'[( ]INTERNALDATE " ?(\d{1,2})-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"',
    re.IGNORECASE,
)
_EMAIL_ID = re.compile(rb"[( ](?:EMAILID \(([^)\s]*)\)|X-GM-MSGID (\d+))", re.IGNORECASE)
_BODY = re.compile(
    rb'[( ]BODY\[\](?:<\d+>)? (?:\{\d+\}|NIL|"((?:[^"\\]|\\.)*)")', re.IGNORECASE | re.DOTALL
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_LIST = re.compile(rb'\(([^)]*)\) (?:"((?:[^"\\]|\\.)*)"|NIL) (.*)', re.IGNORECASE | re.DOTALL)
_LITERAL = re.compile(rb"\{\d+\}$")
_COPYUID = re.compile(rb"COPYUID (\d+) ([\d,:]+) ([\d,:]+)", re.IGNORECASE)
_CODE = re.compile(rb"\[([A-Z0-9-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fetched:
    """One mail of a FETCH answer; what was not asked for, or not given, is empty."""

    uid: int
    internal_at: datetime | None = None
    size: int = 0
    raw: bytes | None = None
    email_id: str = ""


@dataclass(frozen=True, slots=True)
class Selected:
    """What SELECT said of a folder."""

    uidvalidity: int
    uidnext: int
    exists: int
    permanent_flags: frozenset[str]  # lower case; `\\*` where keywords may be made up
    is_read_only: bool


@dataclass(frozen=True, slots=True)
class CopyUid:
    """Where copied or moved mails went (RFC 4315 3)."""

    uidvalidity: int
    pairs: tuple[tuple[int, int], ...]  # (old UID, new UID)


@dataclass(frozen=True, slots=True)
class ListedFolder:
    """A folder of a LIST answer, named as people see it."""

    name: str
    separator: str
    attributes: frozenset[str]  # lower case, e.g. `\\sent`


def encode_folder(name: str) -> str:
    """Return `name` in modified UTF-7 (RFC 3501 5.1.3), unquoted."""
    out: list[str] = []
    shifted: list[str] = []

    def flush() -> None:
        if shifted:
            packed = binascii.b2a_base64("".join(shifted).encode("utf-16-be"), newline=False)
            out.append("&" + packed.decode().rstrip("=").replace("/", ",") + "-")
            shifted.clear()

    for char in name:
        if " " <= char <= "~":
            flush()
            out.append("&-" if char == "&" else char)
        else:
            shifted.append(char)
    flush()
    return "".join(out)


def decode_folder(name: str) -> str:
    """Return a modified UTF-7 name as people see it; what is not modified UTF-7 stays."""

    def opened(match: re.Match[str]) -> str:
        packed = match[1]
        if not packed:
            return "&"
        padded = packed.replace(",", "/") + "=" * (-len(packed) % 4)
        try:
            return binascii.a2b_base64(padded).decode("utf-16-be")
        except (ValueError, UnicodeDecodeError):
            return match[0]

    return re.sub(r"&([A-Za-z0-9+,]*)-", opened, name)


def quoted(text: str) -> str:
    """Return `text` as a quoted string (RFC 3501 9)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def uid_set(uids: Iterable[int]) -> str:
    """Write UIDs as a set, runs as ranges: `1:3,7`."""
    runs: list[list[int]] = []
    for uid in sorted(set(uids)):
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in runs)


def read_uid_set(text: bytes) -> list[int]:
    """Read a set such as `1:3,7`, in its own order (COPYUID pairs by position)."""
    uids: list[int] = []
    for run in text.split(b","):
        first, _, last = run.partition(b":")
        low, high = int(first), int(last or first)
        uids.extend(range(low, high + 1) if low <= high else range(low, high - 1, -1))
    return uids


def read_search(lines: Sequence[Line]) -> list[int]:
    """Read the UIDs of a SEARCH answer, ascending; the last line is the tagged one."""
    return sorted({int(word) for line in lines[:-1] for word in line.split() if word.isdigit()})


def read_select(lines: Sequence[Line]) -> Selected:
    """Read a SELECT answer; a server without UIDVALIDITY gives 0."""
    text = b"\n".join(bytes(line) for line in lines)

    def number(pattern: bytes) -> int:
        found = re.search(pattern, text, re.IGNORECASE)
        return int(found[1]) if found else 0

    flags = re.search(rb"\[PERMANENTFLAGS \(([^)]*)\)", text, re.IGNORECASE)
    words = flags[1].decode("ascii", "replace").lower().split() if flags else []
    # aioimaplib takes every "* " out of a line, also out of `(\* \Seen)`: what is left of `\*`
    # is a backslash in front of the next flag.
    words = [part for w in words for part in (("\\*", w[1:]) if w.startswith("\\\\") else (w,))]
    return Selected(
        uidvalidity=number(rb"\[UIDVALIDITY (\d+)"),
        uidnext=number(rb"\[UIDNEXT (\d+)"),
        exists=number(rb"(?:^|\n)(\d+) EXISTS"),
        permanent_flags=frozenset(words),
        is_read_only=re.search(rb"\[READ-ONLY\]", text, re.IGNORECASE) is not None,
    )


def read_fetch(lines: Sequence[Line]) -> dict[int, Fetched]:
    """Read a FETCH answer by UID; an item without UID (an unsolicited one) is left out.

    A server may tell of other mails' flags in between, and may put UID before or after the
    body (both seen), so that each item is read as a whole and asked for its UID.
    """
    found: dict[int, Fetched] = {}
    for text, literals in _items(lines[:-1]):
        body = _BODY.search(text)
        raw: bytes | None = None
        if body is not None:
            if literals:
                raw = bytes(literals[0])
            elif body[1] is not None:  # else NIL: the server has nothing to give
                raw = _unescaped(body[1])
            text = text[: body.start()] + b" " + text[body.end() :]  # noqa: PLW2901
        uid = _UID.search(text)
        if uid is None:
            continue
        size = _SIZE.search(text)
        email_id = _EMAIL_ID.search(text)
        number = int(uid[1])
        item = Fetched(
            uid=number,
            internal_at=_date(_DATE.search(text)),
            size=int(size[1]) if size else 0,
            raw=raw,
            email_id=(email_id[1] or email_id[2]).decode("ascii", "replace") if email_id else "",
        )
        if raw is not None or number not in found:
            found[number] = item
    return found


def read_list(lines: Sequence[Line]) -> list[ListedFolder]:
    """Read a LIST answer; a name may be an atom, a quoted string or a literal."""
    folders: list[ListedFolder] = []
    for index, line in enumerate(lines[:-1]):
        match = _LIST.match(line) if isinstance(line, bytes) else None
        if match is None:
            continue
        name = match[3]
        if _LITERAL.search(name):
            name = bytes(lines[index + 1])
        elif name.startswith(b'"'):
            name = _unescaped(name[1:-1])
        folders.append(
            ListedFolder(
                name=decode_folder(name.decode("utf-8", "replace")),
                separator=_unescaped(match[2] or b"").decode("ascii", "replace"),
                attributes=frozenset(match[1].decode("ascii", "replace").lower().split()),
            )
        )
    return folders


def read_copyuid(lines: Sequence[Line]) -> CopyUid | None:
    """Read where mails went; None where the server does not say (no UIDPLUS)."""
    for line in lines:
        match = _COPYUID.search(line)
        if match is not None:
            old, new = read_uid_set(match[2]), read_uid_set(match[3])
            return CopyUid(int(match[1]), tuple(zip(old, new, strict=False)))
    return None


def read_code(lines: Sequence[Line]) -> str:
    """Read the response code of a tagged answer, e.g. `AUTHENTICATIONFAILED`.

    Its text is not ours to repeat.
    """
    match = _CODE.match(lines[-1]) if lines else None
    return match[1].decode("ascii").upper() if match else ""


def _items(lines: Sequence[Line]) -> Iterator[tuple[bytes, list[bytearray]]]:
    """Cut an answer into items: the text of each, and its literals in order."""
    text: list[bytes] = []
    literals: list[bytearray] = []
    for line in lines:
        if isinstance(line, bytearray):
            literals.append(line)
        else:
            if _ITEM.match(line) and text:
                yield b"".join(text), literals
                text, literals = [], []
            text.append(line)
    if text:
        yield b"".join(text), literals


def _unescaped(text: bytes) -> bytes:
    return _ESCAPED.sub(rb"\1", text)


def _date(match: re.Match[bytes] | None) -> datetime | None:
    if match is None:
        return None
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
    try:
        return datetime(
            int(year),
            _MONTHS[month.lower()],
            int(day),
            int(hour),
            int(minute),
            min(int(second), 59),
            tzinfo=timezone(-offset if sign == b"-" else offset),
        ).astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        return None
