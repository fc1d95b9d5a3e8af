"""Backup beside a busy service, restore beside what a killed one left."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from helpdesk.config import Config, parse_config
from helpdesk.copies import CopyError, backup_database, restore
from helpdesk.database import connections

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def config_in(folder: Path) -> Config:
    key = folder / "master.key"
    key.write_text("unused")
    return parse_config(
        {
            "database": {"url": f"sqlite://{folder}/desk.db"},
            "vault": {"key": {"file": str(key)}, "store": str(folder / "keys.db")},
        },
        folder,
    )


@pytest.mark.timeout(300)
def test_a_backup_ends_while_others_write(tmp_path):
    config, ended, tired = config_in(tmp_path), threading.Event(), threading.Event()
    with closing(sqlite3.connect(tmp_path / "desk.db")) as desk:
        desk.execute("PRAGMA journal_mode=WAL")
        desk.execute("CREATE TABLE t (x BLOB)")
        desk.executemany("INSERT INTO t VALUES (randomblob(1000000))", [()] * 60)
        desk.commit()

    def write() -> None:
        with closing(sqlite3.connect(tmp_path / "desk.db", timeout=60)) as other:
            tired_at = time.monotonic() + 120  # a backup that waits for a pause waits longer
            while time.monotonic() < tired_at:
                other.execute("INSERT INTO t VALUES ('x')")
                other.commit()
                if ended.wait(0.001):
                    return
        tired.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copy = backup_database(config, tmp_path / "copies", NOW)
    finally:
        ended.set()
        writer.join()

    assert not tired.is_set()
    with closing(sqlite3.connect(copy)) as opened:
        assert opened.execute("SELECT count(*) FROM t").fetchone()[0] >= 60


@pytest.mark.parametrize("left", ["desk.db", "desk.db-wal", "desk.db-shm"])
def test_a_restore_beside_leftovers_is_refused(tmp_path, left):
    config = config_in(tmp_path)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        copy.execute("CREATE TABLE t (x)")
    (tmp_path / left).write_bytes(b"left behind")

    with pytest.raises(CopyError, match=f"{left} exists"):
        restore(config, tmp_path / "copy.db", None)

    (tmp_path / left).unlink()
    restore(config, tmp_path / "copy.db", None)
    assert (tmp_path / "desk.db").exists()


def test_a_password_in_the_url_may_hold_any_character():
    pool = connections("postgres://us%40er:p%40ss%2Fword@db.test/desk")["default"]["credentials"]

    assert (pool["user"], pool["password"]) == ("us@er", "p@ss/word")


def test_the_password_of_a_server_stands_on_no_command_line(tmp_path, monkeypatch):
    tool, seen = tmp_path / "bin" / "pg_dump", tmp_path / "seen"
    tool.parent.mkdir()
    tool.write_text(
        f"""#!/bin/sh
printf '%s\\n' "$PGPASSWORD" "$@" > "{seen}"
for word in "$@"; do case "$word" in --file=*) : > "${{word#--file=}}" ;; esac; done
"""
    )
    tool.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    config = config_in(tmp_path)
    url = "postgres://desk:p%40ss:w@db.example.org:5433/desk?sslmode=require"
    database = config.database.model_copy(update={"url": url})

    backup_database(config.model_copy(update={"database": database}), tmp_path / "copies", NOW)

    password, *words = seen.read_text().splitlines()
    assert password == "p@ss:w"
    assert words[-1] == "postgres://desk@db.example.org:5433/desk?sslmode=require"
    assert not any("p%40ss" in word or "p@ss" in word for word in words)
