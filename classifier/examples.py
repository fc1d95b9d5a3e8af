"""The training messages of this room, and which of them are never trained on.

Most are such as people write every day, more than half of them hard.  Those of `borders.jsonl` all
lie near a border between two intents, on both of its sides: they teach, but what is promised of
everyday mail is measured without them, and on them apart.

Read by training and tests only; a running service never opens the corpus.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from classifier.model import CORPUS
from tickets.types import Channel, Intent, Right, Text, Topic

_HELD_BACK: Final = 7  # one message in so many, of every language and intent
_BORDERS: Final = "borders"


@dataclass(frozen=True, slots=True)
class Example:
    """One message with what it is."""

    name: str
    text: Text
    intent: Intent
    also: tuple[Intent, ...]
    rights: tuple[Right, ...]
    topic: Topic | None
    section: int | None
    is_answerable: bool | None
    language: str
    is_hard: bool
    is_border: bool = False

    @property
    def intents(self) -> frozenset[Intent]:
        """Everything that is there."""
        return frozenset((self.intent, *self.also))


def load(directory: Path = CORPUS) -> list[Example]:
    """Return all examples, by file name and line."""
    return [
        _example(json.loads(line), is_border=path.stem == _BORDERS)
        for path in sorted(directory.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]


def held_back(examples: Sequence[Example]) -> list[bool]:
    """Tell which examples are kept for the last measurement: a seventh of every kind."""
    kinds: dict[str, list[int]] = defaultdict(list)
    for at, one in enumerate(examples):
        kinds[f"{one.language} {one.intent}{' border' * one.is_border}"].append(at)
    kept = [False] * len(examples)
    for kind, places in sorted(kinds.items()):
        ordered = sorted(places, key=lambda at: _mark(examples[at].name))
        start = _mark(kind) % _HELD_BACK
        for at in ordered[start::_HELD_BACK]:
            kept[at] = True
    return kept


def folds(groups: Iterable[int], count: int) -> list[int]:
    """Return a fold for every example; a group is never torn apart."""
    return [_mark(f"fold {group}") % count for group in groups]


def _mark(name: str) -> int:
    """Return a number that depends on the name only."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6])


def _example(row: dict[str, object], *, is_border: bool) -> Example:
    section = row.get("policy_section")
    answerable = row.get("answerable")
    topic = row.get("topic")
    return Example(
        name=str(row["id"]),
        text=Text(
            newest=str(row["text"] or ""),
            quoted=str(row.get("quoted") or ""),
            subject=str(row.get("subject") or ""),
            channel=Channel(str(row.get("channel") or "email")),
        ),
        intent=Intent(str(row["intent"])),
        also=tuple(Intent(str(name)) for name in _listed(row.get("also"))),
        rights=tuple(Right(str(name)) for name in _listed(row.get("rights"))),
        topic=Topic(str(topic)) if topic else None,
        section=section if isinstance(section, int) else None,
        is_answerable=answerable if isinstance(answerable, bool) else None,
        language=str(row["lang"]),
        is_hard=bool(row.get("hard")),
        is_border=is_border,
    )


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
