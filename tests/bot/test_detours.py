"""A letter that a chat refuses goes by mail, where the address was proven, and never else."""

from __future__ import annotations

import pytest

from tests.bot.chatting import code, goes_on, presses, says
from tickets.errors import Refusal
from tickets.models import OutboxEntry, PersonLink, Ticket
from tickets.types import Channel, Delivery


async def prove(bench) -> Ticket:
    await says(bench, "Please delete my account.")
    await presses(bench, "Delete my data")
    await says(bench, "mia@person.test")
    await says(bench, code(bench))
    return await Ticket.get()


async def reply(bench, ticket: Ticket) -> None:
    await bench.agents.add("Ann", "agent", bench.clock())
    await bench.actions.reply(ticket.reference, "Ann", "We have found your account.")
    bench.intake.queued.ring()
    await goes_on(bench)


async def test_who_blocked_the_bot_is_answered_by_proven_mail(bench):
    ticket = await prove(bench)
    bench.mia.blocks()
    await goes_on(bench)

    await reply(bench, ticket)

    by_chat, by_mail = await OutboxEntry.filter(is_automatic=False).order_by("id")
    assert (by_chat.channel, by_chat.state) == (Channel.TELEGRAM, Delivery.FAILED)
    assert (by_mail.channel, by_mail.state) == (Channel.EMAIL, Delivery.SENT)
    letter = bench.post.sent[-1]
    assert letter.recipient.address == "mia@person.test"
    assert "We have found your account." in letter.letter.text


async def test_a_link_that_was_taken_back_leads_nowhere(bench):
    ticket = await prove(bench)
    await bench.agents.add("Ben", "agent", bench.clock())
    await bench.actions.unlink(ticket.reference, "Ben")
    assert (await PersonLink.get()).ended_by.startswith("agent:")
    with pytest.raises(Refusal, match="nothing_linked"):
        await bench.actions.unlink(ticket.reference, "Ben")
    bench.mia.blocks()
    await goes_on(bench)
    sent = len(bench.post.sent)

    await reply(bench, ticket)

    assert len(bench.post.sent) == sent
    assert "letter_failed" in (await Ticket.get()).work
