"""What a second look found: things said twice or never, the wrong ticket, the wrong person."""

from __future__ import annotations

import asyncio

import pytest

from bot import delivery
from bot.app import Polling
from bot.client import Client
from sandbox.telegram.api import Fault
from sandbox.telegram.people import Someone
from tests.bot.test_forum_agents import ann, ben, press, ticket  # noqa: F401
from tests.bot.test_forum_topics import topics
from tickets import closings
from tickets.dispatch import Call
from tickets.draft import StaleDraft
from tickets.errors import TemporaryDeliveryError, UnknownDeliveryError
from tickets.ids import new_id
from tickets.models import (
    Agent,
    ChatMessage,
    Identity,
    InboundRecord,
    InboundState,
    Message,
    OutboxEntry,
    Role,
    Ticket,
)
from tickets.types import Delivery, Direction, Letter


async def test_the_parts_of_a_letter_that_arrived_are_not_said_again():
    class Wire:
        said = 0

        async def call(self, *_args, **_more):
            self.said += 1
            if self.said == 2:
                raise TemporaryDeliveryError("429", retry_after=3)
            return {"message_id": self.said}

    async def more():
        pass

    letter = Letter("Your data", "A paragraph of words.\n\n" * 300)
    carry = delivery.Delivery(Wire(), None, None)
    with pytest.raises(UnknownDeliveryError, match="partly_sent"):
        await carry(Call(new_id(), "", {}, letter, "7"), more)


async def test_an_answer_to_a_question_in_one_topic_is_none_in_another(bench, ann, ticket):  # noqa: F811
    other = Someone.new(bench.telegram, bench.our_bot, "Otto", language="en")
    other.types("Please delete my data")
    await bench.pass_time(5)
    there = bench.topic(bench.ann, topics(bench)[1].id)
    await press(bench, ann, "Close")
    await press(bench, ann, "Data deleted")
    asked = await ChatMessage.filter(role="ask").order_by("-number").first()
    await press(bench, there, "Close")
    await press(bench, there, "Data deleted")
    message = next(one for one in ann.sees() if one.id == asked.number)
    ann.types("Everything of Otto", reply_to=message)
    await bench.pass_time(15)
    assert await Message.filter(ticket_id=ticket.id, direction=Direction.NOTE).count() == 1


async def test_whoever_may_only_read_sends_nothing_again(bench, ticket, ann):  # noqa: F811
    await bench.actions.reply(ticket.reference, "Ann Agent", "Hello")
    entry = await OutboxEntry.filter(is_automatic=False).first()
    await OutboxEntry.filter(id=entry.id).update(state=Delivery.FAILED)
    data = f"v1:d.again:{entry.id.hex}:"
    await Agent.filter(disabled_at=None).update(role=Role.READER)
    message = ann.sees()[0]
    message.markup = {"inline_keyboard": [[{"text": "Send again", "callback_data": data}]]}
    await press(bench, ann, "Send again", message)
    assert (await OutboxEntry.get(id=entry.id)).state == Delivery.FAILED


async def test_a_card_of_emoji_is_shown(bench):
    bench.mia.types("Please delete my data " + "😀" * 2026)
    await bench.pass_time(3)
    bench.mia.types("😀" * 1700)
    bench.mia.types("😀" * 1700)
    await bench.pass_time(90)


async def test_every_one_of_many_closed_tickets_is_told(bench, monkeypatch):
    ids = []
    for number in range(3):
        person = Someone.new(bench.telegram, bench.our_bot, f"P{number}", language="en")
        person.types("How long do you keep my data?")
        await bench.pass_time(2)
        ids.append(person)
    monkeypatch.setattr(closings, "_AT_ONCE", 1)
    await bench.agents.add("Ann", "agent", bench.clock())
    for one in await Ticket.all():
        bench.clock.forward(seconds=1)
        await bench.actions.close(one.reference, "Ann")
    await bench.pass_time(5)
    assert [person.reads()[-1] for person in ids if "closed" not in person.reads()[-1]] == []


async def test_who_does_not_speak_to_us_in_a_group_is_not_remembered(bench):
    zoe = bench.telegram.add_person("Zoe")
    product = bench.telegram.add_group("Fans", admins=(bench.our_bot, zoe))
    zoe = Someone(bench.telegram, zoe, product)
    zoe.types("Nice weather")
    await bench.settle()
    assert await Identity.all().count() == 0


async def test_a_question_that_cannot_lapse_holds_up_no_other(bench, monkeypatch):
    otto = Someone.new(bench.telegram, bench.our_bot, "Otto", language="en")
    bench.mia.types("Please delete my data")
    otto.types("Please delete my data")
    await bench.pass_time(5)
    flow = bench.door.conversation._requesters
    original, tried = flow.lapsed, []

    async def lapsed(turn):
        tried.append(turn)
        if len(tried) == 1:
            raise ValueError
        await original(turn)

    monkeypatch.setattr(type(flow), "lapsed", lambda self, turn: lapsed(turn))
    bench.clock.forward(hours=25)
    await bench.pass_time(3)
    assert len(tried) >= 2


async def test_what_came_too_late_for_its_ticket_is_answered_again_at_once(bench, monkeypatch):
    receive, tried = bench.intake.receive, []

    async def too_late(_self, arrived):
        tried.append(arrived)
        if len(tried) < 3:
            raise StaleDraft("the ticket was changed in the meantime")
        return await receive(arrived)

    monkeypatch.setattr(type(bench.intake), "receive", too_late)
    bench.mia.types("Please delete my account")
    await bench.settle()

    assert len(tried) == 3
    assert "What is it about?" in bench.mia.reads()[-1]
    assert await InboundRecord.filter(state=InboundState.SHUNTED).count() == 0


async def test_a_database_that_fails_for_a_moment_does_not_end_the_bot(bench, monkeypatch):
    over, tries = asyncio.Event(), []

    async def run(_self, _over):
        tries.append(1)
        if len(tries) == 1:
            raise OSError
        over.set()

    monkeypatch.setattr(Polling, "run", run)
    await asyncio.wait_for(bench.door.run(over), 60)
    assert len(tries) == 2


async def test_a_restart_does_not_forget_how_long_a_chat_must_be_left_alone(bench):
    bench.telegram.faults.append(Fault("flood", "sendMessage", bench.mia.chat.id, seconds=20))
    bench.mia.types("Please delete my account.")
    await bench.pass_time(3)
    await bench.restart()
    await bench.pass_time(10)
    assert len(bench.mia.reads()) == 1
    await bench.pass_time(10)
    assert len(bench.mia.reads()) == 2


async def test_reactions_wait_too_where_the_server_said_so(bench, monkeypatch):
    bench.mia.starts()
    await bench.pass_time(3)
    chat, seen, original = bench.mia.chat.id, [], Client.call

    async def call(self, method, params=None, **more):
        if params and params.get("chat_id") == chat:
            seen.append((method, (bench.clock() - at).total_seconds()))
        return await original(self, method, params, **more)

    at = bench.clock()
    monkeypatch.setattr(Client, "call", call)
    bench.telegram.faults.append(Fault("flood", "sendMessage", chat, seconds=20))
    bench.mia.types("Please delete my account.")
    await bench.pass_time(5)
    bench.mia.types("Really.")
    await bench.pass_time(20)
    assert [when for _, when in seen if 0 < when < 20] == []
    assert ("setMessageReaction", 20.0) in seen
