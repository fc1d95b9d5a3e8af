"""What it takes to ask for proof: who claims what, the rows that are kept, and the blocks to say.

`tickets.proof` asks by a letter of its own or by a code, `tickets.consequences` in the receipt of
the very message that makes the request.  Limits are counted in `tickets.proof_limits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from regimes.events import EventType
from tickets.audit import SYSTEM, new_event
from tickets.challenges import recompute, retire, secret_blind
from tickets.content import identity_owner
from tickets.draft import Draft, rows_of
from tickets.ids import new_id
from tickets.letters import mandatory
from tickets.matching import Blinder
from tickets.models import Challenge, Method, Request, Ticket
from tickets.settings import DeskConfig
from tickets.statute import compute, law_event
from tickets.types import LetterOrder, RequestState, Right

ASKING: Final = frozenset(("acknowledgement", "identity_request"))
"""Letters that may carry a token."""

_SAID_ALREADY: Final = frozenset(("reference", "least_data"))
"""Blocks whose words the receipt has: what it is about, and the list of rights."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One turn of asking: who claims what about whose address."""

    ticket: Ticket
    requests: Sequence[Request]
    method: Method
    claimant: str
    address: str
    is_aligned: bool
    is_customer: bool | None = None


def with_proof(
    letters: Sequence[LetterOrder], regimes: Sequence[str], rights: Sequence[Right]
) -> tuple[LetterOrder, ...]:
    """Let the receipt ask for proof as well, so that one mail says all; without one, a letter does.

    The receipt then has every block that the law demands of a letter that asks for proof.
    """
    kinds = [order.kind for order in letters]
    if "acknowledgement" not in kinds:
        return (*letters, LetterOrder("identity_request"))
    index = kinds.index("acknowledgement")
    receipt = letters[index]
    blocks = tuple(
        f"identity_request.{block}"
        for block in mandatory("identity_request", regimes, rights)
        if block not in _SAID_ALREADY
    )
    blocks = (*receipt.blocks[:1], *blocks, *receipt.blocks[1:])
    whole = LetterOrder(receipt.kind, blocks, receipt.is_automatic)
    return (*letters[:index], whole, *letters[index + 1 :])


def keep(  # noqa: PLR0913, PLR0917  - a challenge and all that it is bound to
    draft: Draft,
    blinder: Blinder,
    config: DeskConfig,
    asked: Asked,
    secret: str,
    letter_id: UUID,
    actor: str = SYSTEM,
) -> None:
    """Add the challenges and what the law counts by to a draft, and retire earlier ones."""
    if not all(map(draft.is_new, asked.requests)):  # of a new one nobody can have asked before
        ids = [request.id for request in asked.requests]
        draft.guards.append(partial(retire, ids, draft.now))
    for request in asked.requests:
        draft.move(request, RequestState.PROOF_ASKED)
        draft.challenges.append(
            Challenge(
                id=new_id(),
                request_id=request.id,
                method=asked.method,
                claimant_blind=asked.claimant,
                address_blind=asked.address,
                secret_blind=secret_blind(blinder, secret, request.id, request.right),
                is_aligned=asked.is_aligned,
                is_customer=asked.is_customer,
                letter_id=letter_id,
                created_at=draft.now,
            )
        )
        draft.law_events.append(
            law_event(
                request.id,
                EventType.IDENTITY_REQUESTED,
                draft.now,
                entered_at=draft.now,
                actor=actor,
            )
        )
        if draft.is_new(request):  # its clocks are still ours to set
            events = rows_of(draft.law_events, "request_id", request.id)
            compute(rows_of(draft.clocks, "request_id", request.id), request, events, config)
        else:
            draft.later.append(partial(recompute, request.id, config))
    ticket = asked.ticket
    payload = {"method": asked.method.value}
    key = draft.keys[identity_owner(ticket.requester_id)]
    draft.events.append(
        new_event(
            "proof_asked", draft.now, key=key, ticket_id=ticket.id, actor=actor, payload=payload
        )
    )
    ticket.waiting_at = draft.now
