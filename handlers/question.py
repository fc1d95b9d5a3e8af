"""Question: how data are handled in general; nothing is done to a record."""

from __future__ import annotations

from handlers.rights import receipt
from tickets.types import Case, Decision, Trigger, Work


def decide(case: Case) -> Decision:
    """Have the question answered from the policy; until then say that it arrived."""
    if case.trigger is not Trigger.MESSAGE:
        return Decision()
    return Decision(letters=receipt(case, "question.next"), work=(Work("answer_question"),))
