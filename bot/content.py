"""What a Telegram message carries: its kind, its files, and words for what has none.

Pure and total: every function takes whatever JSON came and never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Json = Mapping[str, Any]

_UNSAFE: Final = re.compile("[\0\ud800-\udfff]")
_HIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SLASHES: Final = re.compile(r"[/\\]")
_SPACES: Final = re.compile(r"\s+")
_ONE_LINE: Final = 255  # characters kept of a name
_BIGGEST: Final = 1 << 62  # what a database column takes

_FILES: Final[Mapping[str, tuple[str, str]]] = {
    "animation": ("animation.mp4", "video/mp4"),
    "audio": ("audio.mp3", "audio/mpeg"),
    "video_note": ("video-note.mp4", "video/mp4"),
    "video": ("video.mp4", "video/mp4"),
    "voice": ("voice.ogg", "audio/ogg"),
    "document": ("file", "application/octet-stream"),
    "sticker": ("sticker.webp", "image/webp"),
    "photo": ("photo.jpg", "image/jpeg"),
    "live_photo": ("live-photo.mp4", "video/mp4"),
}
"""Kinds that are one file, with the name and type where Telegram tells none.

An animation comes with a `document` of the same file, so it is looked for first.
"""

_OTHERS: Final = (
    "venue",  # comes with a `location` of the same place
    "location",
    "contact",
    "poll",
    "dice",
    "game",
    "story",
    "checklist",
    "paid_media",
    "invoice",
    "giveaway",
    "text",
)

_SERVICE: Final = frozenset(
    (
        "boost_added",
        "channel_chat_created",
        "chat_background_set",
        "chat_owner_changed",
        "chat_owner_left",
        "chat_shared",
        "community_chat_added",
        "community_chat_removed",
        "checklist_tasks_added",
        "checklist_tasks_done",
        "connected_website",
        "delete_chat_photo",
        "direct_message_price_changed",
        "forum_topic_closed",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_reopened",
        "general_forum_topic_hidden",
        "general_forum_topic_unhidden",
        "gift",
        "gift_upgrade_sent",
        "giveaway_completed",
        "giveaway_created",
        "giveaway_winners",
        "group_chat_created",
        "left_chat_member",
        "managed_bot_created",
        "message_auto_delete_timer_changed",
        "migrate_from_chat_id",
        "migrate_to_chat_id",
        "new_chat_members",
        "new_chat_photo",
        "new_chat_title",
        "paid_message_price_changed",
        "passport_data",
        "pinned_message",
        "poll_option_added",
        "poll_option_deleted",
        "proximity_alert_triggered",
        "refunded_payment",
        "successful_payment",
        "suggested_post_approval_failed",
        "suggested_post_approved",
        "suggested_post_declined",
        "suggested_post_paid",
        "suggested_post_refunded",
        "supergroup_chat_created",
        "unique_gift",
        "users_shared",
        "video_chat_ended",
        "video_chat_participants_invited",
        "video_chat_scheduled",
        "video_chat_started",
        "web_app_data",
        "write_access_allowed",
    )
)
"""Fields of messages that only tell that something happened in the chat (Bot API 10.3)."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a message; its bytes are still at Telegram."""

    kind: str  # photo, document, voice …
    file_id: str  # fetches it
    unique_id: str  # names it for ever, and fetches nothing
    size: int  # bytes; 0 where Telegram did not say
    name: str
    content_type: str


def clean(text: object) -> str:
    """Return a text without NUL and lone surrogates; "" for what is none."""
    return _UNSAFE.sub("", text) if isinstance(text, str) else ""


def one_line(text: object) -> str:
    """Return a name on one line, without controls and marks that turn the writing direction."""
    line = _SPACES.sub(" ", _HIDDEN.sub(" ", clean(text))).strip()
    return line[:_ONE_LINE].strip()


def number(value: object) -> int | None:
    """Return a whole number that a database column takes, else None."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if -_BIGGEST < value < _BIGGEST else None


def table(value: object) -> Json:
    """Return a JSON object, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def rows(value: object) -> Iterator[Json]:
    """Yield the objects of a JSON array."""
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, Mapping))


def kind_of(message: Json) -> str:
    """Return what a message is: text, photo, voice …; "service", or "unknown" for what is new."""
    for kind in (*_FILES, *_OTHERS):
        if kind in message:
            return kind
    return "unknown" if _SERVICE.isdisjoint(message) else "service"


def files_of(message: Json, kind: str) -> tuple[File, ...]:
    """Return the files of a message; of a picture only its largest size."""
    if kind not in _FILES:
        return ()
    found = message.get(kind)
    if kind == "photo":
        sizes = sorted(rows(found), key=lambda one: number(one.get("width")) or 0)
        found = sizes[-1] if sizes else None
    told = table(found)
    file_id, unique_id = clean(told.get("file_id")), clean(told.get("file_unique_id"))
    if not file_id or not unique_id:
        return ()
    usual_name, usual_type = _usual(kind, told)
    name = _SLASHES.sub("_", one_line(told.get("file_name"))) or usual_name
    content_type = one_line(told.get("mime_type"))[:120] or usual_type
    size = max(number(told.get("file_size")) or 0, 0)
    return (File(kind, file_id, unique_id, size, name, content_type),)


def _usual(kind: str, told: Json) -> tuple[str, str]:
    if kind == "sticker" and told.get("is_animated") is True:
        return "sticker.tgs", "application/x-tgsticker"
    if kind == "sticker" and told.get("is_video") is True:
        return "sticker.webm", "video/webm"
    return _FILES[kind]


def in_words(message: Json, kind: str) -> str:
    """Return what a place, a contact or a poll says, for people to read; "" for other kinds."""
    told = table(message.get(kind))
    if kind in {"location", "venue"}:
        place = told if kind == "location" else table(told.get("location"))
        names = [one_line(told.get("title")), one_line(told.get("address"))]
        at = f"{_degrees(place.get('latitude'))}, {_degrees(place.get('longitude'))}"
        parts = [*names, at]
    elif kind == "contact":
        named = f"{one_line(told.get('first_name'))} {one_line(told.get('last_name'))}"
        parts = [named.strip(), one_line(told.get("phone_number"))]
    elif kind == "poll":
        options = [one_line(one.get("text")) for one in rows(told.get("options"))]
        parts = [one_line(told.get("question")), *options]
    elif kind == "sticker":
        parts = [one_line(told.get("emoji"))]
    elif kind == "checklist":
        tasks = [one_line(one.get("text")) for one in rows(told.get("tasks"))]
        parts = [one_line(told.get("title")), *tasks]
    elif kind == "dice":
        parts = [one_line(told.get("emoji")), str(number(told.get("value")) or "")]
    else:
        parts = []
    return " · ".join(part for part in parts if part)


def _degrees(value: object) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:.5f}" if is_number else "?"
