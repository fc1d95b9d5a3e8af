"""Large mail is parsed apart, under limits, and never lost."""

import asyncio

import pytest

from mail.large import parse_large
from mail.parse import parse

HEAD = b"From: Ann <ann@example.org>\r\nSubject: big\r\nMessage-ID: <1@example.org>\r\n"
BOUNCE = (
    b"From: MAILER-DAEMON@mx.example.net\r\nTo: desk@example.net\r\nSubject: Undelivered\r\n"
    b"Received: by mx.example.net; Sun, 22 Nov 2026 10:00:00 +0000\r\n"
    b"Authentication-Results: mx.example.net; spf=pass\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
    b"Content-Type: multipart/report; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    b"Final-Recipient: rfc822;ann@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    b"--b\r\nContent-Type: image/png; name=x.png\r\n\r\nPNG\r\n--b--\r\n"
)


@pytest.mark.parametrize("raw", [b"", HEAD + b"\r\nwords", BOUNCE])
async def test_child_and_parse_agree(raw):
    assert await parse_large(raw) == parse(raw)


async def test_a_big_attachment():
    raw = (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nwords\r\n--b\r\n"
        + b"Content-Type: application/zip; name=x.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + b"QUJD\r\n" * 500_000
        + b"--b--\r\n"
    )

    found = await parse_large(raw)

    assert found.text == "words"
    assert [(one.filename, one.size) for one in found.attachments] == [("x.zip", 1_500_000)]


async def test_no_time_leaves_the_header():
    found = await parse_large(HEAD + b"\r\nwords", wall_seconds=0.0)

    assert (found.subject, found.external_id) == ("big", "1@example.org")
    assert (found.is_cut, found.problems) == (True, ("parse_timeout",))


async def test_a_dead_child_leaves_the_header():
    found = await parse_large(HEAD + b"\r\n" + b"words " * 900_000, memory=1_000_000)

    assert (found.subject, found.problems) == ("big", ("parse_child_died",))


async def test_cancelling_ends_the_child():
    task = asyncio.create_task(parse_large(HEAD + b"\r\n" + b"words " * 400_000))
    await asyncio.sleep(0.05)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
