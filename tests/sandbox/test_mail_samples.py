"""The sample mails, and the bytes that writers outside make of their words."""

import asyncio
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest

from sandbox.drip import drip, samples
from sandbox.inbox import read_mail
from sandbox.letter import Attachment, Letter
from tests.sandbox.clients import fetched, logged_in, uids

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SAMPLES = {sample.name: sample for sample in samples("ejetglobal@ejet.com", NOW)}


def text_of(raw):
    mail = read_mail(raw, NOW)
    return mail.text or mail.html


@pytest.mark.parametrize(
    ("name", "charset", "words"),
    [
        ("01-access-en", "utf-8", "Under Article 15 of the GDPR"),
        ("02-deletion-zh", "gb2312", "请删除我的全部个人信息"),
        ("03-rectification-de", "iso-8859-15", "»Wibke« statt »Wiebke«"),
        ("04-portability-fr", "iso-8859-1", "couramment utilisé et lisible par machine"),
        ("05-objection-es", "utf-8", "Me opongo a que tratéis mis datos"),
        ("06-complaint-pt", "utf-8", "vou registrar uma reclamação na ANPD"),
        ("07-question-ja", "iso-2022-jp", "日本国外のサーバーにも保存される"),
        ("08-access-ar", "utf-8", "نسخة من جميع بياناتي الشخصية"),
        ("09-support-ru", "windows-1251", "нажимаю «Получить код»"),
        ("10-feedback-en", "utf-8", "patient with\nmy mother"),
        ("11-opt-out-en", "utf-8", "do not sell or share it from today on"),
    ],
)
def test_people_write_in_their_charsets(name, charset, words):
    sample = SAMPLES[name]

    labels = {
        part.get_content_charset()
        for part in message_from_bytes(sample.raw).walk()
        if part.get_content_maintype() == "text"
    }
    assert labels == {charset}
    assert words in text_of(sample.raw)
    assert sample.verdict == "pass"
    assert sample.envelope_sender


def test_the_label_may_be_wrong():
    raw = SAMPLES["02-deletion-zh"].raw

    assert "晓雯".encode("gb18030") in message_from_bytes(raw).get_payload(decode=True)


@pytest.mark.parametrize("name", ["12-bounce", "13-absence-de"])
def test_programs_send_from_nobody(name):
    sample = SAMPLES[name]

    assert (sample.envelope_sender, sample.verdict) == ("", None)
    assert read_mail(sample.raw, NOW).automatic
    assert b"Sun, 22 Nov 2026 09:30:00 +0000" in sample.raw
    assert b"To: ejetglobal@ejet.com\n" in sample.raw


def test_the_broken_mail_is_broken_and_says_what_it_wants():
    sample = SAMPLES["14-broken"]

    assert any(part.defects for part in message_from_bytes(sample.raw).walk())
    assert "please delete my account" in text_of(sample.raw)
    assert sample.envelope_sender == "tomasz@ogrodnik.example"


def test_no_sample_can_reach_anybody():
    domains = {
        read_mail(sample.raw, NOW).sender.rpartition("@")[2].strip("> ")
        for sample in SAMPLES.values()
    }

    assert len(SAMPLES) == 14
    assert {domain.rpartition(".")[2] for domain in domains} == {"example"}


async def test_they_arrive_one_after_the_other_and_once(open_world):
    async with open_world() as world:
        first = asyncio.create_task(drip(world, 1.4))
        async with logged_in(world) as client:
            while not (had := await uids(client)):
                await asyncio.sleep(0.01)
            assert len(had) < 14
            assert await first == 14
            assert await uids(client) == list(range(1, 15))
            assert b"\r\nSubject: What do you hold about me?\r\n" in await fetched(client, 1)

    async with open_world() as world:
        assert await drip(world, 0.2) == 0


async def test_a_start_that_was_cut_short_goes_on(open_world):
    async with open_world() as world:
        cut = asyncio.create_task(drip(world, 1))
        marks = world.directory / "samples-delivered"
        while not marks.exists():
            await asyncio.sleep(0.01)
        cut.cancel()
        await asyncio.gather(cut, return_exceptions=True)
        async with logged_in(world) as client:
            had = len(await uids(client))

    async with open_world() as world:
        assert await drip(world, 0) == 14 - had


@pytest.mark.parametrize(
    ("words", "charset", "encoding"),
    [
        ("plain", "utf-8", "7bit"),
        ("ein Gruß vom Meer", "utf-8", "quoted-printable"),
        ("你好，世界", "utf-8", "base64"),
        ("こんにちは", "iso-2022-jp", "7bit"),
    ],
)
def test_text_travels_by_what_it_is(words, charset, encoding):
    letter = Letter("a@example.org", "b@example.org", words, f"{words}\n", charset=charset)

    raw = letter.encode(NOW)

    message = message_from_bytes(raw)
    assert message["Content-Transfer-Encoding"] == encoding
    assert raw.isascii()
    mail = read_mail(raw, NOW)
    assert (mail.subject, mail.text) == (words, f"{words}\n")


def test_files_and_headers_go_along():
    letter = Letter(
        sender="Renée <r@example.org>",
        to="b@example.org",
        subject="x",
        text="see the file\n",
        attachments=[Attachment("état.csv", b"a,b\r\n"), Attachment("x.bin", b"\0\xff")],
        headers={"Date": "never", "References": " ".join(f"<{n}@example.org>" for n in range(20))},
    )

    message = message_from_bytes(letter.encode(NOW))

    files = [part for part in message.walk() if part.get_filename()]
    assert [part.get_filename() for part in files] == ["état.csv", "x.bin"]
    assert [part.get_payload(decode=True) for part in files] == [b"a,b\r\n", b"\0\xff"]
    assert [part.get_content_type() for part in files] == ["text/csv", "application/octet-stream"]
    assert message.get_all("Date") == ["never"]
    assert message["References"].split() == [f"<{n}@example.org>" for n in range(20)]
    assert str(make_header(decode_header(message["From"]))) == "Renée <r@example.org>"
