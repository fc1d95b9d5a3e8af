"""The journal of what arrived, and where on the server it lies."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyRelation
from tortoise.indexes import Index

from tickets.models.fields import Blind, SealedOrNone, choice
from tickets.models.message import Blob, Message
from tickets.models.row import Row
from tickets.models.ticket import Ticket
from tickets.types import Channel


class InboundState(StrEnum):
    """Where a journalled message stands."""

    NEW = "new"  # kept, not yet taken in
    DONE = "done"
    IGNORED = "ignored"  # a state with a reason, never a loss
    SHUNTED = "shunted"  # it crashed us: kept, listed, retried


class InboundRecord(Row):
    """One message exactly as it arrived, committed before anything else happens to it."""

    id = fields.UUIDField(primary_key=True)
    channel = choice(Channel)
    account = fields.CharField(max_length=64)
    digest = Blind()
    # Whose updates are taken in order; no mail has one.
    chat_blind = Blind(default="", db_default="")
    blob_id: UUID
    blob: ForeignKeyRelation[Blob] = fields.ForeignKeyField(
        "tickets.Blob", related_name="inbound", on_delete=fields.RESTRICT
    )
    size = fields.BigIntField()
    state = choice(InboundState, InboundState.NEW)
    outcome = fields.CharField(max_length=32, default="")
    internal_at = fields.DatetimeField()
    fetched_at = fields.DatetimeField()
    handled_at = fields.DatetimeField(null=True)
    claimed_by = fields.CharField(max_length=48, default="")
    attempts = fields.SmallIntField(default=0)
    retry_at = fields.DatetimeField(null=True)
    warned = fields.CharField(max_length=16, default="", db_default="")  # last, of its dates
    error_class = fields.CharField(max_length=128, default="")
    error_place = fields.CharField(max_length=200, default="")
    error_detail = SealedOrNone()
    ticket_id: UUID | None
    ticket: ForeignKeyRelation[Ticket] | None = fields.ForeignKeyField(
        "tickets.Ticket", related_name="arrivals", null=True, on_delete=fields.SET_NULL
    )
    message_id: UUID | None
    message: ForeignKeyRelation[Message] | None = fields.ForeignKeyField(
        "tickets.Message", related_name="arrivals", null=True, on_delete=fields.SET_NULL
    )

    class Meta:
        """The digest makes a message known again when its place changed."""

        table = "inbound"
        table_description = "inbound"
        unique_together = (("account", "digest"),)
        indexes = (Index(fields=("state", "id")),)


class Location(Row):
    """One place on a mail server where a journalled mail lay or lies (RFC 3501 2.3.1.1)."""

    id = fields.UUIDField(primary_key=True)
    record_id: UUID
    record: ForeignKeyRelation[InboundRecord] = fields.ForeignKeyField(
        "tickets.InboundRecord", related_name="locations", on_delete=fields.RESTRICT
    )
    account = fields.CharField(max_length=64)
    folder = fields.CharField(max_length=255)
    uidvalidity = fields.BigIntField()
    uid = fields.BigIntField()
    email_id = fields.CharField(max_length=64, default="")  # RFC 8474
    seen_at = fields.DatetimeField()
    decorated_at = fields.DatetimeField(null=True)
    left_at = fields.DatetimeField(null=True)  # moved on, or gone from the server

    class Meta:
        """The ledger's key: flags on the server are never the state."""

        table = "location"
        table_description = "location"
        unique_together = (("account", "folder", "uidvalidity", "uid"),)
        indexes = (Index(fields=("decorated_at", "account", "folder")),)
