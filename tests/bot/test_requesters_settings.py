"""What requesters set: their language, and to be told no more than must be."""

from __future__ import annotations

import pytest

from sandbox.telegram.people import Someone
from templates.phrases import Phrases
from tests.bot.chatting import alerts, goes_on, last, presses, says
from tickets.models import AgentChat, Identity, OutboxEntry, Role, Ticket
from tickets.types import Delivery, RequestState

PHRASES = Phrases()


async def closed(bench, **how):
    """Have an agent answer and close the newest ticket."""
    ticket = await Ticket.all().order_by("-id").first()
    await bench.actions.reply(ticket.reference, "Ann", "We have looked into it.")
    await bench.actions.close(ticket.reference, "Ann", **how)
    await goes_on(bench)
    return ticket.reference


@pytest.fixture
async def muted(bench):
    await bench.agents.add("Ann", Role.AGENT, bench.clock())
    await says(bench, "/settings")
    assert "only what is necessary" in await presses(bench, "Only what is necessary")


async def test_closing_is_not_told_to_who_wants_less(bench, muted):
    await says(bench, "hello there")
    await presses(bench, "Something else")
    reference = await closed(bench)

    assert not any(text.startswith(f"{reference} is closed") for text in bench.mia.reads())
    assert "We have looked into it." in last(bench)


async def test_letters_of_the_law_go_in_any_case(bench, muted):
    await says(bench, "/access")

    assert any("You ask for:" in text for text in bench.mia.reads())
    assert await OutboxEntry.exclude(state=Delivery.SENT).count() == 0


async def test_a_question_lapses_without_a_word(bench, muted):
    await says(bench, "Please delete my account.")
    await says(bench, "/access")
    before = bench.mia.reads()
    for _ in range(2):
        bench.clock.forward(days=8)
        await bench.door.conversation.lapse_once()
        await goes_on(bench)

    assert bench.mia.reads() == before


async def test_all_messages_again(bench, muted):
    await says(bench, "/settings")
    assert "also tell you when a request is closed" in await presses(bench, "All messages")
    await says(bench, "hello there")
    await presses(bench, "Something else")
    reference = await closed(bench, outcome=RequestState.LAPSED)

    assert any(text.startswith(f"{reference} is closed") for text in bench.mia.reads())
    assert (await Identity.all().order_by("-id").first()).muted_at is None


@pytest.mark.parametrize("wrong", ["", "none", "fewer:all"])
async def test_a_forged_wish_changes_nothing(bench, wrong):
    await says(bench, "/settings")
    button = bench.mia.sees()[-1]
    data = f"v1:notices:{wrong}:"
    button.markup["inline_keyboard"][0][0]["callback_data"] = data
    bench.mia.act("press", message_id=button.id, button=data)
    await goes_on(bench)
    muted = [one.muted_at for one in await Identity.all()]

    assert all(muted) is (wrong == "fewer:all")  # what follows a known word is nothing to us
    assert wrong == "fewer:all" or "out of date" in alerts(bench)[-1]


async def test_it_holds_for_one_person_only(bench, muted):
    await bench.link(bench.ann, "Ben Agent")

    assert await Identity.filter(muted_at=None).count() == 1


@pytest.mark.parametrize("language", PHRASES.languages)
async def test_in_every_language(bench, language):
    al = Someone.new(bench.telegram, bench.our_bot, "Al<b>_*[", language=language.lower())
    for which in ("fewer", "all"):
        al.types("/settings")
        await goes_on(bench)
        al.presses(PHRASES.text(language, f"settings.{which}"))
        await goes_on(bench)

        assert al.reads()[-1] == PHRASES.text(language, f"settings.now_{which}")


async def test_an_agent_is_spoken_to_in_their_language_in_private(bench):
    bench.ann.person.language = "fr"
    await bench.link(bench.ann, "Ann Agent")
    private = bench.ann.in_chat(bench.telegram.private_chat(bench.our_bot, bench.ann.person))
    private.types("/settings")
    await goes_on(bench)
    private.presses("Deutsch")
    await goes_on(bench)
    bench.ann.person.language = "ja"  # the application's counts no more
    private.types("/help")
    await goes_on(bench)

    assert (await AgentChat.get()).language == "de"
    assert "Eine Kopie meiner Daten" in private.reads()[-1]


@pytest.mark.parametrize("language", PHRASES.languages)
async def test_agents_have_their_lists_in_private_and_in_their_language(bench, language):
    bench.ann.person.language = language.lower()
    await bench.link(bench.ann, "Ann Agent")
    await says(bench, "Please delete my data. Al<b>_*[")
    await bench.pass_time(5)
    ticket = await Ticket.get()
    await bench.actions.take(ticket.reference, "Ann Agent")
    private = bench.ann.in_chat(bench.telegram.private_chat(bench.our_bot, bench.ann.person))
    for name, is_there in (("queue", False), ("mine", True), ("due", False)):
        private.types(f"/{name}")
        await goes_on(bench)
        shown = private.reads()[-1]
        assert shown.startswith(PHRASES.text(language, f"desk.list.{name}"))
        assert (ticket.reference in shown) is is_there
        none = PHRASES.text(language, "desk.list.none")
        assert shown.endswith(none) is not is_there


async def test_a_requester_has_no_lists_of_the_desk(bench):
    await says(bench, "Please delete my data")

    for name in ("queue", "mine", "due"):
        assert "don't know that command" in await says(bench, f"/{name}")
    await bench.link(bench.ann, "Ann Agent")
    await bench.agents.disable("Ann Agent", bench.clock())
    private = bench.ann.in_chat(bench.telegram.private_chat(bench.our_bot, bench.ann.person))
    private.types("/queue")
    await goes_on(bench)
    assert (await Ticket.get()).reference not in private.reads()[-1]
