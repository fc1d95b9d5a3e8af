"""Whose accounts are the addresses that were proven, or are about to be: asked of the directory.

The receipt asks for proof at once, and no message waits for a directory; so it is asked afterwards,
by a loop.  Where it is silent an agent compares (`match_account`).
"""

from __future__ import annotations

from functools import partial
from typing import Final

from tickets.challenges import MATCH_ACCOUNT, MISMATCH, WAITING, note_customer
from tickets.content import identity_owner
from tickets.desk import Desk
from tickets.directory import Directory, is_customer
from tickets.draft import Draft, StaleDraft
from tickets.models import Challenge, ChallengeState, Identity, Method, Ticket
from tickets.types import Channel
from vault.sealing import Place, unseal_text

_ADDRESSES: Final = 20
"""Addresses that the directory is asked about in one turn, the newest first."""


async def compare_accounts(desk: Desk, directory: Directory) -> int:
    """Ask about addresses that got a letter of proof; return how many were told."""
    states = (*WAITING, ChallengeState.PROVEN)
    rows = Challenge.filter(state__in=states, method=Method.REPLY, is_customer=None)
    done = 0
    for challenge in await rows.order_by("-id").limit(_ADDRESSES):
        identity = await Identity.get_or_none(
            channel=Channel.EMAIL, address_blind=challenge.address_blind, erased_at=None
        )
        if identity is None:
            continue
        draft = Draft(desk.now())
        draft.keys = await desk.vault.create_keys([identity_owner(identity.id)])
        place = Place("identity", identity.id, "address")
        address = unseal_text(draft.key(identity.id), place, identity.address)
        is_known = await is_customer(directory, address)
        if is_known is None:
            break  # it does not answer: later
        done += await _note(draft, challenge, is_known=is_known)
    return done


async def _note(draft: Draft, challenge: Challenge, *, is_known: bool) -> bool:
    """Keep what the directory says, and tell agents who work on what was proven before."""
    draft.guards.append(partial(note_customer, challenge.id, is_known=is_known))
    ticket = await Ticket.get(requests__id=challenge.request_id)
    if challenge.state is ChallengeState.PROVEN and MATCH_ACCOUNT in ticket.work:
        draft.touch(ticket)
        left = [code for code in ticket.work if code != MATCH_ACCOUNT]
        ticket.work = left if is_known else [*left, MISMATCH]
    try:
        await draft.save()
    except StaleDraft:
        return False  # an agent was faster: next time
    return True
