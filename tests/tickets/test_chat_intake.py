"""A chat has no headers: its door says which ticket is meant, and what the requester chose."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from tests.fakes.classifier import read
from tickets.arrived import Arrived
from tickets.ids import new_id
from tickets.journal import Arrival
from tickets.matching import Blinder
from tickets.models import (
    Blob,
    Event,
    InboundRecord,
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


@pytest.fixture
def door() -> dict[str, dict]:
    """What the bot says of a message, by its words."""
    return {}


@pytest.fixture
def write(bench, door):
    async def write(text: str, chat: int = 1001) -> None:
        bench.uid += 1
        raw = json.dumps({"chat": chat, "id": bench.uid, "text": text}).encode()
        key = str(bench.uid)
        arrival = Arrival("bot", raw, bench.clock[0], key=key, channel=Channel.TELEGRAM)
        [record_id] = await bench.journal.keep([arrival])
        async with bench.worker.claim(InboundRecord, [UUID(record_id)]) as [record]:
            inbound = await read_chat(raw)
            arrived = Arrived(
                record,
                await Blob.get(id=record.blob_id),
                inbound,
                Blinder(bench.desk.vault).clues(inbound),
                read(Text(text)),
                **door.get(text, {}),
            )
            await bench.intake.receive([arrived])

    return write


async def test_a_chat_message_without_a_dialogue_opens_a_ticket(door, write):
    await write("Please delete my account.")
    await write("What about cookies?")

    first, second = await Ticket.all().order_by("id")
    assert (first.channel, first.account) == (Channel.TELEGRAM, "bot")
    assert first.alignment is Alignment.NONE
    assert first.requester_id == second.requester_id
    assert first.work == ["confirm_rights"]
    assert (await Request.get()).state is RequestState.SUSPECTED


async def test_the_door_names_the_ticket(door, write):
    await write("Please delete my account.")
    door["and my photos"] = {"ticket": (await Ticket.get()).id}

    await write("and my photos")

    assert await Ticket.all().count() == 1
    assert await Message.filter(direction=Direction.INBOUND).count() == 2
    assert (await InboundRecord.all().order_by("-id").first()).outcome == "appended"


async def test_a_ticket_that_is_gone_is_no_target(door, write):
    door["hello"] = {"ticket": new_id()}

    await write("hello")

    assert await Ticket.all().count() == 1


async def test_what_was_chosen_is_certain(door, write):
    door["[delete]"] = {"intent": Intent.DELETION, "language": "de"}

    await write("[delete]")

    ticket = await Ticket.get()
    assert (ticket.intent, ticket.language) == (Intent.DELETION, "de")
    assert (ticket.needs_human, ticket.confidence) == (False, 1.0)
    assert "confirm_rights" not in ticket.work
    assert (await Request.get()).state is RequestState.ACKNOWLEDGED


async def test_the_right_chosen_is_the_one_opened(door, write):
    rights = (Right.OPT_OUT,)
    door["[no ads]"] = {"intent": Intent.OBJECTION, "rights": rights}

    await write("[no ads]")

    assert (await Request.get()).right is Right.OPT_OUT


async def test_who_confirms_is_no_longer_suspected(door, write):
    await write("Please delete my account.")
    ticket = await Ticket.get()
    door["[yes]"] = {"ticket": ticket.id, "intent": Intent.DELETION}

    await write("[yes]")

    request, ticket = await Request.get(), await Ticket.get()
    assert (request.right, request.state) == (Right.DELETION, RequestState.RECEIVED)
    assert ticket.work == []
    assert ticket.needs_human is False
    assert await Event.filter(kind="request_confirmed").count() == 1


async def test_who_confirms_something_else_leaves_the_first_to_an_agent(door, write):
    await write("Please delete my account.")
    ticket = await Ticket.get()
    door["[a copy]"] = {"ticket": ticket.id, "intent": Intent.ACCESS}

    await write("[a copy]")

    states = {r.right: r.state for r in await Request.all()}
    assert states == {
        Right.DELETION: RequestState.SUSPECTED,
        Right.ACCESS: RequestState.RECEIVED,
    }
    ticket = await Ticket.get()
    assert (ticket.intent, ticket.work) == (Intent.ACCESS, ["confirm_rights"])


async def test_the_right_that_was_suspected_is_the_one_confirmed(door, write):
    await write("Please delete my account.")
    await Request.all().update(right=Right.ACCOUNT_CANCEL)
    door["[yes]"] = {"ticket": (await Ticket.get()).id, "intent": Intent.DELETION}

    await write("[yes]")

    request = await Request.get()
    assert (request.right, request.state) == (Right.ACCOUNT_CANCEL, RequestState.RECEIVED)


async def test_choosing_anew_begins_anew(door, write):
    await write("Please delete my account.")
    door["[access]"] = {"intent": Intent.ACCESS}

    await write("[access]")

    assert [t.intent for t in await Ticket.all().order_by("id")] == [
        Intent.DELETION,
        Intent.ACCESS,
    ]


async def test_the_doors_rows_commit_with_the_message(door, write):
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

    door["hello"] = {"also": also}
    await write("hello")

    assert seen == [(Channel.TELEGRAM, Direction.INBOUND)]
    assert await OutboxEntry.all().count() == 2  # the receipt, and the door's


async def test_a_door_that_stumbles_leaves_nothing_half_written(door, write):
    def also(_draft, _ticket, _message) -> None:
        raise LookupError("no dialogue")

    door["hello"] = {"also": also}
    with pytest.raises(LookupError):
        await write("hello")
    await write("Please delete my account.")

    assert await Ticket.all().count() == 1


async def test_who_is_asked_first_gets_a_letter_with_the_answer(door, write):
    door["delete it"] = {"is_quiet": True}
    await write("delete it")
    assert await OutboxEntry.all().count() == 0

    ticket = await Ticket.get()
    door["[yes]"] = {"ticket": ticket.id, "intent": Intent.DELETION, "is_first": True}
    await write("[yes]")

    assert (await Request.get()).state is RequestState.ACKNOWLEDGED
    assert (await Message.get(direction=Direction.OUTBOUND)).letter == "chat_receipt"


async def test_chats_do_not_share_the_limit_of_a_domain(write):
    for chat in range(70):
        await write(f"hello {chat}", chat=2000 + chat)

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
