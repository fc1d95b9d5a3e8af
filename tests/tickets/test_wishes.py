"""What requesters do to their own tickets."""

from __future__ import annotations

import pytest

from tests.tickets.conftest import mail
from tickets.errors import Refusal, UnknownTicket
from tickets.ids import new_id
from tickets.models import Clock, Event, OutboxEntry, Rating, Request, Ticket
from tickets.types import RequestState, Status
from tickets.wishes import Wishes
from vault.sealing import Place, unseal_text


@pytest.fixture
async def ticket(bench) -> Ticket:
    await bench.take_in(mail())
    return await Ticket.get()


@pytest.fixture
def wishes(bench) -> Wishes:
    return Wishes(bench.desk)


async def test_a_withdrawn_request_ends_its_clocks_and_its_ticket(bench, wishes, ticket):
    await wishes.withdraw(ticket.id, ticket.requester_id)

    request, after = await Request.get(), await Ticket.get()
    assert (request.state, request.closed_at) == (RequestState.WITHDRAWN, bench.clock[0])
    assert (after.status, after.closed_at, after.work) == (Status.CLOSED, bench.clock[0], [])
    assert await Clock.filter(met_at=None, stopped_at=None).count() == 0
    assert await Event.filter(actor="requester", kind="request_moved").count() == 1


async def test_what_is_over_cannot_be_withdrawn(wishes, ticket):
    await wishes.withdraw(ticket.id, ticket.requester_id)

    with pytest.raises(Refusal, match="nothing_to_withdraw"):
        await wishes.withdraw(ticket.id, ticket.requester_id)


async def test_nobody_gets_at_the_ticket_of_somebody_else(wishes, ticket):
    with pytest.raises(UnknownTicket):
        await wishes.withdraw(ticket.id, new_id())

    assert (await Request.get()).state is not RequestState.WITHDRAWN


async def test_a_door_adds_its_rows_or_nothing_happens(wishes, ticket):
    def also(draft) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await wishes.with_also(also).withdraw(ticket.id, ticket.requester_id)

    assert (await Request.get()).state is not RequestState.WITHDRAWN


async def test_whoever_is_satisfied_ends_a_conversation_but_no_request(bench, wishes, ticket):
    await wishes.settle(ticket.id, ticket.requester_id)
    assert (await Ticket.get()).status is not Status.CLOSED

    await Clock.all().delete()
    await Request.all().delete()
    await wishes.settle(ticket.id, ticket.requester_id)
    assert (await Ticket.get()).status is Status.CLOSED


async def test_a_person_is_called_once(wishes, ticket):
    before = ticket.work

    await wishes.call_person(ticket.id, ticket.requester_id, "help")
    await wishes.call_person(ticket.id, ticket.requester_id, "help")

    assert (await Ticket.get()).work == [*before, "help"]


async def test_a_rating_is_kept_once_and_its_words_are_sealed(bench, wishes, ticket):
    await wishes.rate(ticket.id, ticket.requester_id, 2)
    await wishes.comment(ticket.id, ticket.requester_id, "Be quicker.")

    with pytest.raises(Refusal, match="rated_already"):
        await wishes.rate(ticket.id, ticket.requester_id, 5)
    with pytest.raises(Refusal, match="no_such_rating"):
        await wishes.rate(ticket.id, ticket.requester_id, 6)
    row = await Rating.get()
    owner = f"identity:{ticket.requester_id.hex}"
    key = (await bench.vault.create_keys([owner]))[owner]
    assert (row.stars, unseal_text(key, Place("rating", row.id, "comment"), row.comment)) == (
        2,
        "Be quicker.",
    )
    assert await OutboxEntry.all().count() == 1  # the receipt alone
