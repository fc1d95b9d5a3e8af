"""Objection: a use to be stopped or limited."""

from __future__ import annotations

from handlers.rights import open_rights
from tickets.types import Case, Decision, Intent, Right


def decide(case: Case) -> Decision:
    """Open the requests that the message exercises."""
    return open_rights(case, Intent.OBJECTION, Right.OBJECTION)
