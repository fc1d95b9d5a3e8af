"""The middle of the bot: what arrives is answered in order, once, and what is said is paced."""

from __future__ import annotations

from sandbox.telegram.api import Fault
from sandbox.telegram.people import Someone
from tickets.dispatch import Lane
from tickets.journal import Arrival
from tickets.matching import Blinder
from tickets.models import InboundRecord, InboundState, Message, Post, Request, Ticket
from tickets.posts import Posts
from tickets.types import Channel, Delivery, RequestState


async def test_a_message_becomes_a_ticket_and_is_answered(bench):
    bench.mia.starts()
    bench.mia.types("Hello, my lamp does not switch on.")
    await bench.settle()

    assert await Ticket.all().count() >= 1
    settled = (InboundState.DONE, InboundState.IGNORED)
    assert await InboundRecord.exclude(state__in=settled).count() == 0
    assert await Message.all().count() >= 1


async def test_every_update_twice_makes_no_second_ticket_and_no_second_answer(bench):
    bench.mia.types("Please delete my account.")
    bench.mia.types("It is the one with the lamp.")
    await bench.pass_time(5)
    tickets, posts = await Ticket.all().count(), await Post.all().count()
    said = bench.mia.reads()

    await bench.restart()
    await bench.pass_time(5)

    assert await Ticket.all().count() == tickets
    assert await Post.all().count() == posts
    assert bench.mia.reads() == said


async def test_a_restart_in_the_middle_of_a_dialogue_goes_on(bench):
    bench.mia.types("Please delete my account.")
    await bench.pass_time(3)
    await bench.restart()

    bench.mia.presses("Delete my data")
    await bench.pass_time(5)

    assert (await Request.get()).state is RequestState.ACKNOWLEDGED


async def test_an_unknown_outcome_is_not_sent_again_by_itself(bench):
    bench.telegram.faults.append(Fault("cut", "sendMessage", after=True))
    bench.mia.types("Please delete my account.")
    await bench.pass_time(120, step=10)

    [unknown] = await Post.filter(state=Delivery.UNKNOWN)
    assert unknown.method == "sendMessage"
    assert len(bench.mia.reads()) == 2  # it had arrived, once


async def test_a_flood_holds_up_its_own_chat_only(bench):
    other = Someone.new(bench.telegram, bench.our_bot, "Jonas")
    fault = Fault("flood", "sendMessage", bench.mia.chat.id, seconds=20)
    bench.telegram.faults.append(fault)
    bench.mia.types("Please delete my account.")
    other.types("Please delete my account.")
    await bench.pass_time(5)
    assert len(other.reads()) == 2
    assert len(bench.mia.reads()) == 1

    await bench.pass_time(20)
    assert len(bench.mia.reads()) == 2


async def test_text_that_is_refused_as_markup_goes_out_plain(bench):
    bench.tolerated = None
    bench.mia.starts()
    await bench.settle()
    key = (await bench.desk.vault.create_keys(["staff"]))["staff"]
    posts = Posts("telegram", bench.clock(), Blinder(bench.desk.vault).blind)
    posts.add(
        "sendMessage", posts.address(bench.mia.chat.id, key), {"text": "<b>2 < 3 &amp; so on"}
    )
    await posts.save()
    await bench.pass_time(3)

    assert bench.mia.reads()[-1] == "2 < 3 & so on"


async def test_what_cannot_be_read_is_kept_and_listed(bench):
    await bench.journal.keep(
        [Arrival("telegram", b"not json", bench.clock(), key="x", channel=Channel.TELEGRAM)]
    )
    bench.mia.types("Please delete my account.")
    await bench.settle()

    [kept] = await InboundRecord.filter(state=InboundState.SHUNTED)
    assert kept.error_class == "JSONDecodeError"
    assert await Ticket.all().count() == 1


async def test_a_crowded_forum_makes_nobody_else_wait(bench):
    key = (await bench.desk.vault.create_keys(["staff"]))["staff"]
    posts = Posts("telegram", bench.clock(), Blinder(bench.desk.vault).blind)
    for number in range(60):
        group = posts.address(bench.group.id, key)
        posts.add("sendMessage", group, {"text": f"Mirror {number}"}, lane=Lane.MIRROR)
    await posts.save()
    await bench.settle()

    bench.mia.starts()
    await bench.pass_time(3)

    assert len(bench.mia.reads()) == 2
    assert len(bench.ann.reads()) == 20  # what a group takes in a minute
    await bench.pass_time(125, step=5)
    assert bench.ann.reads() == [f"Mirror {number}" for number in range(60)]


async def test_what_is_no_update_is_kept_and_listed(bench):
    arrival = Arrival(
        "telegram", b'{"update_id": "x"}', bench.clock(), key="y", channel=Channel.TELEGRAM
    )
    await bench.journal.keep([arrival])
    await bench.settle()

    [kept] = await InboundRecord.filter(state=InboundState.SHUNTED)
    assert kept.error_class == "UnreadableMessage"


async def test_other_bots_commands_in_a_group_are_not_ours(bench):
    group = bench.telegram.add_group("Product", admins=(bench.our_bot, bench.mia.person))
    mia = bench.mia.in_chat(group)
    mia.types("/roll 20")
    await bench.settle()
    assert await Ticket.all().count() == 0

    mia.types("/ask which data do you keep?")
    await bench.pass_time(3)
    assert await Ticket.all().count() == 1
