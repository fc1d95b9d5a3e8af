"""What an agent works on, and the rights exercised within it."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyRelation
from tortoise.indexes import Index

from tickets.models.fields import Sealed, SealedOrNone, choice
from tickets.models.identity import Identity
from tickets.models.row import Row
from tickets.types import Alignment, Channel, Intent, Priority, RequestState, Right, Status, Topic


class Ticket(Row):
    """A conversation with one requester about one matter."""

    id = fields.UUIDField(primary_key=True)
    reference = fields.CharField(max_length=16, unique=True)
    requester_id: UUID
    requester: ForeignKeyRelation[Identity] = fields.ForeignKeyField(
        "tickets.Identity", related_name="tickets", on_delete=fields.RESTRICT
    )
    channel = choice(Channel)
    account = fields.CharField(max_length=64)
    status = choice(Status, Status.NEW)
    intent = choice(Intent)
    also = fields.JSONField[list[str]](default=list)
    rights = fields.JSONField[list[str]](default=list)
    topic = choice(Topic, null=True)
    policy_section = fields.SmallIntField(null=True)
    language = fields.CharField(max_length=16, default="und")
    confidence = fields.FloatField(default=0.0)
    needs_human = fields.BooleanField(default=True)
    marks = fields.JSONField[list[str]](default=list)
    work = fields.JSONField[list[str]](default=list)
    alignment = choice(Alignment, Alignment.NONE)
    subject = Sealed()
    why = Sealed()
    received_at = fields.DatetimeField()
    received_source = fields.CharField(max_length=16)  # received, internal, fetched
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    follow_up_of_id: UUID | None
    follow_up_of: ForeignKeyRelation[Ticket] | None = fields.ForeignKeyField(
        "tickets.Ticket", related_name="follow_ups", null=True, on_delete=fields.SET_NULL
    )
    follow_up_kind = fields.CharField(max_length=16, default="")  # possible, linked
    priority = choice(Priority, Priority.NORMAL, db_default=Priority.NORMAL)
    agent_id = fields.UUIDField(null=True)
    team_id = fields.UUIDField(null=True)
    begun_at = fields.DatetimeField(null=True)  # an agent took it or acted first
    merged_into_id = fields.UUIDField(null=True)  # its requests and messages are there now
    waiting_at = fields.DatetimeField(null=True)  # since then our last word asks for theirs

    class Meta:
        """Newest first is the commonest order."""

        table = "ticket"
        table_description = "ticket"
        indexes = (
            Index(fields=("requester_id", "created_at")),
            Index(fields=("status", "created_at")),
        )


class Request(Row):
    """One right exercised within a ticket, with its own statutory clock.

    Asked again after an answer it is a new request of the next `round`.
    """

    id = fields.UUIDField(primary_key=True)
    ticket_id: UUID
    ticket: ForeignKeyRelation[Ticket] = fields.ForeignKeyField(
        "tickets.Ticket", related_name="requests", on_delete=fields.RESTRICT
    )
    right = choice(Right)
    round = fields.SmallIntField(default=1, db_default=1)
    state = choice(RequestState, RequestState.RECEIVED)
    regimes = fields.JSONField[list[str]](default=list)  # candidates, likeliest first
    regimes_why = SealedOrNone()
    is_settled = fields.BooleanField(default=False, db_default=False)  # an agent said which regime
    received_at = fields.DatetimeField()
    created_at = fields.DatetimeField()
    proven_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    ground = fields.CharField(max_length=48, default="", db_default="")  # of a refusal
    answer_id = fields.UUIDField(null=True)  # the letter that answers it
    answered_at = fields.DatetimeField(null=True)  # that letter left us
    duplicate_of_id = fields.UUIDField(null=True)  # the same right, asked elsewhere and open

    class Meta:
        """One open request a right and round; by whether its answer has left us, for the clocks."""

        table = "request"
        table_description = "request"
        unique_together = (("ticket_id", "right", "round"),)
        indexes = (Index(fields=("answered_at", "answer_id")),)
