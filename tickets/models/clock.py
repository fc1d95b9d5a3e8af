"""What happened to a request in law, the clocks that follow from it, and what was said of them."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyRelation
from tortoise.indexes import Index

from tickets.models.fields import choice
from tickets.models.row import Row
from tickets.models.ticket import Request, Ticket


class ClockFamily(StrEnum):
    """Statute and service target are different clocks."""

    STATUTE = "statute"
    SERVICE = "service"


class ClockKind(StrEnum):
    """What a clock waits for."""

    ACKNOWLEDGE = "acknowledge"
    RESPOND = "respond"  # statute: the last day that the law allows
    INTERNAL = "internal"  # statute: the day to have it done by
    FIRST_RESPONSE = "first_response"  # service: a person of ours wrote
    NEXT_RESPONSE = "next_response"
    RESOLVE = "resolve"


class RequestEvent(Row):
    """One thing that may move a statutory clock; every date is derived from this list.

    `type` is one of `regimes.events.EventType`; an event entered late corrects every date.
    """

    id = fields.UUIDField(primary_key=True)
    request_id: UUID
    request: ForeignKeyRelation[Request] = fields.ForeignKeyField(
        "tickets.Request", related_name="law_events", on_delete=fields.CASCADE
    )
    type = fields.CharField(max_length=32)
    at = fields.DatetimeField()
    until = fields.DateField(null=True)
    entered_at = fields.DatetimeField()
    actor = fields.CharField(max_length=48, default="system")

    class Meta:
        """By request."""

        table = "request_event"
        table_description = "request_event"
        indexes = (Index(fields=("request_id",)),)


class Clock(Row):
    """One thing that is due on a request (statute) or on a ticket (service).

    `due_at` is the first moment that is too late, None while the clock stands or has no number.
    `rules` names the rules that it was computed under, so that a change of them shows.
    """

    id = fields.UUIDField(primary_key=True)
    ticket_id: UUID
    ticket: ForeignKeyRelation[Ticket] = fields.ForeignKeyField(
        "tickets.Ticket", related_name="clocks", on_delete=fields.RESTRICT
    )
    request_id: UUID | None
    request: ForeignKeyRelation[Request] | None = fields.ForeignKeyField(
        "tickets.Request", related_name="clocks", null=True, on_delete=fields.CASCADE
    )
    family = choice(ClockFamily)
    kind = choice(ClockKind)
    started_at = fields.DatetimeField()
    due_at = fields.DatetimeField(null=True)
    due_on = fields.DateField(null=True)
    met_at = fields.DatetimeField(null=True)
    stopped_at = fields.DatetimeField(null=True)  # nothing is due any more, without being met
    breached_at = fields.DatetimeField(null=True)
    next_at = fields.DatetimeField(null=True)  # the next warning, or the breach
    rules = fields.CharField(max_length=16, default="")

    class Meta:
        """By ticket for people, by the next moment for the loop."""

        table = "clock"
        table_description = "clock"
        indexes = (
            Index(fields=("ticket_id",)),
            Index(fields=("next_at",)),
            Index(fields=("met_at", "stopped_at", "rules")),
        )


class ClockNotice(Row):
    """A warning or a breach, recorded once, with the moment it happened."""

    id = fields.UUIDField(primary_key=True)
    clock_id: UUID
    clock: ForeignKeyRelation[Clock] = fields.ForeignKeyField(
        "tickets.Clock", related_name="notices", on_delete=fields.CASCADE
    )
    code = fields.CharField(max_length=16)  # 50%, 80%, 95%, 14d, 7d, 3d, 1d, breach
    due_at = fields.DatetimeField()
    happened_at = fields.DatetimeField()
    noticed_at = fields.DatetimeField()

    class Meta:
        """Once for each moment."""

        table = "clock_notice"
        table_description = "clock_notice"
        unique_together = (("clock_id", "code", "happened_at"),)
