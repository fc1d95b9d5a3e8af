"""What requesters can do in their chat, as they would: typing, pressing, changing their minds."""

from __future__ import annotations

import re

import pytest

from bot.requesters.proving import masked, needs_proof
from sandbox.telegram.people import Someone
from tests.bot.bench import BotBench
from tickets.models import (
    Attachment,
    Challenge,
    Dialogue,
    Identity,
    InboundRecord,
    InboundState,
    Message,
    OutboxEntry,
    Post,
    Rating,
    Request,
    Role,
    Ticket,
)
from tickets.types import Delivery, Direction, Intent, Reading, RequestState, Right, Status


async def goes_on(bench: BotBench) -> None:
    """Let the bot answer, at the pace that it must keep."""
    await bench.settle()
    for _ in range(30):
        waiting = Post.filter(state=Delivery.QUEUED)
        if not await waiting.exists() and not await OutboxEntry.filter(state="queued").exists():
            return
        bench.clock.forward(seconds=1)
        await bench.settle()


async def says(bench: BotBench, text: str) -> str:
    """Type, let the bot answer, and return the newest text in sight."""
    bench.mia.types(text)
    await goes_on(bench)
    return last(bench)


async def presses(bench: BotBench, button: str) -> str:
    bench.mia.presses(button)
    await goes_on(bench)
    return last(bench)


def last(bench: BotBench) -> str:
    return bench.mia.reads()[-1]


def alerts(bench: BotBench) -> list[str]:
    return [q.answer["text"] for q in bench.telegram.queries.values() if q.answer.get("text")]


def code(bench: BotBench) -> str:
    return re.search(r"\b\d{6}\b", bench.post.sent[-1].letter.text)[0]


async def nothing_waits() -> None:
    waiting = (InboundState.NEW, InboundState.SHUNTED)
    assert await InboundRecord.filter(state__in=waiting).count() == 0


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


async def test_a_deletion_from_the_menu_to_the_last_word(bench):
    await says(bench, "/delete")
    ticket = await Ticket.get()
    assert "which e-mail address" in last(bench)

    typed = bench.mia.types("My address is Mia.Moon@person.test")
    await goes_on(bench)
    assert "m" not in last(bench).split("know ")[1][:1].lower() or "M•••@p•••.test" in last(bench)
    assert typed.id not in bench.mia.chat.messages
    assert len(bench.post.sent) == 1

    wrong = await says(bench, "000 000")
    assert wrong == f"{ticket.reference}: that code isn't right. Tries left: 2."
    typed = bench.mia.types(code(bench))
    await goes_on(bench)
    assert typed.id not in bench.mia.chat.messages
    assert any("that's confirmed (M•••@p•••.test)" in text for text in bench.mia.reads())
    assert not any("Mia.Moon" in text for text in bench.mia.reads())
    assert (await Request.get()).state is RequestState.PROVEN

    await presses(bench, "Delete my data")
    assert "we'll delete it" in last(bench)
    assert await Ticket.all().count() == 1


async def test_who_keeps_their_data_has_withdrawn(bench):
    await says(bench, "/delete")
    await says(bench, "mia@person.test")
    await says(bench, code(bench))

    await presses(bench, "Keep my data")

    assert (await Request.get()).state is RequestState.WITHDRAWN
    assert "nothing will be deleted" in last(bench)


async def test_three_wrong_codes_are_over_and_a_new_one_helps(bench):
    await says(bench, "/access")
    await says(bench, "mia@person.test")
    for _ in range(3):
        await says(bench, "000000")
    assert "can't be used any more" in last(bench)

    await presses(bench, "Send a new code")
    assert "a 6-digit code is on its way" in last(bench)
    await says(bench, code(bench))
    assert "that's confirmed" in last(bench)
    assert (await Request.get()).state is RequestState.PROVEN


async def test_too_many_codes_are_refused_with_a_way_on(bench):
    await says(bench, "/access")
    await says(bench, "mia@person.test")
    for _ in range(2):
        await presses(bench, "Send a new code")

    limit = await presses(bench, "Send a new code")
    assert "as many codes as I may send" in limit
    await presses(bench, "I can't get the code")
    assert "another way to confirm" in last(bench)
    assert "proof_other_way" in (await Ticket.get()).work


async def test_what_is_neither_address_nor_code_is_said_so(bench):
    await says(bench, "/access")
    assert "doesn't look like an e-mail address" in await says(bench, "mia at home")
    await says(bench, "mia@person.test")
    assert "type the 6 digits" in await says(bench, "12345")

    await says(bench, "Before I do that: who will read my data, and how long do you keep it?")
    assert await Message.filter(direction=Direction.INBOUND).count() == 2
    assert (await Challenge.get()).tries == 0
    assert "•" in await says(bench, "other@person.test")


async def test_cancel_and_confirm_later(bench):
    await says(bench, "/access")
    ticket = await Ticket.get()
    assert "later, under My requests" in await presses(bench, "Cancel")

    await says(bench, "/status")
    await presses(bench, f"{ticket.reference} · Copy of data · received")
    await presses(bench, "Confirm who I am")
    assert "which e-mail address" in last(bench)
    assert "Stopped." in await says(bench, "/cancel")
    assert "nothing to stop" in await says(bench, "/cancel")


async def test_the_same_right_twice_is_one_request(bench):
    await says(bench, "/access")
    await says(bench, "/access")

    assert await Ticket.all().count() == 1
    assert "Received on 2 November 2026" in last(bench)


async def test_withdrawing_from_the_status(bench):
    await says(bench, "/access")
    await says(bench, "/status")
    ticket = await Ticket.get()
    await presses(bench, f"{ticket.reference} · Copy of data · received")
    await presses(bench, "Withdraw request")
    assert "shall we stop" in last(bench)

    bench.mia.presses("Withdraw request", bench.mia.sees()[-1])
    await goes_on(bench)

    assert last(bench) == f"{ticket.reference}: withdrawn. You can ask again at any time."
    assert (await Ticket.get()).status is Status.CLOSED
    await presses(bench, "Withdraw request")
    assert "over already" in last(bench) or "out of date" in alerts(bench)[-1]


async def test_adding_and_calling_a_person(bench):
    await says(bench, "/access")
    await says(bench, "/status")
    ticket = await Ticket.get()
    await presses(bench, f"{ticket.reference} · Copy of data · received")
    await presses(bench, "Add something")
    assert "added" in await says(bench, "I am customer 4711")
    await presses(bench, "Ask a person")
    assert "requester_calls" in (await Ticket.get()).work
    await presses(bench, "Back")
    assert await Ticket.all().count() == 1


async def test_a_section_of_the_policy_answers(bench):
    await says(bench, "/ask")
    await presses(bench, "Cookies")
    assert any("section 4, cookies" in text for text in bench.mia.reads())

    assert "glad that helped" in await presses(bench, "Yes, thanks")
    assert (await Ticket.get()).status is Status.CLOSED


async def test_a_question_behind_the_command(bench):
    await says(bench, "/ask what do you do with cookies")

    ticket = await Ticket.get()
    assert (ticket.intent, ticket.needs_human) == (Intent.QUESTION, False)


async def test_a_finer_question_has_its_own_answer(bench):
    await says(bench, "/ask which kinds of cookies do you set")

    assert any("four kinds of cookies" in text for text in bench.mia.reads())
    assert "did that answer it?" in last(bench)


async def test_another_question_that_was_near_is_answered_in_the_same_ticket(bench):
    await says(bench, "/ask which kinds of cookies do you set")
    await presses(bench, "Blocking cookies")

    assert any("in your browser's settings" in text for text in bench.mia.reads())
    assert "did that answer it?" in last(bench)
    assert "glad that helped" in await presses(bench, "Yes, thanks")
    assert await Ticket.all().count() == 1


async def test_a_question_that_was_asked_about_has_its_own_answer(bench):
    await says(bench, "about your privacy policy: which kinds of cookies do you set")
    await presses(bench, "Ask about privacy")

    assert any("four kinds of cookies" in text for text in bench.mia.reads())


async def test_feedback(bench):
    await says(bench, "/feedback")
    await presses(bench, "An idea")
    await says(bench, "A dark mode would be nice.")
    assert "May we answer you here?" in last(bench)

    await presses(bench, "Yes")

    ticket = await Ticket.get()
    assert (ticket.intent, "answer_feedback" in ticket.work) == (Intent.FEEDBACK, True)


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


async def test_a_group_is_led_into_private_and_the_day_counts(bench):
    group = bench.telegram.add_group("Friends", bench.our_bot, bench.mia.person)
    there = bench.mia.in_chat(group)
    there.types("lunch?")
    await goes_on(bench)
    assert await Ticket.all().count() == 0

    there.types("@desk_bot please delete my account")
    await goes_on(bench)
    assert there.reads()[-1] == "Let's do this in private, so that nobody else reads it."
    url = there.presses("Write to me privately")
    assert not any("EJ-" in text for text in there.reads())

    bench.clock.forward(days=1)
    bench.mia.follows(url)
    await goes_on(bench)
    assert any("as of 2 November 2026" in text for text in bench.mia.reads())
    assert last(bench).endswith("What is it about?")
    await presses(bench, "Delete my data")
    assert (await Request.get()).state is RequestState.ACKNOWLEDGED


async def test_a_link_out_of_a_group_is_of_use_to_its_writer_only(bench):
    group = bench.telegram.add_group("Friends", bench.our_bot, bench.mia.person)
    there = bench.mia.in_chat(group)
    there.types("@desk_bot please delete my account")
    await goes_on(bench)
    url = there.presses("Write to me privately")

    eve = Someone.new(bench.telegram, bench.our_bot, "Eve")
    eve.follows(url)
    await goes_on(bench)

    assert "That link is wrong" in eve.reads()[-1]


async def test_nobody_presses_anothers_buttons(bench):
    await says(bench, "/access")
    await says(bench, "/status")
    ticket = await Ticket.get()
    eve = Someone.new(bench.telegram, bench.our_bot, "Eve")
    eve.starts()
    await goes_on(bench)
    button = eve.sees()[-1]
    button.markup["inline_keyboard"][0][0]["callback_data"] = f"v1:card:{ticket.reference}:"
    eve.act("press", message_id=button.id, button=f"v1:card:{ticket.reference}:")
    await goes_on(bench)

    assert not any(ticket.reference in text for text in eve.reads())
    assert "out of date" in alerts(bench)[-1]


@pytest.mark.parametrize(
    "data", ["", "v1", "v1:mean:x:", "v1:delete_now:", "v1:rate:EJ:9:", "v1:card:", "\0", "x" * 64]
)
async def test_forged_buttons_are_answered_and_do_nothing(bench, data):
    await says(bench, "/start")
    button = bench.mia.sees()[-1]
    button.markup["inline_keyboard"][0][0]["callback_data"] = data or "v1::"
    bench.mia.act("press", message_id=button.id, button=data or "v1::")
    await goes_on(bench)

    assert await Ticket.all().count() == 0
    assert "out of date" in alerts(bench)[-1] or "didn't work" in alerts(bench)[-1]


async def test_an_old_button_is_answered_with_an_alert(bench):
    await says(bench, "Please delete my account.")
    question = bench.mia.sees()[-1]
    await presses(bench, "Delete my data")
    bench.telegram.queries.clear()
    question.markup = {
        "inline_keyboard": [[{"text": "Ask", "callback_data": "v1:mean:access_request:00000000"}]]
    }
    bench.mia.presses("Ask", question)
    await goes_on(bench)

    assert "out of date" in alerts(bench)[-1]
    assert await Request.all().count() == 1


async def test_rating_once_and_what_should_be_better(bench):
    await says(bench, "/access")
    ticket = await Ticket.get()
    await bench.pass_time(1)
    button = bench.mia.sees()[-1]
    for stars in (2, 5):
        data = f"v1:rate:{ticket.reference}:{stars}:"
        button.markup = {"inline_keyboard": [[{"text": f"{stars}", "callback_data": data}]]}
        bench.mia.act("press", message_id=button.id, button=data)
        await goes_on(bench)
        button = bench.mia.sees()[-1]

    assert "what should we do better" in last(bench)
    assert "out of date" in alerts(bench)[-1]
    assert (await Rating.get()).stars == 2
    assert "that is noted" in await says(bench, "Be quicker.")
    assert (await Rating.get()).comment is not None
    assert await Post.filter(role="prompt").count() > 0


async def test_a_closed_ticket_is_told_once_and_rated(bench):
    await says(bench, "hello there")
    await presses(bench, "Something else")
    ticket = await Ticket.get()
    await bench.agents.add("Ann", Role.AGENT, bench.clock())
    await bench.actions.reply(ticket.reference, "Ann", "We have looked into it.")
    await bench.actions.close(ticket.reference, "Ann")
    await goes_on(bench)
    await goes_on(bench)

    asked = f"{ticket.reference} is closed. How was it? 1 is bad, 5 is very good."
    assert [text for text in bench.mia.reads() if "How was it" in text] == [asked]
    await presses(bench, "4")
    assert f"{ticket.reference}: you gave 4 of 5. Thanks." in bench.mia.reads()


async def test_a_closed_ticket_is_opened_again_by_its_button(bench):
    await says(bench, "/access")
    ticket = await Ticket.get()
    await bench.agents.add("Ann", Role.AGENT, bench.clock())
    await bench.actions.close(ticket.reference, "Ann", outcome=RequestState.LAPSED)
    await goes_on(bench)
    assert last(bench).startswith(f"{ticket.reference} is closed. You can open it again")

    await presses(bench, f"Reopen {ticket.reference}")

    assert "open again" in last(bench)
    assert (await Ticket.get()).status is Status.OPEN


async def test_a_restart_in_the_middle_of_a_proof_goes_on(bench):
    await says(bench, "/access")
    await bench.restart()
    await says(bench, "mia@person.test")
    await bench.restart()

    assert "that's confirmed" in await says(bench, code(bench))
    assert await Ticket.all().count() == 1


async def test_a_proof_that_nobody_goes_on_with_stays_possible(bench):
    await says(bench, "/access")
    await says(bench, "mia@person.test")
    bench.clock.forward(hours=30)
    await bench.door.conversation.lapse_once()
    await goes_on(bench)

    assert "later, under My requests" in last(bench)
    assert (await Dialogue.get()).step == "added"


async def test_an_unknown_and_a_known_address_read_the_same(bench):
    said = []
    for address in ("known@person.test", "nobody@person.test"):
        await says(bench, "/access")
        said.append(await says(bench, address))
        await presses(bench, "Use another address")

    assert said[0].replace("k•••", "n•••") == said[1]


async def test_an_anonymous_admin_is_led_and_nothing_is_kept(bench):
    group = bench.telegram.add_group("Friends", bench.our_bot, admins=(bench.mia.person,))
    group.members[bench.mia.person.id].is_anonymous = True
    there = bench.mia.in_chat(group)

    there.types("@desk_bot please delete my account")
    await goes_on(bench)

    assert there.reads()[-1] == "Let's do this in private, so that nobody else reads it."
    assert there.presses("Write to me privately") == "https://t.me/desk_bot?start=g"
    assert await Ticket.all().count() == 0


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


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("mia@person.test", "m•••@p•••.test"),
        ("m@a.b.co.uk", "m•••@a•••.uk"),
        ("müller@büro.example", "m•••@b•••.example"),
    ],
)
def test_masks(address, shown):
    assert masked(address) == shown


@pytest.mark.parametrize(
    ("intent", "rights", "needs"),
    [
        (Intent.ACCESS, (), True),
        (Intent.ACCESS, (Right.EXPLANATION,), False),
        (Intent.COMPLAINT, (), False),
        (Intent.OBJECTION, (Right.OPT_OUT,), False),
        (Intent.OBJECTION, (Right.OPT_OUT, Right.RESTRICTION), True),
        (Intent.QUESTION, (), False),
        (Intent.DELETION, (Right.OPT_OUT,), True),
    ],
)
def test_who_must_be_known(intent, rights, needs):
    assert needs_proof(intent, rights) is needs


async def test_an_answer_to_an_agents_letter_is_not_taken_for_an_address(bench):
    await says(bench, "/access")
    ticket = await Ticket.get()
    await bench.agents.add("Ann", Role.AGENT, bench.clock())
    await bench.actions.reply(ticket.reference, "Ann", "What is your order number?")
    await goes_on(bench)

    typed = bench.mia.types("4711")
    await goes_on(bench)

    assert typed.id in bench.mia.chat.messages
    assert await Message.filter(direction=Direction.INBOUND).count() == 2
    await says(bench, "mia@person.test")
    assert "that's confirmed" in await says(bench, code(bench))


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
