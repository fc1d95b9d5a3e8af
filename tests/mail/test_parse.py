"""Parsing is total, linear and bounded; what a mail says arrives whole."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mail.parse import parse, unread
from mail.structure import Limits
from tickets.types import Automation, Inbound, Sender

HEAD = b"From: Ann <ann@example.org>\r\nTo: desk@example.net\r\nSubject: s\r\n"
PIECES = st.sampled_from(
    [
        b"From: ",
        b"Subject: =?gb2312?Q?=C4=E3?=",
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Type: text/html; charset=utf-7\r\n",
        b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"Content-Disposition: attachment; filename*0*=x''%ff; filename*2=y\r\n",
        b"Content-Type: application/ms-tnef\r\n\r\n\x78\x9f\x3e\x22\x01",
        b"Content-Type: application/pkcs7-mime\r\n\r\n0\x80\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x02",
        b"Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: ;<\r\n",
        b"\r\n\r\n",
        b"\r",
        b"--b\r\n",
        b"--b--",
        b"\0",
        b"\xff\xfe",
        b"\x1b$B!!",
        b"+2AE-",
        b"begin 644 x\n#86)C\nend\n",
        b"<div hidden><p>x<table>",
        b"=\r\n=E4= \r\n",
    ]
)
MAILS = st.one_of(
    st.binary(max_size=400),
    st.lists(st.one_of(PIECES, st.binary(max_size=20)), max_size=25).map(b"".join),
)


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple | list):
        for one in value:
            yield from strings(one)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from strings(getattr(value, name))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(raw=MAILS)
def test_any_bytes_give_safe_strings_and_no_error(raw):
    found = parse(raw)

    assert not [problem for problem in found.problems if problem.startswith("parser_")]
    for text in strings(found):
        assert "\0" not in text
        text.encode()  # lone surrogates would raise
    assert found.size == len(raw)


def many(piece, size=600_000):
    return piece * (size // len(piece))


@pytest.mark.parametrize(
    "raw",
    [
        many(b"\r"),
        many(b"\r\r\n"),
        b"Subject: " + many(b"=?a?q?") + b"\n\n",
        b"From: " + many(b"(") + b"\n\n",
        b"From: " + many(b'"\\') + b"\n\n",
        b"Content-Type: text/plain; a=" + many(b'="') + b"\n\n",
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + many(b"--b\r\n\r\nx\r\n"),
        HEAD + many(b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'),
        HEAD + b"Content-Type: multipart/mixed\r\n\r\n" + many(b"--bbbb bbbb\r\n"),
        HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + many(b"a \r\n"),
        HEAD + b"Content-Type: text/html\r\n\r\n" + many(b"<div>"),
        HEAD + b"Content-Type: text/html\r\n\r\n" + many(b"<ul><li>"),
        HEAD + b"Content-Type: text/html\r\n\r\n" + many(b"<"),
        HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + many(b"a=b "),
        HEAD + b"\r\n" + many(b"begin 644 x\n#86)C\n"),
        b"From: MAILER-DAEMON@a.b\nSubject: failure notice\n\n" + many(b"deliver a@b.c "),
        HEAD + b"Content-Type: application/ms-tnef\r\n\r\n\x78\x9f\x3e\x22" + many(b"\1\1\1\1"),
    ],
    ids=range(17),
)
def test_hostile_mail_takes_no_second(raw):
    begin = time.process_time()

    parse(raw)

    assert time.process_time() - begin < 1


def test_a_whole_mail():
    raw = (
        b"Return-Path: <ann@example.org>\r\n"
        b"Received: from out.example.org (out.example.org [192.0.2.1])\r\n"
        b"\tby mx.example.net (Postfix) with ESMTPS id 4F; Sun, 22 Nov 2026 10:00:03 +0800\r\n"
        b"Received: by out.example.org; Sun, 22 Nov 2026 03:00:01 +0100 (CET)\r\n"
        b"Authentication-Results: mx.example.net; dkim=pass header.d=example.org\r\n"
        b"From: Ann <ann@example.org>\r\nReply-To: <ann+desk@example.org>\r\n"
        b"To: desk@example.net\r\nCc: =?utf-8?Q?J=C3=B6rg?= <j@example.org>\r\n"
        b"Subject: Re: [EJ-7K3F-9Q] data\r\nDate: Sun, 22 Nov 2026 10:00:00 +0800\r\n"
        b"Message-ID: <2@example.org>\r\nIn-Reply-To: <1@example.net>\r\n"
        b"References: <0@example.org> <1@example.net>\r\nThread-Index: AdB+w==\r\n"
        b"Content-Language: de-DE\r\n\r\nThank you.\r\n"
    )

    found = parse(raw)

    at = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    assert found.external_id == "2@example.org"
    assert found.sender == Sender("ann@example.org", "Ann")
    assert found.reply_to == (Sender("ann+desk@example.org"),)
    assert found.cc == (Sender("j@example.org", "Jörg"),)
    assert found.return_path == "ann@example.org"
    assert found.sent_at == at
    assert found.received == (
        ("mx.example.net", at.replace(second=3)),
        ("out.example.org", at.replace(second=1)),
    )
    assert found.authentication == (("mx.example.net", "dkim=pass header.d=example.org"),)
    assert (found.in_reply_to, found.references) == (
        "1@example.net",
        ("0@example.org", "1@example.net"),
    )
    assert (found.thread_index, found.language_hint) == ("AdB+w==", "de-DE")
    assert (found.text, found.automation, found.problems) == ("Thank you.\n", Automation.NO, ())


def test_null_return_path_is_not_an_absent_one():
    assert parse(b"Return-Path: <>\nFrom: a@example.org\n\nx").return_path == ""
    assert parse(b"From: a@example.org\n\nx").return_path is None


def test_no_from_falls_back_to_sender_and_envelope():
    assert (
        parse(b"Return-Path: <ann@example.org>\nFrom: \n\nhi").sender.address == "ann@example.org"
    )
    assert "no_from" in parse(b"Subject: x\n\nhi").problems


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        (Limits(depth=3), "depth"),
        (Limits(parts=3), "parts"),
        (Limits(header=100), "header_size"),
        (Limits(body=5), "body_size"),
    ],
)
def test_limits_cut_and_say_so(limits, problem):
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(9)
    )
    raw = {
        "depth": HEAD + nested + b"\r\nwords",
        "parts": HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"--b\r\n\r\nwords\r\n" * 9,
        "header_size": HEAD + b"X: y\r\n" * 50 + b"\r\nwords",
        "body_size": HEAD + b"\r\nwords and words",
    }[problem]

    found = parse(raw, limits=limits)

    assert found.is_cut
    assert problem in found.problems


def test_pictures_written_into_html_do_not_push_its_words_out():
    picture = b'<img src="data:image/png;base64,' + b"QUJD" * 500 + b'">'
    raw = HEAD + b"Content-Type: text/html\r\n\r\n<p>before</p>" + picture + b"<p>after</p>"

    found = parse(raw, limits=Limits(body=200))

    assert found.text == "before\n\nafter"
    assert found.problems == ()


def test_unread_mail_keeps_what_answers_and_guards_need():
    raw = (
        b"Return-Path: <>\r\nFrom: Ann <ann@example.org>\r\nTo: desk@example.net\r\n"
        b"Subject: s\r\nMessage-ID: <1@example.org>\r\nX-EJET-Loop: token\r\n\r\nbody"
    )

    found = unread(raw, "parse_timeout")

    assert isinstance(found, Inbound)
    assert (found.sender.address, found.subject) == ("ann@example.org", "s")
    assert (found.external_id, found.loop_token) == ("1@example.org", "token")
    assert found.automation is Automation.GENERATED
    assert (found.is_cut, found.problems) == (True, ("parse_timeout",))
