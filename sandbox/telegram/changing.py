"""The methods that change what is there: edit, delete, react, pin, answer a button."""

from __future__ import annotations

from datetime import timedelta

from sandbox.telegram.formatting import Json
from sandbox.telegram.keyboards import checked_keyboard
from sandbox.telegram.media import carried
from sandbox.telegram.nouns import Chat, Message
from sandbox.telegram.parameters import fitting
from sandbox.telegram.refusals import ApiError, faulty, unlucky
from sandbox.telegram.sending import Call, captioned, several, texted, writable

QUERY_LIFETIME = timedelta(seconds=30)
_DELETABLE = timedelta(hours=48)
_ALERT = 200  # characters
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
_PLAIN = (
    "👍👎❤🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🕊🤡🥱🥴😍🐳🌚🌭💯🤣⚡🍌🏆💔🤨😐🍓🍾💋🖕😈😴"
    "😭🤓👻👀🎃🙈😇😨🤝✍🤗🫡🎅🎄☃💅🤪🗿🆒💘🙉🦄😘💊🙊😎👾🤷😡"
)
REACTIONS = {*_PLAIN, "❤‍🔥", "👨‍💻", "🤷‍♂", "🤷‍♀"}


def plain_emoji(emoji: str) -> str:
    """Drop the sign that asks for a coloured form; Telegram does not mind it."""
    return emoji.replace("\ufe0f", "")


def _own(call: Call, missing: str = "message to edit not found") -> Message:
    chat = writable(call)
    message = chat.messages.get(call.get("message_id"))
    if message is None:
        raise unlucky(missing)
    if message.sender is not call.bot or message.is_service:
        raise faulty("message can't be edited")
    return message


def _edited(call: Call, message: Message, content: Json) -> Json:
    """Change content and keyboard; one that is not given goes away."""
    markup = call.get("reply_markup")
    markup = checked_keyboard(markup, inline_only=True) if markup else None
    markup = markup if markup and markup["inline_keyboard"] else None
    old = message.markup if message.markup and "inline_keyboard" in message.markup else None
    if content == message.content and markup == old:
        raise unlucky(_NOT_MODIFIED)
    if content != message.content:
        message.edited_at = call.net.now()
    message.content, message.markup = content, markup
    call.net.tell("edited", message.chat, message=message.public())
    return message.public()


def edit_message_text(call: Call) -> Json:
    """Replace the text of one of the bot's messages."""
    content = texted(call)
    message = _own(call)
    if "text" not in message.content:
        raise faulty("there is no text in the message to edit")
    return _edited(call, message, content)


def edit_message_caption(call: Call) -> Json:
    """Replace the caption of one of the bot's files."""
    caption = captioned(call.given)
    message = _own(call)
    if carried(message.content) is None:
        raise faulty("there is no caption in the message to edit")
    kept = {k: v for k, v in message.content.items() if not k.startswith("caption")}
    return _edited(call, message, kept | caption)


def edit_message_reply_markup(call: Call) -> Json:
    """Replace the buttons under one of the bot's messages."""
    message = _own(call)
    return _edited(call, message, message.content)


def _is_deletable(call: Call, message: Message) -> bool:
    chat = message.chat
    is_young = call.net.now() - message.sent_at < _DELETABLE
    if "forum_topic_created" in message.content:
        return False
    if chat.is_private:
        return is_young
    if chat.members[call.bot.id].may("can_delete_messages"):
        return True
    return message.sender is call.bot and is_young


def delete_message(call: Call) -> bool:
    """Delete a message, the bot's own or, where it may, another's."""
    message = call.chat().messages.get(call.get("message_id"))
    if message is None:
        raise unlucky("message to delete not found")
    if not _is_deletable(call, message):
        raise unlucky("message can't be deleted")
    call.net.forget(message)
    return True


def delete_messages(call: Call) -> bool:
    """Delete up to a hundred messages; those that cannot be deleted stay."""
    chat, numbers = call.chat(), several(call)
    for message in [chat.messages[n] for n in set(numbers) if n in chat.messages]:
        if _is_deletable(call, message):
            call.net.forget(message)
    return True


def set_message_reaction(call: Call) -> bool:
    """Set the bot's one reaction to a message, or take it away."""
    message = writable(call).messages.get(call.get("message_id"))
    if message is None:
        raise unlucky("message to react not found")
    if message.is_service and message.sender is call.bot:
        raise faulty("MESSAGE_ID_INVALID")
    reactions = call.get("reaction") or []
    if len(reactions) > 1:
        raise faulty("REACTIONS_TOO_MANY")
    emoji = [_emoji(fitting("ReactionType", reaction)) for reaction in reactions]
    message.reactions[call.bot.id] = emoji
    call.net.tell("reaction", message.chat, message_id=message.id, emoji=emoji)
    return True


def _emoji(reaction: Json) -> str:
    if reaction["type"] != "emoji":
        raise faulty("can't parse reaction: only reactions of type emoji are possible here")
    emoji = plain_emoji(str(reaction.get("emoji")))
    if emoji not in REACTIONS:
        raise faulty("REACTION_INVALID")
    return emoji


def answer_callback_query(call: Call) -> bool:
    """Tell the person who pressed a button that it was noticed; once, and soon."""
    query = call.net.queries.get(call.get("callback_query_id"))
    too_old = "query is too old and response timeout expired or query ID is invalid"
    if query is None or query.bot is not call.bot or query.answer is not None:
        raise faulty(too_old)
    if call.net.now() - query.at > QUERY_LIFETIME:
        raise unlucky(too_old)
    if len(call.get("text") or "") > _ALERT:
        raise faulty("MESSAGE_TOO_LONG")
    query.answer = {key: call.get(key) for key in ("text", "show_alert", "url") if call.get(key)}
    chat = query.message.chat
    call.net.tell("answer", chat, person=query.person.id, query=query.id, **query.answer)
    return True


def _pinning(call: Call) -> Chat:
    chat = writable(call)
    if not chat.is_private and not chat.members[call.bot.id].may("can_pin_messages"):
        raise ApiError(400, "Bad Request: not enough rights to manage pinned messages in the chat")
    return chat


def pin_chat_message(call: Call) -> bool:
    """Pin a message; the chat is told by a service message."""
    chat = _pinning(call)
    message = chat.messages.get(call.get("message_id"))
    if message is None:
        raise unlucky("message to pin not found")
    if message.is_service:
        raise faulty("message can't be pinned")
    if message.id in chat.pinned:
        raise unlucky("CHAT_NOT_MODIFIED")
    chat.pinned.append(message.id)
    said = {"pinned_message": message.public(with_reply=False)}
    call.net.post(chat, call.bot, said, topic=message.topic, reply_to=message)
    return True


def unpin_chat_message(call: Call) -> bool:
    """Unpin one message, or the newest pinned one."""
    chat = _pinning(call)
    number = call.get("message_id") or (chat.pinned[-1] if chat.pinned else None)
    if number not in chat.pinned:
        raise unlucky("message to unpin not found")
    chat.pinned.remove(number)
    call.net.tell("pinned", chat, message_id=number)
    return True
