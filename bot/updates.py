"""Read an update of the Bot API: raw JSON in, what happened out.

`read_update` is pure and total: it takes any JSON and never raises.  It decides nothing and knows
no ticket; `bot.conversation` hands what it tells (`bot.told`) to the flows.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from bot.content import Json, clean, files_of, in_words, kind_of, number, one_line, rows, table
from bot.told import (
    Chat,
    Edited,
    Ignored,
    Me,
    Membership,
    Migrated,
    Person,
    Pressed,
    Reacted,
    Said,
    Told,
    TopicChanged,
    Unreadable,
)

__all__ = [
    "ALLOWED_UPDATES",
    "Chat",
    "Edited",
    "Ignored",
    "Me",
    "Membership",
    "Migrated",
    "Person",
    "Pressed",
    "Reacted",
    "Said",
    "Told",
    "TopicChanged",
    "Unreadable",
    "chat_of",
    "read_update",
    "update_key",
]

ALLOWED_UPDATES: Final = (
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "message_reaction",
)
"""The kinds of updates that we ask for, always: the last list given sticks on the server."""

_GROUP_ANONYMOUS_BOT: Final = 1087968824  # `from` of administrators who remain anonymous
_COMMAND: Final = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@(\w{1,64}))?(?:\s+(.*))?\Z", re.DOTALL)
_TOPICS: Final = {
    "forum_topic_created": "created",
    "forum_topic_edited": "edited",
    "forum_topic_closed": "closed",
    "forum_topic_reopened": "reopened",
}
_LANGUAGE: Final = 16  # characters, as tickets keep it
_LATEST: Final = 1 << 36  # seconds: a date beyond is none


def read_update(raw: object, bot: Me) -> Told:
    """Return what an update tells; never raises."""
    told = table(raw)
    update_id = number(told.get("update_id"))
    if update_id is None:
        return Unreadable("no_update_id")
    reader = _Reader(update_id, bot)
    for kind, read in (
        ("message", reader.message),
        ("edited_message", reader.edited),
        ("callback_query", reader.pressed),
        ("my_chat_member", reader.membership),
        ("message_reaction", reader.reacted),
    ):
        if kind in told:
            return read(table(told[kind]))
    return Ignored("not_asked_for")


def update_key(raw: object) -> str:
    """Return a name that only this update has, however often it is delivered.

    Numbering starts anew after a quiet week, so the update's number alone is not enough.
    """
    told = table(raw)
    update_id = number(told.get("update_id"))
    kind = next((kind for kind in ALLOWED_UPDATES if kind in told), "")
    if update_id is None or not kind:
        whole = json.dumps(raw, sort_keys=True, default=str).encode()
        return f"json/{hashlib.sha256(whole).hexdigest()}"
    body = table(told[kind])
    what = _text_id(body.get("id")) or f"{number(body.get('message_id')) or 0}"
    when = number(body.get("edit_date")) or number(body.get("date")) or 0
    return f"{update_id}/{kind}/{chat_of(raw)}/{what}/{when}"


def chat_of(raw: object) -> int | None:
    """Return the chat whose order an update keeps; for a button without message, its presser."""
    told = table(raw)
    for kind in ALLOWED_UPDATES:
        body = table(told.get(kind))
        chat = table(body.get("chat")) or table(table(body.get("message")).get("chat"))
        found = number(chat.get("id")) or number(table(body.get("from")).get("id"))
        if found is not None:
            return found
    return None


class _Reader:
    """One update while it is read."""

    def __init__(self, update_id: int, bot: Me) -> None:
        self.update_id = update_id
        self.bot = bot

    def message(self, body: Json) -> Told:
        chat, message_id = _chat(body.get("chat")), number(body.get("message_id"))
        if chat is None or message_id is None:
            return Unreadable("no_chat")
        kind = kind_of(body)
        if kind == "service":
            return self._service(body, chat)
        if chat.kind == "channel":
            return Ignored("channel")
        person = _person(body.get("from"))
        if person is not None and person.id == self.bot.id:
            return Ignored("our_own")
        text = clean(body.get("text")) or clean(body.get("caption"))
        said = Said(
            self.update_id,
            chat,
            message_id,
            person,
            _moment(body.get("date")),
            _thread(body),
            kind,
            text,
            quoted=_quoted(body),
            reply_to=_reply_to(body),
            files=files_of(body, kind),
            album=clean(body.get("media_group_id")),
            details=in_words(body, kind),
            is_forwarded="forward_origin" in body,
            is_anonymous_admin=_is_anonymous(body, chat, person),
        )
        return self._addressed(self._command(said), body)

    def edited(self, body: Json) -> Told:
        told = self.message(body)
        return Edited(told, _moment(body.get("edit_date"))) if isinstance(told, Said) else told

    def pressed(self, body: Json) -> Told:
        callback_id, person = _text_id(body.get("id")), _person(body.get("from"))
        if not callback_id or person is None:
            return Unreadable("no_callback")
        message, data = table(body.get("message")), clean(body.get("data"))
        buttons = table(message.get("reply_markup")).get("inline_keyboard")
        keyboard = buttons if isinstance(buttons, list) else []
        labels = (
            one_line(button.get("text"))
            for row in keyboard
            for button in rows(row)
            if data and button.get("callback_data") == data
        )
        return Pressed(
            self.update_id,
            callback_id,
            person,
            data,
            _chat(message.get("chat")),
            number(message.get("message_id")),
            _thread(message),
            clean(message.get("text")) or clean(message.get("caption")),
            next(labels, ""),
        )

    def membership(self, body: Json) -> Told:
        chat = _chat(body.get("chat"))
        if chat is None:
            return Unreadable("no_chat")
        new = table(body.get("new_chat_member"))
        status = clean(new.get("status"))
        is_out = status in {"left", "kicked"} or new.get("is_member") is False
        if chat.is_private:
            change = "blocked" if is_out else "unblocked"
        else:
            change = "removed" if is_out else "admin" if status == "administrator" else "member"
        rights = frozenset(name for name in new if name.startswith("can_") and new[name] is True)
        person, at = _person(body.get("from")), _moment(body.get("date"))
        return Membership(self.update_id, chat, change, person, at, rights)

    def reacted(self, body: Json) -> Told:
        chat, message_id = _chat(body.get("chat")), number(body.get("message_id"))
        if chat is None or message_id is None:
            return Unreadable("no_chat")
        emoji = (one_line(one.get("emoji")) for one in rows(body.get("new_reaction")))
        shown = tuple(one for one in emoji if one)
        return Reacted(self.update_id, chat, message_id, _person(body.get("user")), shown)

    def _service(self, body: Json, chat: Chat) -> Told:
        new, old = number(body.get("migrate_to_chat_id")), number(body.get("migrate_from_chat_id"))
        if new is not None:
            return Migrated(self.update_id, chat.id, new)
        if old is not None:
            return Migrated(self.update_id, old, chat.id)
        thread = number(body.get("message_thread_id"))
        field = next((name for name in _TOPICS if name in body), "")
        if not field or thread is None:
            return Ignored("service")
        person = _person(body.get("from"))
        return TopicChanged(
            self.update_id,
            chat,
            thread,
            _TOPICS[field],
            person,
            person is not None and person.id == self.bot.id,
            one_line(table(body[field]).get("name")),
        )

    def _command(self, said: Said) -> Said:
        found = _COMMAND.match(said.text) if said.kind == "text" else None
        if found is None or said.is_forwarded:
            return said
        if found[2] and found[2].lower() != self.bot.username.lower():
            return said
        return replace(said, command=found[1].lower(), argument=(found[3] or "").strip())

    def _addressed(self, said: Said, body: Json) -> Said:
        """Say whether a message of a group is meant for us."""
        if said.chat.is_private or said.command:
            return said
        ours = rf"(?<!\w)@{re.escape(self.bot.username)}(?!\w)"
        mentioned = re.search(ours, said.text, re.IGNORECASE)
        entities = (*rows(body.get("entities")), *rows(body.get("caption_entities")))
        named = any(table(one.get("user")).get("id") == self.bot.id for one in entities)
        answered = table(table(body.get("reply_to_message")).get("from")).get("id")
        answers_us = said.reply_to is not None and answered == self.bot.id
        return replace(said, addressed=bool(mentioned or named or answers_us))


def _chat(value: object) -> Chat | None:
    told = table(value)
    chat_id = number(told.get("id"))
    if chat_id is None:
        return None
    kind = told.get("type")
    if kind not in {"private", "group", "supergroup", "channel"}:
        kind = "private" if chat_id > 0 else "group"
    return Chat(chat_id, kind, one_line(told.get("title")), told.get("is_forum") is True)


def _person(value: object) -> Person | None:
    told = table(value)
    person_id = number(told.get("id"))
    if person_id is None:
        return None
    name = f"{one_line(told.get('first_name'))} {one_line(told.get('last_name'))}"
    return Person(
        person_id,
        one_line(name),
        one_line(told.get("username")),
        one_line(told.get("language_code"))[:_LANGUAGE],
        told.get("is_bot") is True,
    )


def _moment(value: object) -> datetime | None:
    seconds = number(value)
    if seconds is None or not 0 < seconds < _LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _thread(body: Json) -> int | None:
    """Return the topic: in General an answer carries a number that is no topic's."""
    return number(body.get("message_thread_id")) if body.get("is_topic_message") is True else None


def _reply_to(body: Json) -> int | None:
    """Return what a message answers: a plain line in a topic hangs on the topic's first message."""
    answered = table(body.get("reply_to_message"))
    message_id = number(answered.get("message_id"))
    is_first = message_id == number(body.get("message_thread_id"))
    return None if is_first and _thread(body) else message_id


def _quoted(body: Json) -> str:
    if _reply_to(body) is None:
        return ""
    answered = table(body.get("reply_to_message"))
    quote = clean(table(body.get("quote")).get("text"))
    return quote or clean(answered.get("text")) or clean(answered.get("caption"))


def _is_anonymous(body: Json, chat: Chat, person: Person | None) -> bool:
    """Tell whether somebody writes as the group or as a channel: `from` is then a stand-in."""
    if chat.is_private:
        return False
    as_chat = number(table(body.get("sender_chat")).get("id")) is not None
    return as_chat or (person is not None and person.id == _GROUP_ANONYMOUS_BOT)


def _text_id(value: Any) -> str:  # noqa: ANN401  - whatever the JSON holds
    return clean(value)[:64] if isinstance(value, str) else ""
