"""Put a letter into the wire's form: bytes, built by hand.

The standard library's modern email classes cost 1.6 ms a letter and fold long References as
encoded-words, which breaks threading in Outlook (cpython#100991); this costs a fiftieth and
writes one id a line.  Nothing is decided here: wording, recipient and ids come in the `Outbound`.
No field can end a header line: every string is cleaned of control characters, and addresses and
ids that do not fit their grammar are refused or left out.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import Final

import idna

from tickets.errors import PermanentDeliveryError
from tickets.ids import marker_of
from tickets.types import Outbound

MAX_REFERENCES: Final = 30
_WORD: Final = 75  # characters of an encoded-word (RFC 2047 2)
_LINE: Final = 76  # characters of a line that holds one
_LONGEST_CHARACTER: Final = 4  # octets of UTF-8
_ID: Final = re.compile(r"[!-;=?-~]{1,900}")  # printable ASCII without angle brackets
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+"
_LOCAL: Final = re.compile(rf'{_ATOM}(?:\.{_ATOM})*|"(?:[ !#-\[\]-~]|\\[ -~])*"')
_DOMAIN: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*")
_LITERAL: Final = re.compile(r"\[[0-9A-Fa-f.:]+\]|\[IPv6:[0-9A-Fa-f.:]+\]", re.IGNORECASE)
_PLAIN_PHRASE: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_FROM_LINE: Final = re.compile(rb"^From ", re.MULTILINE)
_ASCII: Final = bytes(range(128))
_LINE_ENDS: Final = re.compile(r"\r\n|\r|\n")
_Q_SAFE: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/ "
_Q: Final = tuple(
    "_" if octet == 0x20 else chr(octet) if octet in _Q_SAFE else f"={octet:02X}"  # noqa: PLR2004
    for octet in range(256)
)
_Q_GOES_ON: Final = ("=8", "=9", "=A", "=B")  # octets within a character
_SENDER_LIMIT: Final = 64, 255  # octets of local part and domain (RFC 5321 4.5.3.1)


def compose(outbound: Outbound, from_: str) -> bytes:
    """Return the letter as it goes over the wire, seven-bit but for an internationalised address.

    `from_` is `Name <address>` or an address.  Raises `PermanentDeliveryError` for an address
    that cannot be one.
    """
    letter = outbound.letter
    name = "" if outbound.is_automatic else outbound.recipient.name
    to = clean_address(outbound.recipient.address)
    # An automatic letter repeats nothing that its sender chose, not even a display name.
    head = [
        f"From: {_from(from_)}",
        f"To: {_mailbox(name, to, 4)}",
        f"Subject: {_unstructured(letter.subject, 9)}",
        f"Date: {format_datetime(outbound.created_at.astimezone(UTC))}",
        f"Message-ID: <{_own_id(outbound.external_id)}>",
    ]
    if parents := _ids([outbound.in_reply_to]):
        head.append(f"In-Reply-To: {parents[0]}")
    if references := _capped(_ids(outbound.references)):
        head.append("References: " + "\r\n ".join(references))
    if outbound.is_automatic:
        kind = "auto-replied" if outbound.in_reply_to else "auto-generated"
        head += [f"Auto-Submitted: {kind}", "X-Auto-Response-Suppress: All"]
        if outbound.loop_token:
            head.append(f"X-EJET-Loop: {_token(outbound.loop_token)}")
    if language := _token(letter.language):
        head.append(f"Content-Language: {language}")
    head.append("MIME-Version: 1.0")
    html = _marked(letter.html, marker_of(outbound.external_id))
    return _with_body("\r\n".join(head).encode(), letter.text, html, outbound.external_id)


@lru_cache(maxsize=64)
def _from(from_: str) -> str:
    """Return the header of our own account, which is the same in all of its letters."""
    name, address = parseaddr(_one_line(from_))
    return _mailbox(name, clean_address(address), 6)


def _marked(html: str, marker: str) -> str:
    """Put our mark into a letter's HTML, for clients that drop References (mail/marks.py)."""
    if not marker:
        return html
    anchor = f'<a name="ejet-mark-{marker}" id="ejet-mark-{marker}"></a>'
    return html.replace("</body>", f"{anchor}</body>", 1)


def clean_address(address: str) -> str:
    """Return an address for headers and envelope: the domain in ASCII, the local part as it is.

    Raises `PermanentDeliveryError` where it is none.
    """
    local, _, domain = address.strip().rpartition("@")
    domain = domain.removesuffix(".")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            raise PermanentDeliveryError("address: domain") from None
    is_short = len(local.encode("utf-8", "replace")) <= _SENDER_LIMIT[0]
    is_domain = _DOMAIN.fullmatch(domain) or _LITERAL.fullmatch(domain)
    if not is_domain or len(domain) > _SENDER_LIMIT[1]:
        raise PermanentDeliveryError("address: domain")
    if not is_short or not _LOCAL.fullmatch(local) or _CONTROLS.search(local):
        raise PermanentDeliveryError("address: local part")
    return f"{local}@{domain}"


def plus_address(address: str, word: str) -> str:
    """Return the address with a word behind a plus; the address alone where that is too long."""
    local, _, domain = clean_address(address).rpartition("@")
    extended = f"{local}+{word}"
    if not word or local.startswith('"') or len(extended) > _SENDER_LIMIT[0]:
        return f"{local}@{domain}"
    return f"{extended}@{domain}"


def needs_utf8(address: str) -> bool:
    """Tell whether only a server with SMTPUTF8 (RFC 6531) can take this address."""
    return not address.isascii()


def _with_body(head: bytes, text: str, html: str, seed: str) -> bytes:
    if not html:
        return head + b"\r\n" + _part("plain", text)
    # Neither quoted-printable nor base64 can contain "=_".
    boundary = "=_" + hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:24]
    line = boundary.encode()
    return b"".join(
        (
            head,
            b'\r\nContent-Type: multipart/alternative; boundary="',
            line,
            b'"\r\n\r\n--',
            line,
            b"\r\n",
            _part("plain", text),
            b"\r\n--",
            line,
            b"\r\n",
            _part("html", html),
            b"\r\n--",
            line,
            b"--\r\n",
        )
    )


def _part(subtype: str, text: str) -> bytes:
    """Return headers and body of a text part, in whichever encoding is shorter."""
    raw = _LINE_ENDS.sub("\r\n", text).encode("utf-8", "replace")
    if not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    foreign = 0 if text.isascii() else len(raw.translate(None, delete=_ASCII))
    # A foreign octet costs three in quoted-printable, any octet 4/3 in base64.
    if foreign * 6 <= len(raw):
        encoding, body = "quoted-printable", binascii.b2a_qp(raw, istext=True)
        body = _FROM_LINE.sub(b"=46rom ", body)  # some relays turn it into ">From "
    else:
        encoding, body = "base64", base64.encodebytes(raw).replace(b"\n", b"\r\n")
    head = (
        f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n"
    )
    return head.encode() + b"\r\n" + body


def _mailbox(name: str, address: str, used: int) -> str:
    name = _one_line(name)
    if not name:
        return address
    if name.isascii() and "=?" not in name and len(name) < _LINE - used:
        phrase = name if _PLAIN_PHRASE.fullmatch(name) else _quoted(name)
    else:
        phrase = _encoded(name, used)
    gap = "\r\n " if len(phrase) + len(address) + used > _LINE else " "
    return f"{phrase}{gap}<{address}>"


def _unstructured(text: str, used: int) -> str:
    text = _one_line(text)
    is_plain = text.isascii() and "=?" not in text
    folded = _folded(text, _LINE - used) if is_plain else None
    return _encoded(text, used) if folded is None else folded


def _folded(text: str, room: int) -> str | None:
    """Break a line before spaces (RFC 5322 2.2.3); None where a word is too long for that.

    So it is where spaces stand side by side: a line that ends with one may lose it on the way.
    """
    lines: list[str] = []
    while len(text) > room:
        at = text.rfind(" ", 1, room + 1)
        if at < 0 or "  " in text:
            return None
        lines.append(text[:at])
        text, room = text[at:], _LINE
    return "\r\n".join([*lines, text])


def _encoded(text: str, used: int) -> str:
    """Return encoded-words (RFC 2047), never splitting a character; `used` is the line so far."""
    raw = text.encode("utf-8", "replace")
    is_latin = len(raw.translate(None, delete=_Q_SAFE)) * 3 <= len(raw)
    words = _q_words(raw, _LINE - used) if is_latin else _b_words(raw, _LINE - used)
    return "\r\n ".join(words)


def _q_words(raw: bytes, room: int) -> Iterator[str]:
    said = "".join([_Q[octet] for octet in raw])
    start = 0
    while start < len(said):
        end = start + max(min(room, _WORD) - 12, 3 * _LONGEST_CHARACTER)
        while end < len(said) and ("=" in said[end - 2 : end] or said[end : end + 2] in _Q_GOES_ON):
            end -= 1
        yield f"=?utf-8?q?{said[start:end]}?="
        start, room = end, _LINE - 1


def _b_words(raw: bytes, room: int) -> Iterator[str]:
    start = 0
    while start < len(raw):
        end = start + max((min(room, _WORD) - 12) // 4 * 3, _LONGEST_CHARACTER)
        while end < len(raw) and raw[end] & 0xC0 == 0x80:  # noqa: PLR2004  - within a character
            end -= 1
        yield f"=?utf-8?b?{base64.b64encode(raw[start:end]).decode()}?="
        start, room = end, _LINE - 1


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _one_line(text: str) -> str:
    return _CONTROLS.sub(" ", text).strip()


def _token(text: str) -> str:
    return re.sub(r"[^!-~]", "", text)[:200]


def _own_id(text: str) -> str:
    bare = text.strip().strip("<>")
    if not _ID.fullmatch(bare):
        raise PermanentDeliveryError("message id")
    return bare


def _ids(ids: Iterable[str]) -> list[str]:
    """Return ids in brackets; what is none (spaces, other scripts, endless) is left out."""
    bare = (text.strip().strip("<>") for text in ids)
    return [f"<{text}>" for text in bare if _ID.fullmatch(text)]


def _capped(ids: list[str]) -> list[str]:
    """Keep the first, which names the thread, and the newest (RFC 5322 3.6.4)."""
    return ids if len(ids) <= MAX_REFERENCES else [ids[0], *ids[1 - MAX_REFERENCES :]]
