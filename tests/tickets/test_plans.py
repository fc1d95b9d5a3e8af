"""No question that a mail's way asks may grow slower with the number of tickets."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tortoise.connection import get_connection

from tests.tickets.conftest import mail

_SMALL = {'"audit_batch"', "'main'.'search_token_config'"}
"""Read by one row from the end of their key, or no larger than a screen."""


@pytest.fixture
def database_template(database_file) -> Path:
    return database_file  # the plan can be asked of SQLite only


async def test_every_question_on_a_mails_way_uses_an_index(bench):
    asked: list[str] = []
    connection = get_connection("default")
    await connection.execute_query("SELECT 1")
    await connection._connection.set_trace_callback(asked.append)
    raws = [mail(f"p{i} <p{i}@d{i}.test>", body=f"Question {i}") for i in range(3)]
    await bench.take_in(*raws, mail("p1 <p1@d1.test>", subject="Re: EJ-2222-22"))
    await bench.journal.mark("support", "INBOX")
    await bench.journal.undecorated("support", "INBOX", 1)
    await bench.journal.decorated("support", "INBOX", 1, [1, 2])
    await bench.outbox.run_once()
    await bench.indexer.run_once()
    await bench.sealer.run_once()
    await bench.intake.release_orphans()
    await bench.outbox.release_orphans()
    await connection._connection.set_trace_callback(None)

    scans = set()
    with sqlite3.connect(connection.filename) as database:
        for statement in asked:
            if not statement.startswith(("SELECT", "UPDATE", "DELETE")):
                continue
            for *_, step in database.execute(f"EXPLAIN QUERY PLAN {statement}"):
                is_scan = step.startswith("SCAN ") and not step.startswith("SCAN CONSTANT")
                if is_scan and not any(f" {table}" in statement for table in _SMALL):
                    scans.add(statement)

    assert len(asked) > 30
    assert scans == set()
