"""Backup and restore: the database in one consistent copy, the key store apart.

A data backup never holds a key.  Copies of the key store live seven days at most, so that a deleted
person is unreadable everywhere after a week (docs/vault.md).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from helpdesk.config import Config
from helpdesk.database import sqlite_path
from tickets.errors import DeskError


class CopyError(DeskError):
    """A backup or restore that could not be made; nothing was overwritten."""


def backup_database(config: Config, directory: Path, now: datetime) -> Path:
    """Copy the database, consistent also while the service runs; return the new file."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    source = sqlite_path(config.database.url)
    suffix = "dump" if source is None else "db"
    target = directory / f"helpdesk-{now:%Y%m%dT%H%M%SZ}.{suffix}"
    if target.exists():
        raise CopyError(f"{target} exists already")
    if source is None:
        _run_on(config.database.url, "pg_dump", "--format=custom", f"--file={target}", "--dbname")
    else:
        _copy_sqlite(source, target)
    target.chmod(0o600)
    return target


def backup_keys(config: Config, directory: Path, now: datetime) -> Path:
    """Copy the key store of one machine into a directory of its own; return the new file."""
    source = Path(config.vault.store.removeprefix("sqlite://"))
    if "://" in config.vault.store and not config.vault.store.startswith("sqlite://"):
        raise CopyError("a key store on PostgreSQL is copied with the server's own tools")
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = directory / f"keys-{now:%Y%m%dT%H%M%SZ}.db"
    if target.exists():
        raise CopyError(f"{target} exists already")
    _copy_sqlite(source, target)
    target.chmod(0o600)
    return target


def restore(config: Config, database: Path, keys: Path | None) -> None:
    """Put copies in the configured places; refuse to overwrite anything that is there."""
    target = sqlite_path(config.database.url)
    store = Path(config.vault.store.removeprefix("sqlite://"))
    for place in (target, store if keys is not None else None):
        if place is not None:
            _refuse_to_overwrite(place)
    if target is None:
        _run_on(config.database.url, "pg_restore", "--exit-on-error", str(database), "--dbname")
    else:
        _place(database, target)
    if keys is not None:
        _place(keys, store)


def _refuse_to_overwrite(place: Path) -> None:
    # A write-ahead log that a killed service left would be played into the copy.
    for suffix in ("", "-wal", "-shm"):
        there = place.with_name(place.name + suffix)
        if there.exists():
            raise CopyError(f"{there} exists; move it away first")


def _place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = target.with_name(f"{target.name}.partial")
    shutil.copyfile(source, partial)
    partial.chmod(0o600)
    with closing(sqlite3.connect(partial)) as connection:
        verdict = connection.execute("PRAGMA integrity_check").fetchone()
    if verdict != ("ok",):
        partial.unlink()
        raise CopyError(f"{source} is damaged")
    partial.replace(target)


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.exists():
        raise CopyError(f"{source} does not exist")
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    os.close(descriptor)
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        # In one step: between steps each write of the service would make it begin anew.
        live.backup(copy)
        # The copy is one file, whatever journal the original keeps.
        copy.execute("PRAGMA journal_mode=DELETE")


def _run_on(url: str, *command: str) -> None:
    """Run a PostgreSQL tool whose last word asks for the database.

    The password goes by the environment: every user of the machine may read a command line.
    """
    parts = urlsplit(url)
    named = parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@", 1))
    secret = {} if parts.password is None else {"PGPASSWORD": unquote(parts.password)}
    try:
        subprocess.run(  # noqa: S603  - fixed names
            (*command, named.geturl()),
            check=True,
            capture_output=True,
            env={**os.environ, **secret},
        )
    except FileNotFoundError as exc:
        raise CopyError(f"{command[0]} is not installed") from exc
    except subprocess.CalledProcessError as exc:
        raise CopyError(f"{command[0]} ended with status {exc.returncode}") from exc
