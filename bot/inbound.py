"""Turn what a person said into an `Inbound`: pure, like `mail.parse` for mail.

An album is several messages and one thing said: `join` makes one of its parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.told import Said
from tickets.types import Attachment, Automation, Channel, Inbound, Sender

_FILE: Final = "file:"
_LONGEST: Final = 64  # characters that tickets keep of it


def to_inbound(said: Said, account: str) -> Inbound:
    """Return what the desk takes in; `account` is the bot's name in the config."""
    person = said.person
    is_machine = person is not None and person.is_bot and not said.is_anonymous_admin
    words = said.text or said.details
    return Inbound(
        channel=Channel.TELEGRAM,
        external_id=external_id(said.chat.id, said.message_id),
        sender=Sender(str(person.id), person.name) if person else Sender(""),
        to=(Sender(account),),
        text=words,
        newest=words,
        quoted=said.quoted,
        sent_at=said.at,
        in_reply_to=external_id(said.chat.id, said.reply_to) if said.reply_to else "",
        attachments=tuple(
            Attachment(
                one.name, one.content_type, one.size, part_of(one.unique_id), remote=one.file_id
            )
            for one in said.files
        ),
        automation=Automation.GENERATED if is_machine else Automation.NO,
        automation_why="is_bot" if is_machine else "",
        language_hint=person.language_code if person else "",
        size=len(words.encode()) + sum(one.size for one in said.files),
        problems=("forwarded",) if said.is_forwarded else (),
    )


def join(parts: Sequence[Said]) -> Said:
    """Return one message made of an album's parts: every file, and the words of any."""
    first = min(parts, key=lambda one: one.message_id)
    ordered = sorted(parts, key=lambda one: one.message_id)
    files = {one.unique_id: one for part in ordered for one in part.files}
    text = "\n\n".join(part.text for part in ordered if part.text)
    return replace(first, text=text, files=tuple(files.values()))


def external_id(chat_id: int, message_id: int) -> str:
    """Return how the desk names a message of Telegram; ids of messages are unique in a chat."""
    return f"{chat_id}/{message_id}"


def part_of(unique_id: str) -> str:
    """Return how an attachment names the file of a message that it is."""
    return f"{_FILE}{unique_id}"[:_LONGEST]
