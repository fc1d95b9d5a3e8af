"""An agent edits what they wrote: in time it changes, later the requester has it already."""

from __future__ import annotations

import pytest

from sandbox.telegram.api import Fault
from sandbox.telegram.people import Someone
from templates.phrases import Phrases
from tests.bot.test_forum_agents import alert, press, reactions
from tests.bot.test_forum_agents import ann as _ann
from tests.bot.test_forum_agents import ben as _ben
from tests.bot.test_forum_agents import ticket as _ticket
from tests.bot.test_forum_topics import seen, texts
from tickets.models import Dialogue, Message, OutboxEntry
from tickets.types import Delivery

ann, ben, ticket = _ann, _ben, _ticket
PHRASES = Phrases()
HEAD = "A correction: this takes the place of our last message."


@pytest.fixture
async def sent(bench, ann):
    """A reply that has reached the requester."""
    words = ann.types("We open at nine.", reply_to=seen(bench)[0])
    await bench.pass_time(15)
    assert reactions(bench, words) == ["👍"]
    return words


async def edits(bench, ann, words, text):
    ann.edits(words, text)
    await bench.pass_time(3)
    return texts(bench)[-1]


async def test_the_agent_is_told_and_can_send_the_corrected_text(bench, ticket, ann, sent):
    before = len(bench.mia.reads())
    shown = await edits(bench, ann, sent, "We open at ten.")
    assert shown == (
        f"{ticket.reference}: the requester has the earlier text already; your change didn't reach"
        f" them. This could be sent now:\n\n{HEAD}\n\nWe open at ten."
    )
    assert ann.buttons() == ["Send the corrected text", "Back"]
    question = seen(bench)[-1]
    await press(bench, ann, "Send the corrected text")
    await bench.pass_time(15)

    [came] = bench.mia.reads()[before:]
    assert HEAD in came
    assert "We open at ten." in came
    assert "Ann" not in came
    assert reactions(bench, question) == ["👍"]  # what was shown stands for the reply


async def test_nothing_goes_where_the_agent_leaves_it(bench, ann, sent):
    before = bench.mia.reads()
    await edits(bench, ann, sent, "We open at ten.")
    await press(bench, ann, "Back")
    await bench.pass_time(15)

    assert bench.mia.reads() == before


async def test_other_words_can_be_sent_by_a_reply(bench, ann, sent):
    await edits(bench, ann, sent, "We open at ten.")
    ann.types("Sorry: ten, and on Mondays eleven.", reply_to=seen(bench)[-1])
    await bench.pass_time(15)

    assert "on Mondays eleven" in bench.mia.reads()[-1]


async def test_a_second_edit_makes_the_first_question_stale(bench, ann, sent):
    await edits(bench, ann, sent, "We open at ten.")
    first = seen(bench)[-1]
    await edits(bench, ann, sent, "We open at eleven.")
    await press(bench, ann, "Send the corrected text", first)

    assert "out of date" in alert(bench)


async def test_a_colleague_cannot_press_it(bench, ann, ben, sent):
    before = bench.mia.reads()
    await edits(bench, ann, sent, "We open at ten.")
    await press(bench, ben, "Send the corrected text", seen(bench)[-1])
    await bench.pass_time(15)

    assert "out of date" in alert(bench)
    assert bench.mia.reads() == before


async def test_what_was_stopped_is_offered_as_it_is(bench, ann):
    words = ann.types("We open at nine.", reply_to=seen(bench)[0])
    await bench.pass_time(3)
    ann.types("/undo")
    await bench.pass_time(15)
    shown = await edits(bench, ann, words, "We open at ten.")
    assert "the earlier text didn't reach the requester" in shown
    await press(bench, ann, "Send the corrected text")
    await bench.pass_time(15)

    assert HEAD not in bench.mia.reads()[-1]
    assert "We open at ten." in bench.mia.reads()[-1]


async def test_what_may_have_arrived_is_called_so(bench, ann):
    words = ann.types("We open at nine.", reply_to=seen(bench)[0])
    await bench.pass_time(5)
    fault = Fault("cut", "sendMessage", bench.mia.chat.id, after=True)
    bench.telegram.faults.append(fault)
    await bench.pass_time(15)
    shown = await edits(bench, ann, words, "We open at ten.")

    assert "it isn't known yet whether it arrived" in shown
    assert HEAD in shown


async def test_a_correction_that_fails_is_told(bench, ann, sent):
    await edits(bench, ann, sent, "We open at ten.")
    bench.mia.blocks()
    await press(bench, ann, "Send the corrected text")
    await bench.pass_time(15)

    assert "blocked the bot" in texts(bench)[-1]


async def test_an_edit_that_leaves_no_words_is_refused(bench, ann):
    words = ann.types("/reply We open at nine.")
    await bench.pass_time(15)
    assert "There is no text." in await edits(bench, ann, words, "/reply")


async def test_ten_thousand_characters(bench, ann, sent):
    long = "Al<b>_*[ & " * 340  # as much as one message of an application holds
    await edits(bench, ann, sent, long)
    await press(bench, ann, "Send the corrected text")
    await bench.pass_time(40)

    assert HEAD in "".join(bench.mia.reads())
    assert (await Message.all().order_by("-id").first()).kind == "reply"
    assert await Dialogue.filter(step="draft").count() == 0


@pytest.mark.parametrize("language", PHRASES.languages)
async def test_the_head_is_in_the_requesters_language(bench, ann, language):
    """The agent's question is in theirs, the correction in the requester's."""
    al = Someone.new(bench.telegram, bench.our_bot, "Al<b>_*[", language=language.lower())
    al.types("Please delete my data")
    await bench.pass_time(5)
    there = bench.topic(bench.ann, list(bench.group.topics)[1])
    card = next(m for m in there.sees() if not m.is_service)
    words = there.types("We open at nine.", reply_to=card)
    await bench.pass_time(15)
    there.edits(words, "Al<b>_*[ & ten")
    await bench.pass_time(3)
    there.presses("Send the corrected text")
    await bench.pass_time(15)

    head = PHRASES.text(language, "reply.correction")
    assert f"{head}\n\nAl<b>_*[ & ten" in al.reads()[-1]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        ("no_chat", "There is no such chat any more."),
        ("recipient erased", "The data of this person has been erased."),
        ("refused 400", "Telegram refused it."),
    ],
)
async def test_why_it_did_not_arrive_is_said_in_words(bench, ticket, ann, error, why):
    ann.types("We open at nine.", reply_to=seen(bench)[0])
    await bench.pass_time(3)
    waiting = OutboxEntry.filter(state=Delivery.QUEUED)
    await waiting.update(state=Delivery.FAILED, error=error)
    await bench.pass_time(5)

    assert texts(bench)[-1] == f"{ticket.reference}: not delivered. {why}"
