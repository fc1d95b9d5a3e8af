"""Sample mails that arrive one after the other, once, in the first seconds of a new world.

The mails are data, in `samples/`: what people wrote as TOML, in readable text; what programs sent
or broke as `.eml`, with `{to}` and `{date}` to be filled in.  All of it was written for this.
"""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.utils import format_datetime, parseaddr
from pathlib import Path

from sandbox.exchange import Verdict
from sandbox.letter import Attachment, Letter
from sandbox.mail import MailWorld

_SAMPLES = Path(__file__).parent / "samples"
_DELIVERED = "samples-delivered"  # in the world's directory, a name on each line


@dataclass(frozen=True, slots=True)
class Sample:
    """A mail that is ready to be delivered."""

    name: str
    envelope_sender: str  # "" for what programs sent by themselves
    raw: bytes
    verdict: Verdict | None


def samples(to: str, now: datetime) -> Iterator[Sample]:
    """Yield the sample mails in the order of their file names."""
    for path in sorted(_SAMPLES.iterdir()):
        if path.suffix == ".toml":
            yield _written(path, to, now)
        elif path.suffix == ".eml":
            yield _raw(path, to, now)


def _written(path: Path, to: str, now: datetime) -> Sample:
    facts = tomllib.loads(path.read_text(encoding="utf-8"))
    files = [_SAMPLES / name for name in facts.pop("attach", ())]
    attachments = [Attachment(file.name, file.read_bytes()) for file in files]
    letter = Letter(to=to, attachments=attachments, **facts)
    return Sample(path.stem, letter.envelope_sender, letter.encode(now), "pass")


def _raw(path: Path, to: str, now: datetime) -> Sample:
    text = path.read_text(encoding="utf-8")
    text = text.replace("{to}", to).replace("{date}", format_datetime(now))
    raw = text.encode()
    headers = message_from_bytes(raw)
    author = "" if "Auto-Submitted" in headers else parseaddr(headers["From"])[1]
    return Sample(path.stem, author, raw, None)


async def drip(world: MailWorld, seconds: float) -> int:
    """Deliver what this world has not had yet, spread over so many seconds; return how many.

    A mail is marked after its delivery, so a kill between the two delivers that one again.
    """
    path = world.directory / _DELIVERED
    had = set(path.read_text(encoding="utf-8").split()) if path.exists() else set()
    due = [one for one in samples(world.address, datetime.now(UTC)) if one.name not in had]
    for sample in due:
        await asyncio.sleep(seconds / len(due))
        await world.deliver(
            sample.raw,
            sender=sample.envelope_sender,
            recipients=[world.address],
            verdict=sample.verdict,
        )
        with path.open("a", encoding="utf-8") as marks:
            marks.write(f"{sample.name}\n")
    return len(due)
