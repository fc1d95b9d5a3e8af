"""What requesters write and press in their chat, as they would, changing their minds."""

from __future__ import annotations

import pytest

from tests.bot.chatting import alerts, goes_on, last, nothing_waits, presses, says
from tickets.models import Attachment, Dialogue, Identity, Message, Request, Role, Ticket
from tickets.types import Direction, Intent, Reading, RequestState, Right, Status


async def test_the_welcome_offers_languages_once(bench):
    first = await says(bench, "/start")

    assert "privacy desk of EJET" in first
    assert {"English", "Ask a question", "Delete my data"} <= set(bench.mia.buttons())
    await presses(bench, "Ask a question")
    await says(bench, "/start")
    assert "English" not in bench.mia.buttons()


async def test_free_text_is_recorded_and_then_asked_about(bench):
    question = await says(bench, "Please delete my account.")

    ticket, request = await Ticket.get(), await Request.get()
    assert request.state is RequestState.SUSPECTED
    assert question == f"{ticket.reference}: this is recorded. What is it about?"
    assert bench.mia.buttons()[0] == "Delete my data"
    assert await Message.filter(direction=Direction.OUTBOUND).count() == 0
    assert bench.mia.sees()[0].reactions[bench.our_bot.id] == ["👀"]

    await presses(bench, "Delete my data")
    request = await Request.get()
    assert (request.right, request.state) == (Right.DELETION, RequestState.ACKNOWLEDGED)
    assert last(bench) == f"{ticket.reference}: which e-mail address did you give us?"
    assert any("✓ Delete my data" in text for text in bench.mia.reads())
    assert any("You ask for:" in text for text in bench.mia.reads())
    await nothing_waits()


async def test_a_typed_answer_is_as_good_as_a_button(bench):
    await says(bench, "Please delete my account.")

    await says(bench, "get a copy of MY data")

    assert {one.right: one.state for one in await Request.all()} == {
        Right.DELETION: RequestState.SUSPECTED,
        Right.ACCESS: RequestState.ACKNOWLEDGED,
    }
    assert await Ticket.all().count() == 1


async def test_more_words_leave_the_question_open(bench):
    await says(bench, "hello there")
    await says(bench, "my name is Mia")

    assert await Ticket.all().count() == 1
    await presses(bench, "Something else")
    assert (await Dialogue.get()).step == "added"
    assert await Message.filter(letter="chat_receipt").count() == 1


async def test_a_day_without_an_answer_leaves_it_to_a_person(bench):
    await says(bench, "Please delete my account.")

    bench.clock.forward(hours=25)
    await bench.door.conversation.lapse_once()
    await goes_on(bench)

    ticket = await Ticket.get()
    assert last(bench).startswith(f"{ticket.reference}: you haven't said")
    assert "decide_intent" in ticket.work
    bench.mia.presses("Delete my data")
    await goes_on(bench)
    assert "out of date" in alerts(bench)[-1]


async def test_choosing_a_language(bench):
    await says(bench, "/settings")
    await presses(bench, "English")

    assert "I'll write in English" in last(bench)
    assert (await Identity.all().order_by("-id").first()).chosen_language == "en"


async def test_help_and_privacy(bench):
    assert "/delete – Have my data deleted" in await says(bench, "/help")
    assert "EJET Co., Ltd. runs this bot" in await says(bench, "/privacy")
    assert "don't know that command" in await says(bench, "/frobnicate")
    assert await Ticket.all().count() == 0


async def test_a_follow_up_goes_into_the_open_ticket(bench):
    await says(bench, "hello there")
    await presses(bench, "Something else")
    await says(bench, "and another thing")
    assert await Ticket.all().count() == 1

    bench.clock.forward(hours=3)
    told = await says(bench, "are you there?")
    assert "added" in told
    await presses(bench, "New request")
    assert await Ticket.all().count() == 2
    assert last(bench).endswith("What is it about?")


async def test_an_answer_to_a_message_goes_where_that_belongs(bench):
    await says(bench, "hello there")
    await presses(bench, "Something else")
    first = await Ticket.get()
    question = next(m for m in bench.mia.sees() if first.reference in m.text)
    await says(bench, "/access")

    bench.mia.types("this is for the first", reply_to=question)
    await goes_on(bench)

    newest = await Message.filter(direction=Direction.INBOUND).order_by("-id").first()
    assert newest.ticket_id == first.id


async def test_writing_after_closing_opens_again(bench):
    await says(bench, "hello there")
    await presses(bench, "Something else")
    await Ticket.all().update(status=Status.CLOSED, closed_at=bench.clock())
    bench.clock.forward(days=2)

    assert "open again" in await says(bench, "it is not solved")

    assert (await Ticket.get()).status is Status.OPEN


async def test_an_edit_is_kept_as_a_version(bench):
    await says(bench, "hello there")
    await presses(bench, "Something else")
    bench.mia.edits(bench.mia.sees()[0], "hello there, delete everything")
    await goes_on(bench)

    assert await Message.filter(direction=Direction.INBOUND).count() == 3
    assert "recorded as a new message" in last(bench)


async def test_an_album_is_one_ticket_with_the_question_after_its_caption(bench):
    parts = [{"kind": "photo", "data": b"1"}, {"kind": "photo", "data": b"2"}]
    parts[1]["caption"] = "Please delete my account."
    bench.mia.sends_album(*parts)
    await goes_on(bench)

    assert await Ticket.all().count() == 1
    assert last(bench).endswith("What is it about?")


@pytest.mark.parametrize("kind", ["voice", "sticker", "photo", "document", "video"])
async def test_what_has_no_words_is_for_a_person(bench, kind):
    bench.mia.sends(kind, b"data", name="x.bin")
    await goes_on(bench)

    ticket = await Ticket.get()
    assert ticket.needs_human
    assert ticket.reference in last(bench)
    assert await Attachment.all().count() == 1


async def test_a_flood_is_recorded_with_one_notice(bench):
    await says(bench, "hello there")
    for number in range(30):
        bench.mia.types(f"message {number}")
    await goes_on(bench)
    bench.clock.forward(minutes=1)
    await goes_on(bench)

    assert await Message.filter(direction=Direction.INBOUND).count() == 31
    assert sum("a lot of messages" in text for text in bench.mia.reads()) == 1
    assert await Ticket.all().count() == 1


async def test_blocked_and_back(bench):
    await says(bench, "/start")
    bench.mia.blocks()
    await goes_on(bench)
    assert (await Identity.get()).undeliverable_at is not None

    bench.mia.unblocks()
    await goes_on(bench)
    assert (await Identity.get()).undeliverable_at is None


async def test_a_right_of_its_own_opens_a_ticket_of_its_own(bench):
    await says(bench, "hello there")
    await presses(bench, "Something else")

    sure = Reading(
        Intent.DELETION, rights=(Right.DELETION,), language="en", confidence=0.9, needs_human=False
    )

    async def classify(texts):
        return [sure for _ in texts]

    object.__setattr__(bench.desk, "classify", classify)
    question = await says(bench, "Delete everything you have on me")

    assert await Ticket.all().count() == 2
    assert "this sounds like a request to delete your data" in question
    await presses(bench, "Yes, delete my data")
    assert "which e-mail address" in last(bench)


async def test_text_goes_to_the_ticket_that_was_spoken_of_last(bench):
    await says(bench, "hello there")
    await presses(bench, "Something else")
    first = await Ticket.get()
    await says(bench, "/access")
    await says(bench, "/cancel")
    await bench.agents.add("Ann", Role.AGENT, bench.clock())
    await bench.actions.reply(first.reference, "Ann", "Which lamp is it?")
    await goes_on(bench)

    await says(bench, "the green one")

    newest = await Message.filter(direction=Direction.INBOUND).order_by("-id").first()
    assert newest.ticket_id == first.id
