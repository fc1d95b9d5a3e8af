"""Carries out what the outbox hands over: one call of the Bot API, or a letter in a few messages.

References of `tickets.posts` are replaced here, by what earlier calls brought.  What a failure says
of a chat (blocked, moved, topic deleted) is noted; nothing is tried twice here.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from bot.client import Client, Upload
from bot.refusals import Refused, Why
from bot.text import escape, letter_parts, plain
from tickets.dispatch import Call, Carried, More
from tickets.draft import Step
from tickets.errors import DeliveryError, TemporaryDeliveryError, UnknownDeliveryError
from tickets.forums import Forums
from tickets.models import ChatMessage, DeskTopic

_PARTS: Final = 3  # a longer letter goes as a document
_TEXTS: Final = ("text", "caption")
_GONE: Final = frozenset((Why.BLOCKED, Why.DEACTIVATED, Why.NOT_STARTED))

Unreachable = Callable[[Call], Awaitable[Sequence[Step]]]
"""Says what follows where a person's chat takes nothing from us any more."""

_log = logging.getLogger(__name__)


class Delivery:
    """One bot's way out."""

    def __init__(self, client: Client, forums: Forums, unreachable: Unreachable) -> None:
        self._client = client
        self._forums = forums
        self._unreachable = unreachable
        self._icons: dict[str, str] = {}

    async def __call__(self, call: Call, more: More) -> Carried:
        """Carry out a call or a letter; raise one of the `DeliveryError` family."""
        if call.letter is not None:
            return await self._letter(call, more)
        params = await self._resolve(call.params)
        topic = params.pop("$topic", None)
        upload = params.pop("$upload", None)
        result = await self._say(call.method, params, upload)
        if result is True:
            return Carried(note="not_modified" if call.method.startswith("edit") else "")
        return Carried(_numbers(result), later=_later(topic, call.method, result))

    async def failed(self, call: Call, error: DeliveryError) -> Sequence[Step]:
        """Return what is to be noted of the chat after a final failure."""
        if not isinstance(error, Refused):
            return ()
        if error.code in _GONE:
            return await self._unreachable(call)
        if error.code is Why.MIGRATED and error.migrated_to:
            return await self._forums.moving(int(call.params["chat_id"]), error.migrated_to)
        if error.code is Why.NO_TOPIC and (topic := _topic_of(call.params)):
            return (partial(lose_topic, topic),)
        return ()

    async def _letter(self, call: Call, more: More) -> Carried:
        if call.letter is None:
            raise TypeError("a letter is missing")
        parts = letter_parts(call.letter)
        numbers: list[int] = []
        if len(parts) > _PARTS:
            text = f"{call.letter.subject}\n\n{call.letter.text}"
            upload = {"name": "letter.txt", "text": text}
            params = {"chat_id": int(call.chat), "caption": escape(call.letter.subject)[:1000]}
            result = await self._say("sendDocument", params, upload)
            return Carried(_numbers(result))
        for index, part in enumerate(parts):
            if index:
                await more()
            params = {
                "chat_id": int(call.chat),
                "text": part,
                "link_preview_options": {"is_disabled": True},
            }
            try:
                numbers += _numbers(await self._say("sendMessage", params))
            except TemporaryDeliveryError as exc:
                if not numbers:
                    raise
                # From the beginning would say the first parts twice: an agent decides.
                raise UnknownDeliveryError("partly_sent", retry_after=exc.retry_after) from None
        return Carried(tuple(numbers))

    async def _say(
        self, method: str, params: dict[str, Any], upload: Mapping[str, str] | None = None
    ) -> Any:  # noqa: ANN401  - each method has its own result
        """Call; what the server cannot parse goes out as plain text, for the words matter more."""
        files = None
        if upload:
            # Telegram's own applications take a file without a mark for Latin-1.
            data = f"\ufeff{upload['text']}".encode()
            files = {"document": Upload(upload["name"], data)}
        if method != "answerCallbackQuery" and any(name in params for name in _TEXTS):
            params = {**params, "parse_mode": "HTML"}
        try:
            return await self._client.call(method, params, files=files)
        except Refused as exc:
            if exc.code is not Why.BAD_MARKUP:
                raise
        _log.error("text was refused as HTML", extra={"action": "bad_markup", "method": method})
        del params["parse_mode"]
        for name in _TEXTS:
            if name in params:
                params[name] = plain(params[name])
        return await self._client.call(method, params, files=files)

    async def _resolve(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Replace references by numbers; what they refer to may be gone by now."""
        found: dict[str, Any] = {}
        for name, value in params.items():
            if isinstance(value, dict) and (thread := value.get("$thread")):
                topic = await DeskTopic.get_or_none(id=UUID(thread))
                if topic is None or topic.thread is None:
                    raise Refused(Why.NO_TOPIC, "no_topic")
                found[name] = topic.thread
            elif isinstance(value, dict) and (of := value.get("$card")):
                topic = await DeskTopic.get_or_none(id=UUID(of))
                found[name] = _there(topic.card if topic else None)
            elif isinstance(value, dict) and (emoji := value.get("$icon")):
                if icon := await self._icon(emoji):
                    found[name] = icon
            elif isinstance(value, dict) and (post := value.get("$number")):
                message = await ChatMessage.filter(post_id=UUID(post)).order_by("number").first()
                found[name] = _there(message.number if message else None)
            else:
                found[name] = value
        return found

    async def _icon(self, emoji: str) -> str:
        """Return the id of a topic's icon, "" where Telegram does not have this one."""
        if not self._icons:
            stickers = await self._client.call("getForumTopicIconStickers")
            self._icons = {
                one["emoji"].rstrip("\ufe0f"): one["custom_emoji_id"]
                for one in stickers
                if one.get("custom_emoji_id")
            }
        return self._icons.get(emoji.rstrip("\ufe0f"), "")


async def lose_topic(topic: UUID) -> None:
    """Note that a topic was deleted in the forum; it is opened anew at the next turn."""
    row = await DeskTopic.get_or_none(id=topic)
    if row is not None and row.thread is not None:
        row.former = [*row.former, row.thread]
        row.thread = row.card = None
        row.version = ""
        await row.save(update_fields=["former", "thread", "card", "version"])


def _there(number: int | None) -> int:
    if number is None:
        raise Refused(Why.GONE, "gone")
    return number


def _topic_of(params: Mapping[str, Any]) -> UUID | None:
    for value in (params.get("message_thread_id"), params.get("$topic")):
        if isinstance(value, dict):
            return UUID(value["$thread"])
        if isinstance(value, str):
            return UUID(value)
    return None


def _numbers(result: object) -> tuple[int, ...]:
    """Return the numbers of the messages that a call made."""
    made = result if isinstance(result, list) else [result]
    return tuple(one["message_id"] for one in made if isinstance(one, dict) and "message_id" in one)


def _later(
    topic: str | None, method: str, result: object
) -> tuple[Callable[[], Awaitable[None]], ...]:
    """Return what to write down of a topic: its thread when it was opened, its card when shown."""
    if topic is None or not isinstance(result, dict):
        return ()
    if method == "createForumTopic":
        fields = {"thread": result["message_thread_id"]}
    else:
        fields = {"card": result["message_id"]}
    return (partial(_note, UUID(topic), fields),)


async def _note(topic: UUID, fields: Mapping[str, int]) -> None:
    await DeskTopic.filter(id=topic).update(**fields)
