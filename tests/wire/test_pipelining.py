"""Commands that go at once where the server offers PIPELINING (RFC 2920)."""

from __future__ import annotations

import asyncio

import pytest

from tests.wire.smtp import Sink, outcomes, serving, to

pytestmark = pytest.mark.wire


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
