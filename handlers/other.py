"""Other: none of the kinds we know, and authorities, whom only a human answers."""

from __future__ import annotations

from dataclasses import replace

from handlers.rights import receipt
from tickets.types import Case, Decision, LetterOrder, RequestState, Trigger, Work
from tickets.worklist import AUTHORITY

MARK = "authority"
"""The mark of police, courts and subpoenas."""


def decide(case: Case) -> Decision:
    """Have a person look; say only that it arrived."""
    if case.trigger is not Trigger.MESSAGE:
        return Decision()
    return Decision(letters=receipt(case, "other.next"), work=(Work("decide_intent"),))


def leave_to_people(case: Case, decision: Decision) -> Decision:
    """Take from a decision on an authority's message whatever a machine must not do.

    Its receipt says nothing of anybody, nobody is asked for proof, and a right that may be in it is
    suspected only: its clock runs, and a person decides.
    """
    letters = (LetterOrder("authority_receipt"),) if receipt(case) else ()
    suspected = tuple((right, RequestState.SUSPECTED) for right, _ in decision.requests)
    return replace(
        decision,
        letters=letters,
        requests=suspected,
        proof_for=(),
        work=tuple(Work(code) for code in AUTHORITY),
    )
