"""What updates of the Bot API tell, as values: who said, pressed or changed what, and where.

Texts are free of NUL and lone surrogates; names are one line, still hostile, and must be escaped
where they are shown.  `bot.updates` makes these from raw JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.content import File


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself, as `getMe` tells."""

    id: int
    username: str


@dataclass(frozen=True, slots=True)
class Chat:
    """Where something happened."""

    id: int
    kind: str  # private, group, supergroup, channel
    title: str = ""
    is_forum: bool = False

    @property
    def is_private(self) -> bool:
        """Whether one person and the bot talk here."""
        return self.kind == "private"


@dataclass(frozen=True, slots=True)
class Person:
    """Who did it; the name is what they call themselves."""

    id: int
    name: str = ""
    username: str = ""
    language_code: str = ""
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a person."""

    update_id: int
    chat: Chat
    message_id: int
    person: Person | None = None
    at: datetime | None = None  # when it was sent, by the server's clock
    thread_id: int | None = None  # of a forum's topic only
    kind: str = "text"  # of its content: text, photo, voice, contact …, unknown
    text: str = ""  # or the caption
    command: str = ""  # lower case, without slash; "" for another bot's
    argument: str = ""  # what follows the command
    addressed: bool = True  # to us: always in private chats
    reply_to: int | None = None
    quoted: str = ""  # what it answers, in the answered message's words
    files: tuple[File, ...] = ()
    album: str = ""
    details: str = ""  # a place, a contact, a poll, in words
    is_forwarded: bool = False
    is_anonymous_admin: bool = False  # or a channel: nobody whom we could know or answer


@dataclass(frozen=True, slots=True)
class Edited:
    """A message that its writer changed; `said` is how it reads now."""

    said: Said
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button that somebody pressed; it must be answered once, whatever it means."""

    update_id: int
    callback_id: str
    person: Person
    data: str = ""
    chat: Chat | None = None  # None: the message is too old to be told
    message_id: int | None = None
    thread_id: int | None = None
    text: str = ""  # of the message with the button
    label: str = ""  # of the button


@dataclass(frozen=True, slots=True)
class Membership:
    """Our own standing changed: blocked, unblocked, admin, member, removed."""

    update_id: int
    chat: Chat
    change: str
    person: Person | None = None
    at: datetime | None = None
    rights: frozenset[str] = frozenset()  # as administrator: can_manage_topics …


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody set or removed a reaction."""

    update_id: int
    chat: Chat
    message_id: int
    person: Person | None = None
    emoji: tuple[str, ...] = ()  # now; empty: removed


@dataclass(frozen=True, slots=True)
class TopicChanged:
    """A forum's topic was created, edited, closed or reopened."""

    update_id: int
    chat: Chat
    thread_id: int
    change: str
    person: Person | None = None
    is_ours: bool = False  # our own doings come back as updates
    name: str = ""


@dataclass(frozen=True, slots=True)
class Migrated:
    """A group became a supergroup of another id; message ids do not carry over."""

    update_id: int
    old_chat_id: int
    new_chat_id: int


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing for us, for this reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Not what the Bot API promises; kept and listed."""

    reason: str


Told = (
    Said | Edited | Pressed | Membership | Reacted | TopicChanged | Migrated | Ignored | Unreadable
)
