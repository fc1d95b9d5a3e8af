"""From what was said to what the desk takes in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.content import File
from bot.inbound import join, to_inbound
from bot.told import Chat, Person, Said
from tickets.types import Attachment, Automation, Channel, Inbound, Sender

AT = datetime(2026, 3, 3, 9, 12, tzinfo=UTC)
MIA = Person(5000000001, "Al<b>_*[", "mia", "zh-hans")
PHOTO = File("photo", "fetch", "Uniq-1", 900, "photo.jpg", "image/jpeg")
SAID = Said(1, Chat(5000000001, "private"), 7, MIA, AT, text="Bitte löscht alles", reply_to=5)


def test_a_message():
    assert to_inbound(replace(SAID, quoted="When?", files=(PHOTO,)), "shop") == Inbound(
        channel=Channel.TELEGRAM,
        external_id="5000000001/7",
        sender=Sender("5000000001", "Al<b>_*["),
        to=(Sender("shop"),),
        text="Bitte löscht alles",
        newest="Bitte löscht alles",
        quoted="When?",
        sent_at=AT,
        in_reply_to="5000000001/5",
        attachments=(Attachment("photo.jpg", "image/jpeg", 900, "file:Uniq-1", remote="fetch"),),
        language_hint="zh-hans",
        size=919,
    )


def test_a_group_message_is_its_writers():
    told = to_inbound(replace(SAID, chat=Chat(-100, "supergroup")), "shop")

    assert (told.external_id, told.sender.address) == ("-100/7", "5000000001")


def test_a_contact_is_told_in_words():
    told = to_inbound(replace(SAID, kind="contact", text="", details="Mia · +49"), "shop")

    assert told.newest == "Mia · +49"


def test_a_bot_is_a_machine_but_an_anonymous_admin_is_not():
    bot = replace(SAID, person=replace(MIA, is_bot=True))

    assert to_inbound(bot, "shop").automation is Automation.GENERATED
    assert to_inbound(replace(bot, is_anonymous_admin=True), "shop").automation is Automation.NO


def test_nobody_wrote():
    assert to_inbound(replace(SAID, person=None), "shop").sender == Sender("")


def test_an_album_is_one_message_with_every_file():
    second = replace(PHOTO, unique_id="Uniq-2")
    parts = [
        replace(SAID, message_id=9, text="", files=(second,), album="a"),
        replace(SAID, message_id=8, text="look", files=(PHOTO,), album="a"),
    ]

    assert join(parts) == replace(parts[1], files=(PHOTO, second))
