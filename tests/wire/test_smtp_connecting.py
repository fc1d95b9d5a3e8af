"""Reaching a server: who answers, by which protection, with which login."""

from __future__ import annotations

import asyncio
import logging

import pytest

from mail.sender import SmtpSender
from tests.fakes.ports import free_port
from tests.fakes.tokens import Provider, token
from tests.wire.smtp import ADDRESS, LETTER, Sink, outcomes, serving, settings, to

pytestmark = pytest.mark.wire


async def test_nobody_listens():
    got = await outcomes(free_port(), to("a@example.org", "b@example.org"))

    assert got == [("Temporary", "connect: ConnectionRefusedError")] * 2


async def test_a_file_of_authorities_that_is_missing():
    got = await outcomes(free_port(), security="tls", ca_file="/nowhere/ca.pem")

    assert got == [("Temporary", "connect: FileNotFoundError")]


async def test_a_server_that_says_nothing():
    connections = 0

    class Silent(asyncio.Protocol):
        def connection_made(self, transport):
            nonlocal connections
            connections += 1

    async with serving(Sink(), make=Silent) as port:
        got = await outcomes(port, to(*(f"{c}@example.org" for c in "abc")), timeout_seconds=0.3)

    assert got == [("Temporary", "connect: timeout")] * 3
    assert connections < len(got)  # not one for each letter


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
