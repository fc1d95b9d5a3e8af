"""What may become of a request, and where a ticket stands because of its requests: rules only.

`ARROWS` is the whole state machine; docs/requests.md draws it and a test compares the two.  The
guards are the law's own limits (law.md 0, 3): they raise a `Refusal` whose code each door phrases.
Nothing here touches the database; `tickets.actions` carries out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from regimes.events import EventType
from regimes.regime import Right as LegalRight
from regimes.regime import load
from tickets.errors import InvalidTransition, NotAllowed, Refusal
from tickets.types import NEEDS_NO_PROOF, RequestState, Right, Status

_S = RequestState

ARROWS: Final[Mapping[RequestState, frozenset[RequestState]]] = {
    _S.SUSPECTED: frozenset((_S.RECEIVED, _S.WITHDRAWN, _S.LAPSED)),
    _S.RECEIVED: frozenset(
        (
            _S.ACKNOWLEDGED,
            _S.PROOF_ASKED,
            _S.PROVEN,
            _S.IN_WORK,
            _S.REFUSED,
            _S.WITHDRAWN,
            _S.LAPSED,
        )
    ),
    _S.ACKNOWLEDGED: frozenset(
        (_S.PROOF_ASKED, _S.PROVEN, _S.IN_WORK, _S.REFUSED, _S.WITHDRAWN, _S.LAPSED)
    ),
    _S.PROOF_ASKED: frozenset((_S.PROVEN, _S.NOT_PROVEN, _S.REFUSED, _S.WITHDRAWN, _S.LAPSED)),
    _S.NOT_PROVEN: frozenset((_S.PROOF_ASKED, _S.PROVEN, _S.REFUSED, _S.WITHDRAWN, _S.LAPSED)),
    _S.PROVEN: frozenset((_S.IN_WORK, _S.EXTENDED, _S.REFUSED, _S.WITHDRAWN)),
    _S.IN_WORK: frozenset(
        (_S.EXTENDED, _S.FULFILLED, _S.PARTLY_FULFILLED, _S.REFUSED, _S.WITHDRAWN)
    ),
    _S.EXTENDED: frozenset((_S.FULFILLED, _S.PARTLY_FULFILLED, _S.REFUSED, _S.WITHDRAWN)),
    _S.FULFILLED: frozenset(),
    _S.PARTLY_FULFILLED: frozenset(),
    _S.REFUSED: frozenset(),
    _S.WITHDRAWN: frozenset(),
    _S.LAPSED: frozenset(),
}
"""Every change of state that there is.  Whoever asks again after an answer opens a new request."""

FINAL: Final = frozenset(state for state, ways in ARROWS.items() if not ways)
"""States in which no answer is due any more."""

DONE: Final = frozenset((_S.FULFILLED, _S.PARTLY_FULFILLED))
"""States in which something was disclosed, changed or deleted."""

HOLDS_DELETION: Final = frozenset((Right.ACCESS, Right.PORTABILITY))
"""Rights that want the data to be there until they are answered (law.md 3.7, PIPEDA 8(8))."""

DELETES: Final = frozenset((Right.DELETION, Right.ACCOUNT_CANCEL))

_AUTHORITY: Final = (EventType.AGENT_AUTHORITY_REQUESTED, EventType.AGENT_AUTHORITY_RECEIVED)

EXTENSION_REASONS: Final = frozenset(("complexity", "number"))
"""Reasons that the law knows; want of staff is none (GDPR 12(3), law.md 2.2)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One request as the rules see it."""

    right: Right
    state: RequestState
    is_proven: bool = False
    regimes: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Tell whether an answer is still due."""
        return self.state not in FINAL

    @property
    def may_act(self) -> bool:
        """Tell whether what was asked may be done: proven, or of a kind that needs no proof."""
        return self.is_proven or self.right in NEEDS_NO_PROOF


def check_arrow(before: RequestState, after: RequestState) -> None:
    """Raise `InvalidTransition` unless the state machine has this arrow."""
    if after not in ARROWS[before]:
        raise InvalidTransition(f"{before}_to_{after}")


def check_work(request: Standing) -> None:
    """Refuse to work on, extend or fulfil what nobody has proven to be theirs."""
    if not request.may_act:
        raise NotAllowed("not_proven")


def check_fulfil(request: Standing, siblings: Iterable[Standing]) -> None:
    """Refuse to fulfil unproven, and to delete what somebody proven still waits to receive.

    An unproven sibling holds nothing: it never blocks another request (law.md 0.7).
    """
    check_work(request)
    if request.right in DELETES and any(
        other.right in HOLDS_DELETION and other.is_open and other.is_proven for other in siblings
    ):
        raise NotAllowed("held_by_access")


def check_authority(events: Sequence[EventType]) -> None:
    """Refuse while whoever acts for another was asked what allows it and has not shown it."""
    asked = [kind for kind in events if kind in _AUTHORITY]
    if asked and asked[-1] is EventType.AGENT_AUTHORITY_REQUESTED:
        raise NotAllowed("authority_first")


def check_extend(
    request: Standing, reason: str, *, today: date, first_due: date | None, until: date | None
) -> None:
    """Refuse an extension that no law gives: late, unreasoned, repeated or under no regime.

    `first_due` is the last day of the first period under the strictest candidate; every candidate
    must know extensions, for the strictest binds until an agent has settled the regime.
    """
    check_work(request)
    if request.state is RequestState.EXTENDED:
        raise NotAllowed("extended_once")
    if reason not in EXTENSION_REASONS:
        raise Refusal("unknown_reason")
    if first_due is None:
        raise NotAllowed("nothing_to_extend")
    if today > first_due:
        raise NotAllowed("first_period_over")
    for code in request.regimes:
        clock = load(code).clock(LegalRight(request.right))
        if clock.answer is None and not clock.own_period:
            continue  # no number, nothing to extend
        if clock.extension is None:
            raise NotAllowed(f"no_extension_under_{code}")
        if clock.extension.count is None and (until is None or until <= first_due):
            raise Refusal("new_date_missing")


def check_refuse(request: Standing, ground: str) -> None:
    """Refuse a refusal whose ground no regime that may apply has for this right."""
    if not request.regimes:
        raise NotAllowed("no_regime")
    for code in request.regimes:
        known = {one.code for one in load(code).grounds_for(LegalRight(request.right))}
        if ground in known:
            return
    raise Refusal("unknown_ground")


def status_of(
    requests: Sequence[RequestState],
    *,
    is_begun: bool,
    is_closed: bool,
    is_waiting: bool,
) -> Status:
    """Return where a ticket stands: derived, never set by hand.

    `is_begun`: an agent has taken it or acted.  `is_closed`: an agent has ended the conversation.
    `is_waiting`: the last word is ours and asks for theirs, be it proof or an answer.  A ticket
    with an open request never counts as closed.
    """
    is_due = any(state not in FINAL for state in requests)
    if is_closed and not is_due:
        return Status.CLOSED
    if is_waiting:
        return Status.WAITING
    return Status.OPEN if is_begun else Status.NEW
