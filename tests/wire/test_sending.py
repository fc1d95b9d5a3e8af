"""Each fault of a way out has its outcome, and no letter but the one concerned suffers."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser

import pytest

from mail.sender import SmtpSender
from tests.fakes.tokens import Provider, token
from tests.wire.dovecot import free_port, make_certificate
from tests.wire.smtp import Sink, cut, serving, settings, taken_and_cut
from tickets.errors import (
    PermanentDeliveryError,
    TemporaryDeliveryError,
    UnknownDeliveryError,
)
from tickets.types import Channel, Letter, Outbound, Sender, Sent

pytestmark = pytest.mark.wire

ADDRESS = "support@example.test"
LETTER = Outbound(
    channel=Channel.EMAIL,
    account="support",
    recipient=Sender("ada@example.org", "Ada"),
    external_id="7k3f.1@example.test",
    letter=Letter("Re: Your request [EJ-7K3F-9Q]", "Hello\n", "<p>Hello</p>"),
    created_at=datetime(2026, 11, 1, 8, 0, tzinfo=UTC),
)


both_ways = pytest.mark.parametrize(
    "extensions", [(), ("PIPELINING",)], ids=["one_by_one", "at_once"]
)


def to(*addresses: str) -> list[Outbound]:
    return [
        replace(LETTER, recipient=Sender(a), external_id=f"{n}@example.test")
        for n, a in enumerate(addresses)
    ]


def read(envelope):
    """Parse a letter as the sink's mail program would."""
    return BytesParser(policy=policy.default).parsebytes(envelope.content.replace(b"\r\n", b"\n"))


@pytest.fixture(scope="session")
def certificate(directory):
    pair = directory / "smtp.pem", directory / "smtp.key"
    make_certificate(*pair)
    return pair


async def outcomes(port, letters=(LETTER,), **more):
    """Send and return each letter's outcome as (kind, reason)."""
    found = {}

    async def report(index, outcome):
        assert index not in found
        found[index] = outcome

    await SmtpSender(settings(port, **more), ADDRESS)(letters, report)
    assert list(found) == list(range(len(letters)))
    return [
        (type(o).__name__.removesuffix("DeliveryError"), getattr(o, "reason", ""))
        for o in found.values()
    ]


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


async def slow(sink, server, address):
    await asyncio.sleep(0.6)
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
    sink = Sink(extensions=extensions, **{stage: slow})
    async with serving(sink) as port:
        assert await outcomes(port, timeout_seconds=0.3, data_seconds=0.3) == [expected]


async def test_a_slow_server_is_waited_for():
    sink = Sink(DATA=slow)
    async with serving(sink) as port:
        assert await outcomes(port, timeout_seconds=0.3, data_seconds=5) == [("Sent", "")]


async def test_nobody_listens():
    got = await outcomes(free_port(), to("a@example.org", "b@example.org"))

    assert got == [("Temporary", "connect: ConnectionRefusedError")] * 2


async def test_a_file_of_authorities_that_is_missing():
    got = await outcomes(free_port(), security="tls", ca_file="/nowhere/ca.pem")

    assert got == [("Temporary", "connect: FileNotFoundError")]


async def test_a_server_that_says_nothing():
    sink = Sink()
    begun = asyncio.get_running_loop().time()
    async with serving(sink, make=asyncio.Protocol) as port:
        got = await outcomes(port, to(*(f"{c}@example.org" for c in "abc")), timeout_seconds=0.3)

    assert got == [("Temporary", "connect: timeout")] * 3
    assert asyncio.get_running_loop().time() - begun < 1  # not once for each letter


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [(b"554 5.7.1 you are on a list\r\n", "connect: 554 5.7.1"), (b"421 busy\r\n", "connect: 421")],
)
async def test_a_greeting_that_sends_us_away_fails_no_letter_for_good(greeting, reason):
    class Closed(asyncio.Protocol):
        def connection_made(self, transport):
            transport.write(greeting)

    async with serving(Sink(), make=Closed) as port:
        assert await outcomes(port) == [("Temporary", reason)]


async def test_starttls_is_used(certificate):
    sink = Sink()
    async with serving(sink, tls=certificate, with_login=True) as port:
        got = await outcomes(
            port,
            security="starttls",
            ca_file=str(certificate[0]),
            username="support",
            password="secret",
        )

    assert got == [("Sent", "")]
    assert sink.protocols[0].session.ssl is not None
    assert sink.logins == [("support", b"secret")]


async def test_starttls_required_and_missing_sends_nothing_in_clear(certificate, caplog):
    sink = Sink()
    async with serving(sink, with_login=True) as port:
        got = await outcomes(port, security="starttls", username="support", password="secret")

    assert got == [("Temporary", "starttls: not offered")]
    assert (sink.logins, sink.letters) == ([], [])
    assert "Letters cannot go out: starttls: not offered" in caplog.text


async def test_starttls_that_the_server_then_refuses_sends_nothing_in_clear():
    # As a man in the middle would have it.
    sink = Sink(extensions=["STARTTLS"])
    async with serving(sink, with_login=True) as port:
        got = await outcomes(port, security="starttls", username="support", password="secret")

    assert [kind for kind, _ in got] == ["Temporary"]
    assert got[0][1].startswith("starttls: ")
    assert (sink.logins, sink.letters) == ([], [])


async def test_tls_at_once(certificate):
    sink = Sink()
    async with serving(sink, tls=certificate, is_tls_at_once=True) as port:
        got = await outcomes(port, security="tls", ca_file=str(certificate[0]))

    assert got == [("Sent", "")]


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_wrong_certificate_is_said_loudly_and_sends_nothing(certificate, security, caplog):
    sink = Sink()
    at_once = security == "tls"
    async with serving(sink, tls=certificate, is_tls_at_once=at_once, with_login=True) as port:
        got = await outcomes(
            port,
            to("a@example.org", "b@example.org"),
            security=security,
            username="support",
            password="secret",
        )

    stage = "connect" if at_once else "starttls"
    assert got == [("Temporary", f"{stage}: certificate")] * 2
    assert (sink.logins, sink.letters, sink.connections) == ([], [], 1)
    assert [r.levelno for r in caplog.records if r.name == "mail.sender"] == [logging.ERROR]


async def test_a_wrong_password_fails_no_letter_for_good(caplog):
    sink = Sink()
    async with serving(sink, with_login=True) as port:
        got = await outcomes(
            port, to("a@example.org", "b@example.org"), username="support", password="wrong"
        )

    assert got == [("Temporary", "auth: 535 5.7.8")] * 2
    assert len(sink.logins) == 1
    assert "wrong" not in caplog.text


async def test_a_token_instead_of_a_password():
    sink = Sink()
    async with Provider(token("stale"), token("good")) as provider, serving(sink) as port:
        box = settings(port, username="support", oauth2=provider.consent())
        sender = SmtpSender(box, ADDRESS)
        told = []

        async def report(index, outcome):
            told.append(getattr(outcome, "reason", "sent"))

        await sender([LETTER], report)
        await sender([LETTER], report)

    # A refused token is not used again.
    assert told == ["auth: 535 5.7.8", "sent"]
    assert sink.logins == [("support", b"stale"), ("support", b"good")]


async def test_a_consent_that_was_withdrawn_fails_no_letter_for_good(caplog):
    sink = Sink()
    withdrawn = 400, {"error": "invalid_grant"}
    async with Provider(withdrawn) as provider, serving(sink) as port:
        got = await outcomes(port, username="support", oauth2=provider.consent())

    assert got == [("Temporary", "auth: token: 400 invalid_grant")]
    assert "Letters cannot go out" in caplog.text


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


class Scripted(asyncio.Protocol):
    """A server that answers each piece that comes by the next of `answers`."""

    answers: list[str]
    heard: list[bytes]

    def connection_made(self, transport):
        self.transport = transport
        transport.write(b"220 sink.example.test\r\n")

    def data_received(self, data):
        self.heard.append(data)
        if data.startswith(b"EHLO"):
            answer = "250-sink.example.test\r\n250 PIPELINING"
        else:
            answer = self.answers.pop(0) if self.answers else "250 ok"
        self.transport.write(answer.encode() + b"\r\n")


def scripted(*answers):
    """Return a kind of server that gives these, and what it will hear."""
    heard: list[bytes] = []
    return type("Once", (Scripted,), {"answers": list(answers), "heard": heard}), heard


def commands(heard):
    """Return the first word of each piece's first line, its lines counted."""
    return [(piece.split()[0].decode(), piece.count(b"\r\n")) for piece in heard]


async def test_a_letter_takes_two_turns_where_commands_may_come_at_once():
    make, heard = scripted("250 ok\r\n250 ok\r\n354 go on", "250 taken")
    async with serving(Sink(), make=make) as port:
        assert await outcomes(port) == [("Sent", "")]

    assert [word for word, _ in commands(heard)] == ["EHLO", "MAIL", "From:", "QUIT"]
    assert commands(heard)[1] == ("MAIL", 3)


async def test_a_letter_asked_for_without_a_recipient_goes_empty_to_nobody():
    make, heard = scripted(
        "250 ok\r\n550 5.1.1 unknown\r\n354 go on",
        "554 5.5.1 no valid recipients",
        "250 reset",
        "250 ok\r\n250 ok\r\n354 go on",
    )
    async with serving(Sink(), make=make) as port:
        got = await outcomes(port, to("a@example.org", "b@example.org"))

    assert got == [("Permanent", "550 5.1.1"), ("Sent", "")]
    assert heard[2:4] == [b".\r\n", b"RSET\r\n"]
    assert len([word for word, _ in commands(heard) if word == "EHLO"]) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("what?", "mail: -1"),
        ("\r\n".join(["250-more"] * 200), "mail: -1"),
        ("250 ok\r\nwhat?", "-1"),
    ],
)
async def test_after_an_answer_that_is_none_nothing_more_is_said(answer, reason):
    make, heard = scripted(answer, answer)
    async with serving(Sink(), make=make) as port:
        got = await outcomes(port, to("a@example.org", "b@example.org", "c@example.org"))

    assert got == [("Temporary", reason)] * 3
    assert [word for word, _ in commands(heard)] == ["EHLO", "MAIL"] * 2
