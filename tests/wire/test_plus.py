"""The plus-address is used only where a mail to it has been seen to arrive."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mail.plus import probe_plus
from mail.sender import SmtpSender
from tests.wire.smtp import Sink, serving, settings
from tickets.ids import address_word_of, new_id, sign_message_id
from tickets.types import Channel, Letter, Outbound, Sender

pytestmark = pytest.mark.wire

MESSAGE_ID = sign_message_id(new_id(), "desk.test", lambda token: token[::-1])
WORD = address_word_of(MESSAGE_ID)
LETTER = Outbound(
    channel=Channel.EMAIL,
    account="support",
    recipient=Sender(f"support+{WORD}@desk.test"),
    external_id=MESSAGE_ID,
    letter=Letter("a probe", "text"),
    created_at=datetime(2026, 3, 2, tzinfo=UTC),
)


class Delivering(Sink):
    """A server that puts what it takes into a mailbox, with or without the sender it was given."""

    def __init__(self, dovecot, user, *, keeps_sender):
        super().__init__()
        self._put = lambda raw: dovecot.deliver(user, raw)
        self._keeps_sender = keeps_sender

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        sender = envelope.mail_from if self._keeps_sender else "support@desk.test"
        self._put(f"Return-Path: <{sender}>\r\n".encode() + envelope.content)
        return answer


async def tried(dovecot, user, sink, seconds=60.0):
    async with serving(sink) as port:
        sender = SmtpSender(settings(port), "support@desk.test", is_plus=True)
        return await probe_plus(dovecot.settings(user), sender, LETTER, seconds=seconds)


@pytest.mark.parametrize("keeps_sender", [True, False])
async def test_a_mail_that_arrives_is_found(dovecot, user, keeps_sender):
    found = await tried(dovecot, user, Delivering(dovecot, user, keeps_sender=keeps_sender))

    assert found.arrived_in == "INBOX"
    assert found.is_usable is keeps_sender


async def test_a_mail_that_gets_lost_is_not(dovecot, user):
    sink = Sink()

    found = await tried(dovecot, user, sink, seconds=0)

    assert (found.arrived_in, found.is_usable, found.trouble) == ("", False, "")
    assert sink.letters[0].mail_from == f"support+{WORD}@desk.test"


async def test_a_sender_that_is_refused_is_said(dovecot, user):
    found = await tried(dovecot, user, Sink(MAIL="553 5.7.1 not your address"))

    assert (found.is_usable, found.trouble) == (False, "mail: 553 5.7.1")


async def test_letters_name_themselves_only_where_it_was_asked_for():
    sink = Sink()
    letter = replace(LETTER, recipient=Sender("ann@example.org"))

    async def report(_index, _outcome):
        return None

    async with serving(sink) as port:
        for is_plus in (False, True):
            await SmtpSender(settings(port), "support@desk.test", is_plus=is_plus)([letter], report)

    assert [one.mail_from for one in sink.letters] == [
        "support@desk.test",
        f"support+{WORD}@desk.test",
    ]
