"""Feedback: praise, criticism, a bug, a wish."""

from __future__ import annotations

from handlers.rights import receipt
from tickets.types import Case, Decision, Trigger


def decide(case: Case) -> Decision:
    """Thank, and keep it for the product."""
    if case.trigger is not Trigger.MESSAGE:
        return Decision()
    return Decision(letters=receipt(case, "feedback.next"))
