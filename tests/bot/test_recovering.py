"""What a crash or a failing database leaves half done is done, once, or shown as unknown."""

from __future__ import annotations

import asyncio

import pytest
from tortoise.exceptions import OperationalError

from sandbox.telegram.api import Fault
from sandbox.telegram.people import Someone
from tests.bot.bench import settings
from tests.bot.test_detours import prove
from tests.bot.test_requesters import goes_on, says
from tickets.models import (
    DeskForum,
    DeskTopic,
    Event,
    Identity,
    InboundRecord,
    Message,
    OutboxEntry,
    Ticket,
)
from tickets.types import Channel, Delivery


class Died(BaseException):
    """Stands for a process that is gone at one of the places where a test may kill it."""


def dies_at(monkeypatch, module: str, point: str) -> None:
    def kill(here: str) -> None:
        if here == point:
            monkeypatch.undo()
            raise Died

    monkeypatch.setattr(f"{module}.kill", kill)


async def reply(bench, ticket: Ticket) -> OutboxEntry:
    await bench.agents.add("Ann", "agent", bench.clock())
    await bench.actions.reply(ticket.reference, "Ann", "We have found your account.")
    return await OutboxEntry.filter(is_automatic=False).get()


async def test_who_blocked_us_is_noted_and_written_to_by_mail_although_we_die(bench, monkeypatch):
    ticket = await prove(bench)
    bench.mia.chat.is_blocked = True
    await reply(bench, ticket)
    dies_at(monkeypatch, "tickets.dispatch", "dispatch.marked")

    assert await bench.door.dispatch.run_once() == 1
    with pytest.raises(Died):
        await asyncio.gather(*bench.door.dispatch._tasks)
    bench.door.dispatch._tasks.clear()

    by_chat, by_mail = await OutboxEntry.filter(is_automatic=False).order_by("id")
    assert (by_chat.state, by_mail.state) == (Delivery.FAILED, Delivery.QUEUED)
    assert (await Identity.get(channel=Channel.TELEGRAM)).undeliverable_at == bench.clock()
    assert await Event.filter(kind="letter_sent_by_mail_instead").count() == 1


async def test_a_database_that_fails_in_one_chat_loses_nothing_and_keeps_the_order(
    bench, monkeypatch
):
    otto = Someone.new(bench.telegram, bench.our_bot, "Otto", language="en")
    flow = bench.door.conversation._requesters
    answer, left, ended = type(flow).__call__, [1], []

    async def failing(self, turn):
        if turn.chat.chat == bench.mia.chat.id and left:
            left.pop()
            raise OperationalError("the connection was closed")
        await asyncio.sleep(0)
        await answer(self, turn)
        ended.append(turn.said.text)

    monkeypatch.setattr(type(flow), "__call__", failing)
    for text in ("one", "two"):
        bench.mia.types(f"Please delete my account {text}.")
        otto.types(f"What do you store {text}?")
    await bench._ask()
    with pytest.raises(OperationalError):
        await bench.door.conversation.run_once()

    assert ended == ["What do you store one?", "What do you store two?"]  # nobody was left alone
    bench.mia.types("Please delete my account three.")
    await bench.pass_time(5)
    assert ended[2:] == [f"Please delete my account {n}." for n in ("one", "two", "three")]
    assert await Message.filter(direction="inbound").count() == 5
    assert await InboundRecord.filter(claimed_by__not="", state="new").count() == 0


async def test_an_update_is_not_set_aside_because_the_database_fails(bench, monkeypatch):
    bench.mia.types("Please delete my account.")
    await bench._ask()

    def broken(**_):
        monkeypatch.undo()
        raise OperationalError("the connection was closed")

    monkeypatch.setattr("bot.conversation.Blob.get", broken)
    with pytest.raises(OperationalError):
        await bench.door.conversation.run_once()
    await bench.settle()

    assert await Event.filter(kind="message_shunted").count() == 0
    assert await Ticket.all().count() == 1


async def test_a_group_moves_whole_or_not_at_all(bench, monkeypatch):
    bench.mia.types("Please delete my account.")
    await bench.pass_time(10)
    old, forums = bench.group.id, bench.door.forums
    before = await DeskForum.get()
    assert (await DeskTopic.get()).thread

    def broken(**_):
        monkeypatch.undo()
        raise OperationalError("the connection was closed")

    monkeypatch.setattr("tickets.forums.DeskTopic.filter", broken)
    with pytest.raises(OperationalError):
        await forums.move(old, -100777)

    assert forums.at(old) is not None
    assert (await DeskForum.get()).chat_blind == before.chat_blind
    await forums.move(old, -100777)
    await forums.move(old, -100777)
    assert (forums.at(old), forums.at(-100777).id) == (None, before.id)
    assert (await DeskForum.get()).chat_blind != before.chat_blind
    assert (await DeskTopic.get()).thread is None
    await forums.move(-100777, old)


async def test_a_reply_that_was_under_way_when_we_died_is_work(bench, monkeypatch):
    ticket = await prove(bench)
    await goes_on(bench)
    entry = await reply(bench, ticket)
    dies_at(monkeypatch, "tickets.dispatch", "dispatch.carried")
    assert await bench.door.dispatch.run_once() == 1
    with pytest.raises(Died):
        await asyncio.gather(*bench.door.dispatch._tasks)
    bench.door.dispatch._tasks.clear()

    assert await bench.door.dispatch.release_orphans() == 1
    assert await bench.door.dispatch.release_orphans() == 0
    await goes_on(bench)

    assert (await OutboxEntry.get(id=entry.id)).state is Delivery.UNKNOWN
    assert "letter_unknown" in (await Ticket.get(id=ticket.id)).work
    assert await Event.filter(kind="letter_unknown").count() == 1
    said = [text for text in bench.mia.reads() if "We have found your account." in text]
    assert len(said) == 1


@pytest.fixture
def agents(bench):
    """Ann, linked, who looks at the topic of Mia's ticket."""

    async def see() -> Someone:
        await bench.link(bench.ann, "Ann Agent")
        await bench.settle()
        return bench.topic(bench.ann, (await DeskTopic.get()).thread)

    return see


async def lost_reply(bench, agents) -> tuple[Someone, OutboxEntry]:
    """A reply that may not have arrived, and the button that sends it again in sight."""
    await says(bench, "Please delete my account.")
    ann = await agents()
    bench.telegram.faults.append(Fault("cut", "sendMessage", bench.mia.chat.id))
    ann.types("/reply Are you there?")
    await bench.pass_time(20)
    entry = await OutboxEntry.filter(is_automatic=False).get()
    assert entry.state is Delivery.UNKNOWN
    assert "letter_unknown" in (await Ticket.get()).work
    return ann, entry


async def test_who_sends_a_letter_again_stands_in_the_audit(bench, agents):
    ann, entry = await lost_reply(bench, agents)

    ann.presses("Send again")
    await bench.pass_time(5)

    assert (await OutboxEntry.get(id=entry.id)).state is Delivery.SENT
    event = await Event.get(kind="letter_sent_again")
    assert (event.actor.startswith("agent:"), event.ticket_id) == (True, entry.ticket_id)
    assert "letter_unknown" not in (await Ticket.get()).work
    assert len([text for text in bench.mia.reads() if "Are you there?" in text]) == 1


async def test_sending_again_commits_with_its_turn_or_not_at_all(bench, agents, monkeypatch):
    ann, entry = await lost_reply(bench, agents)
    ann.presses("Send again")
    await bench._ask()
    dies_at(monkeypatch, "tickets.draft", "intake.written")

    with pytest.raises(Died):
        await bench.door.conversation.run_once()
    assert (await OutboxEntry.get(id=entry.id)).state is Delivery.UNKNOWN
    await bench.pass_time(5)

    assert (await OutboxEntry.get(id=entry.id)).state is Delivery.SENT
    assert await Event.filter(kind="letter_sent_again").count() == 1
    assert len([text for text in bench.mia.reads() if "Are you there?" in text]) == 1


async def test_two_who_send_a_letter_again_send_it_once(bench, agents):
    _, entry = await lost_reply(bench, agents)
    await bench.agents.add("Ben Agent", "agent", bench.clock())
    reference = (await Ticket.get()).reference

    outcomes = await asyncio.gather(
        *(bench.actions.send_again(reference, f"{one} Agent", entry.id) for one in ("Ann", "Ben")),
        return_exceptions=True,
    )

    assert sorted(type(one).__name__ for one in outcomes) == ["InvalidTransition", "NoneType"]
    assert await Event.filter(kind="letter_sent_again").count() == 1


async def test_another_group_in_the_configuration_gets_topics_of_its_own(bench):
    await says(bench, "Please delete my account.")
    group = bench.telegram.add_group(
        "New desk", admins=(bench.our_bot, bench.ann.person), is_forum=True
    )
    # Its topics may have the numbers of ours.
    Someone(bench.telegram, bench.ann.person, group).act("open_topic", name="Lunch")
    await DeskTopic.all().update(thread=next(iter(group.topics)))
    bench.door.settings = settings(desk=[{"chat_id": group.id, "name": "desk"}])

    await bench.restart()
    await bench.pass_time(5)

    assert (await DeskTopic.get()).thread != next(iter(group.topics))
    assert len(group.topics) == 2


async def test_a_reply_can_be_taken_back_after_a_restart_in_its_ten_seconds(bench, agents):
    await says(bench, "Please delete my account.")
    ann = await agents()
    ann.types("/reply Are you there?")
    await bench.pass_time(3)

    await bench.restart()
    await bench.pass_time(3)
    ann.types("/undo")
    await bench.pass_time(15)

    assert not any("Are you there?" in text for text in bench.mia.reads())
    assert (await OutboxEntry.filter(is_automatic=False).get()).state is Delivery.CANCELLED
