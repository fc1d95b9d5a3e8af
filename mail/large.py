"""Parse a large mail in a child process that may use so much time and memory, and no more.

A mail of 50 MB costs the event loop seconds and the service hundreds of megabytes; a child takes
both with it when it ends.  Whatever becomes of it, the caller gets an `Inbound`: at worst one
with the header's basics and the reason in `problems`.  The child answers in JSON: it has read
hostile bytes, so nothing of it is unpickled.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from mail.parse import parse, unread
from mail.structure import Limits
from tickets.types import (
    Attachment,
    Automation,
    Channel,
    FailedRecipient,
    Inbound,
    Report,
    Sender,
)

CPU_SECONDS = 20
WALL_SECONDS = 60.0
MEMORY = 600_000_000  # bytes of address space, beside six times the mail
LIMITS = Limits(body=1_000_000)

_ROOT = str(Path(__file__).resolve().parent.parent)
_CHILD = "import sys; sys.path.insert(0, sys.argv[1]); from mail.large import child; child()"


async def parse_large(
    raw: bytes,
    *,
    wall_seconds: float = WALL_SECONDS,
    cpu_seconds: int = CPU_SECONDS,
    memory: int = MEMORY,
) -> Inbound:
    """Return what a large mail says, from a child process; never raises for any bytes."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-c",
        _CHILD,
        _ROOT,
        str(cpu_seconds),
        str(memory + 6 * len(raw)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(wall_seconds):
            answer, _ = await process.communicate(raw)
    except TimeoutError:
        return unread(raw, "parse_timeout")
    finally:
        # Also on cancellation: a child never outlives the wish for its answer.
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        return unread(raw, "parse_child_died")
    try:
        return _inbound(json.loads(answer))
    except (ValueError, KeyError, TypeError):
        return unread(raw, "parse_child_answer")


def child() -> None:
    """Parse stdin under limits and answer on stdout; the child process's whole life."""
    import resource  # noqa: PLC0415 - POSIX only, and only in the child

    cpu_seconds, memory = int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    raw = sys.stdin.buffer.read()
    answer = json.dumps(asdict(parse(raw, limits=LIMITS)), default=datetime.isoformat)
    sys.stdout.write(answer)
    sys.stdout.flush()
    # Tearing down what a large mail built takes longer than its parse.
    os._exit(0)


def _inbound(fields: dict[str, Any]) -> Inbound:
    """Build the value that the child took apart."""
    report = fields["report"]
    return Inbound(
        **{
            **fields,
            "channel": Channel(fields["channel"]),
            "automation": Automation(fields["automation"]),
            "sender": Sender(**fields["sender"]),
            **{name: _senders(fields[name]) for name in ("reply_to", "to", "cc")},
            "sent_at": datetime.fromisoformat(fields["sent_at"]) if fields["sent_at"] else None,
            "received": tuple((by, datetime.fromisoformat(at)) for by, at in fields["received"]),
            "references": tuple(fields["references"]),
            "attachments": tuple(Attachment(**one) for one in fields["attachments"]),
            "report": report and _report(report),
            "authentication": tuple((name, rest) for name, rest in fields["authentication"]),
            "problems": tuple(fields["problems"]),
        }
    )


def _senders(rows: list[dict[str, str]]) -> tuple[Sender, ...]:
    return tuple(Sender(**row) for row in rows)


def _report(fields: dict[str, Any]) -> Report:
    recipients = tuple(FailedRecipient(**one) for one in fields["recipients"])
    return Report(**{**fields, "recipients": recipients})
