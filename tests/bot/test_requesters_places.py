"""Groups, strangers and buttons that are not theirs."""

from __future__ import annotations

import pytest

from sandbox.telegram.people import Someone
from tests.bot.chatting import alerts, goes_on, last, presses, says
from tickets.models import Request, Ticket
from tickets.types import RequestState


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


async def test_an_anonymous_admin_is_led_and_nothing_is_kept(bench):
    group = bench.telegram.add_group("Friends", bench.our_bot, admins=(bench.mia.person,))
    group.members[bench.mia.person.id].is_anonymous = True
    there = bench.mia.in_chat(group)

    there.types("@desk_bot please delete my account")
    await goes_on(bench)

    assert there.reads()[-1] == "Let's do this in private, so that nobody else reads it."
    assert there.presses("Write to me privately") == "https://t.me/desk_bot?start=g"
    assert await Ticket.all().count() == 0
