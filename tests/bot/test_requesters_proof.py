"""Who asks: addresses, codes, the last word on a deletion."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.requesters.proving import masked, needs_proof
from tests.bot.chatting import code, goes_on, last, presses, says
from tests.fakes.classifier import read_all
from tickets.models import Challenge, Dialogue, Message, Request, Role, Ticket
from tickets.types import Direction, Intent, RequestState, Right


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


@pytest.fixture
def suspects_all(bench):
    """Have the reader take any few words for a possible request, as the real one takes many."""

    async def suspect(texts):
        return [replace(one, suspected=True) for one in await read_all(texts)]

    object.__setattr__(bench.desk, "classify", suspect)


@pytest.mark.usefixtures("suspects_all")
@pytest.mark.parametrize("typed", ["mia@example", "mia@example,org", "mia @ home"])
async def test_a_mistyped_address_is_no_message(bench, typed):
    await says(bench, "/access")

    wrong = bench.mia.types(typed)
    await goes_on(bench)

    assert "doesn't look like an e-mail address" in last(bench)
    assert wrong.id not in bench.mia.chat.messages
    assert await Message.filter(direction=Direction.INBOUND).count() == 1


@pytest.mark.usefixtures("suspects_all")
async def test_a_few_words_that_may_be_a_request_are_kept_and_the_question_is_said_again(bench):
    await says(bench, "/access")
    assert "doesn't look like an e-mail address" in await says(bench, "mia at home")
    await says(bench, "mia@person.test")
    assert "type the 6 digits" in await says(bench, "no code")

    assert await Message.filter(direction=Direction.INBOUND).count() == 3
    assert "that's confirmed" in await says(bench, code(bench))


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


@pytest.mark.parametrize("steps", [["/access"], ["/access", "mia@person.test"]])
async def test_a_short_request_is_no_wrong_address_or_code(bench, steps):
    for step in steps:
        await says(bench, step)
    typed = bench.mia.types("Please delete my account")
    await goes_on(bench)

    assert typed.id in bench.mia.chat.messages
    assert await Request.filter(right=Right.DELETION).count() == 1
