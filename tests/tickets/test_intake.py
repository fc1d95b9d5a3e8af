"""A message becomes a ticket, once, with its receipt in the same transaction."""

from __future__ import annotations

import quopri
import re
from datetime import timedelta

import pytest

from mail.compose import compose
from tests.tickets.conftest import ADDRESS, mail
from tickets.draft import Draft
from tickets.models import InboundRecord, Message, OutboxEntry, Request, Ticket
from tickets.types import Delivery, Direction, RequestState, Right
from tickets.views import ticket as view_ticket


async def test_a_mail_becomes_a_ticket_with_a_queued_receipt(bench):
    await bench.take_in(mail(subject="Löschung", body="Please delete my account."))

    ticket = await Ticket.get()
    view = await view_ticket(bench.vault, ticket.reference)

    assert (view.intent, view.status, view.channel) == ("deletion_request", "new", "email")
    assert view.subject == "Löschung"
    assert view.requester == "ann@person.test"
    assert [m.direction for m in view.messages] == ["inbound", "outbound"]
    assert [(one.kind, one.state) for one in view.letters] == [("acknowledgement", "queued")]
    assert (await Request.get()).state is RequestState.SUSPECTED
    assert (await Request.get()).right is Right.DELETION


async def test_the_receipt_goes_out_once_and_names_the_reference(bench):
    await bench.take_in(mail())

    assert await bench.outbox.run_once() == 1
    assert await bench.outbox.run_once() == 0

    (letter,) = bench.post.sent
    ticket = await Ticket.get()
    assert ticket.reference in letter.letter.subject
    assert ticket.reference in letter.letter.text
    assert letter.recipient.address == "ann@person.test"
    assert letter.is_automatic
    assert (await OutboxEntry.get()).state is Delivery.SENT


async def test_a_batch_of_strangers_makes_a_ticket_each(bench):
    raws = [mail(f"p{i} <p{i}@d{i}.test>", body=f"Question {i}") for i in range(25)]

    await bench.take_in(*raws)

    assert await Ticket.all().count() == 25
    assert await OutboxEntry.all().count() == 25
    references = {row["reference"] for row in await Ticket.all().values("reference")}
    assert len(references) == 25


async def test_the_same_bytes_in_another_place_are_one_mail(bench):
    raw = mail()

    first = await bench.deliver(raw)
    second = await bench.deliver(raw, folder="Junk")
    await bench.intake.run_once()

    assert first[0] is not None
    assert second == [None]
    assert await Ticket.all().count() == 1


async def test_a_used_message_id_with_other_words_is_a_new_mail(bench):
    await bench.take_in(
        mail(message_id="twice@person.test", body="one"),
        mail(message_id="twice@person.test", body="two"),
    )

    assert await Ticket.all().count() == 2


async def test_the_same_mail_with_another_trace_is_a_duplicate(bench):
    head = "Received: from a by b; Mon, 02 Nov 2026 08:00:00 +0000\r\n"
    await bench.take_in(
        mail(message_id="once@person.test"), mail(message_id="once@person.test", headers=head)
    )

    assert await Ticket.all().count() == 1
    outcomes = {row["outcome"] for row in await InboundRecord.all().values("outcome")}
    assert outcomes == {"created", "duplicate"}


async def test_a_reply_to_our_letter_joins_its_ticket(bench):
    await bench.take_in(mail())
    await bench.outbox.run_once()
    ours = bench.post.sent[0].external_id

    await bench.take_in(
        mail(subject="Re: it", body="One more thing.", headers=f"In-Reply-To: <{ours}>\r\n")
    )

    assert await Ticket.all().count() == 1
    inbound = await Message.filter(direction=Direction.INBOUND).count()
    assert inbound == 2
    assert await OutboxEntry.all().count() == 1  # one receipt a ticket


async def test_a_stranger_with_our_message_id_gets_a_ticket_of_their_own(bench):
    await bench.take_in(mail())
    await bench.outbox.run_once()
    ours = bench.post.sent[0].external_id

    await bench.take_in(
        mail("eve <eve@other.test>", "Re: it", "me too", headers=f"References: <{ours}>\r\n")
    )

    first, second = await Ticket.all().order_by("id")
    assert second.follow_up_of_id == first.id
    assert second.follow_up_kind == "possible"
    assert "possible_follow_up" in second.work


async def test_a_reply_in_the_same_batch_finds_its_ticket(bench):
    await bench.take_in(
        mail(message_id="one@person.test"),
        mail(body="and this", headers="References: <one@person.test>\r\n"),
    )

    assert await Ticket.all().count() == 1


async def test_a_subject_reference_counts_for_its_requester_only(bench):
    await bench.take_in(mail())
    reference = (await Ticket.get()).reference

    await bench.take_in(mail(subject=f"about {reference.lower()}", body="more"))
    await bench.take_in(mail("eve <eve@other.test>", subject=f"[{reference}]", body="more"))

    assert await Ticket.all().count() == 2


async def test_a_later_message_may_exercise_a_further_right(bench):
    await bench.take_in(mail(message_id="one@person.test", body="Please delete my account."))

    await bench.take_in(
        mail(
            body="Before that, send me a copy of my data.",
            headers="In-Reply-To: <one@person.test>\r\n",
        )
    )

    ticket = await Ticket.get()
    rights = {request.right for request in await Request.all()}
    assert ticket.also == ["access_request"]
    assert rights == {Right.DELETION, Right.ACCESS}


@pytest.mark.parametrize(
    ("reply_to", "expected"),
    [
        ("desk@firm.test", "desk@firm.test"),
        ("desk@mail.firm.test", "desk@mail.firm.test"),
        ("someone@elsewhere.test", "ann@firm.test"),
        ("", "ann@firm.test"),
    ],
)
async def test_reply_to_is_followed_within_one_organisation(bench, reply_to, expected):
    headers = f"Reply-To: {reply_to}\r\n" if reply_to else ""
    await bench.take_in(mail("Ann <ann@firm.test>", headers=headers))
    await bench.outbox.run_once()

    assert bench.post.sent[0].recipient.address == expected


async def test_a_free_providers_reply_to_may_be_anybody(bench):
    await bench.take_in(mail("Ann <ann@gmail.com>", headers="Reply-To: eve@gmail.com\r\n"))
    await bench.outbox.run_once()

    assert bench.post.sent[0].recipient.address == "ann@gmail.com"


async def test_a_late_reply_opens_a_linked_ticket_and_an_early_one_reopens(bench):
    await bench.take_in(mail(message_id="one@person.test"))
    reply = {"headers": "In-Reply-To: <one@person.test>\r\n"}
    await Ticket.all().update(status="closed", closed_at=bench.clock[0])
    bench.later(days=10)

    await bench.take_in(mail(body="still there?", **reply))

    assert (await Ticket.get()).status == "open"
    await Ticket.all().update(status="closed", closed_at=bench.clock[0])
    bench.later(days=40)
    await bench.take_in(mail(body="and now?", **reply))

    first, second = await Ticket.all().order_by("id")
    assert first.status == "closed"
    assert (second.follow_up_of_id, second.follow_up_kind) == (first.id, "linked")


async def test_an_absence_note_reopens_nothing(bench):
    await bench.take_in(mail(message_id="one@person.test"))
    await Ticket.all().update(status="closed", closed_at=bench.clock[0])

    await bench.take_in(
        mail(
            subject="Out of office",
            headers="In-Reply-To: <one@person.test>\r\nAuto-Submitted: auto-replied\r\n",
        )
    )

    assert (await Ticket.get()).status == "closed"
    assert await OutboxEntry.all().count() == 1


async def test_a_reply_without_references_is_known_by_the_quoted_mark(bench):
    await bench.take_in(mail())
    await bench.outbox.run_once()
    ours = compose(bench.post.sent[0], ADDRESS)
    mark = re.search(rb"ejet-mark-[0-9a-f-]+", quopri.decodestring(ours))[0].decode()
    quote = f'<p>One more thing.</p><div class="gmail_quote"><a id="m_1{mark}"></a>Hello</div>'
    reply = mail(subject="something else", body=quote).replace(b"text/plain", b"text/html")

    await bench.take_in(reply)

    assert await Ticket.all().count() == 1


async def test_an_agents_act_in_between_is_not_overwritten(bench):
    await bench.take_in(mail(message_id="one@person.test"))
    await bench.deliver(mail(body="more", headers="In-Reply-To: <one@person.test>\r\n"))
    save = Draft.save

    async def save_after_an_act(draft):
        if not draft.tickets and await Ticket.filter(status="new").exists():
            await Ticket.all().update(
                status="open", work=["taken"], updated_at=bench.clock[0] + timedelta(seconds=1)
            )
        await save(draft)

    Draft.save = save_after_an_act
    try:
        await bench.intake.run_once()
    finally:
        Draft.save = save

    ticket = await Ticket.get()
    assert "taken" in ticket.work
    assert await Message.filter(direction=Direction.INBOUND).count() == 2
