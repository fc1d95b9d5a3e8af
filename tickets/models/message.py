"""What was said on a ticket, and where its bytes lie."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyRelation
from tortoise.indexes import Index

from tickets.models.fields import Blind, Sealed, SealedOrNone, choice
from tickets.models.identity import Identity
from tickets.models.row import Row
from tickets.models.ticket import Ticket
from tickets.types import Channel, Direction, MessageKind


class Blob(Row):
    """Sealed content, stored once, under a content key of its own.

    `wrapped_for` names the owner whose key wraps the content key: `intake` until the message is
    matched, then the identity.  The first MiB lies here, the rest in segments.
    """

    id = fields.UUIDField(primary_key=True)
    wrapped_for = fields.CharField(max_length=48)
    wrapped_key = Sealed()
    content = Sealed()
    segments = fields.IntField(default=1)
    size = fields.BigIntField()
    created_at = fields.DatetimeField()

    class Meta:
        """Reached by id."""

        table = "blob"
        table_description = "blob"


class BlobSegment(Row):
    """A further MiB of a blob."""

    id = fields.UUIDField(primary_key=True)
    blob_id: UUID
    blob: ForeignKeyRelation[Blob] = fields.ForeignKeyField(
        "tickets.Blob", related_name="more", on_delete=fields.CASCADE
    )
    number = fields.IntField()
    content = Sealed()

    class Meta:
        """In order."""

        table = "blob_segment"
        table_description = "blob_segment"
        unique_together = (("blob_id", "number"),)


class Message(Row):
    """One mail, chat message, letter, reply or note.

    `body` holds what the writer newly wrote (inbound) or the letter as JSON (outbound): exactly
    what was approved, kept and sent.
    """

    id = fields.UUIDField(primary_key=True)
    ticket_id: UUID
    ticket: ForeignKeyRelation[Ticket] = fields.ForeignKeyField(
        "tickets.Ticket", related_name="messages", on_delete=fields.RESTRICT
    )
    identity_id: UUID
    identity: ForeignKeyRelation[Identity] = fields.ForeignKeyField(
        "tickets.Identity", related_name="messages", on_delete=fields.RESTRICT
    )
    direction = choice(Direction)
    kind = choice(MessageKind)
    letter = fields.CharField(max_length=64, default="")
    channel = choice(Channel)
    external_blind = Blind(default="")
    external_id = SealedOrNone()
    content_blind = Blind(default="")
    thread_blind = Blind(default="")
    subject = Sealed()
    body = Sealed()
    blob_id: UUID | None
    blob: ForeignKeyRelation[Blob] | None = fields.ForeignKeyField(
        "tickets.Blob", related_name="messages", null=True, on_delete=fields.SET_NULL
    )
    language = fields.CharField(max_length=16, default="und")
    received_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    indexed_at = fields.DatetimeField(null=True)

    class Meta:
        """Found by ticket, by its sender's id, and by what is not yet in the search index."""

        table = "message"
        table_description = "message"
        indexes = (
            Index(fields=("ticket_id", "created_at")),
            Index(fields=("external_blind",)),
            Index(fields=("thread_blind",)),
            Index(fields=("indexed_at",)),
        )


class Attachment(Row):
    """One file of a message: a pointer into its mail, never a second copy.

    A chat's file comes apart from its message: `remote` says where its server keeps it, `blob_id`
    where it lies with us once it was fetched, `refused` why it never will be.
    """

    id = fields.UUIDField(primary_key=True)
    message_id: UUID
    message: ForeignKeyRelation[Message] = fields.ForeignKeyField(
        "tickets.Message", related_name="attachments", on_delete=fields.RESTRICT
    )
    part = fields.CharField(max_length=64)
    filename = Sealed()
    content_type = fields.CharField(max_length=128)
    size = fields.BigIntField()
    is_inline = fields.BooleanField(default=False)
    remote = SealedOrNone()
    blob_id = fields.UUIDField(null=True)
    digest = Blind(default="", db_default="")  # of its bytes
    fetch_at = fields.DatetimeField(null=True)  # when to try next; None: nothing to fetch
    attempts = fields.SmallIntField(default=0, db_default=0)
    refused = fields.CharField(max_length=32, default="", db_default="")  # too_large, kind, gone

    class Meta:
        """By message, and by what is to be fetched."""

        table = "attachment"
        table_description = "attachment"
        indexes = (Index(fields=("fetch_at",)),)
