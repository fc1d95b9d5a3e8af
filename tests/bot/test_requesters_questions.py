"""Questions that the policy answers, and feedback."""

from __future__ import annotations

from tests.bot.chatting import last, presses, says
from tickets.models import Ticket
from tickets.types import Intent, Status


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
