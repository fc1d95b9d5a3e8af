"""The inboxes of the people outside: where what the helpdesk sent can be read.

One Maildir for each address, so that they can be read while the sandbox runs and after it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path

from sandbox.maildir import Maildir, directory_name, new_unique

_PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class SandboxMail:
    """A mail as its reader sees it."""

    sender: str
    to: str
    subject: str
    text: str
    html: str
    date: datetime | None  # what the mail says of itself
    received_at: datetime
    message_id: str
    in_reply_to: str
    automatic: bool  # it says so itself, by Auto-Submitted (RFC 3834 5)
    raw: bytes


def sweep_inboxes(directory: Path) -> None:
    """Drop what a kill left half written; only while nobody delivers."""
    for path in (directory / _PEOPLE).glob("*/"):
        Maildir(path).sweep()


class Inbox:
    """The mail of one address outside."""

    def __init__(self, directory: Path, address: str) -> None:
        self._maildir = Maildir(directory / _PEOPLE / directory_name(address.lower()))

    def deliver(self, raw: bytes) -> None:
        """Put a mail in, durably."""
        self._maildir.create()
        self._maildir.deliver(raw, new_unique(), time.time())

    def mails(self) -> Iterator[SandboxMail]:
        """Yield the mails in the order of their arrival."""
        for path in self._maildir.files():
            received_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            yield read_mail(path.read_bytes(), received_at)


def read_mail(raw: bytes, received_at: datetime) -> SandboxMail:
    """Decode a mail for reading; what cannot be decoded reads as empty."""
    message = BytesParser(policy=policy.default).parsebytes(raw)
    return SandboxMail(
        sender=_header(message, "from"),
        to=_header(message, "to"),
        subject=_header(message, "subject"),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        date=_date(message),
        received_at=received_at,
        message_id=_header(message, "message-id"),
        in_reply_to=_header(message, "in-reply-to"),
        automatic=_header(message, "auto-submitted").lower() not in {"", "no"},
        raw=raw,
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, "")).strip()
    except Exception:  # noqa: BLE001 (the standard parser raises many kinds on real headers)
        return ""


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        text = str(part.get_content())
    except (LookupError, ValueError):  # a charset that nobody knows, or does not fit
        raw = part.get_payload(decode=True)
        text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
    return text.replace("\r\n", "\n")


def _date(message: EmailMessage) -> datetime | None:
    try:
        return parsedate_to_datetime(_header(message, "date"))
    except ValueError:
        return None
