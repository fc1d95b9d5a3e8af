"""One update being answered, in Telegram's words: what it tells, and what is said in return.

Everything said is a row of the outbox and commits with the turn (`tickets.chat`).  Texts are plain
here; `say` escapes them once.  A turn ends with one of `finish`, `take_in` and `act`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from bot.buttons import Button, Press, keyboard, read_data, write_data
from bot.inbound import to_inbound
from bot.settings import TelegramSettings
from bot.text import escape, split
from bot.updates import Chat, Edited, Me, Person, Pressed, Said, Told
from tickets.chat import ChatTurn
from tickets.dispatch import Lane
from tickets.models import Post
from tickets.posts import Address
from tickets.types import Inbound, Reading, Text

Rows = Iterable[Sequence[Button]]

_PLAIN: Final[dict[str, Any]] = {"link_preview_options": {"is_disabled": True}}


class Phrases(Protocol):
    """The wording of menus, buttons and prompts."""

    @property
    def languages(self) -> Sequence[str]:
        """The languages that have phrases."""

    def language(self, *wanted: str) -> str:
        """Return the first wanted language that we have, else the default."""

    def name(self, language: str) -> str:
        """Return what a language calls itself."""

    def text(self, language: str, key: str, /, **values: object) -> str:
        """Return a phrase as plain text; raises on any missing key or value."""


@dataclass(slots=True, eq=False)
class Turn:
    """What happened, where the dialogue stands (`chat`), and the means to answer."""

    told: Told
    chat: ChatTurn
    me: Me
    settings: TelegramSettings
    phrases: Phrases
    language: str  # to answer in

    # What happened

    @property
    def said(self) -> Said | None:
        """The message, also where it was edited."""
        if isinstance(self.told, Edited):
            return self.told.said
        return self.told if isinstance(self.told, Said) else None

    @property
    def pressed(self) -> Pressed | None:
        """The button."""
        return self.told if isinstance(self.told, Pressed) else None

    @property
    def press(self) -> Press | None:
        """What the button says, if we wrote it; `is_stale` tells whether it still holds."""
        return read_data(self.pressed.data) if self.pressed else None

    @property
    def is_stale(self) -> bool:
        """Tell whether the button belongs to a question that is over.

        What counts is when the press arrived, not when we came to answer it.
        """
        press = self.press
        if press is None or not press.nonce:
            return press is None
        return press.nonce != self.chat.nonce or self.chat.is_over

    @property
    def thread_id(self) -> int | None:
        """The topic, in a forum."""
        told = self.told
        return (
            told.thread_id
            if isinstance(told, Said | Pressed)
            else (told.said.thread_id if isinstance(told, Edited) else None)
        )

    @property
    def here(self) -> Address:
        """This chat."""
        return self.chat.here

    # Words

    def phrase(self, key: str, **values: object) -> str:
        """Return a phrase in the language of this turn, as plain text."""
        return self.phrases.text(self.language, key, **values)

    def button(
        self, key: str, step: str, *args: str, style: str = "", stale: bool = True
    ) -> Button:
        """Return a button by its phrase; with `stale` it holds only for the present question.

        Call `chat.ask` before, so that the button carries the new question's nonce.
        """
        nonce = self.chat.nonce if stale else ""
        return Button(self.phrase(key), write_data(step, *args, nonce=nonce), style=style)

    # What is said

    def say(  # noqa: PLR0913  - a message has these parts
        self,
        text: str,
        rows: Rows = (),
        *,
        to: Address | None = None,
        role: str = "prompt",
        lane: Lane = Lane.REPLY,
        is_html: bool = False,
        reply_to: int | None = None,
        thread: object = None,
        key: str = "",
        ticket_id: UUID | None = None,
        message_id: UUID | None = None,
        wait: timedelta = timedelta(0),
    ) -> Post:
        """Send a message to this chat (or `to`); a long one goes in parts, buttons on the last.

        `thread` is a topic's number or a reference of `tickets.posts`.  Returns the last part.
        """
        parts = split(text if is_html else escape(text)) or ["…"]
        markup = keyboard(rows)
        posts = []
        for index, part in enumerate(parts):
            params: dict[str, Any] = {"text": part, **_PLAIN}
            if thread is not None:
                params["message_thread_id"] = thread
            if reply_to is not None and index == 0:
                params["reply_parameters"] = {
                    "message_id": reply_to,
                    "allow_sending_without_reply": True,
                }
            if markup["inline_keyboard"] and part is parts[-1]:
                params["reply_markup"] = markup
            post = self.chat.posts.add(
                "sendMessage",
                to or self.here,
                params,
                lane=lane,
                role=role,
                key=key,
                ticket_id=ticket_id,
                message_id=message_id,
                wait=wait,
            )
            posts.append(post)
        return posts[-1]

    def edit(self, number: int, text: str, rows: Rows = (), *, is_html: bool = False) -> None:
        """Put another text and other buttons in the place of a message of ours."""
        params = {
            "message_id": number,
            "text": text if is_html else escape(text),
            "reply_markup": keyboard(rows),
            **_PLAIN,
        }
        self.chat.posts.add("editMessageText", self.here, params, lane=Lane.REPLY)

    def settle(self, choice: str = "") -> None:
        """Replace the pressed message's buttons by the choice that was made: "✓ Delete my data"."""
        pressed = self.pressed
        if pressed is None or pressed.message_id is None:
            return
        chosen = choice or pressed.label
        text = f"{pressed.text}\n\n✓ {chosen}" if pressed.text else f"✓ {chosen}"
        self.edit(pressed.message_id, text)

    def answer(self, text: str = "", *, alert: bool = False) -> None:
        """Answer the pressed button; `bot.conversation` does it where a flow has not."""
        if self.pressed and not self._is_answered:
            self.chat.posts.answer(
                self.pressed.callback_id,
                self.chat.key,
                text,
                alert=alert,
                pressed_at=self.chat.at,
            )

    @property
    def _is_answered(self) -> bool:
        return any(row.method == "answerCallbackQuery" for row in self.chat.posts.rows)

    def react(self, emoji: str, number: int | None = None) -> None:
        """Put a reaction on the message that was written, or on another."""
        said = self.said
        target = number or (said.message_id if said else None)
        if target is not None:
            self.chat.posts.react(self.here, target, emoji)

    def remove(self, *numbers: int) -> None:
        """Delete messages from this chat: codes and addresses do not stay."""
        for number in numbers:
            params = {"message_id": number}
            self.chat.posts.add(
                "deleteMessage", self.here, params, lane=Lane.CARD, is_ordered=False
            )

    # What it means

    @property
    def inbound(self) -> Inbound:
        """What was said, as the desk takes it in; a pressed button counts as its label."""
        said, pressed = self.said, self.pressed
        if said is None and pressed is not None:
            chat = pressed.chat or Chat(pressed.person.id, "private")
            said = Said(
                pressed.update_id,
                chat,
                pressed.message_id or 0,
                pressed.person,
                self.chat.record.internal_at if self.chat.record else None,
                text=pressed.label,
            )
        if said is None:
            raise TypeError("nothing was said")
        inbound = to_inbound(said, self.settings.name)
        if pressed is None:
            return inbound
        return replace(inbound, external_id=f"{inbound.external_id}/{pressed.callback_id}")

    async def read(self, inbound: Inbound | None = None) -> Reading:
        """Have the message read."""
        inbound = inbound or self.inbound
        hints = tuple(
            hint for hint in (self.language, inbound.language_hint) if hint and hint != "und"
        )
        text = Text(inbound.newest, inbound.quoted, "", inbound.channel, hints)
        [reading] = await self.chat.desk.classify([text])
        return reading

    async def finish(self, outcome: str = "dialogue") -> None:
        """End the turn: what was said and where the dialogue stands are kept."""
        self.answer()
        await self.chat.finish(outcome)


def speaker(told: Told) -> Person | None:
    """Return who did it."""
    if isinstance(told, Edited):
        return told.said.person
    return getattr(told, "person", None)


def place(told: Told) -> Chat | None:
    """Return where it happened."""
    if isinstance(told, Edited):
        return told.said.chat
    if isinstance(told, Pressed) and told.chat is None:
        return Chat(told.person.id, "private")
    return getattr(told, "chat", None)
