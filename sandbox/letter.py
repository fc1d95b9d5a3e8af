"""A mail as its writer thinks of it, and the bytes that a mail program makes of it.

It writes what people's mail programs write, old charsets and wrong labels included; the
helpdesk's own letters are written elsewhere and better.
"""

from __future__ import annotations

import base64
import mimetypes
import quopri
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.utils import format_datetime, formataddr, make_msgid, parseaddr


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """What somebody outside writes.

    `charset` is what the bytes are in, `label` what the mail says they are in.
    """

    sender: str  # "Name <address>" or an address
    to: str
    subject: str
    text: str = ""
    html: str = ""
    charset: str = "utf-8"
    label: str = ""
    attachments: Sequence[Attachment] = ()
    headers: Mapping[str, str] = field(default_factory=dict)  # more of them, or instead of ours

    @property
    def envelope_sender(self) -> str:
        """The bare address for MAIL FROM."""
        return parseaddr(self.sender)[1]

    def encode(self, now: datetime) -> bytes:
        """Write the mail as bytes with CRLF line ends."""
        bodies = [self._body(words, kind) for words, kind in self._bodies()]
        message = _wrapped("alternative", bodies)
        if self.attachments:
            message = _wrapped("mixed", [message, *map(_attached, self.attachments)])
        for name, value in self._headers(now).items():
            message[name] = value
        return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))

    def _bodies(self) -> list[tuple[str, str]]:
        kinds = ((self.text, "plain"), (self.html, "html"))
        return [(words, kind) for words, kind in kinds if words] or [("", "plain")]

    def _headers(self, now: datetime) -> dict[str, str]:
        name, address = parseaddr(self.sender)
        ours = {
            "From": formataddr((name, address), self.charset),
            "To": self.to,
            "Subject": self._subject(),
            "Date": format_datetime(now),
            "Message-ID": make_msgid(domain=address.rpartition("@")[2] or "localhost"),
        }
        replaced = {name.lower() for name in self.headers}
        kept = {name: value for name, value in ours.items() if name.lower() not in replaced}
        return {**kept, **self.headers}

    def _subject(self) -> str:
        if self.subject.isascii():
            return self.subject
        return Header(self.subject, self.charset, header_name="Subject").encode()

    def _body(self, words: str, kind: str) -> Message:
        part = MIMENonMultipart("text", kind, charset=self.label or self.charset)
        encoding, payload = _transfer(words, self.charset)
        part["Content-Transfer-Encoding"] = encoding
        part.set_payload(payload)
        return part


def _transfer(words: str, charset: str) -> tuple[str, str]:
    """Choose how text travels: as it is in seven bits, else by what stays the shorter."""
    raw = words.encode(charset)
    if raw.isascii():  # so is ISO-2022-JP
        return "7bit", raw.decode("ascii")
    if len(raw) > 2 * sum(chr(byte).isascii() for byte in raw):
        return "base64", base64.encodebytes(raw.replace(b"\n", b"\r\n")).decode("ascii")
    return "quoted-printable", quopri.encodestring(raw).decode("ascii")


def _attached(attachment: Attachment) -> Message:
    kind = mimetypes.guess_type(attachment.name)[0] or "application/octet-stream"
    part = MIMENonMultipart(*kind.split("/"))
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(base64.encodebytes(attachment.content).decode("ascii"))
    part.add_header("Content-Disposition", "attachment", filename=_file_name(attachment.name))
    return part


def _file_name(name: str) -> str | tuple[str, str, str]:
    return name if name.isascii() else ("utf-8", "", name)  # RFC 2231 4


def _wrapped(kind: str, parts: Sequence[Message]) -> Message:
    return parts[0] if len(parts) == 1 else MIMEMultipart(kind, _subparts=parts)
