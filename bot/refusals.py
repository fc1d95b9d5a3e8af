"""How the Bot API says no, in the desk's words: codes, never its sentences.

Its descriptions may quote what was sent, so none of them goes any further than here.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, Final

from telegram.error import TelegramError

from tickets.errors import (
    DeliveryError,
    PermanentDeliveryError,
    TemporaryDeliveryError,
    UnknownDeliveryError,
)


class Why(StrEnum):
    """Why a call was refused for good."""

    BLOCKED = "blocked"  # the person stopped the bot
    DEACTIVATED = "deactivated"  # their account is gone
    NOT_STARTED = "not_started"  # they never wrote to the bot
    KICKED = "kicked"  # the group does not have the bot
    NO_CHAT = "no_chat"
    NO_TOPIC = "no_topic"  # the topic was deleted
    TOPIC_CLOSED = "topic_closed"
    NOT_FORUM = "not_forum"
    GONE = "gone"  # the message to edit, answer, copy, pin or delete; the file to fetch
    BAD_MARKUP = "bad_markup"
    NOT_MODIFIED = "not_modified"  # it is as it should be
    MIGRATED = "migrated"  # the group has another id now
    QUERY_OLD = "query_old"  # too late to answer a button
    TOO_LARGE = "too_large"
    NO_RIGHTS = "no_rights"
    UNAUTHORIZED = "unauthorized"  # the token is not valid
    CONFLICT = "conflict"  # another copy polls, or a webhook is set
    REFUSED = "refused"  # anything else


class Refused(PermanentDeliveryError):
    """The Bot API will not do it; `migrated_to` is the group's new id where it has one."""

    def __init__(self, code: Why, reason: str, *, migrated_to: int | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.migrated_to = migrated_to


class Answered(TelegramError):
    """An answer of the server that is no success, as it came."""

    def __init__(self, status: int, payload: bytes) -> None:
        super().__init__(str(status))
        self.status = status
        self.body: dict[str, Any] = {}
        try:
            body = json.loads(payload)
        except ValueError:
            return  # a gateway's page
        if isinstance(body, dict):
            self.body = body


_TOLD: Final[tuple[tuple[str, Why], ...]] = (
    ("bot was blocked", Why.BLOCKED),
    ("user is deactivated", Why.DEACTIVATED),
    ("can't initiate conversation", Why.NOT_STARTED),
    ("bot was kicked", Why.KICKED),
    ("bot is not a member", Why.KICKED),
    ("have no rights", Why.NO_RIGHTS),
    ("not enough rights", Why.NO_RIGHTS),
    ("need administrator rights", Why.NO_RIGHTS),
    ("chat_write_forbidden", Why.NO_RIGHTS),
    ("chat_admin_required", Why.NO_RIGHTS),
    ("message thread not found", Why.NO_TOPIC),
    ("topic_id_invalid", Why.NO_TOPIC),
    ("topic_deleted", Why.NO_TOPIC),
    ("topic_closed", Why.TOPIC_CLOSED),
    ("chat is not a forum", Why.NOT_FORUM),
    ("chat not found", Why.NO_CHAT),
    ("can't parse entities", Why.BAD_MARKUP),
    ("message is not modified", Why.NOT_MODIFIED),
    ("topic_not_modified", Why.NOT_MODIFIED),
    ("chat_not_modified", Why.NOT_MODIFIED),
    ("query is too old", Why.QUERY_OLD),
    ("query_id_invalid", Why.QUERY_OLD),
    ("is too long", Why.TOO_LARGE),
    ("too big", Why.TOO_LARGE),
    ("message_too_long", Why.TOO_LARGE),
    ("message_id_invalid", Why.GONE),
    ("message can't be edited", Why.GONE),
    ("message can't be deleted", Why.GONE),
    ("wrong file_id", Why.GONE),
    ("file is temporarily unavailable", Why.GONE),
    ("there are no messages to", Why.GONE),
)
"""What the server's sentences hold, in small letters; the first that fits decides."""

_STATUSES: Final = {
    401: Why.UNAUTHORIZED,
    404: Why.UNAUTHORIZED,  # what the server says of a malformed token
    409: Why.CONFLICT,
    413: Why.TOO_LARGE,
}
_TOO_MANY: Final = 429
_SERVER: Final = 500
_NOT_REACHED: Final = frozenset({502, 503})


def translate(answer: Answered) -> DeliveryError:
    """Say in the desk's terms what an answer means."""
    hints = answer.body.get("parameters")
    hints = hints if isinstance(hints, dict) else {}
    if answer.status == _TOO_MANY:
        return TemporaryDeliveryError("429", retry_after=float(hints.get("retry_after") or 1))
    if answer.status in _NOT_REACHED:  # a gateway that did not reach the server behind it
        return TemporaryDeliveryError(str(answer.status))
    if answer.status >= _SERVER:  # the server fell over it, perhaps after it was done
        return UnknownDeliveryError(str(answer.status))
    new_id = hints.get("migrate_to_chat_id")
    code = Why.MIGRATED if new_id else _why(answer)
    reason = f"refused {answer.status}" if code is Why.REFUSED else code.value
    return Refused(code, reason, migrated_to=int(new_id) if new_id else None)


def _why(answer: Answered) -> Why:
    told = str(answer.body.get("description", "")).casefold()
    if answer.status in _STATUSES:
        return _STATUSES[answer.status]
    if "message to " in told and told.endswith("not found"):
        return Why.GONE
    return next((why for part, why in _TOLD if part in told), Why.REFUSED)
