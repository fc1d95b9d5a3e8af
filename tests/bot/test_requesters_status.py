"""My requests: where they stand, withdrawing, closing, rating, opening again."""

from __future__ import annotations

from tests.bot.chatting import alerts, goes_on, last, presses, says
from tickets.models import Post, Rating, Role, Ticket
from tickets.types import RequestState, Status


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
