"""Access: what is held about a person: a copy, or what, why, from where and to whom."""

from __future__ import annotations

from handlers.rights import open_rights
from tickets.types import Case, Decision, Intent, Right


def decide(case: Case) -> Decision:
    """Open the requests that the message exercises."""
    return open_rights(case, Intent.ACCESS, Right.ACCESS)
