"""Codes of unknown fate: after a minute a new one takes their place, and the old one is void.

A code that may not have arrived is of no use to anybody, and sent again it would be in two places
at once.  So it is not repeated like other mail: its requests are asked for anew, in the transaction
that also settles the old entry.  The limits of `tickets.proof_limits` hold for these codes too;
where they are reached an agent finds another way.  Nothing of this is said in the chat, for it
would tell which addresses we know.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime
from functools import partial
from typing import Final

from tickets.audit import new_event
from tickets.content import identity_owner
from tickets.desk import Desk
from tickets.draft import Draft, StaleDraft
from tickets.errors import InvalidTransition, Refusal
from tickets.killpoints import kill
from tickets.models import Challenge, ChallengeState, Message, OutboxEntry, Request
from tickets.outbox import CODE_LANE, add_work
from tickets.proof import Proof
from tickets.settings import Account
from tickets.transactions import transaction, unit_of_work
from tickets.types import Delivery, RequestState, Status
from vault.errors import VaultError
from vault.sealing import Place, unseal_text

OTHER_WAY: Final = "proof_other_way"
"""Work: the requester cannot get a code; an agent finds another proof."""

_AT_ONCE: Final = 20
_OVER: Final = (Status.CLOSED, Status.ERASED)

_log = logging.getLogger(__name__)


async def replace_codes(desk: Desk, proof: Proof) -> int:
    """Ask anew for what codes of unknown fate were to prove; return how many were replaced."""
    now = desk.now()
    due = OutboxEntry.filter(
        state=Delivery.UNKNOWN, lane=CODE_LANE, claimed_by="", due_at__lte=now, expires_at__gt=now
    )
    replaced = 0
    for entry in await due.order_by("id").limit(_AT_ONCE).select_related("ticket"):
        replaced += await _replace(desk, proof, entry)
    return replaced


async def _replace(desk: Desk, proof: Proof, entry: OutboxEntry) -> bool:
    requests = await _waiting(entry)
    try:
        address = await _address(desk, entry) if requests else ""
    except (VaultError, LookupError, TypeError, ValueError):
        await _call_agent(entry, desk.now())  # a damaged row must not hold up its neighbours
        return False
    if not address:
        await _leave(entry)  # it was typed after all, or nobody waits for it any more
        return False

    def also(draft: Draft) -> None:
        draft.guards.append(partial(_settle, entry))
        draft.events.append(new_event("code_replaced", draft.now, ticket_id=entry.ticket_id))
        draft.later.append(_killed)

    account = Account(entry.account, entry.channel)
    try:
        await proof.with_also(also).ask_by_code(entry.ticket, requests, address, account)
    except InvalidTransition:
        return False  # the code was typed, or another process was faster: look again
    except Refusal:
        await _call_agent(entry, desk.now())
        return False
    kill("code.replaced")
    return True


async def _waiting(entry: OutboxEntry) -> list[Request]:
    """Return the requests that still wait for this very code."""
    if entry.ticket.status in _OVER:
        return []
    rows = Challenge.filter(letter_id=entry.message_id, state=ChallengeState.OPEN)
    found = [one.request for one in await rows.order_by("id").select_related("request")]
    return [one for one in found if one.state is RequestState.PROOF_ASKED]


async def _address(desk: Desk, entry: OutboxEntry) -> str:
    """Return where the code went; nothing where its owner's key is gone."""
    message = await Message.get(id=entry.message_id)
    owner = identity_owner(message.identity_id)
    key = (await desk.vault.load_keys([owner])).get(owner)
    if key is None:
        return ""
    way = json.loads(unseal_text(key, Place("outbox", entry.id, "route"), entry.route))
    return str(way["address"])


async def _settle(entry: OutboxEntry) -> None:
    """Give the old code up, once; raise `StaleDraft` where that was done in the meantime."""
    ours = OutboxEntry.filter(id=entry.id, state=Delivery.UNKNOWN, claimed_by="")
    if not await ours.update(state=Delivery.EXPIRED, error="replaced"):
        raise StaleDraft("a code was replaced twice at once")


async def _leave(entry: OutboxEntry) -> bool:
    """Do not look at an entry again: it stays unknown until its time is over; False if too late."""
    ours = OutboxEntry.filter(id=entry.id, state=Delivery.UNKNOWN, due_at=entry.due_at)
    return bool(await ours.update(due_at=entry.expires_at))


@unit_of_work
async def _call_agent(entry: OutboxEntry, now: datetime) -> None:
    """Leave it to an agent: one more code would be one too many."""
    async with transaction():
        if not await _leave(entry):
            return
        await add_work(entry.ticket_id, OTHER_WAY)
        event = new_event("code_not_replaced", now, ticket_id=entry.ticket_id)
        await event.save(force_create=True)
    _log.warning(
        "a code may not have arrived, and no more may be sent",
        extra={"action": "code_not_replaced", "ticket": entry.ticket_id},
    )


async def _killed() -> None:
    kill("code.replacing")
