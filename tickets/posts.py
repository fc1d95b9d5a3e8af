"""Calls to a chat's server as rows: made here, sealed, and queued with whatever caused them.

Parameters are the server's own.  A value that is known only when the call leaves is written as a
reference, which the door replaces: `thread(topic)`, `number(post)`, `card(topic)`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tickets.dispatch import Lane
from tickets.ids import new_id
from tickets.models import Post
from tickets.types import Delivery
from vault.sealing import Key, Place, seal_text

ANSWER_LIFE: Final = timedelta(seconds=25)
"""How long the answer to a pressed button is of use."""


def thread(topic: UUID) -> dict[str, str]:
    """Refer to a topic's thread, whatever its number will be."""
    return {"$thread": topic.hex}


def number(post: UUID) -> dict[str, str]:
    """Refer to the message that a post made."""
    return {"$number": post.hex}


def card(topic: UUID) -> dict[str, str]:
    """Refer to a topic's card."""
    return {"$card": topic.hex}


def icon(emoji: str) -> dict[str, str]:
    """Refer to a topic's icon by its emoji."""
    return {"$icon": emoji}


@dataclass(frozen=True, slots=True)
class Address:
    """A chat to write to, and whose key seals what is written."""

    chat: int
    blind: str
    key: Key
    is_group: bool = False


@dataclass(slots=True)
class Posts:
    """The posts of one turn, in the order in which they will be sent."""

    account: str
    now: datetime
    blind: Callable[[str, str], str]
    rows: list[Post] = field(default_factory=list)

    def address(self, chat: int, key: Key) -> Address:
        """Return how to write to a chat; groups have negative ids."""
        return Address(chat, self.blind("chat", str(chat)), key, is_group=chat < 0)

    def add(  # noqa: PLR0913  - a call and everything that governs it
        self,
        method: str,
        to: Address,
        params: Mapping[str, Any],
        *,
        lane: Lane = Lane.REPLY,
        role: str = "",
        key: str = "",
        ticket_id: UUID | None = None,
        message_id: UUID | None = None,
        wait: timedelta = timedelta(0),
        life: timedelta | None = None,
        is_ordered: bool = True,
    ) -> Post:
        """Queue a call; with `key` it replaces an earlier one of that key that has not left."""
        post_id = new_id()
        whole = {"chat_id": to.chat, **params} if to.chat else dict(params)
        row = Post(
            id=post_id,
            account=self.account,
            chat_blind=to.blind if is_ordered else "",
            is_group=to.is_group,
            lane=lane,
            method=method,
            payload=seal_text(to.key, Place("post", post_id, "payload"), json.dumps(whole)),
            sealed_for=to.key.owner,
            key=key,
            role=role,
            ticket_id=ticket_id,
            message_id=message_id,
            state=Delivery.QUEUED,
            due_at=self.now + wait,
            expires_at=self.now + life if life else None,
            created_at=self.now,
        )
        self.rows.append(row)
        return row

    def answer(
        self,
        callback_id: str,
        key: Key,
        text: str = "",
        *,
        alert: bool = False,
        pressed_at: datetime,
    ) -> None:
        """Answer a pressed button; Telegram wants it within seconds, and once."""
        params = {"callback_query_id": callback_id, "text": text[:200], "show_alert": alert}
        nobody = Address(0, "", key)
        life = max(ANSWER_LIFE - (self.now - pressed_at), timedelta(milliseconds=1))
        self.add("answerCallbackQuery", nobody, params, lane=Lane.CODE, life=life)

    def react(self, to: Address, message: int, emoji: str) -> None:
        """Put a reaction on a message; an empty one takes it back."""
        reaction = [{"type": "emoji", "emoji": emoji}] if emoji else []
        params = {"message_id": message, "reaction": reaction}
        lane, key = Lane.CARD, f"react:{to.blind}:{message}"[:64]
        self.add("setMessageReaction", to, params, lane=lane, key=key, is_ordered=False)

    async def save(self) -> None:
        """Write the rows, within the caller's transaction."""
        keys = {row.key for row in self.rows if row.key}
        if keys:
            queued = Post.filter(key__in=keys, state=Delivery.QUEUED, claimed_by="")
            await queued.update(state=Delivery.EXPIRED, error="replaced")
        await Post.bulk_create(self.rows)
