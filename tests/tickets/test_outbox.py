"""What was promised goes out: tried for days, never under a second id, failures told."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tests.tickets.conftest import mail
from tickets.claims import Worker
from tickets.errors import PermanentDeliveryError, TemporaryDeliveryError, UnknownDeliveryError
from tickets.ids import address_word_of
from tickets.locks import FileLocks
from tickets.models import OutboxEntry, Ticket
from tickets.outbox import Outbox, expire, retry
from tickets.types import Channel, Delivery


async def entry() -> OutboxEntry:
    return await OutboxEntry.get()


async def test_a_temporary_failure_is_tried_again_later(bench):
    await bench.take_in(mail())
    bench.post.outcomes = [TemporaryDeliveryError("451 4.7.1"), TemporaryDeliveryError("451 4.7.1")]

    await bench.outbox.run_once()
    assert ((await entry()).state, (await entry()).error) == (Delivery.QUEUED, "451 4.7.1")
    assert await bench.outbox.run_once() == 0
    bench.later(minutes=1)
    assert await bench.outbox.run_once() == 1
    bench.later(minutes=1)
    assert await bench.outbox.run_once() == 0  # the pause has grown
    bench.later(minutes=4)
    assert await bench.outbox.run_once() == 1

    assert (await entry()).state is Delivery.SENT
    assert len(bench.post.sent) == 1


async def test_a_named_waiting_time_is_kept(bench):
    await bench.take_in(mail())
    bench.post.outcomes = [TemporaryDeliveryError("421", retry_after=3600)]

    await bench.outbox.run_once()

    assert (await entry()).due_at == bench.clock[0] + timedelta(hours=1)


async def test_after_days_it_has_failed_and_is_work(bench):
    await bench.take_in(mail())
    bench.later(days=6)
    bench.post.outcomes = [TemporaryDeliveryError("451")]

    await bench.outbox.run_once()

    assert (await entry()).state is Delivery.FAILED
    assert "letter_failed" in (await Ticket.get()).work


async def test_a_permanent_failure_fails_at_once(bench):
    await bench.take_in(mail())
    bench.post.outcomes = [PermanentDeliveryError("550 5.1.1")]

    await bench.outbox.run_once()

    assert ((await entry()).state, (await entry()).error) == (Delivery.FAILED, "550 5.1.1")
    assert await retry([(await entry()).id], bench.clock[0]) == 1
    await bench.outbox.run_once()
    assert (await entry()).state is Delivery.SENT


async def test_an_unknown_outcome_is_sent_again_under_the_same_id(bench):
    await bench.take_in(mail())
    bench.post.outcomes = [UnknownDeliveryError("cut after DATA")]
    await bench.outbox.run_once()
    assert (await entry()).state is Delivery.UNKNOWN

    bench.later(minutes=1)
    await bench.outbox.run_once()

    assert (await entry()).state is Delivery.SENT


async def test_a_sender_that_breaks_loses_nothing(bench):
    await bench.take_in(mail())

    async def broken(letters, report):
        raise RuntimeError("a bug of the sender")

    outbox = Outbox(bench.desk, {(Channel.EMAIL, "support"): broken}, bench.worker)
    await outbox.run_once()

    assert (await entry()).state is Delivery.UNKNOWN


async def test_what_a_dead_process_was_sending_is_unknown(bench, tmp_path):
    await bench.take_in(mail())
    async with FileLocks(tmp_path / "locks") as locks:
        other = Worker(locks)
        await other.start()
        claim = other.claim(OutboxEntry, [(await entry()).id], state=Delivery.SENDING)
        await claim.__aenter__()
        assert await bench.outbox.release_orphans() == 0  # it lives
    assert await bench.outbox.release_orphans() == 1

    assert (await entry()).state is Delivery.UNKNOWN
    await bench.outbox.run_once()
    assert len(bench.post.sent) == 1


async def test_two_loops_of_one_process_never_share_a_letter(bench):
    await bench.take_in(*(mail(f"p{i} <p{i}@d{i}.test>") for i in range(30)))

    async def loop() -> None:
        while await bench.outbox.run_once():
            pass

    await asyncio.gather(loop(), loop(), loop())

    ids = [letter.external_id for letter in bench.post.sent]
    assert len(ids) == len(set(ids)) == 30


async def test_what_has_expired_is_never_sent(bench):
    await bench.take_in(mail())
    await OutboxEntry.all().update(expires_at=bench.clock[0] + timedelta(minutes=30))
    bench.later(hours=1)

    assert await bench.outbox.run_once() == 0
    assert await expire(bench.clock[0]) == 1
    assert (await entry()).state is Delivery.EXPIRED


async def test_a_bounce_marks_its_letter_failed(bench):
    await bench.take_in(mail())
    await bench.outbox.run_once()
    ours = bench.post.sent[0].external_id
    bounce = (
        "Return-Path: <>\r\nFrom: Mail Delivery System <mailer-daemon@mx.person.test>\r\n"
        "To: support@desk.test\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.person.test\r\n\r\n"
        "Final-Recipient: rfc822; ann@person.test\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: <{ours}>\r\nSubject: x\r\n\r\n--b--\r\n"
    ).encode()

    await bench.take_in(bounce)

    assert await Ticket.all().count() == 1
    assert ((await entry()).state, (await entry()).error) == (Delivery.FAILED, "bounced 5.1.1")
    assert "letter_bounced" in (await Ticket.get()).work
    assert await OutboxEntry.all().count() == 1


async def test_a_bounce_without_a_word_of_its_letter_is_known_by_the_address_it_came_to(bench):
    await bench.take_in(mail())
    await bench.outbox.run_once()
    word = address_word_of(bench.post.sent[0].external_id)
    bounce = (
        "Return-Path: <>\r\nFrom: Mail Delivery System <mailer-daemon@mx.person.test>\r\n"
        f"To: Support+{word.upper()}@desk.test\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "\r\nThis message could not be delivered: mailbox full\r\n"
    ).encode()

    await bench.take_in(bounce)

    assert await Ticket.all().count() == 1
    assert (await entry()).state is Delivery.FAILED


async def test_what_another_has_sent_since_we_looked_is_not_sent_again(bench):
    await bench.take_in(mail(body="Please delete my account."))
    due = await bench.outbox._due()
    await bench.outbox.run_once()
    sent = len(bench.post.sent)

    async with bench.worker.claim(OutboxEntry, due, state=Delivery.SENDING) as entries:
        assert entries == []
    assert sent == 1
    assert (await OutboxEntry.get()).state is Delivery.SENT
