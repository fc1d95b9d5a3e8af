"""What a letter states, as people type it: NAME=VALUE."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

import click

from tickets.letters import FACTS

_DATES: Final = frozenset(("link_expires_on",))


def read_facts(pairs: Iterable[str]) -> dict[str, Any]:
    """Return what a letter states from NAME=VALUE pairs; lists where the letter wants a list."""
    given: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or name not in FACTS:
            raise click.UsageError(f"{name!r} is no fact; there are {', '.join(sorted(FACTS))}")
        if isinstance(FACTS[name], tuple):
            given[name] = (*given.get(name, ()), value)
        elif name in _DATES:
            given[name] = _date(name, value)
        elif isinstance(FACTS[name], bool):
            given[name] = value == "true"
        else:
            given[name] = value
    return given


def _date(name: str, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as exc:
        raise click.UsageError(f"{name} is a date such as 2026-12-31") from exc
