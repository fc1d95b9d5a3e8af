"""What every request for a right has in common: it is opened, and its receipt says what follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tickets.types import (
    CHATS,
    NEEDS_NO_PROOF,
    RIGHTS_OF,
    Alignment,
    Automation,
    Case,
    Decision,
    Intent,
    LetterOrder,
    RequestState,
    Right,
    Trigger,
    Work,
)

COMPLETED: Final[Mapping[Right, str]] = {
    Right.ACCESS: "completed_access",
    Right.EXPLANATION: "completed_explanation",
    Right.DELETION: "completed_deletion",
    Right.ACCOUNT_CANCEL: "completed_deletion",
    Right.RECTIFICATION: "completed_rectification",
    Right.PORTABILITY: "completed_portability",
    Right.COMPLAINT: "complaint_outcome",
}
"""The letter that says what was done; a right that is no key has `completed_objection`."""


def open_rights(case: Case, intent: Intent, default: Right) -> Decision:
    """Open a request for each right read; `default` where the message names none for sure.

    An unsure reading opens *suspected* requests: the clock runs until an agent decides.
    """
    if case.trigger is Trigger.PROVEN:
        return Decision(letters=(LetterOrder("proof_received"),) if case.may_answer else ())
    if case.trigger in {Trigger.TASK_DONE, Trigger.AGENT_ACT}:
        return _answer(case, intent)
    if case.trigger is Trigger.LAPSED:
        return Decision(letters=(LetterOrder("not_proven", is_automatic=False),))
    if case.trigger is Trigger.CLOCK_DUE:
        return Decision(work=(Work("answer_overdue" if case.act == "breach" else "answer_due"),))
    if case.trigger is not Trigger.MESSAGE:
        return Decision()
    own = RIGHTS_OF[intent]
    rights = tuple(r for r in case.reading.rights if r in own) or (default,)
    is_open = {request.right for request in case.requests}
    suspected = case.reading.suspected or case.reading.needs_human
    state = RequestState.SUSPECTED if suspected else RequestState.RECEIVED
    opened = tuple((right, state) for right in rights if right not in is_open)
    proof_for = tuple(right for right, _ in opened if right not in NEEDS_NO_PROOF)
    return Decision(
        letters=receipt(case, f"{intent.name.lower()}.next"),
        requests=opened,
        proof_for=() if suspected or not _may_ask(case) else proof_for,
        work=(Work("confirm_rights"),) if suspected and opened else (),
    )


def _may_ask(case: Case) -> bool:
    """Tell whether who wrote may be asked for proof: no machine, and nobody who seems forged."""
    is_human = case.automation is Automation.NO
    return case.may_answer and is_human and case.alignment is not Alignment.FAIL


def _answer(case: Case, intent: Intent) -> Decision:
    """Return the letter that tells the outcome of the one request that the case is about."""
    right = next((one.right for one in case.requests if one.right in RIGHTS_OF[intent]), None)
    if right is None:
        return Decision()
    kind = COMPLETED.get(right, "completed_objection")
    if case.trigger is Trigger.AGENT_ACT:
        complaint = right is Right.COMPLAINT
        letters = {"extend": "extension", "refuse": kind if complaint else "refusal"}
        if case.act not in letters:
            return Decision()
        kind = letters[case.act]
    return Decision(letters=(LetterOrder(kind, is_automatic=False),))


def receipt(case: Case, *blocks: str) -> tuple[LetterOrder, ...]:
    """Return the acknowledgement of a new ticket, where an automatic answer is allowed."""
    if not (case.is_new and case.may_answer) or case.trigger is not Trigger.MESSAGE:
        return ()
    if case.channel in CHATS:
        return (LetterOrder("chat_receipt", blocks, is_automatic=True),)
    return (
        LetterOrder(
            "acknowledgement", ("desk.reference", *blocks, "desk.human_contact"), is_automatic=True
        ),
    )
