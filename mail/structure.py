"""Walk the MIME tree of a raw mail without copying it.

A part knows where its body lies in the raw bytes and decodes it only when asked.  The walk is
linear in the mail for any bytes; depth, number of parts and header size are limited, and what is
over the limit becomes one opaque leaf, never lost.  What a part *means* (body or attachment) is
decided in `mail.bodies`.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field

from mail.headers import Headers, read_block
from mail.parameters import Parameters, file_name, parse_parameters


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a mail is looked into; beyond them the parse is cut, the raw bytes are not."""

    depth: int = 80  # nested multiparts
    parts: int = 1_000
    header: int = 1_000_000  # bytes of one header block
    body: int = 4_000_000  # characters of text or HTML that are kept


@dataclass(slots=True)
class Part:
    """One node of the tree; `path` is IMAP-like: "1", "2.1", "" for a multipart root."""

    raw: bytes
    headers: Headers
    start: int  # of the body in `raw`
    end: int
    path: str = ""
    type: str = "text/plain"
    params: Parameters = field(default_factory=dict)
    disposition: str = ""
    disposition_params: Parameters = field(default_factory=dict)
    children: list[Part] = field(default_factory=list)

    @property
    def is_multipart(self) -> bool:
        """Tell whether it holds parts rather than content."""
        return bool(self.children)

    @property
    def encoding(self) -> bytes:
        """The transfer encoding's name, in lower case."""
        value = self.headers.raw(b"content-transfer-encoding").lower()
        return re.split(rb"[;(]", value)[0].strip(b" \t\"'") if value else b""

    @property
    def charset(self) -> str:
        """The label as it stands."""
        return self.params.get("charset", "")

    @property
    def content_id(self) -> str:
        """The content id without brackets."""
        return self.headers.latin(b"content-id").strip().strip("<>")

    def filename(self, hint: str = "") -> str:
        """Return the file name, from whichever of its places has one."""
        for params, key in (
            (self.disposition_params, "filename"),
            (self.params, "name"),
            (self.disposition_params, "name"),
            (self.params, "filename"),
        ):
            name = file_name(params.get(key, ""), hint)
            if name:
                return name
        return ""

    def content(self) -> bytes:
        """Return the body with its transfer encoding undone."""
        return decode_transfer(self.raw[self.start : self.end], self.encoding)

    def leaves(self) -> list[Part]:
        """Return every part that is not a multipart, in order."""
        found: list[Part] = []
        stack = [self]
        while stack:
            part = stack.pop()
            if part.children:
                stack.extend(reversed(part.children))
            else:
                found.append(part)
        return found


@dataclass(slots=True)
class _Walk:
    raw: bytes
    limits: Limits
    parts: int = 0
    problems: dict[str, None] = field(default_factory=dict)
    is_cut: bool = False

    def note(self, problem: str) -> None:
        self.problems[problem] = None

    def cut(self, problem: str) -> None:
        self.problems[problem] = None
        self.is_cut = True


@dataclass(frozen=True, slots=True)
class Tree:
    """A mail taken apart, and what was wrong with it."""

    root: Part
    problems: tuple[str, ...]
    is_cut: bool


_LF, _CR = 10, 13
_BLANK_LINE = re.compile(rb"\n\r{0,3}(?:\n|\Z)")
_LEADING = re.compile(rb"(?:[ \t]{0,80}\r{0,3}\n)*+(?:>?From (?![ \t]*:)[^\n]*\n)?")
_GUESSED = re.compile(
    rb"^--([^\s][^\r\n]{0,200}?)[ \t]*\r{0,3}\n(?=content-)", re.IGNORECASE | re.MULTILINE
)
_TYPE = re.compile(r"([a-z0-9!#$&^_.+-]+)/([a-z0-9!#$&^_.+*-]+)")


def read_structure(raw: bytes, limits: Limits) -> Tree:
    """Take a raw mail apart; never raises."""
    walk = _Walk(raw, limits)
    if b"\r" in raw and b"\n" not in raw:
        walk.raw = raw = raw.replace(b"\r", b"\n")
        walk.note("cr_only")
    leading = _LEADING.match(raw)
    start = leading.end() if leading else 0
    root = _read_part(walk, (start, len(raw)), "", 0, "text/plain")
    if not root.children:
        root.path = "1"
    return Tree(root, tuple(walk.problems), walk.is_cut)


def _read_part(walk: _Walk, span: tuple[int, int], path: str, depth: int, default: str) -> Part:
    start, end = span
    is_root = depth == 0
    headers, body = _read_headers(walk, start, end, is_root=is_root)
    part = Part(walk.raw, headers, min(body, end), end, path, default)
    value = headers.raw(b"content-type")
    if value:
        kind, part.params = parse_parameters(value)
        part.type = _known_type(kind, default)
    value = headers.raw(b"content-disposition")
    if value:
        part.disposition, part.disposition_params = parse_parameters(value)
    walk.parts += 1
    if _may_have_parts(part, is_root=is_root):
        _read_children(part, depth, walk)
    return part


def _known_type(kind: str, default: str) -> str:
    """Return a well-formed media type; RFC 2045 5.2 says what a broken one means."""
    found = _TYPE.search(kind)
    if found:
        return found.group()
    if kind.startswith("multipart"):
        return "multipart/mixed"
    if kind.startswith("application"):
        return "application/octet-stream"
    return "text/html" if "html" in kind else default


def _read_headers(walk: _Walk, start: int, end: int, *, is_root: bool) -> tuple[Headers, int]:
    """Return the fields and where the body begins."""
    raw = walk.raw
    if raw[start : start + 1] == b"\n":
        return Headers(), start + 1
    if raw[start : start + 2] == b"\r\n":
        return Headers(), start + 2
    blank = _BLANK_LINE.search(raw, start, min(end, start + walk.limits.header))
    if blank:
        stop, body = blank.start() + 1, blank.end()
    else:
        stop = body = min(end, start + walk.limits.header)
        if stop < end:
            walk.cut("header_size")
    headers, lines, is_broken = read_block(raw[start:stop])
    if not is_broken:
        return headers, body
    walk.note("header_syntax")
    at = start
    for _ in range(lines):
        at = raw.find(b"\n", at, stop) + 1
        if at == 0:
            return headers, body
    if not headers.fields and not is_root:
        return headers, start  # a part without any header: all of it is text
    return headers, body if at >= stop else at


def _may_have_parts(part: Part, *, is_root: bool) -> bool:
    if part.type.startswith("multipart/"):
        return True
    # A list server or a gateway rewrote the type and left the body as it was.
    if part.params.get("boundary") and part.type == "text/plain":
        return True
    if is_root and b"content-type" not in part.headers:
        return bool(_GUESSED.match(part.raw, part.start, part.end))
    return False


@dataclass(frozen=True, slots=True)
class _Span:
    """Where one part lies; `is_last` where a closing delimiter follows it."""

    start: int
    end: int
    is_last: bool


def _read_children(part: Part, depth: int, walk: _Walk) -> None:
    boundary = part.params.get("boundary", "").encode("latin-1", "replace").rstrip()
    spans = _spans(part, boundary, walk) if boundary else []
    if not spans:
        guess = _GUESSED.search(part.raw, part.start, part.end)
        if guess:
            walk.note("boundary_guessed")
            boundary = guess.group(1)
            spans = _spans(part, boundary, walk)
    if not spans:
        if part.type.startswith("multipart/"):
            walk.note("multipart_without_parts")
            part.type = "text/plain"
        return
    if not part.type.startswith("multipart/"):
        part.type = "multipart/mixed"
    _fill(part, spans, boundary, depth, walk)


def _fill(part: Part, spans: list[_Span], boundary: bytes, depth: int, walk: _Walk) -> None:
    """Read the parts at these spans into a multipart; beyond the limits it stays a leaf."""
    if depth >= walk.limits.depth:
        walk.cut("depth")
        part.type = "application/octet-stream"
        return
    default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
    at = 0
    while at < len(spans):
        span = spans[at]
        at += 1
        place = str(len(part.children) + 1)
        path = f"{part.path}.{place}" if part.path else place
        child = _read_part(walk, (span.start, span.end), path, depth + 1, default)
        part.children.append(child)
        if child.type == "text/plain" and _repeats(child, boundary) and at < len(spans):
            # Entourage gives an inner multipart the boundary of the outer one: what follows, up
            # to a closing delimiter, is the inner one's.
            stop = next((n for n in range(at, len(spans)) if spans[n].is_last), len(spans) - 1) + 1
            child.type = parse_parameters(child.headers.raw(b"content-type"))[0]
            _fill(child, spans[at:stop], boundary, depth + 1, walk)
            at = stop
        if walk.parts >= walk.limits.parts and at < len(spans):
            walk.cut("parts")
            return


def _repeats(part: Part, boundary: bytes) -> bool:
    """Tell whether a part without content announces the boundary that it lies in."""
    own = part.params.get("boundary", "").encode("latin-1", "replace").rstrip()
    return own == boundary and not part.raw[part.start : part.end].strip()


def _spans(part: Part, boundary: bytes, walk: _Walk) -> list[_Span]:
    """Return where the parts between delimiter lines lie (RFC 2046 5.1.1)."""
    raw, end = part.raw, part.end
    needle = b"--" + boundary
    spans: list[_Span] = []
    opened = -1
    at = part.start
    while len(spans) <= walk.limits.parts:
        found = raw.find(needle, at, end)
        if found < 0:
            break
        at = found + len(needle)
        if found > part.start and raw[found - 1] not in b"\r\n":
            continue
        stop = raw.find(b"\n", at, end)
        stop = end if stop < 0 else stop + 1
        rest = raw[at : min(stop, at + 200)]
        is_close = rest[:2] == b"--" and not rest[2:3].isalnum()
        if not is_close and rest and not rest[:1].isspace():
            continue  # a longer boundary that begins alike
        if 0 <= opened < found:  # two delimiters in a row hold no part between them
            spans.append(_Span(opened, _before_line_end(raw, opened, found), is_close))
        opened = -1 if is_close else stop
        at = stop
    if 0 <= opened < end:
        walk.note("boundary_unclosed")
        spans.append(_Span(opened, end, is_last=True))
    return spans


def _before_line_end(raw: bytes, start: int, end: int) -> int:
    """Give the line end before a delimiter to the delimiter."""
    if end > start and raw[end - 1] == _LF:
        end -= 1
    while end > start and raw[end - 1] == _CR:
        end -= 1
    return end


_QP_BLANK_BREAK = re.compile(rb"=[ \t]{1,20}(\r?\n)")
_BASE64_WASTE = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)
_BASE64_AND_SPACE = bytes(set(range(256)) - set(_BASE64_WASTE)) + b" \t\n\r\f\v\0"
_BASE64_SAMPLE = 2_000  # bytes
_SHORTEST_LINE = 20  # characters: base64 is wrapped at 60 to 76
_PADDING = re.compile(rb"=+")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/=\s\0]*")
_UU_BEGIN = re.compile(rb"(?:^|\n)begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?\n")


def decode_transfer(data: bytes, encoding: bytes) -> bytes:
    """Undo a transfer encoding; an unknown one is taken for none (RFC 2045 6.4 aside)."""
    if encoding in {b"quoted-printable", b"quoted_printable", b"qp", b"quotedprintable"}:
        if b"= " in data or b"=\t" in data:
            data = _QP_BLANK_BREAK.sub(rb"=\1", data)
        return binascii.a2b_qp(data)
    if encoding in {b"base64", b"base-64", b"bas64", b"b"}:
        return decode_base64(data)
    if encoding in {b"x-uuencode", b"uuencode", b"x-uue", b"uue"}:
        begin = _UU_BEGIN.search(data)
        return decode_uu(data[begin.end() :]) if begin else data
    return data


def decode_base64(data: bytes) -> bytes:
    """Decode base64 with anything between, before and after it.

    Blocks that were padded one by one and put together are decoded one by one.  Plain text that
    a list server added below is kept as it is.
    """
    first = data[:_BASE64_SAMPLE].lstrip().partition(b"\n")[0].split()
    if len(first) > 2 and max(map(len, first)) < _SHORTEST_LINE:  # noqa: PLR2004 - three words
        return data  # words between blanks: the label is wrong
    tail = b""
    # The regular expression is slow for megabytes, and seldom is there anything to find.
    lines = _BASE64_LINE.match(data) if data.translate(None, _BASE64_AND_SPACE) else None
    if lines and lines.end() < len(data):
        start = data.rfind(b"\n", 0, lines.end()) + 1
        # Only a last section that reads as text is kept; single strange bytes are noise.
        if len(data[start:].split(None, 3)) > 2:  # noqa: PLR2004 - three words
            data, tail = data[:start], data[start:]
    data = data.translate(None, _BASE64_WASTE)
    data = data.rstrip(b"=")
    blocks = _PADDING.split(data) if b"=" in data else [data]
    decoded = b"".join(map(_base64_block, blocks))
    return decoded + b"\n" + tail if tail and decoded else decoded + tail


def _base64_block(block: bytes) -> bytes:
    if len(block) % 4 == 1:
        block = block[:-1]
    return binascii.a2b_base64(block + b"=" * (-len(block) % 4)) if block else b""


def decode_uu(data: bytes) -> bytes:
    """Decode uuencoded lines up to `end` or to the first that is none."""
    out: list[bytes] = []
    for line in (row.rstrip(b"\r") for row in data.split(b"\n")):
        if line.strip() in {b"end", b"`", b""}:
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            size = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[:size]))
            except binascii.Error:
                break
    return b"".join(out)
