"""No question that a mail's way asks may grow slower with the number of tickets."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tortoise.connection import get_connection

from tests.tickets.conftest import mail
from tickets.challenges import expire
from tickets.clock import Clock

_SMALL = {'"audit_batch"', "'main'.'search_token_config'"}
"""Read by one row from the end of their key, or no larger than a screen."""


@pytest.fixture
def database_template(database_file) -> Path:
    return database_file  # the plan can be asked of SQLite only


async def test_every_question_on_a_mails_way_uses_an_index(bench):
    raws = [mail(f"p{i} <p{i}@d{i}.test>", body=f"Question {i}") for i in range(3)]
    async with _asked() as asked:
        await bench.take_in(*raws, mail("p1 <p1@d1.test>", subject="Re: EJ-2222-22"))
        await bench.journal.mark("support", "INBOX")
        await bench.journal.undecorated("support", "INBOX", 1)
        await bench.journal.decorated("support", "INBOX", 1, [1, 2])
        await bench.outbox.run_once()
        await bench.indexer.run_once()
        await bench.sealer.run_once()
        await bench.intake.release_orphans()
        await bench.outbox.release_orphans()

    assert len(asked) > 30
    assert _scans(asked) == set()


async def test_every_question_that_is_asked_again_and_again_uses_an_index(bench):
    await bench.take_in(mail())
    async with _asked() as asked:
        await Clock(bench.desk).run_once(bench.clock[0])
        await expire(bench.clock[0])

    assert len(asked) > 5
    assert _scans(asked) == set()


@asynccontextmanager
async def _asked() -> AsyncIterator[list[str]]:
    """Collect what the database is asked meanwhile."""
    connection, asked = get_connection("default"), []
    await connection.execute_query("SELECT 1")
    await connection._connection.set_trace_callback(asked.append)
    yield asked
    await connection._connection.set_trace_callback(None)


def _scans(asked: list[str]) -> set[str]:
    """Return the questions for which whole tables are read."""
    scans = set()
    with sqlite3.connect(get_connection("default").filename) as database:
        for statement in asked:
            if not statement.startswith(("SELECT", "UPDATE", "DELETE")):
                continue
            for *_, step in database.execute(f"EXPLAIN QUERY PLAN {statement}"):
                is_scan = step.startswith("SCAN ") and not step.startswith("SCAN CONSTANT")
                if is_scan and not any(f" {table}" in statement for table in _SMALL):
                    scans.add(statement)
    return scans
