"""The methods that put messages into chats: send, copy, forward."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.telegram.formatting import CAPTION_LIMIT, TEXT_LIMIT, Json, formatted
from sandbox.telegram.keyboards import checked_keyboard
from sandbox.telegram.media import carried, media_content, sent_file
from sandbox.telegram.network import Network
from sandbox.telegram.nouns import Bot, Chat, Message, Topic
from sandbox.telegram.parameters import Upload, fitting
from sandbox.telegram.refusals import faulty, forbidden, unlucky

_ACTIONS = {
    *("typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice"),
    *("upload_document", "choose_sticker", "find_location", "record_video_note"),
    "upload_video_note",
}
_ALBUM = range(2, 11)
_MOST = 100  # messages named by one call


@dataclass(frozen=True)
class Call:
    """One call of a method, its parameters checked."""

    net: Network
    bot: Bot
    method: str
    given: dict[str, Any]
    uploads: dict[str, Upload] = field(default_factory=dict)

    def get(self, name: str) -> Any:  # noqa: ANN401 - the kinds are those of parameters.METHODS
        """Return a parameter, or None."""
        return self.given.get(name)

    def chat(self, name: str = "chat_id") -> Chat:
        """Return the chat that a parameter names."""
        return self.net.chat(self.bot, self.given[name])


def writable(call: Call) -> Chat:
    """Return the chat, if the bot may write there."""
    chat = call.chat()
    if chat.is_private and chat.is_blocked:
        raise forbidden("bot was blocked by the user")
    return chat


def topic_of(call: Call, chat: Chat, thread_id: int | None) -> Topic | None:
    """Return the topic that a thread id names, if the bot may write into it."""
    if thread_id is None:
        return None
    if thread_id == 1 or not chat.is_forum:  # General goes without a thread id
        raise faulty("message thread not found")
    if thread_id not in chat.topics:
        raise unlucky("message thread not found")
    topic = chat.topics[thread_id]
    may = chat.members[call.bot.id].may("can_manage_topics") or topic.owner is call.bot
    if topic.is_closed and not may:
        raise unlucky("TOPIC_CLOSED")
    return topic


def _answered(call: Call, chat: Chat) -> Message | None:
    reply = call.get("reply_parameters")
    if reply is None:
        return None
    reply = fitting("ReplyParameters", reply)
    found = chat.messages.get(reply["message_id"])
    if found is None and not reply.get("allow_sending_without_reply"):
        raise unlucky("message to be replied not found")
    if found is not None and reply.get("quote", "") not in found.text:
        raise faulty("QUOTE_TEXT_INVALID")
    return found


def _place(call: Call) -> tuple[Chat, dict[str, Any]]:
    """Return where to post, and the facts that every sending method gives."""
    chat = writable(call)
    reply = _answered(call, chat)
    topic = topic_of(call, chat, call.get("message_thread_id"))
    if reply is not None and topic is None:
        topic = reply.topic
    markup = call.get("reply_markup")
    facts = {
        "reply_to": reply,
        "topic": topic,
        "markup": None if markup is None else checked_keyboard(markup),
        "is_protected": bool(call.get("protect_content")),
    }
    return chat, facts


def captioned(facts: dict[str, Any]) -> Json:
    """Return the caption among the parameters of a method, or of a part of an album."""
    if not facts.get("caption"):
        return {}
    entities = facts.get("caption_entities")
    text, entities = formatted(facts["caption"], facts.get("parse_mode"), entities, CAPTION_LIMIT)
    return {"caption": text} | ({"caption_entities": entities} if entities else {})


def texted(call: Call) -> Json:
    """Return the text among the parameters."""
    text, entities = formatted(
        call.get("text"), call.get("parse_mode"), call.get("entities"), TEXT_LIMIT
    )
    if not text:
        raise faulty("message text is empty")
    return {"text": text} | ({"entities": entities} if entities else {})


def send_message(call: Call) -> Json:
    """Send a text."""
    content = texted(call)
    chat, facts = _place(call)
    return call.net.post(chat, call.bot, content, **facts).public()


def send_media(call: Call) -> Json:
    """Send a file: the method's name tells its kind."""
    kind = call.method.removeprefix("send").lower()
    caption = captioned(call.given)
    chat, facts = _place(call)
    file = sent_file(call.net, kind, call.get(kind), call.uploads)
    content = media_content(file, call.given) | caption
    return call.net.post(chat, call.bot, content, **facts).public()


def send_media_group(call: Call) -> list[Json]:
    """Send an album: so many messages with one `media_group_id`."""
    parts = [fitting("InputMedia", part) for part in call.get("media")]
    if len(parts) not in _ALBUM:
        raise faulty("media group must include from 2 to 10 items")
    kinds = {part["type"] for part in parts}
    if kinds not in ({"photo"}, {"video"}, {"photo", "video"}, {"document"}, {"audio"}):
        raise faulty("can't parse InputMedia: media of these types can't be sent as one album")
    captions = [captioned(part) for part in parts]
    chat, facts = _place(call)
    files = [sent_file(call.net, p["type"], p["media"], call.uploads) for p in parts]
    album = str(call.net.random.randrange(10**16))
    return [
        call.net.post(
            chat, call.bot, media_content(file, part) | caption, album=album, **facts
        ).public()
        for file, part, caption in zip(files, parts, captions, strict=True)
    ]


def send_chat_action(call: Call) -> bool:
    """Show what the bot is about to do."""
    chat = writable(call)
    topic = topic_of(call, chat, call.get("message_thread_id"))
    if call.get("action") not in _ACTIONS:
        raise faulty("wrong parameter action in request")
    call.net.tell("action", chat, action=call.get("action"), topic=topic.id if topic else None)
    return True


def _copyable(call: Call, number: object, verb: str) -> Message:
    source = call.chat("from_chat_id").messages.get(number)  # type: ignore[call-overload]
    if not isinstance(source, Message):
        raise unlucky(f"message to {verb} not found")
    if source.is_service or source.is_protected:
        raise faulty(f"the message can't be {'copied' if verb == 'copy' else 'forwarded'}")
    return source


def copy_message(call: Call) -> Json:
    """Send a message's content anew, without saying where it came from."""
    source = _copyable(call, call.get("message_id"), "copy")
    content = {**source.content}
    if carried(content) and call.get("caption") is not None:
        content = {k: v for k, v in content.items() if not k.startswith("caption")}
        content |= captioned(call.given)
    chat, facts = _place(call)
    return {"message_id": call.net.post(chat, call.bot, content, **facts).id}


def several(call: Call) -> list[int]:
    """Return the message numbers that a call names, a hundred at most."""
    numbers: list[int] = call.get("message_ids")
    if not 1 <= len(numbers) <= _MOST:
        raise faulty("from 1 to 100 message identifiers can be specified")
    return numbers


def copy_messages(call: Call) -> list[Json]:
    """Copy up to a hundred messages; those not found are left out, albums stay albums."""
    chat, facts = _place(call)
    origin = call.chat("from_chat_id")
    numbers = several(call)
    if numbers != sorted(set(numbers)):
        raise faulty("message identifiers must be in a strictly increasing order")
    sources = [origin.messages[n] for n in numbers if n in origin.messages]
    sources = [m for m in sources if not m.is_service and not m.is_protected]
    if not sources:
        raise unlucky("there are no messages to copy")
    albums = {m.album: str(call.net.random.randrange(10**16)) for m in sources if m.album}
    sent: list[int] = []
    for source in sources:
        content = {**source.content}
        if call.get("remove_caption") and carried(content):
            content = {k: v for k, v in content.items() if not k.startswith("caption")}
        album = albums.get(source.album or "")
        sent.append(call.net.post(chat, call.bot, content, album=album, **facts).id)
    return [{"message_id": number} for number in sent]


def forward_message(call: Call) -> Json:
    """Forward a message: it names whom it came from."""
    source = _copyable(call, call.get("message_id"), "forward")
    chat, facts = _place(call)
    origin = source.origin or {
        "type": "user",
        "date": int(source.sent_at.timestamp()),
        "sender_user": source.sender.public(),
    }
    return call.net.post(chat, call.bot, {**source.content}, origin=origin, **facts).public()
