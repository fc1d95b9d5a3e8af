"""Finding the running world from any folder of the checkout, writing to it, reading what came.

The process that runs the sandbox leaves `world.json` in its data directory for as long as mail is
accepted.  Reading inboxes works from disk, also when nothing runs.
"""

from __future__ import annotations

import json
import os
import re
import smtplib
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path

from sandbox.exchange import Verdict, greeting_for
from sandbox.inbox import Inbox, SandboxMail
from sandbox.letter import Letter
from sandbox.maildir import replace_file
from sandbox.texts import TextMessage, read_texts

_DATA = "data"
_FILE = "world.json"
_MAIL = "sandbox"
_TEXTS = "sms"
_PAUSE = 0.1  # seconds between two looks for a world


def mail_directory(data: Path) -> Path:
    """Name the directory, within the data directory, where the world keeps its mail."""
    return data / _MAIL


def texts_directory(data: Path) -> Path:
    """Name the directory, within the data directory, where text messages are kept."""
    return mail_directory(data) / _TEXTS


@dataclass(frozen=True)
class World:
    """Where a running world can be reached."""

    data: Path
    pid: int
    host: str
    smtp_port: int
    imap_port: int
    address: str  # the support mailbox
    places: Mapping[str, str] = field(default_factory=dict)  # other doors, by name: their URL

    @property
    def directory(self) -> Path:
        """Where its mail is kept."""
        return mail_directory(self.data)

    @property
    def is_alive(self) -> bool:
        """Whether the process that announced it still runs and accepts mail.

        After a kill the file stays, and its process id may by now be somebody else's.
        """
        try:
            os.kill(self.pid, 0)
            socket.create_connection((self.host, self.smtp_port), timeout=1).close()
        except OSError:
            return False
        return True


@contextmanager
def announced(world: World) -> Iterator[None]:
    """Let others find the world for as long as the block runs."""
    path = world.data / _FILE
    facts = {name: value for name, value in vars(world).items() if name != "data"}
    replace_file(path, json.dumps(facts, indent=2).encode())
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def find_world(start: Path) -> World | None:
    """Find a running world: `data/world.json` here or in a folder above."""
    for folder in _upwards(start):
        world = _read(folder / _DATA)
        if world is not None and world.is_alive:
            return world
    return None


def wait_for_world(start: Path, seconds: float) -> World | None:
    """Find a running world, which may be just starting; None after so many seconds."""
    deadline = time.monotonic() + seconds
    while (world := find_world(start)) is None and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    return world


def find_mail(start: Path) -> Path | None:
    """Find the directory of a world's mail, running or not: `data/sandbox` here or above."""
    candidates = (mail_directory(folder / _DATA) for folder in _upwards(start))
    return next((path for path in candidates if path.is_dir()), None)


def _upwards(start: Path) -> Iterator[Path]:
    start = start.resolve()
    yield from (start, *start.parents)


def _read(data: Path) -> World | None:
    try:
        return World(data=data, **json.loads((data / _FILE).read_bytes()))
    except (OSError, ValueError, TypeError):  # none, or one of another version
        return None


def send(world: World, letter: Letter, *, verdict: Verdict = "pass") -> None:
    """Hand a letter to the world's mail exchanger; it arrives with that DMARC verdict."""
    raw = letter.encode(datetime.now().astimezone())
    greeting = greeting_for(verdict)
    with smtplib.SMTP(world.host, world.smtp_port, local_hostname=greeting, timeout=10) as client:
        client.sendmail(letter.envelope_sender, [parseaddr(letter.to)[1]], raw)


def read_messages(directory: Path, number: str) -> list[TextMessage]:
    """Read the text messages of a number, oldest first, also while nothing runs."""
    return read_texts(directory / _TEXTS, re.sub(r"[^\d+]", "", number))


def read_inbox(directory: Path, address: str) -> list[SandboxMail]:
    """Read the mail of a person outside, oldest first, also while nothing runs."""
    return list(Inbox(directory, address).mails())
