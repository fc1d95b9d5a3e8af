"""What changes, and what a bot may do in groups and their topics."""

import pytest

from sandbox.telegram.people import Someone
from sandbox.telegram.refusals import ActError
from tests.sandbox.chats import World, keyboard


@pytest.fixture
def world():
    return World()


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
