"""Sends by mail what a chat would not take, where the address is proven to be the same person's."""

from __future__ import annotations

import json
from uuid import UUID

from tickets.audit import new_event
from tickets.content import identity_owner
from tickets.desk import Desk
from tickets.ids import new_id
from tickets.models import Event, Identity, Message, OutboxEntry
from tickets.persons import linked_to
from tickets.transactions import transaction, unit_of_work
from tickets.types import Channel
from vault.sealing import Place, seal_text, unseal_text


async def send_by_mail(desk: Desk, entry_id: UUID) -> bool:
    """Queue a letter of a chat again, to the person's mail; return whether there is one.

    The letter stays as it was approved; only its way is another, which an event says.
    """
    entry = await OutboxEntry.get_or_none(id=entry_id)
    account = next((a for a in desk.config.accounts if a.channel is Channel.EMAIL), None)
    if entry is None or account is None:
        return False
    message = await Message.get(id=entry.message_id)
    mail = await Identity.filter(
        id__in=await linked_to(message.identity_id),
        channel=Channel.EMAIL,
        undeliverable_at=None,
        erased_at=None,
    ).first()
    if mail is None:
        return False
    owner, other = identity_owner(message.identity_id), identity_owner(mail.id)
    keys = await desk.vault.load_keys([owner, other])
    if owner not in keys or other not in keys:
        return False
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
    await _queue(detour, new_event("letter_sent_by_mail_instead", now, ticket_id=entry.ticket_id))
    return True


@unit_of_work
async def _queue(detour: OutboxEntry, event: Event) -> None:
    async with transaction():
        await detour.save(force_create=True)
        await event.save(force_create=True)
