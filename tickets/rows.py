"""The rows of one message and of the ticket that it opens; they are made here, not saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from tickets.arrived import Arrived
from tickets.draft import Draft
from tickets.groundwork import Groundwork
from tickets.ids import new_id
from tickets.matching import Certainty, Match
from tickets.models import Attachment, Identity, Message, Ticket
from tickets.types import Automation, Direction, Inbound, MessageKind, Status
from vault.sealing import Place

_KINDS: Final[Mapping[Automation, MessageKind]] = {
    Automation.NO: MessageKind.MESSAGE,
    Automation.REPLIED: MessageKind.AUTOMATIC,
    Automation.GENERATED: MessageKind.AUTOMATIC,
    Automation.BOUNCE: MessageKind.BOUNCE,
    Automation.LIST: MessageKind.BULK,
}


def add_ticket(ground: Groundwork, one: Arrived, identity: Identity, found: Match) -> Ticket:
    """Add the ticket that a message opens to the draft."""
    draft, reading, ticket_id = ground.draft, one.meant, new_id()
    when, source = ground.received(one)
    ticket = Ticket(
        id=ticket_id,
        reference=ground.reference(),
        requester_id=identity.id,
        channel=one.inbound.channel,
        account=one.record.account,
        status=Status.NEW,
        intent=reading.intent,
        also=[str(intent) for intent in reading.also],
        rights=[str(right) for right in reading.rights],
        topic=reading.topic,
        policy_section=reading.policy_section,
        language=reading.language,
        confidence=reading.confidence,
        needs_human=reading.needs_human,
        marks=list(reading.marks),
        work=[],
        alignment=ground.alignment(one),
        subject=draft.seal(identity.id, Place("ticket", ticket_id, "subject"), one.inbound.subject),
        why=draft.seal(identity.id, Place("ticket", ticket_id, "why"), "\n".join(reading.why)),
        received_at=when,
        received_source=source,
        created_at=ground.now,
        updated_at=ground.now,
        follow_up_of_id=found.ticket.id if found.ticket else None,
        follow_up_kind=_follow_up_kind(found),
    )
    draft.tickets.append(ticket)
    ground.known.add_ticket(ticket)
    return ticket


def add_message(ground: Groundwork, one: Arrived, identity: Identity, ticket: Ticket) -> Message:
    """Add an inbound message and the list of its files to the draft."""
    inbound, clues, message_id, draft = one.inbound, one.clues, new_id(), ground.draft
    owner = identity.id
    message = Message(
        id=message_id,
        ticket_id=ticket.id,
        identity_id=owner,
        direction=Direction.INBOUND,
        kind=_kind(inbound),
        channel=inbound.channel,
        external_blind=clues.external,
        external_id=draft.seal(
            owner, Place("message", message_id, "external_id"), inbound.external_id
        ),
        content_blind=clues.content,
        thread_blind=clues.thread,
        subject=draft.seal(owner, Place("message", message_id, "subject"), inbound.subject),
        body=draft.seal(
            owner, Place("message", message_id, "body"), inbound.newest or inbound.text
        ),
        blob_id=one.blob.id,
        language=one.meant.language,
        received_at=ground.received(one)[0],
        created_at=ground.now,
    )
    draft.messages.append(message)
    ground.known.add_message(message)
    _add_attachments(draft, inbound, owner, message_id)
    return message


def _add_attachments(draft: Draft, inbound: Inbound, owner: UUID, message_id: UUID) -> None:
    for file in inbound.attachments:
        file_id = new_id()
        place = Place("attachment", file_id, "filename")
        draft.attachments.append(
            Attachment(
                id=file_id,
                message_id=message_id,
                part=file.part[:64],
                filename=draft.seal(owner, place, file.filename),
                content_type=file.content_type[:128],
                size=file.size,
                is_inline=file.inline,
                remote=_remote(draft, owner, file_id, file.remote),
                fetch_at=draft.now if file.remote else None,
            )
        )


def _remote(draft: Draft, owner: UUID, file_id: UUID, remote: str) -> bytes | None:
    place = Place("attachment", file_id, "remote")
    return draft.seal(owner, place, remote) if remote else None


def _kind(inbound: Inbound) -> MessageKind:
    if inbound.report is not None and inbound.report.kind != "delivery":
        return MessageKind.REPORT
    return _KINDS[inbound.automation]


def _follow_up_kind(found: Match) -> str:
    if found.ticket is None:
        return ""
    return "possible" if found.certainty is Certainty.POSSIBLE else "linked"
