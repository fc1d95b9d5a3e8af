"""The sandbox as python-telegram-bot sees it, without a socket and over one."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    ReplyParameters,
)
from telegram.error import BadRequest, Conflict, Forbidden, NetworkError, RetryAfter, TimedOut
from telegram.request import HTTPXRequest

from sandbox.telegram.api import Fault, Telegram
from sandbox.telegram.bot_door import BotDoor, InProcess
from sandbox.telegram.people import Someone

TOKEN = "7000000001:sandbox"
PNG = b"\x89PNG\r\n\x1a\n\x00\r\n--not a boundary\r\n"
ALL = ["message", "edited_message", "callback_query", "my_chat_member", "message_reaction"]


class Clock:
    def __init__(self):
        self.at = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)

    def __call__(self):
        return self.at

    def forward(self, **by):
        self.at += timedelta(**by)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def telegram(clock):
    return Telegram(clock)


@pytest.fixture
def desk_bot(telegram):
    return telegram.add_bot(TOKEN, "Privacy desk", "desk_bot")


def client(transport=None, root="http://sandbox.test", read=60.0):
    wishes = {"httpx_kwargs": {"transport": transport} if transport else {"trust_env": False}}
    requests = (HTTPXRequest(read_timeout=read, **wishes) for _ in range(2))
    ask, poll = requests
    return Bot(TOKEN, f"{root}/bot", f"{root}/file/bot", request=ask, get_updates_request=poll)


@pytest.fixture
def door(telegram):
    return BotDoor(telegram)


@pytest.fixture
def app(door):
    return Starlette(routes=door.routes())


async def held(door):
    """Wait until a poll is held on the line."""
    async with asyncio.timeout(60):
        while not door._polls:
            await asyncio.sleep(0.01)


@pytest.fixture
async def bot(app, desk_bot):
    async with client(InProcess(app)) as bot:
        yield bot


@pytest.fixture
def mia(telegram, desk_bot):
    mia = Someone.new(telegram, desk_bot, "Mia", language="de")
    mia.starts()
    return mia


@pytest.fixture
def forum(telegram, desk_bot):
    ann = telegram.add_person("Ann")
    return Someone(telegram, ann, telegram.add_group("Desk", admins=(ann, desk_bot), is_forum=True))


async def drain(bot):
    updates = await bot.get_updates(allowed_updates=ALL)
    if updates:
        bot_offset = updates[-1].update_id + 1
        await bot.get_updates(offset=bot_offset, allowed_updates=ALL)
    return updates


async def test_a_text_arrives_and_is_answered_with_buttons(bot, mia, telegram):
    (start,) = await drain(bot)
    rows = [
        [
            InlineKeyboardButton("Yes", callback_data="v1:yes"),
            InlineKeyboardButton("No", callback_data="v1:no"),
        ]
    ]
    sent = await bot.send_message(
        mia.chat.id,
        "<b>Hello</b> 👋 &lt;you&gt;",
        parse_mode="HTML",
        reply_markup=InlineKeyboardMarkup(rows),
    )
    mia.presses("No")
    (press,) = await drain(bot)
    await press.callback_query.answer("noted")
    await sent.edit_text("Chosen: no")

    assert (start.message.text, start.message.entities[0].type) == ("/start", "bot_command")
    assert start.message.from_user.language_code == "de"
    assert press.callback_query.data == "v1:no"
    assert mia.reads() == ["/start", "Chosen: no"]
    assert (telegram.protocol_errors, telegram.unanswered()) == ([], [])


async def test_files_keep_every_byte_both_ways(bot, mia):
    await drain(bot)
    mia.sends("document", PNG, name="proof.png", mime="image/png", caption="my card")
    (update,) = await drain(bot)
    file = await update.message.document.get_file()
    back = bytes(await file.download_as_bytearray())
    sent = await bot.send_document(mia.chat.id, PNG, filename="export ü.zip", caption="c")
    picture = await bot.send_photo(mia.chat.id, PNG)

    assert (back, update.message.caption) == (PNG, "my card")
    assert sent.document.file_name
    assert sent.document.file_size == picture.photo[-1].file_size == len(PNG)


async def test_albums_are_messages_with_one_group_id(bot, mia, telegram):
    parts = [InputMediaDocument(PNG, filename=f"{n}.bin", caption=f"{n}") for n in range(3)]
    sent = await bot.send_media_group(mia.chat.id, parts)
    mia.sends_album({"kind": "photo", "data": PNG, "caption": "a"}, {"kind": "photo", "data": PNG})
    updates = await drain(bot)
    await asyncio.sleep(0)
    copies_from = [u.message.message_id for u in updates[1:]]

    assert len({m.media_group_id for m in sent}) == 1
    assert [m.caption for m in sent] == ["0", "1", "2"]
    assert len({u.message.media_group_id for u in updates[1:]}) == 1
    assert copies_from == [m.id for m in mia.sees()[-2:]]
    assert telegram.protocol_errors == []


async def test_every_method_that_asks_is_understood_by_the_library(bot, mia, forum, telegram):
    me = await bot.get_me()
    group = await bot.get_chat(forum.chat.id)
    private = await bot.get_chat(mia.chat.id)
    leaders = await bot.get_chat_administrators(forum.chat.id)
    member = await bot.get_chat_member(forum.chat.id, me.id)
    icons = await bot.get_forum_topic_icon_stickers()
    scope = BotCommandScopeAllPrivateChats()
    menu = [BotCommand("ask", "Ask a question")]
    await bot.set_my_commands(menu, scope, "de")
    await bot.set_my_description("What I do")
    await bot.set_my_short_description("Privacy")
    await bot.set_chat_menu_button()
    info = await bot.get_webhook_info()

    assert (me.username, group.is_forum, private.first_name) == ("desk_bot", True, "Mia")
    assert [a.user.first_name for a in leaders] == ["Ann", "Privacy desk"]
    assert member.can_manage_topics
    assert len(icons) > 50
    assert await bot.get_my_commands(scope, "de") == tuple(menu)
    assert await bot.get_my_commands() == ()
    assert await bot.delete_my_commands(scope, "de")
    assert info.pending_update_count == 1
    assert telegram.protocol_errors == []


async def test_a_topic_from_opening_to_closing(bot, forum, telegram):
    topic = await bot.create_forum_topic(forum.chat.id, "EJ-7K3F-9Q · Deletion")
    card = await bot.send_message(forum.chat.id, "card", message_thread_id=topic.message_thread_id)
    await bot.pin_chat_message(forum.chat.id, card.message_id)
    ann = forum.in_chat(forum.chat, topic.message_thread_id)
    note = ann.types("looks fine")
    await bot.set_message_reaction(forum.chat.id, note.id, "👌")
    await bot.edit_forum_topic(forum.chat.id, topic.message_thread_id, name="EJ-7K3F-9Q · done")
    await bot.close_forum_topic(forum.chat.id, topic.message_thread_id)
    updates = await drain(bot)
    heard = [u.message for u in updates]

    assert heard[0].forum_topic_created.name == "EJ-7K3F-9Q · Deletion"
    assert heard[1].pinned_message.message_id == card.message_id
    assert heard[2].reply_to_message.forum_topic_created  # the trap: a plain line is no reply
    assert heard[2].is_topic_message
    assert heard[3].forum_topic_edited.name == "EJ-7K3F-9Q · done"
    assert heard[4].forum_topic_closed is not None
    assert telegram.protocol_errors == []


async def test_copies_forwards_and_answers(bot, mia, forum, telegram):
    asked = mia.types("please delete my data")
    topic = await bot.create_forum_topic(forum.chat.id, "x")
    thread = {"message_thread_id": topic.message_thread_id}
    copied = await bot.copy_message(forum.chat.id, mia.chat.id, asked.id, **thread)
    forwarded = await bot.forward_message(forum.chat.id, mia.chat.id, asked.id, **thread)
    many = await bot.copy_messages(forum.chat.id, mia.chat.id, [asked.id], **thread)
    answer = await bot.send_message(mia.chat.id, "done", reply_parameters=ReplyParameters(asked.id))
    await bot.delete_message(mia.chat.id, asked.id)

    assert forum.chat.messages[copied.message_id].text == "please delete my data"
    assert forwarded.forward_origin.sender_user.first_name == "Mia"
    assert len(many) == 1
    assert answer.reply_to_message.message_id == asked.id
    assert asked.id not in mia.chat.messages
    assert telegram.protocol_errors == []


async def test_a_long_poll_ends_with_the_first_message(bot, mia, clock, door):
    await drain(bot)
    clock.forward(seconds=5)
    polling = asyncio.create_task(bot.get_updates(timeout=120))
    await held(door)
    mia.types("now")

    (update,) = await asyncio.wait_for(polling, 60)  # long before the poll's own end
    assert update.message.text == "now"


async def test_the_older_of_two_polls_is_told_off(app, bot, clock, door):
    older = asyncio.create_task(bot.get_updates(timeout=120))
    await held(door)
    clock.forward(seconds=5)
    async with client(InProcess(app)) as second:
        newer = asyncio.create_task(second.get_updates(timeout=1))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await older
        assert await newer == ()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("kind", "error"), [("cut", NetworkError), ("timeout", TimedOut)])
async def test_the_wire_fails_before_or_after_the_effect(app, mia, kind, error, after):
    mia.telegram.faults.append(Fault(kind, "sendMessage", after=after))
    async with client(InProcess(app)) as bot:
        with pytest.raises(error):
            await bot.send_message(mia.chat.id, "code 123456", read_timeout=1)

    assert mia.reads() == ["/start", "code 123456"][: 1 + after]


async def test_floods_and_server_errors_can_be_had(bot, mia, telegram, clock, monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # else reading `retry_after` warns
    telegram.faults += [Fault("flood", seconds=7), Fault("error", after=True)]
    with pytest.raises(RetryAfter, match=r"Retry in 0:00:07"):
        await bot.send_message(mia.chat.id, "one")
    clock.forward(seconds=7)
    with pytest.raises(NetworkError):
        await bot.send_message(mia.chat.id, "two")

    assert mia.reads() == ["/start", "two"]


async def test_refusals_are_the_errors_that_the_library_knows(bot, mia, forum, telegram):
    mia.blocks()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(mia.chat.id, "x")
    with pytest.raises(Forbidden, match="can't initiate conversation"):
        await bot.send_message(forum.person.id, "x")
    with pytest.raises(BadRequest, match=r"[Cc]hat not found"):
        await bot.send_message(12345, "x")
    with pytest.raises(BadRequest, match=r"[Mm]essage thread not found"):
        await bot.send_message(forum.chat.id, "x", message_thread_id=999)

    assert telegram.protocol_errors == []
