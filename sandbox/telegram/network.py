"""The state of Telegram's world and the few moves that everything else is made of.

It knows neither methods of the Bot API nor what people do: those are `methods` and `acts`.  No I/O;
the clock is handed in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from random import Random
from typing import Any

from sandbox.telegram.formatting import Json
from sandbox.telegram.nouns import RIGHTS, Bot, Chat, File, Member, Message, Person, Topic, User
from sandbox.telegram.pacing import Limits, Pacer
from sandbox.telegram.refusals import forbidden, unlucky
from sandbox.telegram.updates import Updates

_COLORS = (0x6FB9F0, 0xFFD67E, 0xCB86DB, 0x8EEE98, 0xFF93B2, 0xFB6F5F)
_FIRST_PERSON = 5_000_000_001  # beyond 32 bits, as new accounts are
_FIRST_GROUP = -1_002_000_000_001
_RIGHTS = frozenset(RIGHTS) - {"can_promote_members"}


@dataclass(frozen=True)
class Event:
    """Something that somebody can see: `kind` and where; `data` as the wire would tell it."""

    kind: str
    chat_id: int = 0
    data: Json = field(default_factory=dict)


@dataclass
class Query:
    """A button that a person pressed, until the bot answers."""

    id: str
    bot: Bot
    person: Person
    message: Message
    data: str
    at: datetime
    answer: Json | None = None


class Network:
    """People, bots, chats, messages and files."""

    def __init__(
        self, now: Callable[[], datetime], *, limits: Limits | None = None, seed: int = 1
    ) -> None:
        self.now = now
        self.limits = limits or Limits()
        self.people: dict[int, Person] = {}
        self.bots: dict[str, Bot] = {}
        self.groups: dict[int, Chat] = {}
        self.private: dict[tuple[int, int], Chat] = {}
        self.files: dict[str, File] = {}
        self.queries: dict[str, Query] = {}
        self.pacers: dict[int, Pacer] = {}
        self.events: list[Event] = []
        self.random = Random(seed)  # noqa: S311 - repeatable, and nothing depends on secrecy
        self._person_ids = count(_FIRST_PERSON)
        self._group_ids = count(_FIRST_GROUP, -1)
        self._message_ids: dict[int, count[int]] = {}  # of a bot's private chats, all together

    # Who is there

    def add_person(self, first_name: str, **facts: str) -> Person:
        """Open an account: `last_name`, `username`, `language`."""
        person = Person(next(self._person_ids), first_name, **facts)
        self.people[person.id] = person
        return person

    def add_bot(self, token: str, name: str, username: str, *, privacy: bool = True) -> Bot:
        """Register a bot; the number before the colon of its token is its id."""
        identity = int(token.partition(":")[0])
        bot = Bot(identity, token, name, username, Updates(self.random), privacy)
        self.bots[token] = bot
        self._message_ids[bot.id] = count(1)
        self.pacers[bot.id] = Pacer(self.limits)
        return bot

    def add_group(
        self,
        title: str,
        *members: User,
        admins: tuple[User, ...] = (),
        is_forum: bool = False,
        kind: str = "supergroup",
    ) -> Chat:
        """Found a group; administrators get every right but that of promoting others."""
        chat = Chat(next(self._group_ids), "supergroup", count(2), title=title, is_forum=is_forum)
        if kind == "group":
            chat.kind = "group"
        self.groups[chat.id] = chat
        for user in members:
            chat.members[user.id] = Member(user)
        for user in admins:
            chat.members[user.id] = Member(user, "administrator", _RIGHTS)
        return chat

    def private_chat(self, bot: Bot, person: Person) -> Chat:
        """Return the chat of a person with a bot, started or not."""
        key = (bot.id, person.id)
        if key not in self.private:
            ids = self._message_ids[bot.id]
            self.private[key] = Chat(person.id, "private", ids, person=person, bot=bot)
        return self.private[key]

    def user(self, user_id: int) -> User | None:
        """Return a person or a bot."""
        bots = (bot for bot in self.bots.values() if bot.id == user_id)
        return self.people.get(user_id) or next(bots, None)

    # Where a bot may go

    def chat(self, bot: Bot, chat_id: int | str) -> Chat:
        """Return a chat that the bot can know, or raise as the server does."""
        if isinstance(chat_id, int) and chat_id in self.people:
            return self._person_chat(bot, self.people[chat_id])
        chat = self.groups.get(chat_id) if isinstance(chat_id, int) else None
        if chat is None or bot.id not in chat.members:
            raise unlucky("chat not found")
        if chat.migrated_to is not None:
            raise unlucky(
                "group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to
            )
        standing = chat.members[bot.id].status
        if standing == "kicked":
            raise forbidden(f"bot was kicked from the {chat.kind} chat")
        if standing == "left":
            raise forbidden(f"bot is not a member of the {chat.kind} chat")
        return chat

    def _person_chat(self, bot: Bot, person: Person) -> Chat:
        chat = self.private_chat(bot, person)
        if not chat.is_started:
            shared = any(
                {bot.id, person.id} <= set(group.members) for group in self.groups.values()
            )
            if shared:
                raise forbidden("bot can't initiate conversation with a user")
            raise unlucky("chat not found")
        return chat

    # What happens

    def tell(self, kind: str, chat: Chat | None = None, **data: Any) -> None:  # noqa: ANN401
        """Note an event for those who look on."""
        self.events.append(Event(kind, chat.id if chat else 0, data))

    def post(self, chat: Chat, sender: User, content: Json, **facts: Any) -> Message:  # noqa: ANN401
        """Put a message into a chat and hand it to the bots that may hear it.

        Facts are fields of `Message`.  In a topic every message hangs on the topic's first one; in
        a supergroup without topics, and in General, an answer carries the number of its thread.
        """
        message = Message(next(chat.ids), chat, sender, self.now(), content, **facts)
        if message.topic is not None:
            message.thread_id = message.topic.id
            if message.reply_to is None:
                message.reply_to = chat.messages.get(message.topic.id)
        elif message.reply_to is not None and chat.kind == "supergroup":
            message.thread_id = message.reply_to.thread_id or message.reply_to.id
        return self._place(message)

    def _place(self, message: Message) -> Message:
        chat = message.chat
        chat.messages[message.id] = message
        self._note_keyboard(chat, message)
        self.tell("message", chat, message=message.public())
        self.deliver("message", message)
        return message

    def _note_keyboard(self, chat: Chat, message: Message) -> None:
        markup = message.markup or {}
        if "keyboard" in markup:
            chat.keyboard = markup
        elif "remove_keyboard" in markup:
            chat.keyboard = None

    def deliver(self, kind: str, message: Message) -> None:
        """Queue a new or edited message for every bot that hears it."""
        for bot in self._audience(message.chat):
            if self._hears(bot, message):
                self.notify(bot, kind, message.public(), message.chat)

    def notify(self, bot: Bot, kind: str, body: Json, chat: Chat) -> None:
        """Queue an update for one bot."""
        if bot.updates.put(kind, body, self.now(), f"{chat.id}"):
            self.tell("update", chat, bot=bot.id)

    def _audience(self, chat: Chat) -> list[Bot]:
        if chat.bot is not None:
            return [] if chat.is_blocked else [chat.bot]
        members = chat.members.values()
        return [m.user for m in members if isinstance(m.user, Bot) and m.is_present]

    def _hears(self, bot: Bot, message: Message) -> bool:
        """Apply privacy mode; a bot hears of its own doings only by service messages."""
        if isinstance(message.sender, Bot):
            return message.is_service and message.sender is bot
        if message.chat.is_private or message.is_service or not bot.privacy:
            return True
        if message.chat.members[bot.id].status == "administrator":
            return True
        if message.reply_to is not None and message.reply_to.sender is bot:
            return True
        return _addresses(message, bot)

    def open_topic(self, chat: Chat, owner: User, name: str, **look: Any) -> Topic:  # noqa: ANN401
        """Open a topic: its first message tells so."""
        color = look.get("icon_color") or _COLORS[len(chat.topics) % len(_COLORS)]
        icon = look.get("icon_custom_emoji_id") or ""
        created = {"name": name, "icon_color": color}
        if icon:
            created["icon_custom_emoji_id"] = icon
        topic = Topic(next(chat.ids), name, owner, color, icon)
        chat.topics[topic.id] = topic
        content = {"forum_topic_created": created}
        first = Message(topic.id, chat, owner, self.now(), content, topic, topic.id)
        self.tell("topic", chat, topic=topic.id)
        self._place(first)
        return topic

    def close_topic(self, chat: Chat, by: User, topic: Topic, *, closed: bool) -> None:
        """Close or reopen a topic."""
        topic.is_closed = closed
        said = "forum_topic_closed" if closed else "forum_topic_reopened"
        self.post(chat, by, {said: {}}, topic=topic)

    def rename_topic(self, chat: Chat, by: User, topic: Topic, name: str, icon: str) -> None:
        """Give a topic another name or icon."""
        edited = {"name": name} if name != topic.name else {}
        if icon != topic.icon:
            edited["icon_custom_emoji_id"] = icon
        topic.name, topic.icon = name, icon
        self.post(chat, by, {"forum_topic_edited": edited}, topic=topic)

    def delete_topic(self, chat: Chat, topic: Topic) -> None:
        """Remove a topic with everything in it; no bot is told."""
        del chat.topics[topic.id]
        for message in [m for m in chat.messages.values() if m.topic is topic]:
            del chat.messages[message.id]
        self.tell("topic", chat, topic=topic.id)

    def forget(self, message: Message) -> None:
        """Delete a message; no bot is told."""
        del message.chat.messages[message.id]
        if message.id in message.chat.pinned:
            message.chat.pinned.remove(message.id)
        self.tell("deleted", message.chat, message_id=message.id)

    def keep_file(self, kind: str, name: str, mime: str, data: bytes) -> File:
        """Store bytes that a message will carry."""
        unique = hashlib.sha256(data).hexdigest()[:16]
        kept = File(f"file-{len(self.files) + 1}-{unique}", unique, kind, name, mime, data)
        self.files[kept.id] = kept
        return kept


def _addresses(message: Message, bot: Bot) -> bool:
    name = f"@{bot.username}".lower()
    text = message.text.lower()
    if text.startswith("/"):
        command = text.split()[0]
        return "@" not in command or command.endswith(name)
    return name in text
