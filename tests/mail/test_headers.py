"""Header fields as real mailers write them (RFC 5322, 2047, 2231, 6532)."""

from datetime import UTC, datetime

import pytest

from mail.addresses import addresses
from mail.dates import parse_date
from mail.headers import header_text, message_ids, read_block
from mail.parameters import file_name, parse_parameters
from tickets.types import Sender


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?q?a_b?=", "a b"),
        (b"=?UTF-8?Q?a?= =?UTF-8?Q?b?=", "ab"),
        (b"=?UTF-8?Q?a?= b", "a b"),
        (b"=?gb2312?B?xOM=?= =?gb2312?B?usM=?=", "你好"),
        (b"=?gb2312?Q?=C4=E3?==?gb2312?Q?=BA?= =?gb2312?Q?=C3?=", "你好"),
        (b"=?utf-8?B?w7?= =?utf-8?B?w=?=", "ü"),
        (b"=?utf-8*de?Q?=C3=BC?=", "ü"),
        (b"=?utf-8?Q?two words?=", "two words"),
        (b"=?utf-8?Q?why??=", "why?"),
        (b"=?utf-8?Q?=00=00x?=", "x"),
        (b"=?x-unknown?Q?=C3=BC?=", "ü"),
        (b"=?hex?Q?00?=", "00"),
        (b"=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        (b"a =? b ?= c", "a =? b ?= c"),
        ("grün".encode(), "grün"),
        ("grün".encode("latin-1"), "grün"),
        (b"tab\there\x07", "tab here"),
    ],
)
def test_unstructured_text(value, text):
    assert header_text(value) == text


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"a@example.org", [("a@example.org", "")]),
        (b"<a@example.org>", [("a@example.org", "")]),
        (b'"Lee, Ann" <a@example.org>', [("a@example.org", "Lee, Ann")]),
        (b"=?utf-8?Q?Lee=2C_Ann?= <a@example.org>", [("a@example.org", "Lee, Ann")]),
        (b"Lee, Ann <a@example.org>", [("Lee", ""), ("a@example.org", "Ann")]),
        (b"a@example.org (Ann Lee)", [("a@example.org", "Ann Lee")]),
        (
            b"Team: a@example.org, B <b@example.org>;",
            [("a@example.org", ""), ("b@example.org", "B")],
        ),
        (b"undisclosed-recipients:;", []),
        (b"To: (c):", []),
        (b"<@relay.example,@b.example:a@example.org>", [("a@example.org", "")]),
        (b'"x <a@example.org>', [("a@example.org", "x")]),
        (b"a@example.org <Ann>", [("a@example.org", "Ann")]),
        (b'"Ann \\"A\\" Lee" <a@example.org>', [("a@example.org", 'Ann "A" Lee')]),
        (b"root", [("root", "")]),
        (b"Mail System <>", [("", "Mail System")]),
        (b"(((((", []),
        (b"\xc4\xe3 <a@example.org>", [("a@example.org", "你")]),
    ],
)
def test_addresses(value, found):
    names = addresses(value, "gb2312")

    if value.startswith((b"(((", b"To:")):
        assert not [one for one in names if "@" in one.address]
    else:
        assert names == tuple(Sender(address, name) for address, name in found)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"<a@b>", ("a@b",)),
        (b"<[hex@example.com]>", ("[hex@example.com]",)),
        (b"<a@b> <a@b>\t<c@\r\n d>", ("a@b", "c@d")),
        (b"your mail of Monday <x@y>", ("x@y",)),
        (b"a@b c@d", ("a@b", "c@d")),
        (b"bare-id", ("bare-id",)),
        (b"<>", ()),
    ],
)
def test_message_ids(value, found):
    assert message_ids(value) == found


@pytest.mark.parametrize(
    ("value", "kind", "key", "found"),
    [
        (b"text/plain", "text/plain", "charset", None),
        (b'TEXT/Plain; Charset="utf-8"', "text/plain", "charset", "utf-8"),
        (b"text/plain; charset=utf-8 format=flowed", "text/plain", "charset", "utf-8"),
        (b'application/pdf name="a b.pdf"', "application/pdf", "name", "a b.pdf"),
        (b"a/b; name=two words.pdf; x=y", "a/b", "name", "two words.pdf"),
        (
            b"attachment; filename*=utf-8''%E2%82%AC.txt; filename=e.txt",
            "attachment",
            "filename",
            "€.txt",
        ),
        (
            b"attachment; filename*1*=%A7; filename*0*=iso-8859-1''%A3",
            "attachment",
            "filename",
            "£§",
        ),
        (b'attachment; filename*0="a"; filename*1="b"', "attachment", "filename", "ab"),
        (b'a/b; name="=?utf-8?Q?=E2=82=AC?="', "a/b", "name", "€"),
        (b'a/b; name="C:\\dir\\x.doc"', "a/b", "name", "x.doc"),
        (b'a/b; name="../../x"', "a/b", "name", "x"),
        (b'a/b; name="1/2 done.txt"', "a/b", "name", "1/2 done.txt"),
        (b"; charset", "", "charset", None),
        (b"attachment; filename*0*=utf-8''%ff%; filename*2*=x", "attachment", "filename", "ÿ%x"),
    ],
)
def test_parameters(value, kind, key, found):
    main, parameters = parse_parameters(value)

    assert main == kind
    assert (file_name(parameters[key]) if key in parameters else None) == found


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("Sun, 22 Nov 2026 10:00:00 +0800", 2),
        ("22 Nov 26 10:00 +0800", 2),
        ("Sunday, 22-Nov-26 02:00:00 GMT", 2),
        ("Sun, 22 Nov 2026 10:00:00 +0800 (CST)", 2),
        ("2026-11-22T10:00:00+08:00", 2),
        ("Sun Nov 22 02:00:00 2026", 2),
        ("Sat, 21 Nov 2026 21:00:00 EST", 2),
        ("Mon, 99 Foo 99999 99:99:99 +9999", None),
        ("0", None),
        ("", None),
    ],
)
def test_dates(text, hour):
    expected = datetime(2026, 11, 22, hour, tzinfo=UTC) if hour else None

    assert parse_date(text) == expected


def test_a_block_without_its_blank_line_ends_where_the_text_begins():
    headers, lines, is_broken = read_block(b"From: a\nSubject: b\nHello there.\nMore.\n")

    assert headers.text(b"subject") == "b"
    assert (lines, is_broken) == (2, True)


def test_a_stray_line_between_fields_is_skipped():
    headers, _, is_broken = read_block(b"From: a\nwhat is this\nSubject: b\n")

    assert (headers.text(b"subject"), is_broken) == ("b", True)
