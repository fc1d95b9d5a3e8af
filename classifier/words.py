"""Stems that turn a sentence or give its sender away, in many languages: `words.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("words.toml")


@cache
def stems(group: str) -> tuple[str, ...]:
    """Return the stems of one group; raises KeyError for a group that is not there."""
    return tuple(_told()[group])


@cache
def by_language(group: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """Return the words of every language of one table."""
    return tuple((tag, frozenset(words.split())) for tag, words in _told()[group].items())


@cache
def _told() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
