"""The text messages of the people outside, on disk: one file of JSON lines for each number."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

NUMBER: Final = re.compile(r"\+[1-9]\d{5,14}")
"""A number as E.164 writes it."""


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A text message as its reader sees it."""

    id: str
    to: str
    text: str
    received_at: str


def keep_text(directory: Path, message: TextMessage) -> None:
    """Put a message into its reader's file, durably."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (directory / f"{message.to}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(message), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_texts(directory: Path, number: str) -> list[TextMessage]:
    """Return what a number has received, oldest first."""
    path = directory / f"{number}.jsonl"
    if not NUMBER.fullmatch(number) or not path.exists():
        return []
    return [TextMessage(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]
