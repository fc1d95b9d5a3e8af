"""What people still have to do for a request, and what a second person has to see first."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyRelation
from tortoise.indexes import Index
from tortoise.models import Model

from tickets.models.fields import Sealed, SealedOrNone, choice
from tickets.models.ticket import Request, Ticket


class Verdict(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    OVERTAKEN = "overtaken"  # something else was decided in the meantime


class Task(Model):
    """One thing to do by hand, such as deleting an account in a system we do not reach."""

    id = fields.UUIDField(primary_key=True)
    ticket_id: UUID
    ticket: ForeignKeyRelation[Ticket] = fields.ForeignKeyField(
        "tickets.Ticket", related_name="tasks", on_delete=fields.RESTRICT
    )
    request_id: UUID | None
    request: ForeignKeyRelation[Request] | None = fields.ForeignKeyField(
        "tickets.Request", related_name="tasks", null=True, on_delete=fields.CASCADE
    )
    code = fields.CharField(max_length=48)
    note = SealedOrNone()
    created_at = fields.DatetimeField()
    done_at = fields.DatetimeField(null=True)
    done_by = fields.CharField(max_length=48, default="")

    class Meta:
        """By ticket."""

        table = "task"
        table_description = "task"
        indexes = (Index(fields=("ticket_id", "done_at")),)


class Approval(Model):
    """An outcome that one agent proposed: the letter is rendered here and goes out as it stands."""

    id = fields.UUIDField(primary_key=True)
    ticket_id: UUID
    ticket: ForeignKeyRelation[Ticket] = fields.ForeignKeyField(
        "tickets.Ticket", related_name="approvals", on_delete=fields.RESTRICT
    )
    request_id: UUID
    request: ForeignKeyRelation[Request] = fields.ForeignKeyField(
        "tickets.Request", related_name="approvals", on_delete=fields.CASCADE
    )
    outcome = fields.CharField(max_length=32)  # the request's state once approved
    ground = fields.CharField(max_length=48, default="")
    letter = fields.CharField(max_length=64)
    content = Sealed()  # the letter, as JSON
    proposed_by = fields.CharField(max_length=48)
    proposed_at = fields.DatetimeField()
    verdict = choice(Verdict, Verdict.OPEN)
    decided_by = fields.CharField(max_length=48, default="")
    decided_at = fields.DatetimeField(null=True)

    class Meta:
        """By ticket."""

        table = "approval"
        table_description = "approval"
        indexes = (Index(fields=("ticket_id", "verdict")),)
