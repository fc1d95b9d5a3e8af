"""What was promised and is still to be sent."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyRelation
from tortoise.indexes import Index

from tickets.models.fields import Blind, Sealed, choice
from tickets.models.message import Message
from tickets.models.row import Row
from tickets.models.ticket import Ticket
from tickets.types import Channel, Delivery


class OutboxEntry(Row):
    """One message on its way out; committed with the ticket, sent in a second step."""

    id = fields.UUIDField(primary_key=True)
    ticket_id: UUID
    ticket: ForeignKeyRelation[Ticket] = fields.ForeignKeyField(
        "tickets.Ticket", related_name="outbox", on_delete=fields.RESTRICT
    )
    message_id: UUID
    message: ForeignKeyRelation[Message] = fields.ForeignKeyField(
        "tickets.Message", related_name="outbox", on_delete=fields.RESTRICT
    )
    channel = choice(Channel)
    account = fields.CharField(max_length=64)
    chat_blind = Blind(default="", db_default="")  # keeps a chat's letters in order and pace
    lane = fields.SmallIntField(default=1)
    route = Sealed()  # recipient, Message-ID and thread ids, as JSON
    is_automatic = fields.BooleanField(default=True)
    state = choice(Delivery, Delivery.QUEUED)
    attempts = fields.SmallIntField(default=0)
    due_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(null=True)
    claimed_by = fields.CharField(max_length=48, default="")
    created_at = fields.DatetimeField()
    sent_at = fields.DatetimeField(null=True)
    error = fields.CharField(max_length=128, default="")

    class Meta:
        """The sender asks which are due, by lane."""

        table = "outbox"
        table_description = "outbox"
        indexes = (Index(fields=("state", "due_at", "lane")), Index(fields=("ticket_id",)))
