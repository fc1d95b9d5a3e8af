"""When an automatic letter may answer: RFC 3834, DMARC, and the counters behind them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tickets.conftest import ADDRESS, COMPANY, mail
from tickets.guards import alignment_of, is_same_organisation, why_silent
from tickets.models import OutboxEntry, Ticket
from tickets.settings import Account, DeskConfig
from tickets.types import Alignment, Automation, Channel, Inbound, Sender

CONFIG = DeskConfig(COMPANY, (Account("support", Channel.EMAIL, ADDRESS),))
PERSON = Inbound(
    Channel.EMAIL,
    sender=Sender("ann@person.test"),
    to=(Sender(ADDRESS),),
    return_path="ann@person.test",
)


@pytest.mark.parametrize(
    ("change", "alignment", "expected"),
    [
        ({}, Alignment.NONE, ""),
        ({}, Alignment.PASS, ""),
        ({}, Alignment.FAIL, "dmarc_fail"),
        ({"return_path": ""}, Alignment.PASS, "null_return_path"),
        ({"return_path": None}, Alignment.NONE, ""),
        ({"return_path": "b@bulk.person.test"}, Alignment.NONE, ""),
        ({"return_path": "b@sender.test"}, Alignment.NONE, "backscatter"),
        ({"return_path": "b@sender.test"}, Alignment.PASS, ""),
        ({"automation": Automation.LIST}, Alignment.PASS, "automatic"),
        ({"automation": Automation.REPLIED}, Alignment.PASS, "automatic"),
        ({"automation_why": "x-auto-response-suppress: All"}, Alignment.PASS, "asked_not_to"),
        ({"sender": Sender("no-reply@shop.test")}, Alignment.PASS, "machine_address"),
        ({"sender": Sender("MAILER-DAEMON@x.test")}, Alignment.PASS, "machine_address"),
        ({"sender": Sender("owner-list@x.test")}, Alignment.PASS, "machine_address"),
        ({"sender": Sender("ann-request@x.test")}, Alignment.PASS, "machine_address"),
        ({"sender": Sender("norma@x.test")}, Alignment.PASS, ""),
        ({"sender": Sender(ADDRESS.upper())}, Alignment.PASS, "own_address"),
        ({"sender": Sender("support+x@desk.test")}, Alignment.PASS, "own_address"),
        ({"sender": Sender("")}, Alignment.PASS, "no_sender"),
        ({"sender": Sender("nobody")}, Alignment.PASS, "no_sender"),
        ({"to": (Sender("other@x.test"),)}, Alignment.PASS, "not_addressed"),
        ({"to": (), "cc": (Sender(ADDRESS),)}, Alignment.PASS, ""),
        ({"to": ()}, Alignment.PASS, ""),
        ({"to": (Sender("support+tag@desk.test"),)}, Alignment.PASS, ""),
    ],
)
def test_who_gets_an_automatic_answer(change, alignment, expected):
    assert why_silent(replace(PERSON, **change), alignment, CONFIG) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a.test", "a.test", True),
        ("mail.a.test", "a.test", True),
        ("a.test", "x.mail.a.test", True),
        ("ba.test", "a.test", False),
        ("", "a.test", False),
        ("", "", False),
    ],
)
def test_same_organisation(one, other, same):
    assert is_same_organisation(one, other) is same


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((("mx.desk.test", "dmarc=pass header.from=a.test"),), Alignment.PASS),
        ((("MX.desk.test", "spf=pass; dmarc=fail (p=reject)"),), Alignment.FAIL),
        ((("mx.desk.test", "spf=pass"),), Alignment.NONE),
        ((("mx.evil.test", "dmarc=pass"),), Alignment.NONE),
        # Only our server's topmost line counts: a forged one below it does not.
        ((("mx.desk.test", "dmarc=fail"), ("mx.desk.test", "dmarc=pass")), Alignment.FAIL),
        ((("mx.evil.test", "dmarc=pass"), ("mx.desk.test", "dmarc=none")), Alignment.NONE),
        ((), Alignment.NONE),
    ],
)
def test_only_our_own_servers_verdict_counts(lines, expected):
    assert alignment_of(replace(PERSON, authentication=lines), "mx.desk.test") is expected
    assert alignment_of(replace(PERSON, authentication=lines), "") is Alignment.NONE


async def test_counters_stop_a_loop_but_never_a_ticket(bench):
    for i in range(8):
        await bench.take_in(mail(body=f"are you a robot too? {i}"))

    assert await Ticket.all().count() == 8
    assert await OutboxEntry.all().count() == 5
    last = await Ticket.all().order_by("-id").first()
    assert "receipt_withheld:too_many_letters" in last.work

    bench.later(hours=2)
    await bench.take_in(mail(body="an hour later"))
    assert await OutboxEntry.all().count() == 6


async def test_a_domain_is_counted_too_but_not_a_free_provider(bench):
    await bench.take_in(*(mail(f"p{i} <p{i}@robots.test>", body=f"{i}") for i in range(70)))
    assert await OutboxEntry.all().count() == 60

    await bench.take_in(*(mail(f"p{i} <p{i}@gmail.com>", body=f"{i}") for i in range(70)))
    assert await OutboxEntry.all().count() == 130


async def test_our_own_loop_comes_to_an_end(bench):
    await bench.take_in(mail())
    await bench.outbox.run_once()
    token = bench.post.sent[0].loop_token
    assert token

    await bench.take_in(mail("x <x@elsewhere.test>", headers=f"X-EJET-Loop: {token}\r\n"))
    await bench.take_in(mail("x <x@elsewhere.test>", headers="X-EJET-Loop: forged\r\n"))

    assert await Ticket.all().count() == 2  # the forged token hides nothing
