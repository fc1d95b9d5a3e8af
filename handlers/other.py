"""Other: none of the kinds we know, and authorities, whom only a human answers."""

from __future__ import annotations

from handlers.rights import receipt
from tickets.types import Case, Decision, Trigger, Work

AUTHORITY = "authority"
"""The mark of police, courts and subpoenas."""


def decide(case: Case) -> Decision:
    """Have a person look; say only that it arrived."""
    if case.trigger is not Trigger.MESSAGE:
        return Decision()
    work = AUTHORITY if AUTHORITY in case.reading.marks else "decide_intent"
    return Decision(letters=receipt(case, "other.next"), work=(Work(work),))
