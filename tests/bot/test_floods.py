"""One noisy chat fills neither the desk nor the way out of everybody else."""

from __future__ import annotations

from collections import Counter

from sandbox.telegram.people import Someone
from tickets.agents import STAFF
from tickets.content import identity_owner
from tickets.dispatch import Lane
from tickets.floods import MOST
from tickets.matching import Blinder
from tickets.models import Identity, Message, Post, Request, Ticket
from tickets.posts import Posts
from vault.sealing import Place, unseal_text


async def queue(bench, chat: int, texts: list[str], lane: Lane = Lane.REPLY) -> None:
    posts = Posts("telegram", bench.clock(), Blinder(bench.desk.vault).blind)
    to = posts.address(chat, (await bench.desk.vault.create_keys([STAFF]))[STAFF])
    for text in texts:
        posts.add("sendMessage", to, {"text": text}, lane=lane)
    await posts.save()


async def test_who_has_much_waiting_makes_nobody_else_wait(bench):
    otto = Someone.new(bench.telegram, bench.our_bot, "Otto", language="en")
    for one in (bench.mia, otto):
        one.starts()
    await bench.pass_time(5)
    await queue(bench, bench.mia.chat.id, [f"word {i}" for i in range(700)])
    await queue(bench, otto.chat.id, ["for Otto"], Lane.MIRROR)

    await bench.door.dispatch.drain()

    assert otto.reads()[-1] == "for Otto"
    assert bench.mia.reads()[-1] == "word 0"


async def test_the_order_of_a_chat_holds_however_much_another_has_waiting(bench):
    """A letter does not overtake a post of its chat that cannot be seen for the crowd."""
    otto = Someone.new(bench.telegram, bench.our_bot, "Otto", language="en")
    bench.mia.types("Please delete my account.")
    otto.starts()
    await bench.pass_time(5)
    await bench.agents.add("Ann", "agent", bench.clock())
    await queue(bench, otto.chat.id, [f"word {i}" for i in range(310)])
    await queue(bench, bench.mia.chat.id, ["first"])
    await bench.actions.reply((await Ticket.get()).reference, "Ann", "A reply.")

    await bench.pass_time(3)

    first, second = bench.mia.reads()[-2:]
    assert (first, "A reply." in second) == ("first", True)


async def test_a_noisy_group_is_answered_for_a_while_and_recorded_whole(bench):
    people = [bench.telegram.add_person(f"P{i}") for i in range(6)]
    group = bench.telegram.add_group("Fans", bench.our_bot, *people)
    for i in range(30):
        Someone(bench.telegram, people[i % 6], group).types(f"@desk_bot delete my data {i}")
    await bench.pass_time(120, step=10)

    there = Someone(bench.telegram, people[0], group)
    said = [text for text in there.reads() if "private" in text or "a lot of messages" in text]
    assert (len(said), len(set(said))) == (21, 2)
    assert await Message.filter(direction="inbound").count() == 30
    assert await Identity.all().count() == 6
    assert await Ticket.all().count() == 20

    bench.clock.forward(minutes=11)
    there.types("@desk_bot delete my data, please")
    await bench.pass_time(5)
    assert "private" in there.reads()[-1]


async def test_who_opens_ticket_after_ticket_gets_none_of_their_own(bench):
    group = bench.telegram.add_group("Fans", bench.our_bot, bench.mia.person)
    there = bench.mia.in_chat(group)
    for i in range(MOST + 5):
        there.types(f"@desk_bot what do you store, number {i}?")
    await bench.settle()
    there.types("@desk_bot please delete my account")
    await bench.pass_time(60, step=10)

    assert await Ticket.all().count() == MOST
    assert await Message.filter(direction="inbound").count() == MOST + 6
    last = await Ticket.all().order_by("-id").first()
    assert await Message.filter(ticket_id=last.id, direction="inbound").count() == 7
    assert [one.right for one in await Request.filter(ticket_id=last.id)] == ["deletion"]

    bench.clock.forward(hours=1)
    there.types("@desk_bot what do you store?")
    await bench.pass_time(2)
    assert await Ticket.all().count() == MOST + 1


async def test_a_message_in_a_group_is_never_taken_for_one_of_the_private_chat(bench):
    bench.mia.starts()
    group = bench.telegram.add_group("Fans", bench.our_bot, bench.mia.person)
    sent = bench.mia.in_chat(group).sends(
        "document", b"%PDF-1.4", name="a.pdf", caption="@desk_bot delete my data"
    )
    await bench.pass_time(10)

    calls = await Post.filter(method__startswith="copyMessage").count()
    assert (calls, sent.id > 0, await Ticket.all().count()) == (0, True, 1)


async def test_whoever_writes_in_a_crowd_waits_for_nobody_else(bench):
    otto = Someone.new(bench.telegram, bench.our_bot, "Otto", language="en")
    for i in range(45):
        bench.mia.types(f"Please delete my account {i}.")
    otto.types("Please delete my account.")
    while await bench._ask():
        pass

    await bench.door.conversation.run_once()

    assert await Identity.all().count() == 2
    while await bench.door.conversation.run_once():
        pass
    order = await Message.filter(direction="inbound").order_by("id")
    crowd, _ = Counter(one.identity_id for one in order).most_common(1)[0]
    mine = [one for one in order if one.identity_id == crowd]  # either chat may commit first
    owner = identity_owner(crowd)
    key = (await bench.desk.vault.load_keys([owner]))[owner]
    said = [unseal_text(key, Place("message", one.id, "body"), one.body) for one in mine]
    assert said == [f"Please delete my account {i}." for i in range(45)]
