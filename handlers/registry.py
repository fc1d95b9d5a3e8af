"""Which handler decides which intent, and how several decisions become one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from handlers import (
    access,
    complaint,
    deletion,
    feedback,
    objection,
    other,
    portability,
    question,
    rectification,
    spam,
    support,
)
from tickets.types import Case, Decide, Decision, Intent, LetterOrder, Trigger

T = TypeVar("T")

HANDLERS: Final[Mapping[Intent, Decide]] = {
    Intent.ACCESS: access.decide,
    Intent.DELETION: deletion.decide,
    Intent.RECTIFICATION: rectification.decide,
    Intent.PORTABILITY: portability.decide,
    Intent.OBJECTION: objection.decide,
    Intent.COMPLAINT: complaint.decide,
    Intent.QUESTION: question.decide,
    Intent.FEEDBACK: feedback.decide,
    Intent.SUPPORT: support.decide,
    Intent.SPAM: spam.decide,
    Intent.OTHER: other.decide,
}


def decide(case: Case) -> Decision:
    """Ask the handler of every intent that the message holds, and merge what they say."""
    merged = merge(HANDLERS[intent](case) for intent in case.reading.intents)
    if case.trigger is Trigger.MESSAGE and other.MARK in case.reading.marks:
        return other.leave_to_people(case, merged)
    return merged


def merge(decisions: Iterable[Decision]) -> Decision:
    """Return one decision: one letter a kind made of all its blocks, everything else once."""
    merged = list(decisions)
    return Decision(
        letters=_one_letter_a_kind(order for one in merged for order in one.letters),
        requests=_once(request for one in merged for request in one.requests),
        events=_once(event for one in merged for event in one.events),
        proof_for=_once(right for one in merged for right in one.proof_for),
        work=_once(work for one in merged for work in one.work),
        note="\n".join(one.note for one in merged if one.note),
    )


def _once(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))


def _one_letter_a_kind(orders: Iterable[LetterOrder]) -> tuple[LetterOrder, ...]:
    kinds: dict[str, LetterOrder] = {}
    for order in orders:
        before = kinds.get(order.kind)
        if before is None:
            kinds[order.kind] = order
            continue
        # The first block opens a letter and the last closes it; what lies between adds up.
        inner = _once((*before.blocks[1:-1], *order.blocks[1:-1]))
        kinds[order.kind] = LetterOrder(
            order.kind,
            _once((*before.blocks[:1], *inner, *before.blocks[-1:])),
            before.is_automatic and order.is_automatic,
        )
    return tuple(kinds.values())
