"""A chat has no headers: its door says which ticket is meant, and what the requester chose."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from tests.fakes.classifier import read
from tickets.arrived import Arrived
from tickets.ids import new_id
from tickets.intake import Intake
from tickets.journal import Arrival
from tickets.models import (
    Event,
    InboundRecord,
    InboundState,
    Message,
    OutboxEntry,
    Request,
    Ticket,
)
from tickets.types import (
    Alignment,
    Channel,
    Direction,
    Inbound,
    Intent,
    Reading,
    RequestState,
    Right,
    Sender,
    Text,
)
from vault.sealing import Place


async def read_chat(raw: bytes) -> Inbound:
    update = json.loads(raw)
    return Inbound(
        Channel.TELEGRAM,
        external_id=f"{update['chat']}/{update['id']}",
        sender=Sender(str(update["chat"]), "Ann"),
        text=update["text"],
        newest=update["text"],
    )


@dataclass
class Door:
    """A bot that says what the test tells it, by the words of the message."""

    said: dict[str, dict] = field(default_factory=dict)
    seen: list[list[str]] = field(default_factory=list)

    async def choose(self, arrived) -> None:
        self.seen.append([one.inbound.text for one in arrived])
        for one in arrived:
            for name, value in self.said.get(one.inbound.text, {}).items():
                setattr(one, name, value)


@pytest.fixture
def door(bench) -> Door:
    door = Door()
    readers = {Channel.TELEGRAM: read_chat}
    bench.intake = Intake(bench.desk, readers, bench.worker, {Channel.TELEGRAM: door.choose})
    return door


async def write(bench, *texts: str, chat: int = 1001) -> None:
    arrivals = []
    for text in texts:
        bench.uid += 1
        raw = json.dumps({"chat": chat, "id": bench.uid, "text": text}).encode()
        key = str(bench.uid)
        arrivals.append(Arrival("bot", raw, bench.clock[0], key=key, channel=Channel.TELEGRAM))
    await bench.journal.keep(arrivals)
    while await bench.intake.run_once():
        pass


async def test_a_chat_message_without_a_dialogue_opens_a_ticket(bench, door):
    await write(bench, "Please delete my account.")
    await write(bench, "What about cookies?")

    first, second = await Ticket.all().order_by("id")
    assert (first.channel, first.account) == (Channel.TELEGRAM, "bot")
    assert first.alignment is Alignment.NONE
    assert first.requester_id == second.requester_id
    assert first.work == ["confirm_rights"]
    assert (await Request.get()).state is RequestState.SUSPECTED


async def test_the_door_names_the_ticket(bench, door):
    await write(bench, "Please delete my account.")
    door.said["and my photos"] = {"ticket": (await Ticket.get()).id}

    await write(bench, "and my photos")

    assert await Ticket.all().count() == 1
    assert await Message.filter(direction=Direction.INBOUND).count() == 2
    assert (await InboundRecord.all().order_by("-id").first()).outcome == "appended"


async def test_a_ticket_that_is_gone_is_no_target(bench, door):
    door.said["hello"] = {"ticket": new_id()}

    await write(bench, "hello")

    assert await Ticket.all().count() == 1


async def test_what_was_chosen_is_certain(bench, door):
    door.said["[delete]"] = {"intent": Intent.DELETION, "language": "de"}

    await write(bench, "[delete]")

    ticket = await Ticket.get()
    assert (ticket.intent, ticket.language) == (Intent.DELETION, "de")
    assert (ticket.needs_human, ticket.confidence) == (False, 1.0)
    assert "confirm_rights" not in ticket.work
    assert (await Request.get()).state is RequestState.ACKNOWLEDGED


async def test_the_right_chosen_is_the_one_opened(bench, door):
    rights = (Right.OPT_OUT,)
    door.said["[no ads]"] = {"intent": Intent.OBJECTION, "rights": rights}

    await write(bench, "[no ads]")

    assert (await Request.get()).right is Right.OPT_OUT


async def test_who_confirms_is_no_longer_suspected(bench, door):
    await write(bench, "Please delete my account.")
    ticket = await Ticket.get()
    door.said["[yes]"] = {"ticket": ticket.id, "intent": Intent.DELETION}

    await write(bench, "[yes]")

    request, ticket = await Request.get(), await Ticket.get()
    assert (request.right, request.state) == (Right.DELETION, RequestState.RECEIVED)
    assert ticket.work == []
    assert ticket.needs_human is False
    assert await Event.filter(kind="request_confirmed").count() == 1


async def test_who_confirms_something_else_leaves_the_first_to_an_agent(bench, door):
    await write(bench, "Please delete my account.")
    ticket = await Ticket.get()
    door.said["[a copy]"] = {"ticket": ticket.id, "intent": Intent.ACCESS}

    await write(bench, "[a copy]")

    states = {r.right: r.state for r in await Request.all()}
    assert states == {
        Right.DELETION: RequestState.SUSPECTED,
        Right.ACCESS: RequestState.RECEIVED,
    }
    ticket = await Ticket.get()
    assert (ticket.intent, ticket.work) == (Intent.ACCESS, ["confirm_rights"])


async def test_the_right_that_was_suspected_is_the_one_confirmed(bench, door):
    await write(bench, "Please delete my account.")
    await Request.all().update(right=Right.ACCOUNT_CANCEL)
    door.said["[yes]"] = {"ticket": (await Ticket.get()).id, "intent": Intent.DELETION}

    await write(bench, "[yes]")

    request = await Request.get()
    assert (request.right, request.state) == (Right.ACCOUNT_CANCEL, RequestState.RECEIVED)


async def test_choosing_anew_begins_anew(bench, door):
    await write(bench, "Please delete my account.")
    door.said["[access]"] = {"intent": Intent.ACCESS}

    await write(bench, "[access]")

    assert [t.intent for t in await Ticket.all().order_by("id")] == [
        Intent.DELETION,
        Intent.ACCESS,
    ]


async def test_the_doors_rows_commit_with_the_message(bench, door):
    seen = []

    def also(draft, ticket, message) -> None:
        seen.append((ticket.channel, message.direction))
        entry = OutboxEntry(
            id=new_id(),
            ticket_id=ticket.id,
            message_id=message.id,
            channel=Channel.TELEGRAM,
            account="bot",
            route=draft.seal(message.identity_id, Place("outbox", ticket.id, "route"), "{}"),
            due_at=draft.now,
            created_at=draft.now,
        )
        draft.outbox.append(entry)

    door.said["hello"] = {"also": also}
    await write(bench, "hello")

    assert seen == [(Channel.TELEGRAM, Direction.INBOUND)]
    assert await OutboxEntry.all().count() == 2  # the receipt, and the door's


async def test_a_door_that_stumbles_leaves_nothing_half_written(bench, door):
    def also(_draft, _ticket, _message) -> None:
        raise LookupError("no dialogue")

    door.said["hello"] = {"also": also}
    await write(bench, "hello", "Please delete my account.")

    assert await Ticket.all().count() == 1
    states = [r.state for r in await InboundRecord.all().order_by("id")]
    assert states == [InboundState.SHUNTED, InboundState.DONE]


async def test_what_the_door_settles_alone_opens_no_ticket(bench, door):
    door.said["/help"] = {"instead": lambda _draft, _identity: "menu_shown"}

    await write(bench, "/help")

    record = await InboundRecord.get()
    assert (record.state, record.outcome) == (InboundState.DONE, "menu_shown")
    assert await Ticket.all().count() == 0


async def test_one_chat_is_taken_in_one_by_one_and_chats_together(bench, door):
    await write(bench, "one", "two", "three")
    await write(bench, "other", chat=1002)

    assert door.seen == [["one"], ["two"], ["three"], ["other"]]


async def test_chats_do_not_share_the_limit_of_a_domain(bench, door):
    for chat in range(70):
        await write(bench, f"hello {chat}", chat=2000 + chat)

    assert await OutboxEntry.all().count() == 70


def arrived(**said) -> Arrived:
    reading = read(Text("Please delete my account."))
    return Arrived(None, None, Inbound(Channel.TELEGRAM), None, reading, **said)


def test_without_the_doors_word_a_reading_stays_as_it_is():
    one = arrived()

    assert one.meant is one.reading


def test_a_sure_reading_keeps_what_was_asked_besides():
    one = arrived(intent=Intent.DELETION)
    one.reading = Reading(
        Intent.ACCESS, rights=(Right.ACCESS,), needs_human=False, confidence=0.9, language="en"
    )

    assert one.meant.intents == (Intent.DELETION, Intent.ACCESS)
    assert one.meant.rights == (Right.ACCESS,)
