"""Question: how data are handled in general; nothing is done to a record."""

from __future__ import annotations

from handlers.rights import receipt
from tickets.types import Case, Decision, Trigger, Work


def decide(case: Case) -> Decision:
    """Answer the question where one is named, or else from its section of the policy.

    Where neither fits, say that a person will answer.  An unsure reading is answered all the same,
    and a person looks at it too.
    """
    if case.trigger is not Trigger.MESSAGE:
        return Decision()
    reading = case.reading
    if reading.policy_section is None:
        return Decision(
            letters=receipt(case, "question.not_covered"), work=(Work("answer_question"),)
        )
    answer = reading.questions[0] if reading.questions else f"section_{reading.policy_section}"
    return Decision(
        letters=receipt(case, f"question.{answer}", "question.more"),
        work=(Work("answer_question"),) if reading.needs_human else (),
    )
