"""Who writes to us: one address or chat, with a key of its own."""

from __future__ import annotations

from tortoise import fields

from tickets.models.fields import Blind, Sealed, SealedOrNone, choice
from tickets.models.row import Row
from tickets.types import Channel


class Identity(Row):
    """One address or chat id.  Its key lives in the key store under `identity:<id>`."""

    id = fields.UUIDField(primary_key=True)
    channel = choice(Channel)
    address_blind = Blind()
    address = Sealed()
    name = SealedOrNone()
    language = fields.CharField(max_length=16, default="")
    # What they asked us to use.
    chosen_language = fields.CharField(max_length=16, default="", db_default="")
    muted_at = fields.DatetimeField(null=True)  # from then on only what the law makes us tell
    banned_until = fields.DatetimeField(null=True)  # until then only what the law protects is heard
    created_at = fields.DatetimeField()
    undeliverable_at = fields.DatetimeField(null=True)
    erased_at = fields.DatetimeField(null=True)

    class Meta:
        """One row an address."""

        table = "identity"
        table_description = "identity"
        unique_together = (("channel", "address_blind"),)


class GuardCounter(Row):
    """How many automatic letters went to a sender or a domain within one hour (RFC 5230 4.2)."""

    id = fields.UUIDField(primary_key=True)
    scope = fields.CharField(max_length=16)  # sender, domain
    key_blind = Blind()
    hour_at = fields.DatetimeField()
    letters = fields.IntField(default=0)

    class Meta:
        """One row an hour."""

        table = "guard_counter"
        table_description = "guard_counter"
        unique_together = (("scope", "key_blind", "hour_at"),)
