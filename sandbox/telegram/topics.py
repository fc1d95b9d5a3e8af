"""The methods for topics of a forum."""

from __future__ import annotations

from sandbox.telegram.formatting import Json
from sandbox.telegram.nouns import Chat, Topic
from sandbox.telegram.refusals import faulty, unlucky
from sandbox.telegram.sending import Call

_NAME = 128  # characters
_COLORS = {7322096, 16766590, 13338331, 9367192, 16749490, 16478047}
_EMOJI = (
    "📰💡⚡🎙🔝🗣🆒❗📝📆📁🔎📣🔥❤❓📈📉💎💰💸🪙💱⁉🎮💻📱🚗🏠💘🎉‼🏆🏁🎬🎵🔞📚👑⚽"
    "🏀📺👀🫦🍓💄👠✈🧳🏖⛅🦄🛍👜🛒🚂🛥🏔🏕🤖🪩🎟🏴☠🗳🎓🔭🔬🎶🎤🕺💃🪖💼🧪👨👶🍳✅🔔"
    "❔⭕"
)
ICONS = {str(5_300_000_000_000_000_000 + ord(letter)): letter for letter in _EMOJI}


def _forum(call: Call) -> Chat:
    chat = call.chat()
    if not chat.is_forum:
        raise faulty("the chat is not a forum")
    return chat


def _topic(call: Call, verb: str) -> tuple[Chat, Topic]:
    """Return a topic that the bot may change."""
    chat = _forum(call)
    topic = chat.topics.get(call.get("message_thread_id"))
    if topic is None:
        raise unlucky("TOPIC_ID_INVALID")
    may = chat.members[call.bot.id].may("can_manage_topics")
    if not may and topic.owner is not call.bot:
        raise unlucky(f"not enough rights to {verb} the topic")
    return chat, topic


def _checked_icon(icon: str | None) -> str:
    if icon and icon not in ICONS:
        raise faulty("DOCUMENT_INVALID")
    return icon or ""


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name:
        raise faulty("title must be non-empty")
    if len(name) > _NAME:
        raise faulty("TOPIC_TITLE_TOO_LONG")
    return name


def create_forum_topic(call: Call) -> Json:
    """Open a topic."""
    chat = _forum(call)
    if not chat.members[call.bot.id].may("can_manage_topics"):
        raise unlucky("not enough rights to create a topic")
    name, icon = _checked_name(call.get("name")), _checked_icon(call.get("icon_custom_emoji_id"))
    color = call.get("icon_color")
    if color is not None and color not in _COLORS:
        raise faulty("invalid icon color specified")
    topic = call.net.open_topic(chat, call.bot, name, icon_color=color, icon_custom_emoji_id=icon)
    body = {"message_thread_id": topic.id, "name": name, "icon_color": topic.icon_color}
    return body | ({"icon_custom_emoji_id": icon} if icon else {})


def edit_forum_topic(call: Call) -> bool:
    """Rename a topic or give it another icon; an empty icon takes it away."""
    chat, topic = _topic(call, "edit")
    name = _checked_name(call.get("name")) if call.get("name") else topic.name
    icon = call.get("icon_custom_emoji_id")
    icon = topic.icon if icon is None else _checked_icon(icon)
    if (name, icon) == (topic.name, topic.icon):
        raise unlucky("TOPIC_NOT_MODIFIED")
    call.net.rename_topic(chat, call.bot, topic, name, icon)
    return True


def close_forum_topic(call: Call) -> bool:
    """Close a topic."""
    return _close(call, closed=True)


def reopen_forum_topic(call: Call) -> bool:
    """Open a closed topic again."""
    return _close(call, closed=False)


def _close(call: Call, *, closed: bool) -> bool:
    chat, topic = _topic(call, "close" if closed else "reopen")
    if topic.is_closed is closed:
        raise unlucky("TOPIC_NOT_MODIFIED")
    call.net.close_topic(chat, call.bot, topic, closed=closed)
    return True


def delete_forum_topic(call: Call) -> bool:
    """Delete a topic with all its messages."""
    chat, topic = _topic(call, "delete")
    if not chat.members[call.bot.id].may("can_delete_messages"):
        raise unlucky("not enough rights to delete the topic")
    call.net.delete_topic(chat, topic)
    return True


def get_forum_topic_icon_stickers(_call: Call) -> list[Json]:
    """List the icons that a topic may have."""
    return [
        {
            "file_id": f"icon-{number}",
            "file_unique_id": f"icon{number}",
            "type": "custom_emoji",
            "width": 100,
            "height": 100,
            "is_animated": True,
            "is_video": False,
            "emoji": emoji,
            "custom_emoji_id": number,
        }
        for number, emoji in ICONS.items()
    ]
