"""Which product a copy or a deletion is about, where the company has several."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.telegram.people import Someone
from templates.phrases import Phrases
from tests.bot.chatting import alerts, goes_on, last, presses, says
from tickets.models import Dialogue, Message, Request, Ticket
from tickets.types import Direction, Right

HOSTILE = "Al<b>_*[ & Söhne"
PHRASES = Phrases()


@pytest.fixture(autouse=True)
def products(bench):
    having(bench, "Shop", HOSTILE, "Warranty")


def having(bench, *names):
    company = replace(bench.desk.config.company, products=names)
    object.__setattr__(bench.desk, "config", replace(bench.desk.config, company=company))


async def heard():
    return await Message.filter(direction=Direction.INBOUND).count()


@pytest.mark.parametrize(
    ("command", "right"), [("/access", Right.ACCESS), ("/delete", Right.DELETION)]
)
async def test_the_product_is_asked_before_who_asks(bench, command, right):
    asked = await says(bench, command)

    ticket = await Ticket.get()
    assert (await Request.get()).right is right  # the clock runs before anything is asked
    assert asked == (
        f"{ticket.reference}: which product is it about? If you aren't sure, we look everywhere."
    )
    assert bench.mia.buttons() == ["Shop", HOSTILE, "Warranty", "All of them", "Not sure"]
    assert "which e-mail address" in await presses(bench, HOSTILE)
    assert any(f"✓ {HOSTILE}" in text for text in bench.mia.reads())
    assert await heard() == 2  # the command, and the answer, for the agents to read
    assert await Ticket.all().count() == 1


@pytest.mark.parametrize("words", ["the SHOP, and the app", "all of them", "not sure"])
async def test_a_typed_answer_is_as_good(bench, words):
    await says(bench, "/access")

    assert "which e-mail address" in await says(bench, words)


async def test_what_names_no_product_is_kept_and_the_question_stands(bench):
    await says(bench, "/access")
    await says(bench, "x" * 10_000)

    assert (await Dialogue.get()).step == "scope"
    assert await heard() > 1  # the application makes several messages of it
    assert await Ticket.all().count() == 1
    assert "which e-mail address" in await presses(bench, "Not sure")


async def test_no_answer_in_a_day_means_everything(bench):
    await says(bench, "/delete")
    bench.clock.forward(hours=25)
    await bench.door.conversation.lapse_once()
    await goes_on(bench)

    assert "which e-mail address" in last(bench)
    bench.mia.presses("Shop")
    await goes_on(bench)
    assert "out of date" in alerts(bench)[-1]


async def test_words_that_ask_for_it_are_asked_too(bench):
    await says(bench, "Please delete my account.")

    assert "which product" in await presses(bench, "Delete my data")


@pytest.mark.parametrize("names", [(), ("Shop",)])
async def test_one_product_is_no_question(bench, names):
    having(bench, *names)

    assert "which e-mail address" in await says(bench, "/access")


async def test_a_forged_product_is_refused(bench):
    await says(bench, "/access")
    nonce = (await Dialogue.get()).nonce
    button = bench.mia.sees()[-1]
    for wrong in ("9", "x"):
        data = f"v1:product:{wrong}:{nonce}"
        button.markup["inline_keyboard"][0][0]["callback_data"] = data
        bench.mia.act("press", message_id=button.id, button=data)
        await goes_on(bench)

    assert "out of date" in alerts(bench)[-1]
    assert await heard() == 1


async def test_nobody_answers_for_another(bench):
    await says(bench, "/access")
    nonce = (await Dialogue.get()).nonce
    eve = Someone.new(bench.telegram, bench.our_bot, "Eve")
    eve.starts()
    await goes_on(bench)
    button = eve.sees()[-1]
    data = f"v1:product:0:{nonce}"
    button.markup["inline_keyboard"][0][0]["callback_data"] = data
    eve.act("press", message_id=button.id, button=data)
    await goes_on(bench)

    assert "out of date" in alerts(bench)[-1]
    assert await heard() == 1


@pytest.mark.parametrize("language", PHRASES.languages)
async def test_in_every_language(bench, language):
    al = Someone.new(bench.telegram, bench.our_bot, HOSTILE, language=language.lower())
    al.types("/access")
    await goes_on(bench)
    ticket = await Ticket.get()
    asked = PHRASES.text(language, "scope.ask", reference=ticket.reference)
    assert al.reads()[-1] == asked

    al.presses(PHRASES.text(language, "button.not_sure"))
    await goes_on(bench)
    address = PHRASES.text(language, "proof.address", reference=ticket.reference)
    assert al.reads()[-1].startswith(address)
