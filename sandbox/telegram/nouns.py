"""The things of Telegram's world, each with its form on the wire: people, bots, chats, messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, Literal

from sandbox.telegram.formatting import Json
from sandbox.telegram.updates import Updates

RIGHTS = (
    *("can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members"),
    *("can_promote_members", "can_change_info", "can_invite_users", "can_post_stories"),
    *("can_edit_stories", "can_delete_stories", "can_pin_messages", "can_manage_topics"),
)
SERVICE = {
    *("forum_topic_created", "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened"),
    *("pinned_message", "new_chat_members", "left_chat_member", "migrate_to_chat_id"),
    *("migrate_from_chat_id", "group_chat_created"),
}
GROUP_ANONYMOUS_BOT: Json = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}


def _given(**fields: object) -> Json:
    return {name: value for name, value in fields.items() if value not in (None, "", False)}


@dataclass(eq=False)
class Person:
    """Somebody with a Telegram account."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language: str = "en"

    def public(self) -> Json:
        """Return the account as others see it."""
        return {"id": self.id, "is_bot": False, "first_name": self.first_name} | _given(
            last_name=self.last_name, username=self.username, language_code=self.language
        )


@dataclass
class Hook:
    """Where a bot wants its updates posted, and how that goes."""

    url: str
    secret: str = ""
    most_connections: int = 40
    last_error_at: datetime | None = None
    last_error: str = ""


@dataclass(eq=False)
class Bot:
    """One of the programs that this server was written for."""

    id: int
    token: str
    name: str
    username: str
    updates: Updates
    privacy: bool = True
    hook: Hook | None = None
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    menu_buttons: dict[int, Json] = field(default_factory=dict)

    def public(self) -> Json:
        """Return the account as others see it."""
        return {
            "id": self.id,
            "is_bot": True,
            "first_name": self.name,
            "username": self.username,
        }


User = Person | Bot
Status = Literal["creator", "administrator", "member", "left", "kicked"]


@dataclass(eq=False)
class Member:
    """A user's standing in a group."""

    user: User
    status: Status = "member"
    rights: frozenset[str] = frozenset()
    is_anonymous: bool = False

    @property
    def is_present(self) -> bool:
        """Whether this user is in the group now."""
        return self.status not in ("left", "kicked")

    def may(self, right: str) -> bool:
        """Whether this user has a right of administrators."""
        return self.status == "creator" or (self.status == "administrator" and right in self.rights)

    def public(self) -> Json:
        """Return what `getChatMember` tells."""
        body: Json = {"user": self.user.public(), "status": self.status}
        if self.status == "creator":
            body["is_anonymous"] = self.is_anonymous
        if self.status == "administrator":
            body |= {right: right in self.rights for right in RIGHTS}
            body |= {"can_be_edited": False, "is_anonymous": self.is_anonymous}
        if self.status == "kicked":
            body["until_date"] = 0
        return body


@dataclass(eq=False)
class Topic:
    """A thread of a forum; its number is that of the message that opened it."""

    id: int
    name: str
    owner: User
    icon_color: int
    icon: str = ""  # id of a custom emoji
    is_closed: bool = False


@dataclass(eq=False)
class File:
    """Bytes that a message carries."""

    id: str
    unique_id: str
    kind: str
    name: str
    mime: str
    data: bytes
    path: str = ""  # given out by getFile
    path_until: datetime | None = None


@dataclass(eq=False)
class Message:
    """A message; `content` is the part of its wire form that tells what it says."""

    id: int
    chat: Chat
    sender: User
    sent_at: datetime
    content: Json
    topic: Topic | None = None
    thread_id: int | None = None
    reply_to: Message | None = None
    markup: Json | None = None
    album: str | None = None
    origin: Json | None = None  # where a forwarded message came from
    is_protected: bool = False
    edited_at: datetime | None = None
    reactions: dict[int, list[str]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What it says in words: its text or its caption."""
        return str(self.content.get("text", self.content.get("caption", "")))

    @property
    def is_service(self) -> bool:
        """Whether it only tells that something happened in the chat."""
        return not SERVICE.isdisjoint(self.content)

    def public(self, *, with_reply: bool = True) -> Json:
        """Return the message as bots get it."""
        body: Json = {
            "message_id": self.id,
            "date": int(self.sent_at.timestamp()),
            "chat": self.chat.public(),
            "from": self.sender.public(),
        }
        member = self.chat.members.get(self.sender.id)
        if member is not None and member.is_anonymous:
            body |= {"from": GROUP_ANONYMOUS_BOT, "sender_chat": self.chat.public()}
        if self.edited_at is not None:
            body["edit_date"] = int(self.edited_at.timestamp())
        if with_reply and self.reply_to is not None:
            body["reply_to_message"] = self.reply_to.public(with_reply=False)
        if self.markup and self.markup.get("inline_keyboard"):
            body["reply_markup"] = self.markup
        return (
            body
            | _given(
                message_thread_id=self.thread_id,
                is_topic_message=self.topic is not None,
                media_group_id=self.album,
                forward_origin=self.origin,
                has_protected_content=self.is_protected,
            )
            | self.content
        )


@dataclass(eq=False)
class Chat:
    """A private chat of one person with one bot, or a group."""

    id: int
    kind: Literal["private", "group", "supergroup"]
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    title: str = ""
    is_forum: bool = False
    person: Person | None = None  # of a private chat
    bot: Bot | None = None  # of a private chat
    is_started: bool = False
    is_blocked: bool = False
    migrated_to: int | None = None
    members: dict[int, Member] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    keyboard: Json | None = None

    @property
    def is_private(self) -> bool:
        """Whether one person and one bot talk here."""
        return self.kind == "private"

    def public(self) -> Json:
        """Return the chat as messages name it."""
        body: Json = {"id": self.id, "type": self.kind}
        if self.person is not None:
            known: dict[str, Any] = self.person.public()
            return body | {
                name: known[name]
                for name in ("first_name", "last_name", "username")
                if name in known
            }
        return body | _given(title=self.title, is_forum=self.is_forum)
