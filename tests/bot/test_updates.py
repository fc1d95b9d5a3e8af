"""Reading updates: what each tells, and that none of any shape raises."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import File
from bot.updates import (
    ALLOWED_UPDATES,
    Chat,
    Edited,
    Ignored,
    Me,
    Membership,
    Migrated,
    Person,
    Pressed,
    Reacted,
    Said,
    TopicChanged,
    Unreadable,
    chat_of,
    read_update,
    update_key,
)
from sandbox.telegram.api import Telegram
from sandbox.telegram.people import Someone

BOT = Me(7000000001, "desk_bot")
AT = datetime(2026, 3, 3, 9, 12, tzinfo=UTC)
PRIVATE = {"id": 5000000001, "type": "private", "first_name": "Mia"}
GROUP = {"id": -1002000000001, "type": "supergroup", "title": "Shop talk"}
MIA = {"id": 5000000001, "is_bot": False, "first_name": "Mia", "language_code": "de"}
OURS = {"id": BOT.id, "is_bot": True, "first_name": "Desk", "username": "desk_bot"}


def update(kind="message", **fields):
    body = {"message_id": 7, "date": int(AT.timestamp()), "chat": PRIVATE, "from": MIA}
    return {"update_id": 12, kind: body | fields}


def said(**fields) -> Said:
    told = read_update(update(**fields), BOT)
    assert isinstance(told, Said)
    return told


def test_a_text_in_a_private_chat():
    assert said(text="Bitte löscht meine Daten") == Said(
        12,
        Chat(5000000001, "private"),
        7,
        Person(5000000001, "Mia", "", "de"),
        AT,
        text="Bitte löscht meine Daten",
    )


@pytest.mark.parametrize(
    ("text", "command", "argument"),
    [
        ("/start", "start", ""),
        ("/Start abc-1_2", "start", "abc-1_2"),
        ("/ask@Desk_Bot what\nnow", "ask", "what\nnow"),
        ("/ask@other_bot what", "", ""),
        ("/home/mia/x", "", ""),
        ("see /ask", "", ""),
        ("/", "", ""),
        ("/löschen", "", ""),
    ],
)
def test_commands(text, command, argument):
    told = said(text=text)

    assert (told.command, told.argument) == (command, argument)


def test_a_forwarded_command_commands_nothing():
    origin = {"type": "hidden_user", "sender_user_name": "X", "date": 1}

    told = said(text="/delete", forward_origin=origin)

    assert (told.command, told.is_forwarded) == ("", True)


@pytest.mark.parametrize(
    ("fields", "addressed"),
    [
        ({"text": "hello all"}, False),
        ({"text": "hello @DESK_bot"}, True),
        ({"text": "hello @desk_bot2"}, False),
        ({"text": "mail me@desk_bot"}, False),
        ({"text": "/ask"}, True),
        ({"text": "/ask@other_bot"}, False),
        ({"caption": "@desk_bot", "photo": []}, True),
        ({"text": "Desk", "entities": [{"type": "text_mention", "user": OURS}]}, True),
        ({"text": "yes", "reply_to_message": {"message_id": 3, "from": OURS}}, True),
        ({"text": "yes", "reply_to_message": {"message_id": 3, "from": MIA}}, False),
    ],
)
def test_who_is_addressed_in_a_group(fields, addressed):
    assert said(chat=GROUP, **fields).addressed is addressed


def test_a_plain_line_in_a_topic_answers_nobody():
    first = {"message_id": 4, "from": OURS, "forum_topic_created": {"name": "x"}}
    topic = {"chat": GROUP, "message_thread_id": 4, "is_topic_message": True}

    plain = said(text="a note", reply_to_message=first, **topic)
    answer = said(
        text="a reply",
        reply_to_message={"message_id": 5, "from": OURS, "text": "When?"},
        **topic,
    )

    assert (plain.thread_id, plain.reply_to, plain.addressed) == (4, None, False)
    assert (answer.thread_id, answer.reply_to, answer.quoted) == (4, 5, "When?")


def test_an_answer_in_general_has_no_topic():
    told = said(text="yes", chat=GROUP, message_thread_id=5, reply_to_message={"message_id": 5})

    assert (told.thread_id, told.reply_to) == (None, 5)


@pytest.mark.parametrize(
    ("fields", "kind", "file"),
    [
        (
            {
                "photo": [
                    {"file_id": "a", "file_unique_id": "A", "width": 90, "file_size": 10},
                    {"file_id": "b", "file_unique_id": "B", "width": 800, "file_size": 99},
                ]
            },
            "photo",
            File("photo", "b", "B", 99, "photo.jpg", "image/jpeg"),
        ),
        (
            {
                "document": {
                    "file_id": "d",
                    "file_unique_id": "D",
                    "file_name": "../../\u202etxt.exe\0",
                    "mime_type": "text/plain",
                    "file_size": -5,
                }
            },
            "document",
            File("document", "d", "D", 0, ".._.._ txt.exe", "text/plain"),
        ),
        (
            {"voice": {"file_id": "v", "file_unique_id": "V", "duration": 3}},
            "voice",
            File("voice", "v", "V", 0, "voice.ogg", "audio/ogg"),
        ),
        (
            {"sticker": {"file_id": "s", "file_unique_id": "S", "is_video": True}},
            "sticker",
            File("sticker", "s", "S", 0, "sticker.webm", "video/webm"),
        ),
    ],
)
def test_files(fields, kind, file):
    told = said(**fields)

    assert (told.kind, told.files) == (kind, (file,))


def test_an_animation_is_not_taken_for_its_document():
    same = {"file_id": "g", "file_unique_id": "G"}

    assert said(document=same, animation=same).kind == "animation"


@pytest.mark.parametrize(
    ("fields", "kind", "details"),
    [
        ({"location": {"latitude": 48.1, "longitude": 11}}, "location", "48.10000, 11.00000"),
        (
            {"contact": {"first_name": "Al<b>_*[", "phone_number": "+491234567"}},
            "contact",
            "Al<b>_*[ · +491234567",
        ),
        (
            {"poll": {"question": "Why?", "options": [{"text": "a"}, {"text": "b"}]}},
            "poll",
            "Why? · a · b",
        ),
        ({"something_of_2031": {}}, "unknown", ""),
    ],
)
def test_what_has_no_words(fields, kind, details):
    told = said(**fields)

    assert (told.kind, told.details) == (kind, details)


def test_texts_are_storable_and_names_one_line():
    told = said(text="a\0b\ud800c", **{"from": MIA | {"first_name": "A\n\u202eb", "last_name": 5}})

    assert told.text == "abc"
    assert told.person is not None
    assert told.person.name == "A b"


def test_an_edit_tells_when():
    told = read_update(update("edited_message", text="new", edit_date=1_900_000_000), BOT)

    assert isinstance(told, Edited)
    assert (told.said.text, told.at) == ("new", datetime.fromtimestamp(1_900_000_000, UTC))


def test_a_button():
    markup = {"inline_keyboard": [[{"text": "Yes <b>", "callback_data": "v1:yes:x"}]]}
    body = {
        "id": "987",
        "from": MIA,
        "data": "v1:yes:x",
        "message": {
            "message_id": 3,
            "chat": GROUP,
            "date": 0,
            "text": "Sure?",
            "message_thread_id": 2,
            "is_topic_message": True,
            "reply_markup": markup,
        },
    }

    told = read_update({"update_id": 1, "callback_query": body}, BOT)

    assert told == Pressed(
        1,
        "987",
        Person(5000000001, "Mia", "", "de"),
        "v1:yes:x",
        Chat(-1002000000001, "supergroup", "Shop talk"),
        3,
        2,
        "Sure?",
        "Yes <b>",
    )


def test_a_button_without_its_message_is_still_answerable():
    told = read_update({"update_id": 1, "callback_query": {"id": "9", "from": MIA}}, BOT)

    assert isinstance(told, Pressed)
    assert (told.callback_id, told.chat) == ("9", None)


@pytest.mark.parametrize(
    ("chat", "new", "change"),
    [
        (PRIVATE, {"status": "kicked"}, "blocked"),
        (PRIVATE, {"status": "member"}, "unblocked"),
        (GROUP, {"status": "administrator", "can_manage_topics": True}, "admin"),
        (GROUP, {"status": "member"}, "member"),
        (GROUP, {"status": "restricted", "is_member": False}, "removed"),
        (GROUP, {"status": "left"}, "removed"),
    ],
)
def test_our_own_standing(chat, new, change):
    body = {"chat": chat, "from": MIA, "date": 5, "new_chat_member": new}

    told = read_update({"update_id": 1, "my_chat_member": body}, BOT)

    assert isinstance(told, Membership)
    assert told.change == change
    assert told.rights == frozenset(name for name in new if name != "status" and new[name] is True)


def test_a_reaction():
    body = {
        "chat": PRIVATE,
        "message_id": 3,
        "user": MIA,
        "new_reaction": [{"type": "emoji", "emoji": "👍"}, {"type": "paid"}],
    }

    told = read_update({"update_id": 1, "message_reaction": body}, BOT)

    assert isinstance(told, Reacted)
    assert told.emoji == ("👍",)


@pytest.mark.parametrize(
    ("who", "is_ours"), [(OURS, True), (MIA, False)], ids=["by us", "by somebody"]
)
def test_topics(who, is_ours):
    place = {"chat": GROUP, "message_thread_id": 4, "is_topic_message": True}

    told = read_update(update(forum_topic_closed={}, **place, **{"from": who}), BOT)

    assert isinstance(told, TopicChanged)
    assert (told.thread_id, told.change, told.is_ours) == (4, "closed", is_ours)


def test_both_messages_of_a_migration_tell_the_same():
    old = {"id": -55, "type": "group"}

    there = read_update(update(chat=old, migrate_to_chat_id=GROUP["id"]), BOT)
    here = read_update(update(chat=GROUP, migrate_from_chat_id=-55), BOT)

    assert there == here == Migrated(12, -55, GROUP["id"])


def test_an_anonymous_admin_is_told():
    who = {"id": 1087968824, "is_bot": True, "first_name": "Group"}

    assert said(text="/close", chat=GROUP, sender_chat=GROUP, **{"from": who}).is_anonymous_admin


@pytest.mark.parametrize(
    "who",
    [
        {"id": 136817688, "is_bot": True, "first_name": "Channel"},
        {"id": 777000, "is_bot": False, "first_name": "Telegram"},  # a post that was linked here
    ],
)
def test_who_writes_as_a_channel_is_nobody_we_could_answer(who):
    channel = {"id": -1003000000001, "type": "channel", "title": "News"}

    told = said(text="@desk_bot hello", chat=GROUP, sender_chat=channel, **{"from": who})

    assert told.is_anonymous_admin


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({}, Unreadable("no_update_id")),
        ({"update_id": True}, Unreadable("no_update_id")),
        ({"update_id": 1}, Ignored("not_asked_for")),
        ({"update_id": 1, "poll": {}}, Ignored("not_asked_for")),
        ({"update_id": 1, "message": None}, Unreadable("no_chat")),
        ({"update_id": 1, "callback_query": []}, Unreadable("no_callback")),
        (update(pinned_message={}), Ignored("service")),
        (update(poll_option_added={}), Ignored("service")),
        (update(community_chat_added={}), Ignored("service")),
        (update(text="mine", **{"from": OURS}), Ignored("our_own")),
    ],
)
def test_what_is_not_for_us(raw, told):
    assert read_update(raw, BOT) == told


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("id", "type", "from", "chat", "date", "text", "caption", "message_id"),
                    *("message", "data", "photo", "document", "file_id", "file_unique_id"),
                    *("entities", "user", "reply_to_message", "message_thread_id", "poll"),
                    *("is_topic_message", "reply_markup", "inline_keyboard", "new_chat_member"),
                    *("status", "new_reaction", "emoji", "forum_topic_closed", "contact"),
                    *("migrate_to_chat_id", "location", "latitude", "options", "edit_date"),
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@given(
    st.fixed_dictionaries(
        {"update_id": st.integers() | st.none()},
        optional=dict.fromkeys(ALLOWED_UPDATES, json_values),
    )
    | json_values
)
def test_no_json_raises(raw):
    told = read_update(raw, BOT)

    repr(told).encode("utf-8", "surrogateescape")
    assert isinstance(chat_of(raw), int | None)
    update_key(raw).encode()


def test_a_key_names_one_update_however_often_it_comes():
    one = update(text="a")
    again = json.loads(json.dumps(dict(reversed(one.items()))))

    assert update_key(one) == update_key(again)
    others = [
        update(text="a") | {"update_id": 13},
        update(text="a", message_id=8),
        update("edited_message", text="a"),
        update("edited_message", text="a", edit_date=5),
        update(text="a", chat=GROUP),
        {"update_id": 12},
        {},
    ]
    assert len({update_key(raw) for raw in (one, *others)}) == len(others) + 1


def test_which_chat_keeps_the_order():
    button = {"id": "1", "from": MIA, "message": {"chat": GROUP}}

    assert chat_of(update()) == PRIVATE["id"]
    assert chat_of({"callback_query": button}) == GROUP["id"]
    assert chat_of({"callback_query": {"id": "1", "from": MIA}}) == MIA["id"]
    assert chat_of([]) is None


def test_the_sandbox_is_understood():
    clock = [AT]
    telegram = Telegram(lambda: clock[0])
    bot = telegram.add_bot(f"{BOT.id}:sandbox", "Desk", BOT.username)
    mia = Someone.new(telegram, bot, "Al<b>_*[", language="zh-hans")
    group = telegram.add_group("Desk", admins=(mia.person, bot), is_forum=True)
    telegram.call(bot.token, "getUpdates", {"allowed_updates": json.dumps(ALLOWED_UPDATES)})
    mia.starts("token")
    mia.sends("photo", b"x", caption="look")
    mia.sends_album({"kind": "photo", "data": b"1"}, {"kind": "photo", "data": b"2"})
    mia.edits(mia.types("a"), "b")
    mia.blocks()
    mia.in_chat(group).act("open_topic", name="x")

    clock[0] += timedelta(minutes=1)
    got = telegram.call(bot.token, "getUpdates", {}).result
    told = [read_update(raw, BOT) for raw in got]

    assert [type(one).__name__ for one in told] == [
        *["Said"] * 5,
        "Edited",
        "Membership",
        "TopicChanged",
    ]
    assert len({update_key(raw) for raw in got}) == len(got)
    assert told[0].argument == "token"
    assert told[2].album == told[3].album != ""
