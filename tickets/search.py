"""Search over sealed text: keyed tokens, newest first.

Messages are indexed a moment after their transaction, in a queue of their own, so that merges of
the index never slow a mail down.  SQLite keeps distinct tokens in a contentless FTS5 table without
positions, PostgreSQL in an array with a GIN index.  What such an index still leaks is said in
SECURITY.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from tickets.content import identity_owner
from tickets.models import Message
from tickets.statements import change, columns_of
from tickets.transactions import give_way, transaction, unit_of_work
from tickets.types import Direction
from vault.sealing import Place, unseal_text
from vault.tokens import blind_tokens, query_tokens, tokens
from vault.vault import Vault

_BATCH: Final = 50
_READ: Final = ("id", "identity_id", "direction", "subject", "body")

SCHEMA: Final = {
    "sqlite": (
        "CREATE TABLE search_document (number INTEGER PRIMARY KEY, message_id CHAR(36) UNIQUE)",
        (
            "CREATE VIRTUAL TABLE search_token USING fts5("
            "tokens, content='', detail='none', columnsize=0, tokenize='ascii')"
        ),
        "INSERT INTO search_token(search_token, rank) VALUES('automerge', 2)",
    ),
    "postgres": (
        (
            "CREATE TABLE search_document (number BIGSERIAL PRIMARY KEY,"
            " message_id UUID UNIQUE NOT NULL, tokens TEXT[] NOT NULL)"
        ),
        "CREATE INDEX search_document_tokens ON search_document USING GIN (tokens)",
    ),
}
"""The index's own tables; the migration that makes them reads this."""


class Indexer:
    """Puts new messages into the index."""

    def __init__(self, vault: Vault, *, now: Callable[[], datetime]) -> None:
        self._vault = vault
        self._now = now

    async def run_once(self) -> int:
        """Index the next messages; return how many."""
        waiting = await columns_of(
            Message, _READ, '"indexed_at" IS NULL ORDER BY "id" LIMIT ?', _BATCH
        )
        if not waiting:
            return 0
        owners = {identity_owner(writer) for _, writer, *_ in waiting}
        keys = await self._vault.load_keys(owners)
        documents = []
        known: dict[str, str] = {}
        for message, writer, direction, subject, body in waiting:
            await give_way()
            key = keys.get(identity_owner(writer))
            if key is None:
                continue  # erased in the meantime: nothing is left to find
            text = unseal_text(key, Place("message", message, "subject"), subject)
            if direction is not Direction.OUTBOUND:  # our own letters would drown the rest
                text += "\n" + unseal_text(key, Place("message", message, "body"), body)
            documents.append((message, blind_tokens(self._vault, tokens(text), known)))
        await self._write([message for message, *_ in waiting], documents)
        return len(waiting)

    @unit_of_work
    async def _write(
        self, ids: Sequence[UUID], documents: Sequence[tuple[UUID, Sequence[str]]]
    ) -> None:
        async with transaction() as connection:
            await change(Message, {"indexed_at": self._now()}, '"id" IN ?', ids)
            await _insert(connection, documents)


async def _insert(
    connection: BaseDBAsyncClient, documents: Sequence[tuple[UUID, Sequence[str]]]
) -> None:
    if not documents:
        return
    if connection.capabilities.dialect == "postgres":
        await connection.execute_many(
            "INSERT INTO search_document (message_id, tokens) VALUES ($1, $2)"
            " ON CONFLICT (message_id) DO NOTHING",
            [[message_id, list(words)] for message_id, words in documents],
        )
        return
    # The update before has taken the write lock, so nobody else takes these numbers.
    (newest,) = await connection.execute_query_dict(
        "SELECT coalesce(max(number), 0) AS number FROM search_document"
    )
    numbered = list(enumerate(documents, newest["number"] + 1))
    await connection.execute_many(
        "INSERT INTO search_document (number, message_id) VALUES (?, ?)",
        [[number, str(message_id)] for number, (message_id, _) in numbered],
    )
    await connection.execute_many(
        "INSERT INTO search_token (rowid, tokens) VALUES (?, ?)",
        [[number, " ".join(words)] for number, (_, words) in numbered],
    )


async def find(
    vault: Vault, connection: BaseDBAsyncClient, query: str, *, limit: int = 50
) -> list[UUID]:
    """Return the messages that hold every word of a query, newest first."""
    words = blind_tokens(vault, query_tokens(query))
    if not words:
        return []
    if connection.capabilities.dialect == "postgres":
        rows = await connection.execute_query_dict(
            "SELECT message_id FROM search_document WHERE tokens @> $1"
            " ORDER BY number DESC LIMIT $2",
            [list(words), limit],
        )
    else:
        rows = await connection.execute_query_dict(
            "SELECT message_id FROM search_document JOIN search_token"
            " ON search_token.rowid = search_document.number"
            " WHERE search_token MATCH ? ORDER BY number DESC LIMIT ?",
            [" ".join(words), limit],
        )
    return [UUID(str(row["message_id"])) for row in rows]
