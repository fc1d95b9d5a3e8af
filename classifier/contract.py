"""What `helpdesk classify` says: JSON lines in, JSON lines out, nothing else.

    {"id", "channel", "subject", "text"}  →  {"id", "intent", "also", "rights", "topic",
    "policy_section", "lang", "confidence", "needs_human"}

Needs no configuration and no database.  A line that cannot be read is answered all the same, as
`other` for a human.
"""

from __future__ import annotations

import json
import queue
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, TextIO

from classifier.reader import read_many
from tickets.types import Channel, Intent, Reading, Text

_AHEAD: Final = 32  # messages read together where so many are waiting
_UNREADABLE: Final = Reading(Intent.OTHER, suspected=True, why=("unreadable line",))


class Newest(Protocol):
    """A text without quotes and signature, and what it quoted."""

    @property
    def newest(self) -> str:
        """What was written now."""

    @property
    def quoted(self) -> str:
        """What it answers."""


Cut = Callable[[str], Newest]
"""Cuts quotes and signature off a text, as the doors do."""


def main(*, batch: bool, explain: bool, cut: Cut, stdin: TextIO, stdout: TextIO) -> int:
    """Answer one message, or in batch every line as it comes; always returns 0."""
    warnings.simplefilter("ignore")
    if batch:
        for lines in _available(stdin):
            _answer(lines, cut, explain=explain, stdout=stdout)
    else:
        _answer(["".join(_lines(stdin))], cut, explain=explain, stdout=stdout)
    return 0


def as_text(row: Mapping[str, Any], cut: Cut) -> Text:
    """Return what the reader reads, quotes and signature cut as a door would cut them."""
    found = cut(str(row.get("text") or ""))
    quoted = str(row.get("quoted") or "") or found.quoted
    named = row.get("channel")
    channel = Channel(named) if named in set(Channel) else Channel.EMAIL
    hints = row.get("hints")
    return Text(
        newest=found.newest,
        quoted=quoted,
        subject=str(row.get("subject") or ""),
        channel=channel,
        hints=tuple(str(hint) for hint in hints) if isinstance(hints, list) else (),
    )


def as_line(name: object, reading: Reading, *, explain: bool) -> str:
    """Return one line of the answer."""
    told: dict[str, Any] = {
        "id": name,
        "intent": reading.intent,
        "also": list(reading.also),
        "rights": list(reading.rights),
        "topic": reading.topic,
        "policy_section": reading.policy_section,
        "confidence": reading.confidence,
        "lang": reading.language,
        "needs_human": reading.needs_human,
    }
    if explain:
        told |= {
            "questions": list(reading.questions),
            "suspected": reading.suspected,
            "marks": list(reading.marks),
            "why": list(reading.why),
        }
    return json.dumps(told)  # ASCII: whatever the encoding of the output is


def _answer(lines: Sequence[str], cut: Cut, *, explain: bool, stdout: TextIO) -> None:
    rows = [_row(line) for line in lines]
    good = [at for at, row in enumerate(rows) if isinstance(row.get("text", ""), str | None)]
    good = [at for at in good if rows[at]]
    read = dict(zip(good, read_many([as_text(rows[at], cut) for at in good]), strict=True))
    for at, row in enumerate(rows):
        reading = read.get(at, _UNREADABLE)
        stdout.write(as_line(row.get("id"), reading, explain=explain) + "\n")
    stdout.flush()


def _row(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}


def _lines(stdin: TextIO) -> Iterator[str]:
    """Yield lines; bytes that are no UTF-8 are replaced, not fatal."""
    for line in getattr(stdin, "buffer", stdin):
        yield line.decode("utf-8", "replace") if isinstance(line, bytes) else line


def _available(stdin: TextIO) -> Iterator[list[str]]:
    """Yield the lines that are there: at least one, and no more than are waiting."""
    waiting: queue.Queue[str | None] = queue.Queue(maxsize=4 * _AHEAD)

    def fill() -> None:
        try:
            for line in _lines(stdin):
                if line.strip():
                    waiting.put(line)
        finally:
            waiting.put(None)

    threading.Thread(target=fill, daemon=True).start()
    lines: list[str] = []
    while True:
        line = waiting.get()
        while line is not None:
            lines.append(line)
            if len(lines) == _AHEAD:
                break
            try:
                line = waiting.get_nowait()
            except queue.Empty:
                break
        if lines:
            yield lines
        if line is None:
            return
        lines = []
