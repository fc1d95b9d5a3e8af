"""Damaged rows, lost races, a cut chain, values that a database refuses: nothing stands still."""

from __future__ import annotations

import asyncpg
from tortoise.exceptions import OperationalError

from tests.tickets.conftest import mail
from tickets.audit import verify
from tickets.batch import Batch
from tickets.draft import Draft, StaleDraft
from tickets.errors import UnknownDeliveryError
from tickets.ids import find_references
from tickets.journal import Arrival
from tickets.models import AuditBatch, Event, InboundRecord, InboundState, OutboxEntry, Ticket
from tickets.types import Delivery

FORGED = "Authentication-Results: mx.desk.test; dmarc=fail header.from=person.test\r\n"


async def test_a_damaged_letter_does_not_hold_up_the_others(bench):
    await bench.take_in(mail("a <a@d.test>"), mail("b <b@e.test>"), mail("c <c@f.test>"))
    first = await OutboxEntry.all().order_by("id").first()
    await OutboxEntry.filter(id=first.id).update(route=b"damaged")

    await bench.outbox.run_once()

    states = [row.state for row in await OutboxEntry.all().order_by("id")]
    assert states == [Delivery.FAILED, Delivery.SENT, Delivery.SENT]
    assert "letter_failed" in (await Ticket.get(id=first.ticket_id)).work


async def test_what_may_have_arrived_is_repeated_with_growing_pauses(bench):
    await bench.take_in(mail())
    tries = 0
    for _ in range(24 * 60):
        bench.post.outcomes = [UnknownDeliveryError("data: cut")]
        tries += await bench.outbox.run_once()
        bench.later(minutes=1)

    assert tries <= 10


async def test_who_lost_a_race_leaves_the_record_to_the_winner(bench, monkeypatch):
    await bench.deliver(mail())

    async def taken_by_another(_draft: Draft) -> None:
        await InboundRecord.all().update(state=InboundState.DONE, claimed_by="")
        raise StaleDraft("taken")

    monkeypatch.setattr(Draft, "save", taken_by_another)
    await bench.intake.run_once()

    assert (await InboundRecord.get()).state is InboundState.DONE


async def test_a_chain_cut_while_the_service_lives_stays_cut(bench):
    for sender in ("a@d.test", "b@e.test", "c@f.test"):
        await bench.take_in(mail(f"x <{sender}>"))
        await bench.sealer.run_once()
    last = await AuditBatch.all().order_by("-id").first()
    await Event.filter(batch_id=last.id).delete()
    await last.delete()

    await bench.take_in(mail("d <d@g.test>"))
    await bench.sealer.run_once()

    assert (await verify(bench.vault)).problems


async def test_a_value_that_the_database_refuses_is_the_mails_fault(bench, monkeypatch):
    await bench.deliver(mail("a <a@d.test>", "POISON"), mail("b <b@e.test>"))
    save, plan = Draft.save, Batch.plan
    poison = []

    async def plan_and_look(batch: Batch, arrived: list) -> list:
        poison[:] = [one for one in arrived if one.inbound.subject == "POISON"]
        return await plan(batch, arrived)

    async def save_or_refuse(draft: Draft) -> None:
        if poison:
            refused = asyncpg.StringDataRightTruncationError("value too long")
            raise OperationalError(refused) from refused
        await save(draft)

    monkeypatch.setattr(Batch, "plan", plan_and_look)
    monkeypatch.setattr(Draft, "save", save_or_refuse)
    while await bench.intake.run_once():
        pass

    states = [row.state for row in await InboundRecord.all().order_by("id")]
    assert states == [InboundState.SHUNTED, InboundState.DONE]


async def test_a_forged_sender_with_a_guessed_reference_is_only_possible(bench):
    await bench.take_in(mail("Ann <ann@person.test>"))
    reference = (await Ticket.get()).reference
    assert find_references(reference)

    await bench.take_in(
        mail("Ann <ann@person.test>", subject=f"Re: [{reference}]", body="Stop.", headers=FORGED)
    )

    second = await Ticket.exclude(reference=reference).get()
    assert second.follow_up_kind == "possible"
    assert "possible_follow_up" in second.work


async def test_an_email_id_of_any_length_is_taken_in(bench):
    place = {"folder": "INBOX", "uidvalidity": 1, "uid": 1}
    arrival = Arrival("support", mail(), bench.clock[0], email_id="M" * 255, **place)

    assert await bench.journal.keep([arrival]) != [None]


async def test_who_asks_for_no_automatic_answer_gets_none_and_an_agent_sees_it(bench):
    await bench.take_in(mail(headers="X-Auto-Response-Suppress: OOF, AutoReply\r\n"))

    ticket = await Ticket.get()
    assert not await OutboxEntry.exists()
    assert "receipt_withheld:asked_not_to" in ticket.work
