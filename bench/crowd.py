"""Fills a database with tickets that were there before: rows of the right size and shape.

Sealed columns hold random bytes, blind ones random digests: nothing opens them, and nothing asks
to.  No service may run meanwhile; a million take some minutes.  SQLite makes the rows; those for
PostgreSQL are copied out of a file that is made for that alone.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import asyncpg

from helpdesk.database import migrate

_ID: Final = "printf('%08x-%04x-7{kind:03x}-8000-%012x', i >> 6, (i & 63) << 10, i)"
"""An id that lies in the past and rises with the number; `kind` tells tables apart."""

_AT: Final = "strftime('%Y-%m-%d %H:%M:%S', 1700000000 + i * 30, 'unixepoch') || '+00:00'"
_BLIND: Final = "lower(hex(randomblob(16)))"
_IDENTITY, _TICKET, _IN, _OUT, _RECORD, _LETTER = (
    _ID.format(kind=kind) for kind in (1, 2, 3, 4, 5, 6)
)
_BOTH: Final = {
    "ticket_id": _TICKET,
    "identity_id": _IDENTITY,
    "channel": "'email'",
    "external_blind": _BLIND,
    "external_id": "randomblob(90)",
    "subject": "randomblob(70)",
    "language": "'en'",
    "created_at": _AT,
    "indexed_at": _AT,
}
_EVENT: Final = {
    "ticket_id": _TICKET,
    "kind": "'message_created'",
    "actor": "'system'",
    "at": _AT,
    "payload": "randomblob(200)",
    "digest": "lower(hex(randomblob(32)))",
    "batch_id": _ID.format(kind=9),
}
_REQUEST: Final = _ID.format(kind=13)
_CLOCK: Final = {
    "ticket_id": _TICKET,
    "family": "'service'",
    "kind": "'resolve'",
    "due_at": _AT,
    "met_at": _AT,
    "rules": "'0123456789abcdef'",
}
"""Met: the loop of clocks is to have no work of its own here."""

_ROWS: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    (
        "identity",
        {
            "id": _IDENTITY,
            "channel": "'email'",
            "address_blind": _BLIND,
            "address": "randomblob(60)",
        },
    ),
    (
        "ticket",
        {
            "id": _TICKET,
            "reference": "printf('XX-%d', i)",
            "requester_id": _IDENTITY,
            "channel": "'email'",
            "account": "'support'",
            "status": "CASE WHEN i % 60 THEN 'closed' ELSE 'new' END",
            "intent": "'privacy_question'",
            "subject": "randomblob(70)",
            "why": "randomblob(60)",
            "received_source": "'received'",
        },
    ),
    ("blob", {"id": _RECORD, "content": "randomblob(600)", "wrapped_key": "randomblob(69)"}),
    (
        "message",
        {
            "id": _IN,
            "direction": "'inbound'",
            "kind": "'message'",
            "content_blind": _BLIND,
            "body": "randomblob(500)",
            "blob_id": _RECORD,
            **_BOTH,
        },
    ),
    (
        "message",
        {
            "id": _OUT,
            "direction": "'outbound'",
            "kind": "'letter'",
            "letter": "'acknowledgement'",
            "body": "randomblob(1500)",
            **_BOTH,
        },
    ),
    (
        "inbound",
        {
            "id": _RECORD,
            "channel": "'email'",
            "account": "'support'",
            "digest": _BLIND,
            "blob_id": _RECORD,
            "state": "'done'",
            "outcome": "'created'",
            "ticket_id": _TICKET,
            "message_id": _IN,
        },
    ),
    (
        "location",
        {
            "id": _RECORD,
            "record_id": _RECORD,
            "account": "'support'",
            "folder": "'INBOX'",
            "uidvalidity": "1",
            "uid": "i",
            "decorated_at": _AT,
        },
    ),
    (
        "outbox",
        {
            "id": _LETTER,
            "ticket_id": _TICKET,
            "message_id": _OUT,
            "channel": "'email'",
            "account": "'support'",
            "route": "randomblob(200)",
            "state": "'sent'",
            "claimed_by": "''",
            "sent_at": _AT,
        },
    ),
    (
        "request",
        {"id": _REQUEST, "ticket_id": _TICKET, "right": "'deletion'", "state": "'fulfilled'"},
    ),
    ("request_event", {"id": _REQUEST, "request_id": _REQUEST, "type": "'received'"}),
    (
        "challenge",
        {
            "id": _ID.format(kind=18),
            "request_id": _REQUEST,
            "method": "'reply'",
            "state": "'proven'",
            "claimant_blind": _BLIND,
            "address_blind": _BLIND,
            "secret_blind": _BLIND,
            "is_customer": "1",
            "letter_id": _OUT,
        },
    ),
    *(
        ("clock", {"id": _ID.format(kind=kind), **_CLOCK, "request_id": request})
        for kind, request in ((14, "NULL"), (15, "NULL"), (16, "NULL"), (17, _REQUEST))
    ),
    ("event", {"id": _ID.format(kind=10), **_EVENT}),
    ("event", {"id": _ID.format(kind=11), **_EVENT}),
    ("event", {"id": _ID.format(kind=12), **_EVENT}),
    ("guard_counter", {"id": _IDENTITY, "scope": "'sender'", "key_blind": _BLIND, "hour_at": _AT}),
    ("search_document", {"number": "i", "message_id": _IN}),
)
_NUMBERS: Final = (
    "WITH RECURSIVE number(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < {count})"
)
_WORDS: Final = 30  # search terms of one message
_TERM: Final = "printf('%016d', abs(random()) % (1 + abs(random()) % 200000))"
"""A term of sixteen letters, some much commoner than others."""


def fill(directory: Path, count: int, url: str) -> None:
    """Put `count` tickets, with all that belongs to them, into the database of a deployment.

    It has run before, so that its keys have a place.
    """
    rows = directory / "helpdesk.db"
    numbers = _NUMBERS.format(count=count)
    asyncio.run(migrate(f"sqlite://{rows}"))
    indexes = _fill_rows(rows, numbers)
    _fill_keys(directory / "keys.db", numbers)
    if url.startswith("sqlite"):
        _index(rows, numbers, indexes)
    else:
        asyncio.run(_pour(rows, url))
        rows.unlink()


def _fill_rows(rows: Path, numbers: str) -> list[str]:
    """Fill the tables; return the statements that make their indexes anew."""
    with _careless(rows) as database:
        indexes = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        for name, _ in indexes:
            database.execute(f'DROP INDEX "{name}"')
        database.execute("BEGIN")
        for table, values in _ROWS:
            columns = _columns(database, table, values)
            database.execute(
                f"{numbers} INSERT INTO {table} ({', '.join(columns)})"  # noqa: S608  - our own words
                f" SELECT {', '.join(columns.values())} FROM number"
            )
        database.execute("COMMIT")
    return [statement for _, statement in indexes]


def _index(rows: Path, numbers: str, indexes: Sequence[str]) -> None:
    with _careless(rows) as database:
        database.execute(
            f"{numbers} INSERT INTO search_token (rowid, tokens)"  # noqa: S608
            f" SELECT i, {_terms(' ')} FROM number"
        )
        for statement in indexes:
            database.execute(statement)
        database.execute("PRAGMA journal_mode=WAL")


def _careless(rows: Path) -> closing[sqlite3.Connection]:
    """Open an SQLite file that nobody would miss."""
    database = sqlite3.connect(rows, isolation_level=None)
    database.executescript(
        "PRAGMA foreign_keys=OFF; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
        "PRAGMA cache_size=-1000000; PRAGMA temp_store=MEMORY"
    )
    return closing(database)


def _terms(between: str) -> str:
    return f" || '{between}' || ".join([_TERM] * _WORDS)


_INDEXES: Final = """
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""
_KINDS: Final = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position
"""
_LINES: Final = 2000  # that go to PostgreSQL at once


async def _pour(rows: Path, url: str) -> None:
    """Copy the rows of an SQLite file into the tables of the same names."""
    connection = await asyncpg.connect(url)
    try:
        # Nobody checks that a row is there which another one points to.
        await connection.execute("SET session_replication_role = replica")
        indexes = await connection.fetch(_INDEXES)
        for name, _ in indexes:
            await connection.execute(f'DROP INDEX "{name}"')
        for table in dict.fromkeys(table for table, _ in _ROWS):
            kinds = dict(await connection.fetch(_KINDS, table))
            lines = _lines(rows, table, kinds)
            await connection.copy_to_table(table, columns=list(kinds), source=lines)
        for _, statement in indexes:
            await connection.execute(statement)
        await connection.execute(
            "SELECT setval('search_document_number_seq', max(number)) FROM search_document"
        )
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def _lines(rows: Path, table: str, kinds: Mapping[str, str]) -> AsyncIterator[bytes]:
    """Yield a table as PostgreSQL's COPY reads it: tabs between the columns, no header."""
    values = (rf"coalesce({_copied(name, kind)}, '\N')" for name, kind in kinds.items())
    line = " || char(9) || ".join(values)
    with closing(sqlite3.connect(rows)) as database:
        found = database.execute(f'SELECT {line} || char(10) FROM "{table}"')  # noqa: S608
        while some := found.fetchmany(_LINES):
            yield "".join(line for (line,) in some).encode()


def _copied(name: str, kind: str) -> str:
    if kind == "ARRAY":
        return f"'{{' || {_terms(',')} || '}}'"  # what SQLite keeps of them is no column
    if kind == "bytea":
        return rf"""'\\x' || nullif(hex("{name}"), '')"""
    return f'"{name}"'


def _columns(database: sqlite3.Connection, table: str, values: dict[str, str]) -> dict[str, str]:
    """Add what a table wants beyond the values that matter: something of the right type."""
    columns = dict(values)
    for _, name, kind, is_wanted, default, _ in database.execute(f"PRAGMA table_info({table})"):
        if name not in columns and is_wanted and default is None:
            columns[name] = _filler(kind.upper())
    return columns


def _filler(kind: str) -> str:
    if "TIMESTAMP" in kind:
        return _AT
    if "JSON" in kind:
        return "'[]'"
    if "CHAR" in kind or "TEXT" in kind:
        return "''"
    return "randomblob(60)" if "BLOB" in kind else "0"


def _fill_keys(path: Path, numbers: str) -> None:
    """Give each identity a key; it opens nothing."""
    with closing(sqlite3.connect(path, isolation_level=None)) as keys:
        keys.execute("PRAGMA synchronous=OFF")
        keys.execute(
            f"{numbers} INSERT INTO keys SELECT 'identity:' || replace({_IDENTITY}, '-', ''),"  # noqa: S608
            " randomblob(69) FROM number"
        )
        keys.execute("PRAGMA wal_checkpoint(TRUNCATE)")
