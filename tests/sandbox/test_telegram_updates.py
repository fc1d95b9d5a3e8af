"""Updates come until they are confirmed; every button is answered once."""

import pytest

from sandbox.telegram.people import Someone
from tests.sandbox.chats import World, keyboard


@pytest.fixture
def world():
    return World()


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
