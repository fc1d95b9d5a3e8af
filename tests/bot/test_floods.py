"""One noisy chat fills neither the desk nor the way out of everybody else."""

from __future__ import annotations

from sandbox.telegram.people import Someone
from tickets.agents import STAFF
from tickets.dispatch import Lane
from tickets.matching import Blinder
from tickets.models import Ticket
from tickets.posts import Posts


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
