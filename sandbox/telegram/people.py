"""People in tests: `Someone` types, presses and sends, and sees what a screen would show."""

from __future__ import annotations

from typing import Any

from sandbox.telegram.api import Telegram
from sandbox.telegram.formatting import Json
from sandbox.telegram.network import Query
from sandbox.telegram.nouns import Bot, Chat, Message, Person
from sandbox.telegram.refusals import ActError


class Someone:
    """A person with one chat open: with a bot, or a group, or a topic of a forum."""

    def __init__(
        self, telegram: Telegram, person: Person, chat: Chat, topic: int | None = None
    ) -> None:
        self.telegram = telegram
        self.person = person
        self.chat = chat
        self.topic = topic

    @classmethod
    def new(cls, telegram: Telegram, bot: Bot, first_name: str, **facts: str) -> Someone:
        """Open an account and look at the bot's private chat, without starting it."""
        person = telegram.add_person(first_name, **facts)
        return cls(telegram, person, telegram.private_chat(bot, person))

    def in_chat(self, chat: Chat, topic: int | None = None) -> Someone:
        """Return the same person, looking at another chat or topic."""
        return Someone(self.telegram, self.person, chat, topic)

    def act(self, verb: str, **details: Any) -> Any:  # noqa: ANN401 - each act has its own
        """Do anything of `acts.ACTS` here; return what came of it."""
        return self.telegram.act(self.person, verb, self.chat, **details)[0]

    def starts(self, payload: str = "") -> Message:
        """Open the bot, as by a deep link with a payload."""
        return self.types(f"/start {payload}".strip())

    def follows(self, url: str) -> Message:
        """Follow a deep link to the bot."""
        return self.act("follow", url=url)  # type: ignore[no-any-return]

    def types(self, text: str, reply_to: Message | None = None) -> Message:
        """Send a text."""
        return self._sent("write", reply_to, text=text)

    def sends(self, kind: str, data: bytes, **facts: Any) -> Message:  # noqa: ANN401
        """Send a file of a kind: photo, document, video, voice, audio, animation, sticker."""
        return self._sent("send", facts.pop("reply_to", None), kind=kind, data=data, **facts)

    def _sent(self, verb: str, reply_to: Message | None, **details: Any) -> Message:  # noqa: ANN401
        number = reply_to.id if reply_to else None
        sent: Message = self.act(verb, topic=self.topic, reply_to=number, **details)
        return sent

    def sends_album(self, *parts: Json) -> list[Message]:
        """Send several files at once; each part has `kind`, `data` and perhaps `caption`."""
        album: list[Message] = self.act("send_album", parts=list(parts), topic=self.topic)
        return album

    def presses(self, button: str, message: Message | None = None) -> Query | Message | str:
        """Press a button, named by text or data, of the newest message that has it."""
        having = [m for m in self.sees() if _has(m, button)]
        if message is None and not having:
            raise ActError(f"There is no button “{button}” in sight.")
        pressed = message or having[-1]
        return self.act("press", message_id=pressed.id, button=button)  # type: ignore[no-any-return]

    def edits(self, message: Message, text: str) -> Message:
        """Change one's own message."""
        return self.act("edit", message_id=message.id, text=text)  # type: ignore[no-any-return]

    def deletes(self, message: Message) -> None:
        """Delete a message; the bot is not told."""
        self.act("delete", message_id=message.id)

    def reacts(self, message: Message, emoji: str = "") -> None:
        """Set or remove a reaction."""
        self.act("react", message_id=message.id, emoji=emoji)

    def blocks(self) -> None:
        """Block the bot."""
        self.act("block")

    def unblocks(self) -> None:
        """Unblock the bot."""
        self.act("unblock")

    def sees(self) -> list[Message]:
        """Return the messages in sight, oldest first: in a forum, those of the topic."""
        return [
            message
            for message in self.chat.messages.values()
            if self.topic is None or (message.topic and message.topic.id == self.topic)
        ]

    def reads(self) -> list[str]:
        """Return the texts in sight."""
        return [message.text for message in self.sees() if message.text]

    def buttons(self) -> list[str]:
        """Return the labels under the newest message with buttons."""
        for message in reversed(self.sees()):
            if message.markup and "inline_keyboard" in message.markup:
                return [b["text"] for row in message.markup["inline_keyboard"] for b in row]
        return []


def _has(message: Message, button: str) -> bool:
    rows = (message.markup or {}).get("inline_keyboard", [])
    return any(button in (b["text"], b.get("callback_data")) for row in rows for b in row)
