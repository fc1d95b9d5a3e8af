"""The core without a wire: each trap of the Bot API shows, and each mistake is reported."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.telegram.api import Fault
from sandbox.telegram.methods import METHODS
from sandbox.telegram.pacing import Limits
from sandbox.telegram.parameters import METHODS as PARAMETERS
from sandbox.telegram.parameters import Upload
from sandbox.telegram.people import Someone
from tests.sandbox.chats import TOKEN, World, keyboard


@pytest.fixture
def world():
    return World()


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
