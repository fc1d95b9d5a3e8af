"""What happened, and the chain that proves nothing was changed."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index

from tickets.models.fields import SealedOrNone
from tickets.models.row import Row


class Event(Row):
    """One thing that happened; `digest` covers every column but `batch`."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharField(max_length=48)
    actor = fields.CharField(max_length=48)  # system, or agent:<id>
    ticket_id = fields.UUIDField(null=True)
    at = fields.DatetimeField()
    payload = SealedOrNone()
    digest = fields.CharField(max_length=64)
    batch_id = fields.UUIDField(null=True)

    class Meta:
        """By ticket for people, by batch for the sealer."""

        table = "event"
        table_description = "event"
        indexes = (Index(fields=("ticket_id", "at")), Index(fields=("batch_id",)))


class AuditBatch(Row):
    """A second's worth of events, chained to the batch before it and signed.

    `events` holds their ids in order, 16 bytes each.  `link` covers the link before, the number and
    every event's digest.  Each month is a chain of its own that begins at the closing link of the
    month before, so an expired month may go and leave only its last batch.
    """

    id = fields.UUIDField(primary_key=True)
    month = fields.CharField(max_length=7)
    number = fields.IntField()
    events = fields.BinaryField()
    link = fields.CharField(max_length=64)
    signature = fields.CharField(max_length=128)
    sealed_at = fields.DatetimeField()

    class Meta:
        """In order."""

        table = "audit_batch"
        table_description = "audit_batch"
        unique_together = (("month", "number"),)
