"""Letters as bytes: right for the standard library's own parser, and no field breaks out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.parser import BytesParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.compose import MAX_REFERENCES, clean_address, compose, needs_utf8
from tickets.errors import PermanentDeliveryError
from tickets.types import Channel, Letter, Outbound, Sender

FROM = "EJET Privacy Desk <support@example.test>"
PLAIN = Outbound(
    channel=Channel.EMAIL,
    account="support",
    recipient=Sender("ada@example.org", "Ada Lovelace"),
    external_id="7k3f.1@example.test",
    letter=Letter("Re: Your request [EJ-7K3F-9Q]", "Hello Ada,\n\nwe have it.\n", "<p>Hello</p>"),
    created_at=datetime(2026, 11, 1, 16, 0, tzinfo=timezone(timedelta(hours=8))),
    in_reply_to="1@example.org",
    references=("0@example.org", "1@example.org"),
    loop_token="desk-1",
)
HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "X-EJET-Loop",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
}


def parsed(outbound: Outbound, from_: str = FROM):
    raw = compose(outbound, from_)
    return BytesParser(policy=policy.default).parsebytes(raw.replace(b"\r\n", b"\n"))


def head(outbound: Outbound) -> list[str]:
    return compose(outbound, FROM).partition(b"\r\n\r\n")[0].decode().split("\r\n")


def with_letter(**fields) -> Outbound:
    return replace(PLAIN, letter=replace(PLAIN.letter, **fields))


def test_the_head_of_an_acknowledgement():
    assert head(PLAIN)[:-1] == [
        "From: EJET Privacy Desk <support@example.test>",
        "To: ada@example.org",
        "Subject: Re: Your request [EJ-7K3F-9Q]",
        "Date: Sun, 01 Nov 2026 08:00:00 +0000",
        "Message-ID: <7k3f.1@example.test>",
        "In-Reply-To: <1@example.org>",
        "References: <0@example.org>",
        " <1@example.org>",
        "Auto-Submitted: auto-replied",
        "X-Auto-Response-Suppress: All",
        "X-EJET-Loop: desk-1",
        "Content-Language: en",
        "MIME-Version: 1.0",
    ]


def test_both_bodies_come_back():
    letter = parsed(PLAIN)

    assert letter.get_content_type() == "multipart/alternative"
    assert [part.get_content() for part in letter.iter_parts()] == [
        "Hello Ada,\n\nwe have it.\n",
        "<p>Hello</p>\n",
    ]
    assert letter.defects == []


def test_an_agents_letter_names_its_recipient_and_no_automat():
    letter = parsed(replace(PLAIN, is_automatic=False))

    assert letter["To"] == "Ada Lovelace <ada@example.org>"
    assert not {"Auto-Submitted", "X-Auto-Response-Suppress", "X-EJET-Loop"} & set(letter.keys())


def test_an_automatic_letter_that_answers_nothing_is_generated():
    letter = parsed(replace(PLAIN, in_reply_to="", references=()))

    assert letter["Auto-Submitted"] == "auto-generated"
    assert "In-Reply-To" not in letter


def test_a_letter_without_html_has_one_part():
    letter = parsed(with_letter(html=""))

    assert (letter.get_content_type(), letter.get_content()) == (
        "text/plain",
        "Hello Ada,\n\nwe have it.\n",
    )


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Plain words\n", "quoted-printable"),
        ("Grüße aus Köln, wir haben Ihre Anfrage erhalten.\n" * 3, "quoted-printable"),
        ("您的请求已收到。\n" * 20, "base64"),
        ("Ваш запрос получен.\n" * 20, "base64"),
        ("x" * 5000 + "\n", "quoted-printable"),
        ("a line \nwith spaces  \n\ttab\t\n", "quoted-printable"),
        ("From here\n.\n..\n=3D\n", "quoted-printable"),
        ("no end of line", "quoted-printable"),
        ("old\rMac\r\nWindows\nUnix", "quoted-printable"),
        ("😀 and \u2028 separators are two of many letters here\n", "quoted-printable"),
        ("", "quoted-printable"),
    ],
)
def test_every_text_survives_in_short_lines(text, encoding):
    raw = compose(with_letter(text=text, html=""), FROM)
    letter = parsed(with_letter(text=text, html=""))

    said = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n") + "\n"
    assert letter["Content-Transfer-Encoding"] == encoding
    assert letter.get_content().replace("\r\n", "\n") == said
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert b"\r\nFrom " not in raw


@pytest.mark.parametrize(
    ("subject", "line"),
    [
        ("", "Subject: "),
        ("Short", "Subject: Short"),
        ("One word " + "x" * 80, "Subject: =?utf-8?q?One_word_" + "x" * 46 + "?="),
        ("a" * 40 + " " * 90 + "b", "Subject: =?utf-8?q?" + "a" * 40 + "_" * 15 + "?="),
        ("word " * 30, "Subject: " + " ".join(["word"] * 13)),
    ],
)
def test_a_long_plain_subject_is_folded_where_its_words_allow_it(subject, line):
    assert head(with_letter(subject=subject))[2] == line


@pytest.mark.parametrize(
    "subject",
    [
        "Short",
        "Ihre Anfrage wurde bestätigt",
        "您的个人信息查阅请求已收到，我们将在三十天内答复" * 4,
        "Long plain words " * 20,
        "looks like =?utf-8?q?an?= encoded-word",
        "x" * 300,
        "emoji 😀" * 30,
        "e\u0301" * 100,
        "  spaces   inside  ",
        "",
    ],
)
def test_subjects_survive_in_words_of_75(subject):
    lines = head(with_letter(subject=subject))
    letter = parsed(with_letter(subject=subject))

    assert letter["Subject"] == subject.strip()
    assert max(map(len, lines)) <= 78
    for line in lines:
        assert all(len(word) <= 75 for word in line.split() if word.startswith("=?"))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada Lovelace", "Ada Lovelace <ada@example.org>"),
        ("Lovelace, Ada", '"Lovelace, Ada" <ada@example.org>'),
        ('Ada "the" Countess \\', '"Ada \\"the\\" Countess \\\\" <ada@example.org>'),
        ("Ада Лавлейс", "Ада Лавлейс <ada@example.org>"),
        ("爱达" * 40, "爱达" * 40 + " <ada@example.org>"),
        ("Ada\r\nBcc: x@example.org", '"Ada Bcc: x@example.org" <ada@example.org>'),
        ("", "ada@example.org"),
    ],
)
def test_names_survive(name, shown):
    letter = parsed(replace(PLAIN, is_automatic=False, recipient=Sender("ada@example.org", name)))

    # policy.default keeps the gaps between encoded-words of a name; RFC 2047 6.2 drops them.
    raw = compose(
        replace(PLAIN, is_automatic=False, recipient=Sender("ada@example.org", name)), FROM
    )
    assert str(make_header(decode_header(message_from_bytes(raw)["To"]))) == shown
    assert letter["To"].addresses[0].addr_spec == "ada@example.org"
    assert "Bcc" not in letter


def test_the_senders_own_name_may_be_of_any_script():
    letter = parsed(PLAIN, "易捷隐私 <support@example.test>")

    assert letter["From"].addresses[0].display_name == "易捷隐私"


def test_long_references_are_one_id_a_line_first_and_newest():
    ids = tuple(f"{n}.{'x' * 60}@example.org" for n in range(100))

    lines = head(replace(PLAIN, references=ids))
    start = lines.index(f"References: <{ids[0]}>")
    block = [lines[start].removeprefix("References:"), *lines[start + 1 :][: MAX_REFERENCES - 1]]

    assert [line.strip() for line in block] == [f"<{i}>" for i in (ids[0], *ids[-29:])]
    # The standard library would make encoded-words of them (cpython#100991).
    assert "=?" not in "".join(lines)


@pytest.mark.parametrize(
    "bad", ["with space@x", "new\r\nline@x", "<a>b@x", "ид@x", "x" * 1000, "", "\x00@x"]
)
def test_ids_that_are_none_are_left_out(bad):
    lines = head(replace(PLAIN, in_reply_to=bad, references=(bad, "good@example.org", bad)))

    assert "References: <good@example.org>" in lines
    assert not [line for line in lines if line.startswith("In-Reply-To")]


def test_ids_may_come_with_brackets():
    lines = head(replace(PLAIN, external_id="<own@example.test>", in_reply_to="<a@example.org>"))

    assert {"Message-ID: <own@example.test>", "In-Reply-To: <a@example.org>"} <= set(lines)


@pytest.mark.parametrize(
    ("given", "wire"),
    [
        ("ada@example.org", "ada@example.org"),
        (" ada@EXAMPLE.org. ", "ada@EXAMPLE.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@例子.测试", "ada@xn--fsqu00a.xn--0zwm56d"),
        ("用户@example.org", "用户@example.org"),
        ('"a b"@example.org', '"a b"@example.org'),
        ("o'hara+tag=x@example.org", "o'hara+tag=x@example.org"),
        ("ada@[192.0.2.1]", "ada@[192.0.2.1]"),
        ("ada@localhost", "ada@localhost"),
    ],
)
def test_addresses(given, wire):
    assert clean_address(given) == wire
    assert needs_utf8(wire) == (not wire.isascii())


@pytest.mark.parametrize(
    "given",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "a b@example.org",
        "a@b@example.org",
        "ada@exa mple.org",
        "ada@example..org",
        "ada@-example.org",
        ".ada@example.org",
        "ada@example.org>\r\nRCPT TO:<eve@example.net",
        "ada\x00@example.org",
        f"{'x' * 65}@example.org",
        f"ada@{'x.' * 130}org",
        '"a\r\nb"@example.org',
    ],
)
def test_what_is_no_address(given):
    with pytest.raises(PermanentDeliveryError):
        clean_address(given)


anything = st.text(st.characters(exclude_categories=()), max_size=300)
nasty = st.one_of(
    anything,
    st.lists(
        st.sampled_from(
            ["\r\n", "\n", "\r", "\x00", "Bcc: eve@example.net", "\r\n\r\n", "=?utf-8?q?=0A?=",
             "--=_", "<", ">", '"', "\\", " ", "\u2028", "\x85", "ü", "爱", "\ud800", "a"]
        ),
        max_size=12,
    ).map("".join),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(nasty, nasty, nasty, nasty, st.lists(nasty, max_size=4), nasty, nasty, st.booleans())
def test_no_field_can_add_a_header_or_a_part(  # noqa: PLR0917
    name, subject, text, html, ids, token, language, is_automatic
):
    outbound = replace(
        PLAIN,
        recipient=Sender("ada@example.org", name),
        letter=Letter(subject, text, html, language),
        in_reply_to="".join(ids),
        references=tuple(ids),
        loop_token=token,
        is_automatic=is_automatic,
    )

    letter = parsed(outbound, f"{name} <support@example.test>" if name.isalpha() else FROM)

    assert set(letter.keys()) <= HEADERS
    assert len(letter.keys()) == len(set(letter.keys()))
    assert [a.addr_spec for a in letter["To"].addresses] == ["ada@example.org"]
    assert len(letter["From"].addresses) == 1
    parts = list(letter.iter_parts())
    assert len(parts) == (2 if html else 0)
    assert all(not part.is_multipart() for part in parts)


@settings(max_examples=300, deadline=None)
@given(nasty)
def test_any_address_is_clean_or_refused(address):
    try:
        wire = clean_address(address)
    except PermanentDeliveryError:
        return
    assert not set(wire) & set("\r\n\x00<>")
    assert head(replace(PLAIN, recipient=Sender(address)))[1] == f"To: {wire}"


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=200))
def test_any_subject_comes_back(subject):
    assert parsed(with_letter(subject=subject))["Subject"] == subject.strip()


def test_the_same_letter_is_the_same_bytes():
    assert compose(PLAIN, FROM) == compose(PLAIN, FROM)


def test_the_date_is_that_of_the_decision():
    assert parsed(PLAIN)["Date"].datetime == datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
