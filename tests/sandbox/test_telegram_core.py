"""The core without a wire: each trap of the Bot API shows, and each mistake is reported."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.telegram.api import Fault, Telegram
from sandbox.telegram.methods import METHODS
from sandbox.telegram.pacing import Limits
from sandbox.telegram.parameters import METHODS as PARAMETERS
from sandbox.telegram.parameters import Upload
from sandbox.telegram.people import Someone
from sandbox.telegram.refusals import ActError

TOKEN = "7000000001:sandbox"
OPEN = Limits(group=0, private=0, overall=0)
PNG = b"\x89PNG\r\n\x1a\n"


class World:
    """One bot, one requester who has started it, one desk; the clock stands until moved."""

    def __init__(self, limits=OPEN):
        self.at = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
        self.telegram = Telegram(lambda: self.at, limits=limits)
        self.bot = self.telegram.add_bot(TOKEN, "Privacy desk", "desk_bot")
        self.mia = Someone.new(self.telegram, self.bot, "Mia")
        self.mia.starts()
        ann = self.telegram.add_person("Ann")
        desk = self.telegram.add_group("Desk", admins=(ann, self.bot), is_forum=True)
        self.ann = Someone(self.telegram, ann, desk)
        self.to_mia = {"chat_id": self.mia.chat.id}
        self.to_desk = {"chat_id": desk.id}

    def forward(self, **by):
        self.at += timedelta(**by)

    def call(self, method, **params):
        return self.telegram.call(TOKEN, method, params).body

    def do(self, method, **params):
        body = self.call(method, **params)
        assert body["ok"], body
        return body["result"]

    def said(self, method, **params):
        body = self.call(method, **params)
        assert not body["ok"], body
        return body["error_code"], body["description"].removeprefix("Bad Request: ")

    def updates(self, **params):
        return self.do("getUpdates", **params)

    @property
    def faults(self):
        return [error.description for error in self.telegram.protocol_errors]


@pytest.fixture
def world():
    return World()


def keyboard(**button):
    return {"inline_keyboard": [[{"text": "Go", **button}]]}


def test_every_method_has_its_parameters():
    assert set(METHODS) == set(PARAMETERS)


SIMPLE = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.just(5_000_000_001), st.text(max_size=8)
)
KEYS = st.sampled_from(
    [
        *("type", "text", "url", "callback_data", "keyboard", "inline_keyboard", "message_id"),
        *("offset", "length", "emoji", "command", "description", "media", "caption", "chat_id"),
    ]
)
VALUES = st.recursive(
    SIMPLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)
FITTING = {
    "int": st.integers(-2, 5),
    "bool": st.booleans(),
    "str": st.text(max_size=8),
    "file": st.text(max_size=8),
    "objects": st.lists(OBJECTS, max_size=4),
    "numbers": st.lists(st.integers(-2, 5), max_size=4),
    "strings": st.lists(st.text(max_size=8), max_size=4),
    "object": OBJECTS,
    "chat": st.just(-1_002_000_000_001) | st.just(5_000_000_001),
}


def some_parameters(method):
    known = PARAMETERS[method].items()
    return st.fixed_dictionaries(
        {name: FITTING[kind] for name, (kind, required) in known if required},
        optional={name: FITTING[kind] | VALUES for name, (kind, required) in known if not required},
    )


@given(data=st.data())
@pytest.mark.parametrize("method", sorted(METHODS))
@settings(max_examples=12, deadline=None)
def test_no_parameters_break_it(method, data):
    world = World()
    world.do("createForumTopic", **world.to_desk, name="x")
    world.do("sendMessage", **world.to_mia, text="a", reply_markup=keyboard(callback_data="x"))
    answer = world.telegram.call(TOKEN, method, data.draw(some_parameters(method)))

    assert answer.body["ok"] or answer.body["description"]


FAULTS = [
    ({"text": "x" * 4097}, "message is too long"),
    ({"text": "😀" * 2049}, "message is too long"),
    ({"text": " \n "}, "message text is empty"),
    ({}, "message text is empty"),
    (
        {"text": "Al<b>_*[", "parse_mode": "HTML"},
        "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
    ),
    (
        {"text": "ü <x>", "parse_mode": "HTML"},
        'can\'t parse entities: Unsupported start tag "x" at byte offset 3',
    ),
    (
        {"text": "<b>a</i>", "parse_mode": "HTML"},
        'can\'t parse entities: Unmatched end tag at byte offset 4, expected "</b>", found "</i>"',
    ),
    (
        {"text": "a</b>", "parse_mode": "HTML"},
        "can't parse entities: Unexpected end tag at byte offset 1",
    ),
    (
        {"text": "a < b", "parse_mode": "HTML"},
        'can\'t parse entities: Unsupported start tag "" at byte offset 2',
    ),
    ({"text": "a", "parse_mode": "MarkdownV2"}, "unsupported parse_mode"),
    (
        {"text": "a", "entities": [{"type": "bold", "offset": 0, "length": 2}]},
        "can't parse entities: entity is outside of the text",
    ),
    ({"text": "a", "message_thread_id": 1}, "message thread not found"),
    ({"text": "a", "message_thread_id": "x"}, 'parameter "message_thread_id" is not of type int'),
    ({"text": "a", "reply_markup": keyboard(callback_data="é" * 33)}, "BUTTON_DATA_INVALID"),
    ({"text": "a", "reply_markup": keyboard(callback_data="")}, "BUTTON_DATA_INVALID"),
    (
        {"text": "a", "reply_markup": keyboard(url="http://localhost:8000/t")},
        "inline keyboard button URL 'http://localhost:8000/t' is invalid: Wrong HTTP URL",
    ),
    (
        {"text": "a", "reply_markup": keyboard()},
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ),
    (
        {"text": "a", "reply_markup": keyboard(callback_data="x", style="loud")},
        "can't parse inline keyboard button: invalid button style specified",
    ),
]


@pytest.mark.parametrize(("params", "description"), FAULTS)
def test_a_faulty_message_is_refused_and_reported(world, params, description):
    assert world.said("sendMessage", **world.to_mia, **params) == (400, description)
    assert world.faults == [f"Bad Request: {description}"]
    assert world.mia.reads() == ["/start"]


def test_limits_count_what_is_read_not_what_is_written(world):
    world.do("sendMessage", **world.to_mia, text="<b>" + "&amp;" * 4096 + "</b>", parse_mode="HTML")
    world.do("sendMessage", **world.to_mia, text="😀" * 2048)

    assert world.faults == []


def test_captions_are_shorter(world):
    files = {"document": Upload("a.pdf", b"1", "application/pdf")}
    params = {**world.to_mia, "caption": "x" * 1025}
    body = world.telegram.call(TOKEN, "sendDocument", params, files).body

    assert body["description"] == "Bad Request: message caption is too long"


def test_entities_are_found_and_placed_in_utf16_units(world):
    text = "👋 <b>Al&lt;b&gt;_*[</b> <a href='https://example.org/a?b=1&amp;c=2'>link</a> /help"
    message = world.do("sendMessage", **world.to_mia, text=text, parse_mode="HTML")

    assert message["text"] == "👋 Al<b>_*[ link /help"
    assert message["entities"] == [
        {"type": "bold", "offset": 3, "length": 8},
        {"type": "text_link", "offset": 12, "length": 4, "url": "https://example.org/a?b=1&c=2"},
        {"type": "bot_command", "offset": 17, "length": 5},
    ]


def test_parameters_that_nobody_knows_are_reported(world):
    world.do("sendMessage", **world.to_mia, text="a", disable_web_page_preview=True)

    assert world.faults == ["unknown parameters: disable_web_page_preview"]


def test_unknown_methods_and_tokens_are_reported(world):
    assert world.said("sendPoll", **world.to_mia) == (404, "Not Found: method not found")
    assert world.telegram.call("1:x", "getMe").status == 401
    assert len(world.faults) == 2


# Updates


def test_updates_come_again_until_confirmed(world):
    world.mia.types("one")
    first = world.updates()
    again = world.updates()
    world.updates(offset=first[-1]["update_id"] + 1)

    assert [u["message"]["text"] for u in first] == ["/start", "one"]
    assert again[0] == first[0]
    assert world.updates() == []


def test_an_offset_confirms_what_is_before_it(world):
    world.mia.types("one")
    _, one = world.updates()

    assert world.updates(offset=one["update_id"]) == [one]
    assert world.updates(offset=-1) == [one]


def test_an_offset_far_beyond_is_ignored(world):
    (start,) = world.updates()

    assert world.updates(offset=start["update_id"] + 1000) == [start]
    assert world.updates(offset=start["update_id"] + 2) == []


def test_updates_expire_after_a_day(world):
    world.forward(hours=24)

    assert world.updates() == []
    assert world.bot.updates.lost == 1


def test_numbering_starts_anew_after_a_quiet_week(world):
    (start,) = world.updates()
    world.updates(offset=start["update_id"] + 1)
    world.forward(days=8)
    world.mia.types("back")
    (back,) = world.updates()

    assert abs(back["update_id"] - start["update_id"]) > 1000


def test_kinds_not_asked_for_never_come_and_the_list_sticks(world):
    message = world.mia.types("hm")
    world.mia.reacts(message, "👍")
    assert "message_reaction" not in {k for u in world.updates(limit=100) for k in u}

    world.updates(allowed_updates=["message_reaction"])
    world.mia.reacts(message, "🎉")
    world.mia.types("not asked for")
    world.forward(seconds=1)
    kinds = [set(u) - {"update_id"} for u in world.updates()[2:]]
    assert kinds == [{"message_reaction"}]

    world.updates(allowed_updates=[])  # the default again, which knows no reactions
    world.mia.reacts(message, "👀")
    world.forward(seconds=1)
    assert len(world.updates()) == 3


def test_who_spins_waits_and_gets_one_at_a_time(world):
    world.mia.types("two")
    world.updates()

    assert len(world.updates()) == 1
    assert world.bot.updates.planned == (1, 3)
    world.forward(seconds=3)
    assert len(world.updates()) == 2


def test_no_polling_beside_a_webhook(world):
    world.do("setWebhook", url="http://127.0.0.1:8080/hook", secret_token="s")
    code, why = world.said("getUpdates")

    assert (code, why[:30]) == (409, "Conflict: can't use getUpdates")


def test_webhooks_want_https_and_an_open_port(world):
    assert "HTTPS" in world.said("setWebhook", url="http://example.org/")[1]
    assert "ports" in world.said("setWebhook", url="https://example.org:8000/")[1]
    assert "secret" in world.said("setWebhook", url="https://example.org/", secret_token="ü")[1]


# Buttons


def test_a_button_is_answered_once_and_soon(world):
    world.do("sendMessage", **world.to_mia, text="?", reply_markup=keyboard(callback_data="v1:go"))
    first, second = world.mia.presses("Go"), world.mia.presses("v1:go")
    assert [q.data for q in world.telegram.unanswered()] == ["v1:go", "v1:go"]

    world.do("answerCallbackQuery", callback_query_id=first.id, text="noted")
    too_old = (400, "query is too old and response timeout expired or query ID is invalid")
    assert world.said("answerCallbackQuery", callback_query_id=first.id) == too_old
    world.forward(seconds=31)
    assert world.said("answerCallbackQuery", callback_query_id=second.id) == too_old
    assert world.faults == ["Bad Request: " + too_old[1]]  # twice is a fault, late is bad luck


def test_anybody_in_the_group_may_press(world):
    ben = world.telegram.add_person("Ben")
    world.ann.chat.members[ben.id] = world.ann.chat.members[world.ann.person.id]
    world.do("sendMessage", **world.to_desk, text="card", reply_markup=keyboard(callback_data="c"))
    Someone(world.telegram, ben, world.ann.chat).presses("Go")

    assert world.updates()[-1]["callback_query"]["from"]["first_name"] == "Ben"


# Changes


def test_edits_that_change_nothing_are_refused_without_blame(world):
    sent = world.do(
        "sendMessage", **world.to_mia, text="a", reply_markup=keyboard(callback_data="c")
    )
    at = {**world.to_mia, "message_id": sent["message_id"]}
    same = world.said("editMessageText", **at, text="a", reply_markup=keyboard(callback_data="c"))
    world.do("editMessageReplyMarkup", **at)
    world.mia.deletes(world.mia.sees()[-1])

    assert same[1].startswith("message is not modified")
    assert world.said("editMessageText", **at, text="b") == (400, "message to edit not found")
    assert world.faults == []


def test_a_bot_edits_its_own_only(world):
    at = {**world.to_mia, "message_id": world.mia.sees()[0].id}

    assert world.said("editMessageText", **at, text="b") == (400, "message can't be edited")


def test_deleting_in_private_chats_ends_after_two_days(world):
    old = world.mia.types("my address is m@example.org")
    world.forward(hours=47)
    code = world.mia.types("123456")
    world.do("deleteMessage", **world.to_mia, message_id=code.id)
    world.forward(hours=2)

    why = world.said("deleteMessage", **world.to_mia, message_id=old.id)
    assert why == (400, "message can't be deleted")
    young = world.mia.types("and more")
    world.do("deleteMessages", **world.to_mia, message_ids=[old.id, young.id, young.id, 99])
    assert world.mia.reads() == ["/start", old.text]


@pytest.mark.parametrize(
    ("emoji", "outcome"),
    [
        ("👀", True),
        ("❤️", True),
        ("✍", True),
        ("✅", "REACTION_INVALID"),
        ("⏰", "REACTION_INVALID"),
    ],
)
def test_only_some_emoji_are_reactions(world, emoji, outcome):
    at = {**world.to_mia, "message_id": world.mia.sees()[0].id}
    reaction = [{"type": "emoji", "emoji": emoji}]
    body = world.call("setMessageReaction", **at, reaction=reaction)

    assert body["ok"] is True if outcome is True else body["description"].endswith(outcome)


def test_one_reaction_a_bot(world):
    at = {**world.to_mia, "message_id": world.mia.sees()[0].id}
    two = [{"type": "emoji", "emoji": e} for e in "👀👍"]

    assert world.said("setMessageReaction", **at, reaction=two) == (400, "REACTIONS_TOO_MANY")


# Topics and groups


def test_topics_that_are_as_wished_or_gone(world):
    topic = world.do("createForumTopic", **world.to_desk, name="EJ-1")
    at = {**world.to_desk, "message_thread_id": topic["message_thread_id"]}

    assert world.said("editForumTopic", **at, name="EJ-1") == (400, "TOPIC_NOT_MODIFIED")
    world.do("closeForumTopic", **at)
    assert world.said("closeForumTopic", **at) == (400, "TOPIC_NOT_MODIFIED")
    world.updates(offset=world.updates()[-1]["update_id"] + 1)
    world.ann.act("delete_topic", topic=topic["message_thread_id"])
    assert world.updates() == []
    assert world.said("sendMessage", **at, text="a") == (400, "message thread not found")
    assert world.said("editForumTopic", **at, name="b") == (400, "TOPIC_ID_INVALID")
    assert world.faults == []


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"name": "x" * 129}, "TOPIC_TITLE_TOO_LONG"),
        ({"name": "x", "icon_color": 1}, "invalid icon color specified"),
        ({"name": "x", "icon_custom_emoji_id": "5"}, "DOCUMENT_INVALID"),
    ],
)
def test_faulty_topics(world, params, why):
    assert world.said("createForumTopic", **world.to_desk, **params) == (400, why)
    assert len(world.faults) == 1


def test_general_is_no_thread(world):
    why = world.said("sendMessage", **world.to_desk, text="a", message_thread_id=1)

    assert why == (400, "message thread not found")
    assert len(world.faults) == 1


def test_a_reply_in_general_has_a_thread_but_no_topic(world):
    asked = world.ann.types("/queue")
    world.ann.types("and this?", reply_to=asked)
    message = world.updates()[-1]["message"]

    assert message["message_thread_id"] == asked.id
    assert "is_topic_message" not in message


def test_rights_are_needed_for_topics_pins_and_deletions(world):
    topic = world.ann.act("open_topic", name="by hand")
    asked = world.ann.types("hello")
    world.ann.act("place_bot", bot=world.bot.id, status="administrator", rights=[])
    at = {**world.to_desk, "message_thread_id": topic.id}

    assert world.said("createForumTopic", **world.to_desk, name="x")[1].startswith(
        "not enough rights"
    )
    assert world.said("closeForumTopic", **at)[1].startswith("not enough rights")
    assert world.said("pinChatMessage", **world.to_desk, message_id=asked.id)[1].startswith(
        "not enough rights"
    )
    assert (
        world.said("deleteMessage", **world.to_desk, message_id=asked.id)[1]
        == "message can't be deleted"
    )
    assert world.updates()[-1]["my_chat_member"]["new_chat_member"]["can_manage_topics"] is False


def test_privacy_mode_hears_only_what_is_meant_for_it(world):
    group = world.telegram.add_group("Shop talk", world.mia.person, world.bot)
    mia = world.mia.in_chat(group)
    answer = world.do("sendMessage", chat_id=group.id, text="hello")
    world.updates(offset=world.updates()[-1]["update_id"] + 1)
    mia.types("nobody asked the bot")
    mia.types("/help@other_bot")
    mia.types("hi @desk_bot")
    mia.types("/help")
    mia.types("thanks", reply_to=group.messages[answer["message_id"]])

    heard = [u["message"]["text"] for u in world.updates()]
    assert heard == ["hi @desk_bot", "/help", "thanks"]


def test_anonymous_admins_cannot_be_told_apart(world):
    world.ann.chat.members[world.ann.person.id].is_anonymous = True
    world.ann.types("/claim")
    message = world.updates()[-1]["message"]

    assert message["from"]["username"] == "GroupAnonymousBot"
    assert message["sender_chat"]["id"] == world.ann.chat.id


def test_a_migrated_group_says_where_it_went(world):
    group = world.telegram.add_group("Old desk", admins=(world.ann.person, world.bot), kind="group")
    new = world.ann.in_chat(group).act("migrate")
    old_says, new_says = (u["message"] for u in world.updates()[-2:])
    body = world.call("sendMessage", chat_id=group.id, text="a")

    assert (old_says["migrate_to_chat_id"], new_says["migrate_from_chat_id"]) == (new.id, group.id)
    assert body["parameters"] == {"migrate_to_chat_id": new.id}
    assert world.do("sendMessage", chat_id=new.id, text="a")
    assert world.faults == []


def test_a_kicked_bot_is_told_so(world):
    world.ann.act("place_bot", bot=world.bot.id, status="kicked", rights=[])

    assert world.said("sendMessage", **world.to_desk, text="a") == (
        403,
        "Forbidden: bot was kicked from the supergroup chat",
    )


def test_blocking_and_unblocking_are_told(world):
    world.mia.blocks()
    refused = world.said("sendMessage", **world.to_mia, text="a")
    with pytest.raises(ActError):
        world.mia.types("cannot")
    world.mia.unblocks()
    world.do("sendMessage", **world.to_mia, text="b")
    states = [u["my_chat_member"]["new_chat_member"]["status"] for u in world.updates()[1:]]

    assert refused == (403, "Forbidden: bot was blocked by the user")
    assert states == ["kicked", "member"]


def test_message_ids_run_over_all_private_chats(world):
    jonas = Someone.new(world.telegram, world.bot, "Jonas")
    ids = [jonas.starts().id, world.mia.types("a").id, jonas.types("b").id]

    assert ids == [2, 3, 4]
    assert jonas.person.id > 2**32


def test_edits_come_as_edits_and_deletions_never(world):
    sent = world.mia.types("delete my data")
    world.mia.edits(sent, "delete my account")
    world.mia.deletes(sent)
    updates = world.updates()

    assert updates[-1]["edited_message"]["text"] == "delete my account"
    assert len(updates) == 3


# Files


def test_files_over_20_mb_cannot_be_fetched(world):
    world.mia.sends("document", b"x" * ((20 << 20) + 1), name="big.zip")
    file_id = world.updates()[-1]["message"]["document"]["file_id"]

    assert world.said("getFile", file_id=file_id) == (400, "file is too big")
    assert world.faults == []


@pytest.mark.parametrize(
    ("method", "upload", "code"),
    [
        ("sendDocument", b"", 400),
        ("sendPhoto", b"%PDF-1.7", 400),
        ("sendPhoto", PNG + b"x" * (10 << 20), 413),
    ],
)
def test_uploads_that_do_not_fit(world, method, upload, code):
    kind = method.removeprefix("send").lower()
    files = {kind: Upload("a", upload, "application/octet-stream")}

    assert world.telegram.call(TOKEN, method, world.to_mia, files).status == code
    assert len(world.faults) == 1


def test_a_file_id_keeps_its_kind(world):
    world.mia.sends("photo", PNG)
    file_id = world.updates()[-1]["message"]["photo"][-1]["file_id"]
    world.do("sendPhoto", **world.to_mia, photo=file_id)

    why = world.said("sendDocument", **world.to_mia, document=file_id)
    assert why == (400, "can't use file of type Photo as Document")


# Limits


def test_twenty_messages_a_minute_in_a_group_topics_and_edits_counted():
    world = World(Limits())
    topic = world.do("createForumTopic", **world.to_desk, name="x")["message_thread_id"]
    for n in range(19):
        world.forward(seconds=0.1)
        world.do("sendMessage", **world.to_desk, message_thread_id=topic, text=f"{n}")
    body = world.call("sendMessage", **world.to_desk, text="one too many")
    assert (body["error_code"], body["parameters"]) == (429, {"retry_after": 59})
    assert world.faults == []

    world.forward(seconds=58)
    assert world.call("sendMessage", **world.to_desk, text="impatient")["error_code"] == 429
    assert world.faults == ["called before retry_after had passed"]
    world.forward(seconds=1)
    world.do("sendMessage", **world.to_desk, text="at last")


def test_a_private_chat_takes_a_burst_and_then_one_a_second():
    world = World(Limits())
    answers = [world.call("sendMessage", **world.to_mia, text=f"{n}") for n in range(4)]
    assert [a["ok"] for a in answers] == [True, True, True, False]
    assert answers[-1]["parameters"] == {"retry_after": 1}

    world.do("sendChatAction", **world.to_mia, action="typing")
    for n in range(5):
        world.forward(seconds=1)
        world.do("sendMessage", **world.to_mia, text=f"later {n}")


def test_thirty_a_second_over_all_chats():
    world = World(Limits(private=0))
    chats = []
    for n in range(31):
        chats.append(Someone.new(world.telegram, world.bot, f"P{n}"))
        chats[-1].starts()
    sent = [world.call("sendMessage", chat_id=one.chat.id, text="a")["ok"] for one in chats]

    assert sent == [True] * 30 + [False]


# Faults


def test_a_fault_hits_the_next_fitting_call_once(world):
    world.telegram.faults.append(Fault("flood", "sendMessage", chat_id=world.ann.chat.id))
    world.do("sendMessage", **world.to_mia, text="a")

    assert world.said("sendMessage", **world.to_desk, text="b")[0] == 429
    world.forward(seconds=3)
    world.do("sendMessage", **world.to_desk, text="b")


def test_calls_are_recorded(world):
    world.do("sendMessage", **world.to_mia, text="a")
    line = world.telegram.calls[-1]

    assert (line.method, line.chat_id, line.status) == ("sendMessage", world.mia.chat.id, 200)


def test_an_injected_flood_lasts(world):
    world.telegram.faults.append(Fault("flood", "sendMessage", seconds=5))
    world.call("sendMessage", **world.to_mia, text="a")

    assert world.said("sendMessage", **world.to_mia, text="a")[0] == 429
    assert world.faults == ["called before retry_after had passed"]
    world.forward(seconds=5)
    world.do("sendMessage", **world.to_mia, text="a")


# People


def test_clients_split_what_is_too_long(world):
    world.mia.types("😀" * 5000)

    texts = [u["message"]["text"] for u in world.updates()[1:]]
    assert "".join(texts) == "😀" * 5000
    assert all(len(text.encode("utf-16-le")) <= 2 * 4096 for text in texts)


def test_deep_links_start_the_bot_with_their_payload(world):
    noa = Someone.new(world.telegram, world.bot, "Noa")
    noa.follows("https://t.me/desk_bot?start=EJ-7K3F-9Q_x")
    with pytest.raises(ActError):
        noa.follows("https://t.me/desk_bot?start=not%20possible")

    assert noa.reads() == ["/start EJ-7K3F-9Q_x"]


def test_people_come_and_go(world):
    noa = Someone.new(world.telegram, world.bot, "Noa").in_chat(world.ann.chat)
    noa.act("join")
    noa.types("hello")
    noa.act("leave")
    with pytest.raises(ActError):
        noa.types("still here?")

    kinds = [set(u["message"]) & {"new_chat_members", "left_chat_member"} for u in world.updates()]
    assert kinds[1:] == [{"new_chat_members"}, set(), {"left_chat_member"}]


def test_buttons_that_open_and_buttons_that_are_gone(world):
    url = "https://example.org/"
    sent = world.do("sendMessage", **world.to_mia, text="a", reply_markup=keyboard(url=url))
    assert world.mia.presses("Go") == url
    world.do("editMessageReplyMarkup", **world.to_mia, message_id=sent["message_id"])
    with pytest.raises(ActError):
        world.mia.presses("Go")


def test_reply_keyboards_type_their_text(world):
    keys = {"keyboard": [[{"text": "Yes"}]], "one_time_keyboard": True}
    world.do("sendMessage", **world.to_mia, text="?", reply_markup=keys)
    world.mia.presses("Yes", world.mia.sees()[-1])

    assert world.updates()[-1]["message"]["text"] == "Yes"


def test_links_that_are_none_stay_text(world):
    text = "<a href='http://localhost:8000/t'>console</a>"
    sent = world.do("sendMessage", **world.to_mia, text=text, parse_mode="HTML")

    assert (sent["text"], "entities" in sent) == ("console", False)


@pytest.mark.parametrize(
    ("reply", "why", "is_fault"),
    [
        ({"message_id": 99}, "message to be replied not found", False),
        ({"message_id": 1, "quote": "never said"}, "QUOTE_TEXT_INVALID", True),
        ({"id": 1}, "can't parse ReplyParameters: unknown id", True),
        ({}, "can't parse ReplyParameters: field message_id must be of type int", True),
    ],
)
def test_answers_to_what_is_not_there(world, reply, why, is_fault):
    assert world.said("sendMessage", **world.to_mia, text="a", reply_parameters=reply)[1] == why
    assert bool(world.faults) is is_fault


def test_an_answer_without_its_question_may_be_wished_for(world):
    reply = {"message_id": 99, "allow_sending_without_reply": True}

    assert world.do("sendMessage", **world.to_mia, text="a", reply_parameters=reply)
