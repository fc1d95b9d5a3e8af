"""Question: how data are handled in general; nothing is done to a record."""

from __future__ import annotations

from handlers.rights import receipt
from tickets.types import Case, Decision, Trigger, Work


def decide(case: Case) -> Decision:
    """Answer from the policy's section where one fits; else say that a person will answer.

    An unsure reading is answered all the same, and a person looks at it too.
    """
    if case.trigger is not Trigger.MESSAGE:
        return Decision()
    section = case.reading.policy_section
    if section is None:
        return Decision(
            letters=receipt(case, "question.not_covered"), work=(Work("answer_question"),)
        )
    return Decision(
        letters=receipt(case, f"question.section_{section}", "question.more"),
        work=(Work("answer_question"),) if case.reading.needs_human else (),
    )
