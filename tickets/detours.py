"""Sends by mail what a chat would not take, where the address is proven to be the same person's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from tickets.audit import new_event
from tickets.content import identity_owner
from tickets.desk import Desk
from tickets.draft import Step
from tickets.ids import new_id
from tickets.models import Identity, Message, OutboxEntry
from tickets.persons import proven_by
from tickets.types import Channel
from vault.sealing import Place, seal_text, unseal_text


async def by_mail(desk: Desk, entry_id: UUID) -> Sequence[Step]:
    """Return what queues a letter of a chat again, to the person's mail; nothing without one.

    The letter stays as it was approved; only its way is another, which an event says.
    """
    entry = await OutboxEntry.get_or_none(id=entry_id)
    account = next((a for a in desk.config.accounts if a.channel is Channel.EMAIL), None)
    if entry is None or account is None:
        return ()
    message = await Message.get(id=entry.message_id)
    mail = await Identity.filter(
        id__in=await proven_by(message.identity_id),
        channel=Channel.EMAIL,
        undeliverable_at=None,
        erased_at=None,
    ).first()
    if mail is None:
        return ()
    owner, other = identity_owner(message.identity_id), identity_owner(mail.id)
    keys = await desk.vault.load_keys([owner, other])
    if owner not in keys or other not in keys:
        return ()
    address = unseal_text(keys[other], Place("identity", mail.id, "address"), mail.address)
    way = {"address": address, "name": "", "in_reply_to": "", "references": []}
    now, new = desk.now(), new_id()
    detour = OutboxEntry(
        id=new,
        ticket_id=entry.ticket_id,
        message_id=message.id,
        channel=Channel.EMAIL,
        account=account.name,
        lane=entry.lane,
        route=seal_text(keys[owner], Place("outbox", new, "route"), json.dumps(way)),
        is_automatic=entry.is_automatic,
        due_at=now,
        expires_at=entry.expires_at,
        created_at=now,
    )
    event = new_event("letter_sent_by_mail_instead", now, ticket_id=entry.ticket_id)
    return tuple(partial(row.save, force_create=True) for row in (detour, event))
