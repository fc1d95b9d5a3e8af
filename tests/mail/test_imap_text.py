"""Names, sets and answers of IMAP, without a server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.imap_text import (
    CopyUid,
    decode_folder,
    encode_folder,
    quoted,
    read_code,
    read_copyuid,
    read_fetch,
    read_list,
    read_search,
    read_select,
    read_uid_set,
    uid_set,
)


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("INBOX", "INBOX"),
        ("Two words", "Two words"),
        ("A & B", "A &- B"),
        ("Entwürfe", "Entw&APw-rfe"),
        ("台北", "&U,BTFw-"),
        ("日本語", "&ZeVnLIqe-"),
        ("😀", "&2D3eAA-"),
        ("Отправленные", "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"),
    ],
)
def test_modified_utf_7(name, wire):
    assert encode_folder(name) == wire
    assert decode_folder(wire) == name


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_any_name_comes_back(name):
    wire = encode_folder(name)

    assert wire.isascii()
    assert wire.isprintable()
    assert decode_folder(wire) == name


@pytest.mark.parametrize("wire", ["&", "a&b", "&QQ-x&", "&AAAAAAAAA-", "Müll"])
def test_what_is_not_modified_utf_7_stays_readable(wire):
    assert isinstance(decode_folder(wire), str)


def test_quoting():
    assert quoted('a "b" \\c') == r'"a \"b\" \\c"'


@pytest.mark.parametrize(
    ("uids", "text"),
    [([], ""), ([7], "7"), ([1, 2, 3, 7], "1:3,7"), ([3, 1, 2, 2], "1:3"), ([1, 3, 5], "1,3,5")],
)
def test_sets(uids, text):
    assert uid_set(uids) == text


@given(st.sets(st.integers(1, 2**32 - 1), min_size=1, max_size=50))
def test_any_set_comes_back(uids):
    assert set(read_uid_set(uid_set(uids).encode())) == uids


def test_a_search_answer_may_come_in_several_lines():
    assert read_search([b"3 1", b"2", b"Search 99 done"]) == [1, 2, 3]
    assert read_search([b"", b"done"]) == []


def test_select():
    selected = read_select(
        [
            rb"FLAGS (\Answered \Seen)",
            rb"OK [PERMANENTFLAGS (\Answered \Seen \*)] Flags permitted.",
            b"172 EXISTS",
            b"OK [UIDVALIDITY 3857529045] UIDs valid",
            b"OK [UIDNEXT 4392] Predicted next UID",
            b"[READ-WRITE] Select completed",
        ]
    )

    assert (selected.uidvalidity, selected.uidnext, selected.exists) == (3857529045, 4392, 172)
    assert selected.permanent_flags == {"\\answered", "\\seen", "\\*"}
    assert not selected.is_read_only


def test_a_read_only_folder():
    assert read_select([b"[READ-ONLY] done"]).is_read_only


def test_the_star_that_aioimaplib_takes_out():
    # `(\* \Seen)` arrives as `(\\Seen)`.
    flags = read_select([rb"OK [PERMANENTFLAGS (\\Seen)]"]).permanent_flags

    assert flags == {"\\*", "\\seen"}


def test_a_fetch_answer():
    found = read_fetch(
        [
            b'1 FETCH (UID 5 INTERNALDATE "22-Nov-2026 14:00:00 +0800" RFC822.SIZE 11 BODY[] {11}',
            bytearray(b"hello UID 9"),
            b" EMAILID (M1a-2) )",
            b"2 FETCH (FLAGS (\\Seen))",
            b"3 FETCH (BODY[]<0> {2}",
            bytearray(b"ab"),
            b" UID 6 X-GM-MSGID 1278455344230334865)",
            b"4 FETCH (UID 7 BODY[] NIL)",
            b'5 FETCH (UID 10 BODY[] "")',
            b'6 FETCH (UID 8 BODY[] "quoted \\" UID 99")',
            b"Fetch completed UID 1000",
        ]
    )

    assert {uid: item.raw for uid, item in found.items()} == {
        5: b"hello UID 9",
        6: b"ab",
        7: None,
        8: b'quoted " UID 99',
        10: b"",
    }
    assert found[5].internal_at == datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
    assert (found[5].size, found[5].email_id) == (11, "M1a-2")
    assert found[6].email_id == "1278455344230334865"


def test_a_later_flags_line_does_not_wipe_out_a_body():
    found = read_fetch(
        [b"1 FETCH (UID 5 BODY[] {1}", bytearray(b"x"), b")", b"1 FETCH (UID 5 FLAGS ())", b"OK"]
    )

    assert found[5].raw == b"x"


@pytest.mark.parametrize(
    "date", [b'"31-Feb-2026 00:00:00 +0000"', b'"01-Xxx-2026 00:00:00 +0000"', b"NIL", b'"x"']
)
def test_a_date_that_is_none(date):
    found = read_fetch([b"1 FETCH (UID 5 INTERNALDATE " + date + b" RFC822.SIZE 3)", b"OK"])

    assert (found[5].internal_at, found[5].size) == (None, 3)


@given(st.lists(st.one_of(st.binary(), st.binary().map(bytearray)), max_size=8))
def test_no_answer_breaks_the_readers(lines):
    read_fetch(lines)
    read_list(lines)
    read_select(lines)
    read_code(lines)


def test_list():
    folders = read_list(
        [
            rb'(\HasNoChildren \Sent) "/" Sent',
            rb'(\HasNoChildren) "/" "Two &- words"',
            rb'() "." {5}',
            bytearray(b'a"b\\c'),
            b"",
            rb"(\Noselect) NIL &ZeVnLIqe-",
            b"done",
        ]
    )

    assert [(f.name, f.separator) for f in folders] == [
        ("Sent", "/"),
        ("Two & words", "/"),
        ('a"b\\c', "."),
        ("日本語", ""),
    ]
    assert "\\sent" in folders[0].attributes


def test_copyuid_pairs_by_position():
    answer = [b"OK [COPYUID 99 3,1:2 7:9] moved", b"1 EXPUNGE", b"done"]

    assert read_copyuid(answer) == CopyUid(99, ((3, 7), (1, 8), (2, 9)))
    assert read_copyuid([b"done"]) is None


def test_codes_only():
    assert read_code([b"[AUTHENTICATIONFAILED] ada@example.org is unknown"]) == (
        "AUTHENTICATIONFAILED"
    )
    assert read_code([b"Login failed for ada"]) == ""
    assert read_code([]) == ""
