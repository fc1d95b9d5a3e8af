"""A mask is lifted for a reason that is on record first; without the record it stays."""

from __future__ import annotations

import json

import pytest

from tests.tickets.conftest import mail
from tickets.content import identity_owner
from tickets.errors import NotAllowed, Refusal
from tickets.models import Event, Message, Request, Ticket
from tickets.proof import Proof
from tickets.reveal import Revealer, Why
from tickets.types import Direction, RequestState
from tickets.views import ticket as view_ticket
from vault.sealing import Place, unseal_text

BODY = "Please delete my account. My card is 4111 1111 1111 1111."
NOTE = "the card is what the request is about"


@pytest.fixture
async def message(bench) -> Message:
    await bench.take_in(mail(body=BODY))
    return await Message.get(direction=Direction.INBOUND)


@pytest.fixture
def revealer(bench) -> Revealer:
    return Revealer(bench.vault, lambda: bench.clock[0])


async def test_an_agent_sees_the_mask(message, revealer):
    shown = await revealer.shown(message.id)

    assert shown.text == "Please delete my account. My card is [card …1111]."


async def test_a_reason_lifts_it_and_stays_on_record(bench, message, revealer):
    text = await revealer.reveal(message.id, why=Why.FULFIL, note=NOTE, actor="agent:1")

    event = await Event.get(kind="message_revealed")
    owner = identity_owner(message.identity_id)
    key = (await bench.vault.load_keys([owner]))[owner]
    told = json.loads(unseal_text(key, Place("event", event.id, "payload"), event.payload))
    assert text == BODY
    assert told == {"why": "fulfil", "note": NOTE, "message": message.id.hex}
    assert (event.actor, event.ticket_id) == ("agent:1", message.ticket_id)


async def test_without_a_reason_it_stays(message, revealer):
    with pytest.raises(Refusal, match="reason_missing"):
        await revealer.reveal(message.id, why=Why.FULFIL, note="  because ", actor="agent:1")
    assert not await Event.exists(kind="message_revealed")


async def test_without_a_record_it_stays(message, revealer, monkeypatch):
    async def broken(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(Event, "save", broken)

    with pytest.raises(OSError, match="disk full"):
        await revealer.reveal(message.id, why=Why.FULFIL, note=NOTE, actor="agent:1")


async def test_a_letter_of_proof_is_for_its_reader_alone(bench, message, revealer):
    await Request.all().update(state=RequestState.RECEIVED)
    letter = await Proof(bench.desk).ask_by_letter(await Ticket.get(), await Request.all())

    assert "[token]" in (await revealer.shown(letter)).text
    with pytest.raises(NotAllowed, match="secret_of_the_reader"):
        await revealer.reveal(letter, why=Why.IDENTITY, note=NOTE, actor="agent:1")


async def test_what_is_erased_is_not_opened(bench, message, revealer):
    await bench.vault.destroy_keys([identity_owner(message.identity_id)])

    with pytest.raises(NotAllowed, match="erased"):
        await revealer.reveal(message.id, why=Why.FULFIL, note=NOTE, actor="agent:1")
    assert not await Event.exists(kind="message_revealed")


async def test_whoever_opens_a_ticket_sees_masks(bench):
    await bench.take_in(mail(subject="card 4111111111111111", body=BODY))
    await Request.all().update(state=RequestState.RECEIVED)
    ticket = await Ticket.get()
    await Proof(bench.desk).ask_by_letter(ticket, await Request.all())

    view = await view_ticket(bench.vault, ticket.reference)

    shown = view.subject + "".join(one.text for one in view.messages)
    assert shown.count("[card …1111]") == 2
    assert "[token]" in shown
    assert "4111" not in shown
