"""A law or a residence that the requester names later: it may apply to what is open as well.

Candidates are only ever added, so the earliest date of all goes on to count; an agent settles which
one it is.  What is settled or answered stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import partial

from regimes.candidates import Candidate
from tickets.audit import new_event
from tickets.challenges import recompute
from tickets.draft import Draft
from tickets.models import Request, Ticket
from tickets.requests import FINAL
from tickets.settings import DeskConfig
from tickets.statute import candidates_in
from vault.errors import VaultError
from vault.sealing import Place, unseal_text


def named_in(newest: str) -> list[Candidate]:
    """Return the regimes that a text names by a law or a residence, and not by a guess."""
    return [one for one in candidates_in(newest, "und") if one.is_established]


def widen(
    draft: Draft,
    ticket: Ticket,
    requests: Iterable[Request],
    found: Sequence[Candidate],
    config: DeskConfig,
) -> None:
    """Add to a draft what later words change for the requests that are still open."""
    for request in requests:
        new = [one for one in found if one.regime not in request.regimes]
        if not new or request.is_settled or request.state in FINAL:
            continue
        request.regimes = [*dict.fromkeys([*(one.regime for one in new), *request.regimes])]
        reasons = {**_reasons(draft, ticket, request), **{one.regime: one.reason for one in new}}
        place = Place("request", request.id, "regimes_why")
        request.regimes_why = draft.seal_json(ticket.requester_id, place, reasons)
        draft.move(request, request.state, regimes=request.regimes, regimes_why=request.regimes_why)
        draft.later.append(partial(recompute, request.id, config))
        told = {"right": str(request.right), "regimes": [one.regime for one in new]}
        key = draft.key(ticket.requester_id)
        draft.events.append(
            new_event("regimes_widened", draft.now, key=key, ticket_id=ticket.id, payload=told)
        )


def _reasons(draft: Draft, ticket: Ticket, request: Request) -> dict[str, str]:
    """Return why each candidate is one; nothing where another writer's message opened it."""
    if not request.regimes_why:
        return {}
    place = Place("request", request.id, "regimes_why")
    try:
        told = unseal_text(draft.key(ticket.requester_id), place, request.regimes_why)
    except VaultError:
        return {}
    reasons: dict[str, str] = json.loads(told)
    return reasons
