"""What every request for a right has in common: it is opened, and its receipt says what follows."""

from __future__ import annotations

from tickets.types import (
    RIGHTS_OF,
    Case,
    Decision,
    Intent,
    LetterOrder,
    RequestState,
    Right,
    Trigger,
    Work,
)


def open_rights(case: Case, intent: Intent, default: Right) -> Decision:
    """Open a request for each right read; `default` where the message names none for sure.

    An unsure reading opens *suspected* requests: the clock runs until an agent decides.
    """
    if case.trigger is Trigger.PROVEN:
        return Decision(letters=(LetterOrder("proof_received"),) if case.may_answer else ())
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
    return Decision(
        letters=receipt(case, f"{intent.name.lower()}.next"),
        requests=opened,
        work=(Work("confirm_rights"),) if suspected and opened else (),
    )


def receipt(case: Case, *blocks: str) -> tuple[LetterOrder, ...]:
    """Return the acknowledgement of a new ticket, where an automatic answer is allowed."""
    if not (case.is_new and case.may_answer) or case.trigger is not Trigger.MESSAGE:
        return ()
    return (
        LetterOrder(
            "acknowledgement", ("desk.reference", *blocks, "desk.human_contact"), is_automatic=True
        ),
    )
