"""Who works at the desk."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyRelation
from tortoise.models import Model

from tickets.models.fields import Blind, Sealed, choice


class Role(StrEnum):
    """What somebody may do; `tickets.agents.PERMISSIONS` is the whole table."""

    READER = "reader"
    AGENT = "agent"
    LEAD = "lead"
    MANAGER = "manager"


class Team(Model):
    """Agents who share a queue and its targets."""

    id = fields.UUIDField(primary_key=True)
    name = fields.CharField(max_length=64, unique=True)
    created_at = fields.DatetimeField()

    class Meta:
        """By name."""

        table = "team"
        table_description = "team"


class Agent(Model):
    """A person at the desk; their name lies under the staff key."""

    id = fields.UUIDField(primary_key=True)
    name_blind = Blind(unique=True)
    name = Sealed()
    role = choice(Role, Role.AGENT)
    team_id: UUID | None
    team: ForeignKeyRelation[Team] | None = fields.ForeignKeyField(
        "tickets.Team", related_name="agents", null=True, on_delete=fields.SET_NULL
    )
    link_blind = Blind(default="")  # of a code that links a chat or a browser, once
    link_expires_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    disabled_at = fields.DatetimeField(null=True)

    class Meta:
        """By the blinded name."""

        table = "agent"
        table_description = "agent"
