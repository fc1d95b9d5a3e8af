"""Each fault of a way out has its outcome, and no letter but the one concerned suffers."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import replace
from email import policy
from email.parser import BytesParser

import pytest

from mail.sender import SmtpSender
from tests.fakes.ports import free_port
from tests.wire.smtp import (
    ADDRESS,
    LETTER,
    Sink,
    cut,
    outcomes,
    serving,
    settings,
    taken_and_cut,
    to,
)
from tickets.errors import (
    PermanentDeliveryError,
    TemporaryDeliveryError,
    UnknownDeliveryError,
)
from tickets.types import Letter, Sent

pytestmark = pytest.mark.wire

both_ways = pytest.mark.parametrize(
    "extensions", [(), ("PIPELINING",)], ids=["one_by_one", "at_once"]
)


def read(envelope):
    """Parse a letter as the sink's mail program would."""
    return BytesParser(policy=policy.default).parsebytes(envelope.content.replace(b"\r\n", b"\n"))


@both_ways
async def test_a_batch_goes_over_one_connection(extensions):
    sink = Sink(extensions=extensions)
    async with serving(sink) as port:
        got = await outcomes(port, to("a@example.org", "b@example.org", "c@example.org"))

    assert got == [("Sent", "")] * 3
    assert (sink.connections, sink.recipients) == (
        1,
        ["a@example.org", "b@example.org", "c@example.org"],
    )


async def test_what_arrives_is_the_letter(certificate):
    sink = Sink()
    async with serving(sink) as port:
        await outcomes(port, **{"from": "EJET Privacy Desk <support@example.test>"})

    envelope = sink.letters[0]
    letter = read(envelope)
    assert (envelope.mail_from, envelope.rcpt_tos) == (ADDRESS, ["ada@example.org"])
    assert letter["Message-ID"] == "<7k3f.1@example.test>"
    assert letter["From"] == "EJET Privacy Desk <support@example.test>"
    assert letter.get_body(("plain",)).get_content() == "Hello\n"


@both_ways
async def test_a_line_that_begins_with_a_dot_survives(extensions):
    sink = Sink(extensions=extensions)
    dotted = replace(LETTER, letter=Letter("S", ".\n..two\n.\n"))
    async with serving(sink) as port:
        await outcomes(port, [dotted])

    letter = read(sink.letters[0])
    assert letter.get_content() == ".\n..two\n.\n"


async def test_each_outcome_is_told_as_soon_as_it_is_known(certificate):
    sink = Sink()
    seen = []

    async def report(index, outcome):
        seen.append((index, len(sink.letters)))

    async with serving(sink) as port:
        await SmtpSender(settings(port), ADDRESS)(to("a@example.org", "b@example.org"), report)

    assert seen == [(0, 1), (1, 2)]


@both_ways
@pytest.mark.parametrize(
    ("stage", "answer", "expected"),
    [
        ("MAIL", "451 4.3.0 try later", ("Temporary", "mail: 451 4.3.0")),
        ("MAIL", "550 5.7.1 not your address", ("Temporary", "mail: 550 5.7.1")),
        ("MAIL", "552 5.3.4 too large", ("Permanent", "552 5.3.4")),
        ("RCPT", "450 4.2.0 mailbox busy", ("Temporary", "450 4.2.0")),
        ("RCPT", "451 4.7.1 greylisted, ada@example.org", ("Temporary", "451 4.7.1")),
        ("RCPT", "550 5.1.1 <ada@example.org> unknown", ("Permanent", "550 5.1.1")),
        ("RCPT", "553 no enhanced code", ("Permanent", "553")),
        ("DATA", "452 4.3.1 disk full", ("Temporary", "452 4.3.1")),
        ("DATA", "554 5.7.1 spam", ("Permanent", "554 5.7.1")),
        ("MAIL", cut, ("Temporary", "mail: cut")),
        ("RCPT", cut, ("Temporary", "rcpt: cut")),
        ("DATA", cut, ("Unknown", "data: cut")),
        ("DATA", taken_and_cut, ("Unknown", "data: cut")),
    ],
)
async def test_an_answer_at_each_stage(stage, answer, expected, extensions):
    sink = Sink(extensions=extensions, **{stage: answer})
    async with serving(sink) as port:
        assert await outcomes(port) == [expected]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("451 4.7.1 Greylisted, try again in 300 seconds", 300),
        ("450 4.2.0 come back after 5 minutes", 300),
        ("451 4.7.1 please retry in 00:05:30", 330),
        ("450 4.7.1 wait 1 hour", 3600),
        ("450 4.7.1 in 99999 hours", 21600),
        ("450 4.7.1 not now", None),
    ],
)
async def test_greylisting_says_when_to_come_back(text, seconds):
    sink = Sink(RCPT=text)
    told = []

    async def report(index, outcome):
        told.append(outcome)

    async with serving(sink) as port:
        await SmtpSender(settings(port), ADDRESS)([LETTER], report)

    assert isinstance(told[0], TemporaryDeliveryError)
    assert told[0].retry_after == seconds


async def test_greylisting_ends_at_the_second_try():
    tries = []

    def grey(sink, server, address):
        tries.append(address)
        return "451 4.7.1 greylisted" if len(tries) == 1 else "250 ok"

    sink = Sink(RCPT=grey)
    async with serving(sink) as port:
        assert await outcomes(port) == [("Temporary", "451 4.7.1")]
        assert await outcomes(port) == [("Sent", "")]


@both_ways
async def test_one_refused_recipient_does_not_concern_the_others(extensions):
    sink = Sink(
        extensions=extensions,
        RCPT=lambda s, p, a: "550 5.1.1 no" if a.startswith("b@") else "250 ok",
    )
    async with serving(sink) as port:
        got = await outcomes(port, to("a@example.org", "b@example.org", "c@example.org"))

    assert got == [("Sent", ""), ("Permanent", "550 5.1.1"), ("Sent", "")]
    assert (sink.connections, sink.recipients) == (1, ["a@example.org", "c@example.org"])


@both_ways
async def test_after_a_cut_the_rest_goes_over_a_second_connection(extensions):
    cuts = iter((True,))
    sink = Sink(
        extensions=extensions, DATA=lambda s, p, a: cut(s, p, a) if next(cuts, False) else "250 ok"
    )
    async with serving(sink) as port:
        got = await outcomes(port, to("a@example.org", "b@example.org", "c@example.org"))

    assert got == [("Unknown", "data: cut"), ("Sent", ""), ("Sent", "")]
    assert sink.connections == 2


@both_ways
async def test_after_a_second_cut_the_rest_waits(extensions):
    sink = Sink(extensions=extensions, RCPT=cut)
    async with serving(sink) as port:
        got = await outcomes(port, to(*(f"{c}@example.org" for c in "abcde")))

    assert got == [("Temporary", "rcpt: cut")] * 5
    assert sink.connections == 2


@both_ways
async def test_421_in_mid_batch_is_temporary_and_reconnects(extensions):
    answers = iter(["250 ok", "421 4.3.2 going down", "250 ok", "250 ok"])
    sink = Sink(extensions=extensions, RCPT=lambda s, p, a: next(answers))
    async with serving(sink) as port:
        got = await outcomes(port, to("a@example.org", "b@example.org", "c@example.org"))

    assert got == [("Sent", ""), ("Temporary", "421 4.3.2"), ("Sent", "")]
    assert sink.connections == 2


async def never(sink, server, address):
    await asyncio.sleep(3600)


async def late(sink, server, address):
    await asyncio.sleep(2.5)
    return "250 late"


@both_ways
@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ("MAIL", ("Temporary", "mail: timeout")),
        ("RCPT", ("Temporary", "rcpt: timeout")),
        ("DATA", ("Unknown", "data: timeout")),
    ],
)
async def test_a_server_slower_than_we_are_patient(stage, expected, extensions):
    sink = Sink(extensions=extensions, **{stage: never})
    async with serving(sink) as port:
        assert await outcomes(port, timeout_seconds=2, data_seconds=2) == [expected]


async def test_a_slow_server_is_waited_for():
    sink = Sink(DATA=late)
    async with serving(sink) as port:
        assert await outcomes(port, timeout_seconds=2, data_seconds=60) == [("Sent", "")]


async def test_delivery_reports_are_asked_to_name_our_id():
    sink = Sink(extensions=["DSN"])
    async with serving(sink) as port:
        await outcomes(port, [replace(LETTER, external_id="a+b=c.1@example.test")])

    assert sink.dsn == ["RET=HDRS", "ENVID=a+2Bb+3Dc.1@example.test"]


async def test_without_dsn_nothing_is_asked():
    sink = Sink()
    async with serving(sink) as port:
        await outcomes(port)

    assert sink.dsn == []


async def test_an_internationalised_domain_goes_in_ascii():
    sink = Sink()
    async with serving(sink) as port:
        got = await outcomes(port, to("ada@bücher.example"))

    assert (got, sink.recipients) == ([("Sent", "")], ["ada@xn--bcher-kva.example"])


@pytest.mark.parametrize("offered", [True, False])
async def test_a_local_part_of_other_letters_needs_smtputf8(offered):
    sink = Sink(smtputf8=offered)
    async with serving(sink) as port:
        got = await outcomes(port, to("用户@example.org"))

    expected = ("Sent", "") if offered else ("Permanent", "smtputf8: not offered")
    assert (got, sink.recipients) == ([expected], ["用户@example.org"] if offered else [])


@pytest.mark.parametrize("address", ["", "nobody", "a b@example.org", "a@b\r\nRCPT TO:<x@y>", "@x"])
async def test_what_is_no_address_is_refused_before_the_wire(address):
    sink = Sink()
    async with serving(sink) as port:
        got = await outcomes(port, to(address, "b@example.org"))

    assert got[0][0] == "Permanent"
    assert re.fullmatch(r"address: (domain|local part)", got[0][1])
    assert got[1] == ("Sent", "")


async def test_the_kill_points_stand_before_and_behind_the_wire():
    sink = Sink()
    points = []

    async def report(index, outcome):
        points.append("report")

    def kill(point):
        points.append((point, len(sink.letters)))

    async with serving(sink) as port:
        await SmtpSender(settings(port), ADDRESS, kill=kill)([LETTER], report)

    assert points == [("smtp.sending", 0), ("smtp.accepted", 1), "report"]


async def test_our_log_names_nobody(caplog):
    sink = Sink(RCPT="550 5.1.1 <ada@example.org> unknown")
    with caplog.at_level(logging.DEBUG):
        async with serving(sink) as port:
            await outcomes(port)
            await outcomes(free_port())

    ours = [r.getMessage() for r in caplog.records if r.name.startswith("mail.")]
    assert not [line for line in ours if "ada" in line and "mail.log" not in line]


def test_the_outcomes_are_the_desks_own():
    kinds = (PermanentDeliveryError, TemporaryDeliveryError, UnknownDeliveryError)

    assert [k.__name__.removesuffix("DeliveryError") for k in kinds] == [
        "Permanent",
        "Temporary",
        "Unknown",
    ]
    assert Sent().external_id == ""
