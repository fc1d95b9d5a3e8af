"""What we asked somebody to prove who they are, and what became of it."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyRelation
from tortoise.indexes import Index

from tickets.models.fields import Blind, choice
from tickets.models.row import Row
from tickets.models.ticket import Request


class Method(StrEnum):
    """How somebody proves that an address is theirs."""

    REPLY = "reply"  # answers a letter that carries a token
    MAIL_CODE = "mail_code"  # types a code that a mail brought into a chat
    SMS_CODE = "sms_code"  # the same by text message
    AGENT = "agent"  # an agent saw it and says how


class ChallengeState(StrEnum):
    """Where a challenge stands."""

    OPEN = "open"
    EXPIRED = "expired"  # out of time; an answer now is for an agent
    PROVEN = "proven"
    DENIED = "denied"  # the address's owner says: not me
    SPENT = "spent"  # no try is left
    REPLACED = "replaced"  # asked anew


class Challenge(Row):
    """One secret for one request: what proves it, how often it was tried, what came of it.

    `secret_blind` covers the secret, the request and its right, so it proves nothing else.  Several
    requests asked for in one letter have a row each and share `letter_id`.
    """

    id = fields.UUIDField(primary_key=True)
    request_id: UUID
    request: ForeignKeyRelation[Request] = fields.ForeignKeyField(
        "tickets.Request", related_name="challenges", on_delete=fields.CASCADE
    )
    method = choice(Method)
    state = choice(ChallengeState, ChallengeState.OPEN)
    claimant_blind = Blind()  # who asks
    address_blind = Blind()  # whose address the secret went to
    secret_blind = Blind()
    tries = fields.SmallIntField(default=0)
    is_aligned = fields.BooleanField(default=False)  # the claimant's mail passed DMARC
    is_customer = fields.BooleanField(null=True)  # what the directory said; None: not asked
    letter_id = fields.UUIDField(null=True)  # the message that carries the secret
    created_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        """By request, counted by address, and by what runs out of time."""

        table = "challenge"
        table_description = "challenge"
        indexes = (
            Index(fields=("request_id", "state")),
            Index(fields=("address_blind", "created_at")),
            Index(fields=("state", "created_at")),
        )
