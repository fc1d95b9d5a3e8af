"""Persons: which addresses and chats are one human being, each link with what showed it.

A link is made by a proof and by nothing else; it is taken back by an end, never removed, and no
content is sealed anew for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tortoise.expressions import Q

from tickets.ids import new_id
from tickets.models import Challenge, Identity, Method, PersonLink
from tickets.types import Channel

_CHANNELS = {Method.MAIL_CODE: Channel.EMAIL, Method.SMS_CODE: Channel.SMS}


async def link_by_code(claimant: UUID, proven: Sequence[Challenge], now: datetime) -> None:
    """Link a chat with the address or number whose code was typed in it, once."""
    for challenge in proven:
        owner = await Identity.get_or_none(
            channel=_CHANNELS[challenge.method], address_blind=challenge.address_blind
        )
        if owner is None or owner.id == claimant or await are_linked(claimant, owner.id):
            continue
        await PersonLink.create(
            id=new_id(),
            identity_id=claimant,
            other_id=owner.id,
            evidence=challenge.method,
            evidence_id=challenge.id,
            created_at=now,
        )


async def end_links(identity: UUID, actor: str, now: datetime) -> None:
    """Take back every link of an identity: what they were proven by stays on record."""
    held = PersonLink.filter(Q(identity_id=identity) | Q(other_id=identity), ended_at=None)
    await held.update(ended_at=now, ended_by=actor)


async def proven_by(identity: UUID) -> set[UUID]:
    """Return the addresses whose codes were typed by this very identity, by links that hold.

    Two people may share a mailbox: what one of them wrote elsewhere is not the other's to see.
    """
    links = PersonLink.filter(identity_id=identity, ended_at=None)
    return {link.other_id for link in await links}


async def are_linked(one: UUID, other: UUID) -> bool:
    """Tell whether two identities are one person's, by links that still hold."""
    return one == other or other in await linked_to(one)


async def linked_to(identity: UUID) -> set[UUID]:
    """Return the other identities of the same person, by links that still hold."""
    known, new = {identity}, {identity}
    while new:
        links = PersonLink.filter(Q(identity_id__in=new) | Q(other_id__in=new), ended_at=None)
        met = {i for link in await links for i in (link.identity_id, link.other_id)}
        new = met - known
        known |= new
    return known - {identity}
