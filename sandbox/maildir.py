"""Mail kept on disk: a Maildir whose file names carry each mail's UID and flags.

A mail's name is `<unique>,U=<uid>:2,<flags>`, so that one rename makes it appear, move or change
its flags: there is no list beside the mails that a kill could leave behind them.  What a name
cannot say, the folder's UIDVALIDITY and the highest UID it ever gave away, stands in `uids.json`.

It knows neither IMAP nor SMTP, and it serves one process at a time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

_NAME = re.compile(r"(?P<unique>[^,:]+),U=(?P<uid>[1-9]\d*):2,(?P<flags>[A-Za-z]*)")
_LONGEST_NAME = 200  # bytes; file systems stop at 255, and Maildir appends to names


@dataclass(frozen=True, slots=True)
class MailName:
    """The name of one mail's file; `unique` stays its own through moves and copies."""

    unique: str
    uid: int
    flags: str = ""

    def __str__(self) -> str:
        """Write the name as it stands in the folder `cur`."""
        return f"{self.unique},U={self.uid}:2,{self.flags}"

    @classmethod
    def parse(cls, name: str) -> MailName | None:
        """Read a file's name; None for files that are not ours."""
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        return cls(match["unique"], int(match["uid"]), match["flags"])


def new_unique() -> str:
    """Make a name that no other mail has; names sort by the time they were made."""
    return f"{time.time():.6f}.{secrets.token_hex(8)}"


def directory_name(words: str) -> str:
    """Turn an address or a folder's name into one safe name of a directory."""
    name = quote(words, safe="@+=")
    if name.startswith("."):  # neither hidden, nor the way up
        name = "%2E" + name[1:]
    if len(name) > _LONGEST_NAME:
        name = name[: _LONGEST_NAME - 16] + hashlib.sha256(name.encode()).hexdigest()[:16]
    return name


def sync_directory(path: Path) -> None:
    """Make the names in a directory survive a power cut (fsync)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes) -> None:
    """Write a small file whole or not at all, and durably."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    _write_durably(fresh, content)
    fresh.replace(path)
    sync_directory(path.parent)


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


class Maildir:
    """A directory of mails in the layout that every mail program reads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tmp = path / "tmp"
        self.new = path / "new"
        self.cur = path / "cur"

    def create(self) -> None:
        """Make the directories, where they are missing."""
        for directory in (self.tmp, self.new, self.cur):
            directory.mkdir(parents=True, exist_ok=True)
        sync_directory(self.path)
        sync_directory(self.path.parent)

    def sweep(self) -> None:
        """Drop what a kill left half written; only while nobody delivers."""
        for leftover in self.tmp.glob("*"):
            leftover.unlink()

    def prepare(self, raw: bytes, unique: str, received: float) -> Path:
        """Write a mail into `tmp`, durably; `received` (POSIX seconds) becomes its file's time."""
        path = self.tmp / unique
        _write_durably(path, raw)
        os.utime(path, (received, received))
        return path

    def deliver(self, raw: bytes, unique: str, received: float) -> None:
        """Put a mail into `new`, durably, as a delivery agent does."""
        self.prepare(raw, unique, received).rename(self.new / unique)
        sync_directory(self.new)

    def files(self) -> Iterator[Path]:
        """Yield the files of all mails, oldest name first."""
        places = [place for place in (self.new, self.cur) if place.is_dir()]
        found = [path for place in places for path in place.iterdir()]
        yield from sorted(found, key=lambda path: path.name)


@dataclass(frozen=True, slots=True)
class Uids:
    """What a folder promises about its UIDs (RFC 3501 2.3.1.1)."""

    validity: int
    next: int = 1  # no UID below it will be given out again

    @classmethod
    def load(cls, folder: Path) -> Uids:
        """Read a folder's promise, or make a new one where there is none."""
        path = folder / "uids.json"
        try:
            return cls(**json.loads(path.read_bytes()))
        except FileNotFoundError:
            uids = cls(validity=int(time.time()))
            uids.save(folder)
            return uids

    def save(self, folder: Path) -> None:
        """Write the promise down, durably."""
        text = json.dumps({"validity": self.validity, "next": self.next})
        replace_file(folder / "uids.json", text.encode())

    def raised_to(self, uid: int) -> Uids:
        """Give the same promise with every UID up to `uid` used up."""
        return replace(self, next=max(self.next, uid + 1))
