"""The middle of the bot: what arrives is answered in order, once, and what is said is paced."""

from __future__ import annotations

from tickets.models import InboundRecord, InboundState, Message, Ticket


async def test_a_message_becomes_a_ticket_and_is_answered(bench):
    bench.mia.starts()
    bench.mia.types("Hello, my lamp does not switch on.")
    await bench.settle()

    assert await Ticket.all().count() >= 1
    settled = (InboundState.DONE, InboundState.IGNORED)
    assert await InboundRecord.exclude(state__in=settled).count() == 0
    assert await Message.all().count() >= 1
