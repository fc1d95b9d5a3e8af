"""Puts a letter into the outbox: rows that commit together with what caused it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from tickets.draft import Draft
from tickets.guards import domain_of, is_same_organisation
from tickets.ids import new_id, sign_message_id
from tickets.matching import Blinder
from tickets.models import Identity, Message, OutboxEntry, Ticket
from tickets.settings import FREE_PROVIDERS, Account
from tickets.types import CHATS, Direction, Inbound, Letter, LetterOrder, MessageKind
from vault.sealing import Place, unseal_text


@dataclass(frozen=True, slots=True)
class Route:
    """Where a letter goes, and what it answers."""

    identity: UUID
    address: str
    name: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()

    @classmethod
    def answering(cls, inbound: Inbound, identity: UUID) -> Self:
        """Return the way back to whoever wrote: to From, or to a Reply-To of the same company.

        At a free provider the same domain means nothing: there Reply-To is never followed.
        """
        thread = dict.fromkeys((*inbound.references, inbound.external_id))
        to = inbound.sender
        for other in inbound.reply_to[:1]:
            domain = domain_of(other.address)
            if domain not in FREE_PROVIDERS and is_same_organisation(domain, domain_of(to.address)):
                to = other
        return cls(
            identity,
            to.address,
            to.name,
            inbound.external_id,
            tuple(one for one in thread if one),
        )


async def route_back(draft: Draft, ticket: Ticket, identity: Identity) -> Route:
    """Return the way to a requester's own address, in the thread of their last message."""
    key = draft.key(identity.id)
    address = unseal_text(key, Place("identity", identity.id, "address"), identity.address)
    inbound = Message.filter(
        ticket_id=ticket.id, identity_id=identity.id, direction=Direction.INBOUND
    )
    last = await inbound.order_by("-id").first()
    answered = ""
    if last is not None and last.external_id:
        place = Place("message", last.id, "external_id")
        answered = unseal_text(key, place, last.external_id)
    return Route(identity.id, address, "", answered, (answered,) if answered else ())


def post(  # noqa: PLR0913, PLR0917  - a letter, its ticket and its way
    draft: Draft,
    blinder: Blinder,
    account: Account,
    ticket: Ticket,
    letter: Letter,
    order: LetterOrder,
    route: Route,
) -> Message:
    """Add a letter and its outbox entry to a draft; its Message-ID is fixed and signed here."""
    message_id, entry_id, owner = new_id(), new_id(), route.identity
    external_id = sign_message_id(message_id, account.domain, blinder.sign)
    content = {
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "language": letter.language,
    }
    message = Message(
        id=message_id,
        ticket_id=ticket.id,
        identity_id=owner,
        direction=Direction.OUTBOUND,
        kind=MessageKind.LETTER if order.is_automatic else MessageKind.REPLY,
        letter=order.kind,
        channel=ticket.channel,
        external_blind=blinder.external(ticket.channel, external_id),
        external_id=draft.seal(owner, Place("message", message_id, "external_id"), external_id),
        subject=draft.seal(owner, Place("message", message_id, "subject"), letter.subject),
        body=draft.seal(owner, Place("message", message_id, "body"), json.dumps(content)),
        language=letter.language,
        created_at=draft.now,
    )
    way = {
        "address": route.address,
        "name": route.name,
        "in_reply_to": route.in_reply_to,
        "references": list(route.references),
    }
    draft.messages.append(message)
    draft.outbox.append(
        OutboxEntry(
            id=entry_id,
            ticket_id=ticket.id,
            message_id=message_id,
            channel=ticket.channel,
            account=ticket.account,
            chat_blind=blinder.blind("chat", route.address) if ticket.channel in CHATS else "",
            route=draft.seal(owner, Place("outbox", entry_id, "route"), json.dumps(way)),
            is_automatic=order.is_automatic,
            due_at=draft.now,
            created_at=draft.now,
        )
    )
    return message
