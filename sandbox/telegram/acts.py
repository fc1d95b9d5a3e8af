"""What people do in their Telegram clients.  Bots hear of it as the real server tells them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.telegram.changing import plain_emoji
from sandbox.telegram.formatting import Json, found
from sandbox.telegram.media import media_content
from sandbox.telegram.network import Network, Query
from sandbox.telegram.nouns import Bot, Chat, Member, Message, Person, Status, Topic
from sandbox.telegram.refusals import ActError

_LONGEST = 4096 // 2  # characters, so that no emoji makes it too long


def _at(chat: Chat, number: int | None) -> Message:
    if number not in chat.messages:
        raise ActError("That message is not there (any more).")
    return chat.messages[number]


def _placed(person: Person, chat: Chat, topic: int | None, reply_to: int | None) -> dict[str, Any]:
    """Return where a message goes, if this person may write there."""
    if chat.is_private:
        if chat.is_blocked:
            raise ActError("This person has blocked the bot.")
        chat.is_started = True
    elif person.id not in chat.members or not chat.members[person.id].is_present:
        raise ActError("This person is not in that group.")
    if chat.migrated_to is not None:
        raise ActError("That group has become another one.")
    answered = None if reply_to is None else _at(chat, reply_to)
    thread = _topic(chat, topic) if topic is not None else answered.topic if answered else None
    if thread is not None and thread.is_closed and not _leads(chat, person):
        raise ActError("That topic is closed.")
    return {"topic": thread, "reply_to": answered}


def _topic(chat: Chat, number: int) -> Topic:
    if number not in chat.topics:
        raise ActError("That topic is not there (any more).")
    return chat.topics[number]


def _leads(chat: Chat, person: Person) -> bool:
    return person.id in chat.members and chat.members[person.id].may("can_manage_topics")


def write(  # noqa: PLR0913
    net: Network,
    person: Person,
    chat: Chat,
    *,
    text: str,
    topic: int | None = None,
    reply_to: int | None = None,
) -> Message:
    """Type a text; one that is too long goes as several messages, of which the last is returned."""
    place = _placed(person, chat, topic, reply_to)
    message = net.post(chat, person, _said("text", text[:_LONGEST]), **place)
    rest = text[_LONGEST:]
    return write(net, person, chat, text=rest, topic=topic) if rest else message


def follow(net: Network, person: Person, chat: Chat, *, url: str) -> Message:
    """Follow a deep link to the bot of this private chat: it sends `/start <payload>`."""
    bot = chat.bot.username if chat.bot else ""
    match = re.fullmatch(rf"https://t\.me/{bot}\?start=([A-Za-z0-9_-]{{1,64}})", url)
    if match is None:
        raise ActError("That link does not open this bot.")
    return write(net, person, chat, text=f"/start {match[1]}")


def _said(field: str, text: str) -> Json:
    entities = found(text)
    name = "entities" if field == "text" else "caption_entities"
    return {field: text} | ({name: entities} if entities else {})


def send(  # noqa: PLR0913
    net: Network,
    person: Person,
    chat: Chat,
    *,
    kind: str,
    data: bytes,
    name: str = "",
    mime: str = "application/octet-stream",
    caption: str = "",
    topic: int | None = None,
    reply_to: int | None = None,
    album: str | None = None,
) -> Message:
    """Send a file: photo, document, video, voice, audio, animation, sticker, video_note."""
    place = _placed(person, chat, topic, reply_to)
    file = net.keep_file(kind, name or f"{kind}.bin", mime, data)
    content = media_content(file, {}) | (_said("caption", caption) if caption else {})
    return net.post(chat, person, content, album=album, **place)


def send_album(
    net: Network, person: Person, chat: Chat, *, parts: list[Json], topic: int | None = None
) -> list[Message]:
    """Send several files at once; each part as `send` takes it."""
    album = str(net.random.randrange(10**16))
    return [send(net, person, chat, album=album, topic=topic, **part) for part in parts]


def edit(net: Network, person: Person, chat: Chat, *, message_id: int, text: str) -> Message:
    """Change one's own text or caption."""
    message = _at(chat, message_id)
    if message.sender is not person:
        raise ActError("People edit their own messages only.")
    field = "text" if "text" in message.content else "caption"
    kept = {k: v for k, v in message.content.items() if k not in ("entities", "caption_entities")}
    message.content = kept | _said(field, text)
    message.edited_at = net.now()
    net.tell("edited", chat, message=message.public())
    net.deliver("edited_message", message)
    return message


def delete(net: Network, _person: Person, chat: Chat, *, message_id: int) -> None:
    """Delete a message for everybody; bots are never told."""
    net.forget(_at(chat, message_id))


def press(
    net: Network, person: Person, chat: Chat, *, message_id: int, button: str
) -> Query | Message | str:
    """Press a button, named by its text or data; return the query, or the link it opens.

    A button of a reply keyboard types its text.
    """
    message = _at(chat, message_id)
    rows = (message.markup or {}).get("inline_keyboard", [])
    pressed = next(
        (b for row in rows for b in row if button in (b["text"], b.get("callback_data"))), None
    )
    if pressed is None:
        keyboard = (chat.keyboard or {}).get("keyboard", [])
        if any(button in (key, key["text"]) for row in keyboard for key in row):
            return write(net, person, chat, text=button)
        raise ActError(f"There is no button “{button}”.")
    if "callback_data" not in pressed:
        return str(pressed.get("url", ""))
    bot = message.sender
    if not isinstance(bot, Bot):
        raise ActError("Only messages of bots have buttons.")
    number = str(net.random.randrange(10**17, 10**18))
    query = Query(number, bot, person, message, pressed["callback_data"], net.now())
    net.queries[query.id] = query
    body = {
        "id": query.id,
        "from": person.public(),
        "message": message.public(),
        "chat_instance": str(abs(chat.id) * 7919),
        "data": query.data,
    }
    if bot.updates.put("callback_query", body, net.now(), f"user {person.id}"):
        net.tell("update", chat, bot=bot.id)
    net.tell("pressed", chat, person=person.id, query=query.id)
    return query


def react(net: Network, person: Person, chat: Chat, *, message_id: int, emoji: str = "") -> None:
    """Set or, with no emoji, remove one's reaction."""
    message = _at(chat, message_id)
    old = message.reactions.get(person.id, [])
    new = [plain_emoji(emoji)] if emoji else []
    message.reactions[person.id] = new
    net.tell("reaction", chat, message_id=message.id, emoji=new)
    body = {
        "chat": chat.public(),
        "message_id": message.id,
        "user": person.public(),
        "date": int(net.now().timestamp()),
        "old_reaction": [{"type": "emoji", "emoji": e} for e in old],
        "new_reaction": [{"type": "emoji", "emoji": e} for e in new],
    }
    for bot in _listening(chat):
        net.notify(bot, "message_reaction", body, chat)


def _listening(chat: Chat) -> list[Bot]:
    """Return the bots that are told of reactions: in groups, those that are administrators."""
    if chat.bot is not None:
        return [chat.bot]
    leaders = (m for m in chat.members.values() if m.status == "administrator")
    return [member.user for member in leaders if isinstance(member.user, Bot)]


def block(net: Network, person: Person, chat: Chat) -> None:
    """Block the bot of a private chat."""
    _block(net, person, chat, blocked=True)


def unblock(net: Network, person: Person, chat: Chat) -> None:
    """Let the bot write again."""
    _block(net, person, chat, blocked=False)


def _block(net: Network, person: Person, chat: Chat, *, blocked: bool) -> None:
    if chat.bot is None:
        raise ActError("People block bots in private chats.")
    chat.is_blocked = blocked
    before: Status = "member" if blocked else "kicked"
    after: Status = "kicked" if blocked else "member"
    _tell_standing(net, chat, person, Member(chat.bot, before), Member(chat.bot, after))


def _tell_standing(net: Network, chat: Chat, by: Person, old: Member, new: Member) -> None:
    assert isinstance(new.user, Bot)  # noqa: S101 - for the type checker
    body = {
        "chat": chat.public(),
        "from": by.public(),
        "date": int(net.now().timestamp()),
        "old_chat_member": old.public(),
        "new_chat_member": new.public(),
    }
    net.notify(new.user, "my_chat_member", body, chat)
    net.tell("member", chat)


def place_bot(  # noqa: PLR0913
    net: Network, person: Person, chat: Chat, *, bot: int, status: Status, rights: list[str]
) -> None:
    """Give a bot a standing in a group: member, administrator with rights, left, kicked."""
    user = net.user(bot)
    if not isinstance(user, Bot):
        raise ActError("There is no such bot.")
    old = chat.members.get(user.id, Member(user, "left"))
    chat.members[user.id] = Member(user, status, frozenset(rights))
    _tell_standing(net, chat, person, old, chat.members[user.id])


def join(net: Network, person: Person, chat: Chat) -> Message:
    """Enter a group."""
    chat.members[person.id] = Member(person)
    return net.post(chat, person, {"new_chat_members": [person.public()]})


def leave(net: Network, person: Person, chat: Chat) -> Message:
    """Leave a group."""
    chat.members[person.id] = Member(person, "left")
    return net.post(chat, person, {"left_chat_member": person.public()})


def open_topic(net: Network, person: Person, chat: Chat, *, name: str) -> Topic:
    """Open a topic by hand."""
    return net.open_topic(chat, person, name)


def close_topic(net: Network, person: Person, chat: Chat, *, topic: int) -> None:
    """Close a topic by hand."""
    net.close_topic(chat, person, _topic(chat, topic), closed=True)


def reopen_topic(net: Network, person: Person, chat: Chat, *, topic: int) -> None:
    """Reopen a topic by hand."""
    net.close_topic(chat, person, _topic(chat, topic), closed=False)


def rename_topic(net: Network, person: Person, chat: Chat, *, topic: int, name: str) -> None:
    """Rename a topic by hand."""
    thread = _topic(chat, topic)
    net.rename_topic(chat, person, thread, name, thread.icon)


def delete_topic(net: Network, _person: Person, chat: Chat, *, topic: int) -> None:
    """Delete a topic with its messages; bots are not told."""
    net.delete_topic(chat, _topic(chat, topic))


def migrate(net: Network, person: Person, chat: Chat) -> Chat:
    """Turn a group into a supergroup of another id; message ids and topics do not carry over."""
    new = net.add_group(chat.title, is_forum=chat.is_forum)
    new.members = {**chat.members}
    net.post(chat, person, {"migrate_to_chat_id": new.id})
    chat.migrated_to = new.id
    net.post(new, person, {"migrate_from_chat_id": chat.id})
    return new


ACTS: dict[str, Callable[..., Any]] = {
    "write": write,
    "follow": follow,
    "join": join,
    "leave": leave,
    "send": send,
    "send_album": send_album,
    "edit": edit,
    "delete": delete,
    "press": press,
    "react": react,
    "block": block,
    "unblock": unblock,
    "place_bot": place_bot,
    "open_topic": open_topic,
    "close_topic": close_topic,
    "reopen_topic": reopen_topic,
    "rename_topic": rename_topic,
    "delete_topic": delete_topic,
    "migrate": migrate,
}
