"""Ids rise, references tell nothing, Message-IDs cannot be forged."""

from __future__ import annotations

import hashlib
import re
from uuid import UUID

import pytest

from tickets.ids import (
    ALPHABET,
    address_word_of,
    draw_letters,
    find_references,
    marker_of,
    new_id,
    new_reference,
    open_address_word,
    open_marker,
    open_message_id,
    sign_message_id,
)


def sign(token: str) -> str:
    return hashlib.sha256(b"key" + token.encode()).hexdigest()


def test_ids_rise_and_are_version_7():
    ids = [new_id() for _ in range(5000)]

    assert ids == sorted(ids)
    assert len(set(ids)) == 5000
    assert {one.version for one in ids} == {7}


def test_letters_are_drawn_evenly():
    drawn = "".join(draw_letters(27) for _ in range(2_000))

    assert len(drawn) == 54_000
    counts = [drawn.count(letter) for letter in ALPHABET]
    assert min(counts) > 1_500
    assert max(counts) < 2_100


def test_a_reference_has_its_form():
    assert re.fullmatch(rf"EJ-[{ALPHABET}]{{4}}-[{ALPHABET}]{{2}}", new_reference())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Re: your request [EJ-7K3F-9Q]", ("EJ-7K3F-9Q",)),
        ("ej-7k3f-9q", ("EJ-7K3F-9Q",)),
        ("EJ-7K3F-9Q and EJ-7K3F-9Q and EJ-AAAA-BB", ("EJ-7K3F-9Q", "EJ-AAAA-BB")),
        ("EJ-7K3F-9", ()),
        ("XEJ-7K3F-9Q", ()),
        ("EJ-0000-11", ()),
    ],
)
def test_references_in_a_text(text, found):
    assert find_references(text) == found


def test_our_message_id_opens_whatever_a_relay_did_to_its_domain():
    message = new_id()
    ours = sign_message_id(message, "desk.test", sign)

    assert open_message_id(ours, sign) == message
    assert open_message_id(f"<{ours}>", sign) == message
    assert open_message_id(ours.replace("desk.test", "relay.test"), sign) == message
    assert open_message_id(ours.upper(), sign) == message


def test_a_hidden_mark_opens_like_its_message_id():
    message = new_id()
    marker = marker_of(sign_message_id(message, "desk.test", sign))

    assert re.fullmatch(r"[a-z0-9-]{12,90}", marker)
    assert open_marker(marker, sign) == message
    assert open_marker(f"{marker[:-1]}z", sign) is None
    assert open_marker("", sign) is None
    assert marker_of("someone@else.test") == ""


@pytest.mark.parametrize(
    "forged",
    ["", "x@y", "ej.zz.zz@desk.test", f"ej.{UUID(int=1).hex}.{'0' * 32}@desk.test"],
)
def test_a_forged_message_id_opens_nothing(forged):
    assert open_message_id(forged, sign) is None


def test_a_word_in_an_address_names_our_message_and_nobody_else_makes_one():
    message = new_id()
    word = address_word_of(sign_message_id(message, "desk.test", sign))

    assert len(word) == 40
    assert open_address_word(word.upper(), sign) == message
    assert open_address_word(word[:-2] + ("aa" if word[-2:] != "aa" else "bb"), sign) is None
    assert open_address_word("b" * 41, sign) is None
    assert not address_word_of("somebody-elses@id.test")
