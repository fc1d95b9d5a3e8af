"""Portability: data in a reusable format, or handed to another provider."""

from __future__ import annotations

from handlers.rights import open_rights
from tickets.types import Case, Decision, Intent, Right


def decide(case: Case) -> Decision:
    """Open the requests that the message exercises."""
    return open_rights(case, Intent.PORTABILITY, Right.PORTABILITY)
