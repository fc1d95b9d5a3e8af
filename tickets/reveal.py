"""Opens what masks hide, for one agent and one reason, once that is on record.

The event is written first and by itself: where it cannot be written, nothing is opened.  Export and
reveal are the two views that fail closed; others are recorded in bulk (`tickets.audit`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from tickets.audit import new_event
from tickets.content import identity_owner
from tickets.errors import NotAllowed, Refusal
from tickets.masking import Masked, mask, mask_letter
from tickets.models import Challenge, Message
from tickets.transactions import transaction, unit_of_work
from tickets.types import Direction
from vault.sealing import Key, Place, unseal_text
from vault.vault import Vault

SHORTEST: Final = 10  # characters of a note beside the reason


class Why(StrEnum):
    """The reasons for which somebody may look behind a mask."""

    IDENTITY = "identity"  # to check who asks
    FULFIL = "fulfil"  # the hidden part is what was asked about
    FRAUD = "fraud"
    MISTAKE = "mistake"  # the mask hides what is no secret


class Revealer:
    """Shows messages masked, and unmasked to who says why."""

    def __init__(self, vault: Vault, now: Callable[[], datetime]) -> None:
        self._vault = vault
        self._now = now

    async def shown(self, message_id: UUID) -> Masked:
        """Return a message's text as an agent sees it."""
        message = await Message.get(id=message_id)
        text = _text(await self._key(message), message)
        letter = message.letter if message.direction is Direction.OUTBOUND else ""
        return mask_letter(letter, text) if letter else mask(text)

    async def reveal(self, message_id: UUID, *, why: Why, note: str, actor: str) -> str:
        """Return a message's text without masks; the event is on record before it is opened.

        Raise `Refusal` without a note of ten characters, `NotAllowed` for a letter that carries a
        code or a token: those are for their reader alone.  Whatever keeps the event from being
        written is raised as it is, and nothing is opened.
        """
        if len(note.strip()) < SHORTEST:
            raise Refusal("reason_missing")
        message = await Message.get(id=message_id)
        # A receipt may carry a token as well (`tickets.asking`).
        is_secret = message.letter.startswith("identity_")
        if is_secret or await Challenge.filter(letter_id=message.id).exists():
            raise NotAllowed("secret_of_the_reader")
        key = await self._key(message)
        await self._record(message, key, {"why": why.value, "note": note.strip()}, actor)
        return _text(key, message)

    @unit_of_work
    async def _record(
        self, message: Message, key: Key, payload: dict[str, object], actor: str
    ) -> None:
        event = new_event(
            "message_revealed",
            self._now(),
            key=key,
            ticket_id=message.ticket_id,
            actor=actor,
            payload={**payload, "message": message.id.hex},
        )
        async with transaction():
            await event.save(force_create=True)

    async def _key(self, message: Message) -> Key:
        owner = identity_owner(message.identity_id)
        keys = await self._vault.load_keys([owner])
        if owner not in keys:
            raise NotAllowed("erased")
        return keys[owner]


def _text(key: Key, message: Message) -> str:
    body = unseal_text(key, Place("message", message.id, "body"), message.body)
    if message.direction is not Direction.OUTBOUND:
        return body
    text: str = json.loads(body)["text"]
    return text
