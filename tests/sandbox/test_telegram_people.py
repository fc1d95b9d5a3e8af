"""What people do in their clients, and the files they send."""

import pytest

from sandbox.telegram.parameters import Upload
from sandbox.telegram.people import Someone
from sandbox.telegram.refusals import ActError
from tests.sandbox.chats import PNG, TOKEN, World, keyboard


@pytest.fixture
def world():
    return World()


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
