"""Agents work in a topic; nothing internal reaches a requester, and nobody else can act."""

from __future__ import annotations

import pytest

from bot.forum.flow import BUTTONS, COMMANDS
from bot.menu import AGENTS
from sandbox.telegram.api import Fault
from tests.bot.test_forum_topics import PNG, seen, texts, topics
from tests.tickets.conftest import mail
from tickets.models import AgentChat, Message, OutboxEntry, Role, Ticket
from tickets.types import Direction, Status


@pytest.fixture
async def ticket(bench):
    await bench.link(bench.ann, "Ann Agent")
    await bench.link(bench.ben, "Ben Agent")
    bench.mia.starts()
    bench.mia.types("Please delete my data")
    await bench.pass_time(5)
    return await Ticket.get()


@pytest.fixture
def ann(bench, ticket):
    return bench.topic(bench.ann, topics(bench)[0].id)


@pytest.fixture
def ben(bench, ticket):
    return bench.topic(bench.ben, topics(bench)[0].id)


def reactions(bench, message):
    return message.reactions.get(bench.our_bot.id, [])


def alert(bench):
    query = list(bench.telegram.queries.values())[-1]
    return query.answer["text"] if query.answer else None


async def press(bench, someone, button, message=None):
    someone.presses(button, message)
    await bench.pass_time(3)


async def again(ticket):
    return await Ticket.get(id=ticket.id)


async def test_a_link_code_links_one_account_once(bench):
    await bench.link(bench.ann, "Ann Agent")
    code = await bench.agents.link_again("Ann Agent", bench.clock())
    private = bench.telegram.private_chat(bench.our_bot, bench.ben.person)
    ben = bench.ben.in_chat(private)
    ben.types(f"/start {code}")
    await bench.settle()
    ben.types(f"/start {code}")
    ben.types("/start nonsense")
    await bench.settle()

    assert await AgentChat.filter(unlinked_at=None).count() == 1
    assert any("Ann Agent" in text for text in ben.reads())


async def test_claim_take_over_and_release(bench, ticket, ann, ben):
    await press(bench, ann, "Claim")
    holder = (await again(ticket)).agent_id
    await press(bench, ben, "Claim")
    told = alert(bench)
    assert (await again(ticket)).agent_id == holder
    assert "Ann Agent has it since" in told

    await press(bench, ben, "Take over")
    assert (await again(ticket)).agent_id != holder
    await bench.pass_time(12)
    await press(bench, ben, "Release")
    assert (await again(ticket)).agent_id is None


async def test_a_reply_waits_and_then_reaches_the_requester(bench, ticket, ann):
    before = len(bench.mia.reads())
    card = seen(bench)[0]
    words = ann.types("We are on it.", reply_to=card)
    await bench.pass_time(5)
    assert reactions(bench, words) == ["✍"]
    assert len(bench.mia.reads()) == before

    await bench.pass_time(12)
    assert reactions(bench, words) == ["👍"]
    [sent] = bench.mia.reads()[before:]
    assert "We are on it." in sent
    assert "Ann" not in sent
    assert len(seen(bench)) == 2  # what was written here is not mirrored here


async def test_plain_text_is_a_note_and_stays_here(bench, ticket, ann):
    before = bench.mia.reads()
    words = ann.types("He called yesterday, <b>careful</b>")
    await bench.pass_time(20)

    note = await Message.get(direction=Direction.NOTE)
    assert reactions(bench, words) == ["👌"]
    assert note.ticket_id == ticket.id
    assert bench.mia.reads() == before
    assert len(seen(bench)) == 2


@pytest.mark.parametrize("how", ["undo", "edit", "edit after"])
async def test_a_reply_may_be_stopped_or_changed_within_ten_seconds(bench, ticket, ann, how):
    before = len(bench.mia.reads())
    words = ann.types("/reply Wrong words")
    await bench.pass_time(4)
    if how == "undo":
        ann.types("/undo")
    elif how == "edit":
        ann.edits(words, "/reply Right words")
    else:
        await bench.pass_time(15)
        ann.edits(words, "/reply Right words")
    await bench.pass_time(25)

    came = "".join(bench.mia.reads()[before:])
    assert ("Wrong words" in came) == (how == "edit after")
    assert ("Right words" in came) == (how == "edit")
    assert reactions(bench, words) == ([] if how == "undo" else ["👍"])
    if how == "edit after":
        assert "the requester has the earlier text already" in texts(bench)[-1]


async def test_the_reply_that_is_edited_is_the_one_that_changes(bench, ticket, ann):
    before = len(bench.mia.reads())
    first, second = ann.types("/reply One"), ann.types("/reply Two")
    await bench.pass_time(2)
    ann.edits(first, "/reply Uno")
    await bench.pass_time(2)
    ann.edits(second, "/reply")  # nothing is left of it: refused, and the words stay
    await bench.pass_time(30)

    came = "".join(bench.mia.reads()[before:])
    assert ("Uno" in came, "Two" in came, "One" in came) == (True, True, False)
    assert reactions(bench, first) == reactions(bench, second) == ["👍"]


async def test_a_reply_that_fails_says_so(bench, ticket, ann):
    bench.mia.blocks()
    words = ann.types("Are you there?", reply_to=seen(bench)[0])
    await bench.pass_time(20)

    assert reactions(bench, words) == ["💔"]
    assert "blocked the bot" in texts(bench)[-1]

    bench.mia.unblocks()
    await bench.settle()
    await press(bench, ann, "Send again")
    await bench.pass_time(5)
    assert reactions(bench, words) == ["👍"]
    assert any("Are you there?" in text for text in bench.mia.reads())


async def test_that_a_reply_failed_is_told_again_where_it_may_not_have_been_read(
    bench, ticket, ann
):
    bench.mia.blocks()
    bench.telegram.faults.append(Fault("cut", "sendMessage", bench.group.id))
    words = ann.types("Are you there?", reply_to=seen(bench)[0])
    await bench.pass_time(40)

    assert reactions(bench, words) == ["💔"]
    assert len([text for text in texts(bench) if "blocked the bot" in text]) == 1
    assert not bench.telegram.faults


async def test_a_file_does_not_go_out(bench, ticket, ann):
    before = bench.mia.reads()
    ann.sends("document", PNG, name="x.png", caption="here", reply_to=seen(bench)[0])
    await bench.pass_time(15)

    assert bench.mia.reads() == before
    assert "files can't go" in texts(bench)[-1]


async def test_strangers_can_do_nothing(bench, ticket, ann):
    eve = bench.telegram.add_person("Eve")
    bench.telegram.act(eve, "join", bench.group)
    stranger = bench.topic(type(bench.ann)(bench.telegram, eve, bench.group), ann.topic)
    before = bench.mia.reads()
    await press(bench, stranger, "Claim")
    assert "isn't linked" in alert(bench)
    stranger.types("a remark")
    stranger.types("/reply hello")
    stranger.types("hello", reply_to=seen(bench)[0])
    await bench.pass_time(20)

    assert (await again(ticket)).agent_id is None
    assert bench.mia.reads() == before
    assert await Message.filter(direction=Direction.NOTE).count() == 0
    assert sum("isn't linked" in text for text in texts(bench)) == 2


async def test_anonymous_administrators_are_told_why(bench, ticket, ann):
    bench.group.members[bench.ann.person.id].is_anonymous = True
    ann.types("/claim")
    await bench.pass_time(3)

    assert "Remain anonymous" in texts(bench)[-1]
    assert (await again(ticket)).agent_id is None


async def test_a_reader_may_look_only(bench, ticket, ann):
    await bench.link(bench.ben, "Ron Reader", Role.READER)
    await press(bench, bench.topic(bench.ben, ann.topic), "Claim")

    assert "role doesn't allow" in alert(bench)
    assert (await again(ticket)).agent_id is None


async def test_a_menu_belongs_to_who_opened_it_and_holds_once(bench, ticket, ann, ben):
    await press(bench, ann, "Change type")
    menu = seen(bench)[-1]
    await press(bench, ben, "Feedback" if "Feedback" in ann.buttons() else ann.buttons()[0], menu)
    assert "out of date" in alert(bench)
    button = ann.buttons()[0]
    ann.presses(button, menu)
    ann.presses(button, menu)
    await bench.pass_time(5)

    assert "out of date" in alert(bench)
    assert "✓" in seen(bench)[-1].text


async def test_the_type_can_be_changed(bench, ticket, ann):
    await press(bench, ann, "Change type")
    await press(bench, ann, "Ask about privacy")
    await bench.pass_time(12)

    assert (await again(ticket)).intent == "privacy_question"


async def test_a_template_is_shown_before_it_is_sent(bench, ticket, ann):
    before = len(bench.mia.reads())
    await press(bench, ann, "Template")
    await press(bench, ann, "Cookies")
    assert "this would be sent" in texts(bench)[-1]
    assert len(bench.mia.reads()) == before
    await press(bench, ann, "Send")
    await bench.pass_time(12)

    assert "section 4, cookies" in bench.mia.reads()[-1]


async def test_a_template_can_be_changed(bench, ticket, ann):
    await press(bench, ann, "Template")
    await press(bench, ann, "Cookies")
    await press(bench, ann, "Change")
    question = seen(bench)[-1]
    ann.types("We use two cookies.", reply_to=question)
    await bench.pass_time(15)

    assert "We use two cookies." in bench.mia.reads()[-1]
    assert "section 4" not in bench.mia.reads()[-1]


async def proven(bench, ticket, ann):
    ann.types("/verify")
    await bench.pass_time(3)
    await press(bench, ann, "Called back")
    await press(bench, ann, "Claim")
    await bench.pass_time(12)


async def test_proof_is_asked_for_in_the_requesters_chat(bench, ticket, ann):
    await press(bench, ann, "Ask for identity")
    assert "asked for proof" in alert(bench)
    assert "waiting for you to confirm who you are" in bench.mia.reads()[-1]

    bench.mia.presses("Confirm who I am")
    await bench.settle()
    assert "e-mail address" in bench.mia.reads()[-1]


async def test_proof_is_asked_for_by_letter_where_the_ticket_came_by_mail(bench, ticket):
    await bench.mail(mail(body="Please delete my account."))
    await bench.pass_time(5)
    by_mail = await Ticket.get(channel="email")
    ann = bench.topic(bench.ann, topics(bench)[1].id)
    left = len(bench.post.sent)
    await press(bench, ann, "Ask for identity")
    await bench.pass_time(5)

    assert alert(bench) in {
        f"{by_mail.reference}: asked for proof of identity.",
        "That can't be done now: nothing to prove",
    }
    assert len(bench.post.sent) >= left


async def test_an_extension_is_shown_and_told(bench, ticket, ann):
    await proven(bench, ticket, ann)
    before = len(bench.mia.reads())
    await press(bench, ann, "Extend")
    refused = alert(bench)
    if refused:  # no law that may apply gives more time
        assert "can't be done" in refused
        return
    await press(bench, ann, ann.buttons()[0])
    await press(bench, ann, "Complex")
    assert "this would be sent" in texts(bench)[-1]
    await press(bench, ann, "Send notice and extend")
    await bench.pass_time(5)
    assert "extended until" in alert(bench)  # what was offered is done
    assert len(bench.mia.reads()) == before + 1


async def test_a_deletion_is_proposed_approved_and_told(bench, ticket, ann, ben):
    await proven(bench, ticket, ann)
    before = len(bench.mia.reads())
    await press(bench, ann, "Close")
    await press(bench, ann, "Data deleted")
    assert "What was deleted?" in texts(bench)[-1]
    ann.types("- your account\n- your orders", reply_to=seen(bench)[-1])
    await bench.pass_time(5)
    assert "your account" in texts(bench)[-1]
    await press(bench, ann, "Close and tell the requester")
    assert "A second agent approves" in alert(bench)
    await bench.pass_time(12)
    await press(bench, ann, "Approve and send", seen(bench)[0])
    await press(bench, ann, "Approve and send")
    assert "can't be done" in alert(bench)  # four eyes
    assert len(bench.mia.reads()) == before

    await press(bench, ben, "Approve and send", seen(bench)[0])
    assert "Ann Agent proposes" in texts(bench)[-1]
    await press(bench, ben, "Approve and send")
    await bench.pass_time(5)
    assert "your orders" in bench.mia.reads()[-1]


async def test_a_copy_is_never_said_to_be_enclosed_in_a_chat(bench, ticket, ann):
    ann.types("/type")
    await bench.pass_time(3)
    await press(bench, ann, "Get a copy of my data")
    await proven(bench, ticket, ann)
    await press(bench, ann, "Close")
    await press(bench, ann, "Data sent")
    question = seen(bench)[-1]
    for wrong in (
        "",
        "\nhttps://files.example.org/x1",
        "\nhttps://files.example.org/x1 2026-13-45",
    ):
        ann.types(f"- your orders{wrong}", reply_to=question)
        await bench.pass_time(3)
        assert "the link and its last day" in texts(bench)[-1]

    ann.types("- your orders\nhttps://files.example.org/x1 until 2026-12-31", reply_to=question)
    await bench.pass_time(3)
    ann.types("From you; to answer you; nobody else.", reply_to=question)
    await bench.pass_time(3)
    shown = texts(bench)[-1]
    assert "https://files.example.org/x1" in shown
    assert "31 December 2026" in shown
    assert "enclosed" not in shown


async def test_closing_and_reopening(bench, ticket, ann):
    await press(bench, ann, "Close")
    await press(bench, ann, "Answered")
    assert (await again(ticket)).status != Status.CLOSED
    ann.types("/close")
    await bench.pass_time(3)
    await press(bench, ann, "Spam")
    await bench.pass_time(15)
    assert (await again(ticket)).status == Status.CLOSED
    assert topics(bench)[0].is_closed

    await press(bench, ann, "Reopen")
    await bench.pass_time(15)
    assert (await again(ticket)).status != Status.CLOSED
    assert not topics(bench)[0].is_closed


async def test_a_topic_closed_by_hand_is_asked_about(bench, ticket, ann):
    bench.ann.act("close_topic", topic=ann.topic)
    await bench.pass_time(3)
    assert "still open" in texts(bench)[-1]

    await press(bench, ann, "Reopen the topic")
    assert not topics(bench)[0].is_closed


async def test_lists_lead_to_topics(bench, ticket, ann):
    general = bench.ann
    general.types("/queue")
    general.types("/mine")
    general.types("/due")
    general.types("/help")
    general.types("/claim")
    await bench.pass_time(5)
    said = [m.text for m in bench.group.messages.values() if m.topic is None and m.text]

    assert any("Requests that nobody has" in s and ticket.reference in s for s in said)
    assert any("Your requests:" in s and "None" in s for s in said)
    assert any("/template" in s for s in said)
    assert any("works in the topic" in s for s in said)


async def test_every_command_answers(bench, ticket, ann):
    silent = []
    for name in sorted(COMMANDS):
        before = len(bench.telegram.calls)
        ann.types(f"/{name}")
        await bench.pass_time(2)
        await bench.pass_time(60, 30)  # the group's minute
        made = list(bench.telegram.calls)[before:]
        if all(call.method == "getUpdates" for call in made):
            silent.append(name)

    assert silent == []
    assert await OutboxEntry.filter(message__letter="reply").count() == 0


def test_every_command_of_the_menu_is_known():
    assert set(AGENTS) <= set(COMMANDS)
    assert all(step.startswith("d.") for step in BUTTONS)
