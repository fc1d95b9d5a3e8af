"""Text for Telegram: one escape, lengths in UTF-16, parts that each parse by themselves."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import bold, escape, letter_parts, plain, split, utf16_length
from sandbox.telegram.formatting import TEXT_LIMIT, formatted
from tickets.types import Letter


def parsed(part: str) -> str:
    """What Telegram makes of a part; raises where it would refuse."""
    return formatted(part, "HTML", None, TEXT_LIMIT)[0]


def shown(part: str) -> str:
    """What people see of a part, without its number."""
    return re.sub(r"\n\n\(\d+/\d+\)\Z", "", parsed(part))


def test_nothing_escaped_is_markup():
    assert escape('Al<b>_*[ & "x"') == 'Al&lt;b&gt;_*[ &amp; "x"'
    assert parsed(bold("Al<b>_*[ &amp;")) == "Al<b>_*[ &amp;"


@pytest.mark.parametrize(("text", "length"), [("", 0), ("aé中", 3), ("🙂", 2), ("👨‍👩‍👧", 8)])
def test_length_as_telegram_counts(text, length):
    assert utf16_length(text) == length


@pytest.mark.parametrize("html", ["", " \n ", "<b></b>", "<b> </b>\n"])
def test_nothing_makes_no_message(html):
    assert split(html) == []


def test_what_fits_is_one_part_without_a_number():
    assert split(" <b>Hello</b> &amp; you\n") == ["<b>Hello</b> &amp; you"]
    assert split("&lt;" * 4000) == ["&lt;" * 4000]


def test_paragraphs_come_before_lines_and_sentences():
    text = "One. Two.\nThree.\n\nFour. Five is longer than what is left."

    assert split(text, 45) == [
        "One. Two.\nThree.\n\n(1/3)",
        "Four. Five is longer\n\n(2/3)",
        "than what is left.\n\n(3/3)",
    ]


def test_chinese_breaks_after_a_full_stop():
    text = "我们已经收到您的请求。我们会尽快回复您，请您耐心等候。谢谢您的理解。" * 2

    parts = split(text, 45)

    assert all(shown(part).endswith("。") for part in parts)


def test_open_tags_are_closed_and_opened_again():
    parts = split("<b>one two <i>three four five six</i> seven</b> eight", 36)

    assert parts == [
        "<b>one two <i>three</i></b>\n\n(1/3)",
        "<b><i>four five six</i></b>\n\n(2/3)",
        "<b>seven</b> eight\n\n(3/3)",
    ]


def test_a_link_stays_whole():
    link = '<a href="https://shop.example.org/?a=1&amp;b=2">our long policy</a>'

    parts = split(f"Read in {link} now, please", 42)

    assert any(link in part for part in parts)


def test_a_character_of_several_code_points_stays_whole():
    family = "👨‍👩‍👧"

    parts = split(family * 40, 60)

    assert all(set(shown(part).split(family)) == {""} for part in parts)


words = st.text(st.sampled_from("ab .\n。<>&;🙂é\u0301\u200d\u202e'\"/"), max_size=60)


@given(st.lists(st.tuples(words, st.booleans()), max_size=8), st.integers(24, 90))
def test_every_part_fits_parses_and_nothing_is_lost(pieces, limit):
    html = "".join(bold(text) if strong else escape(text) for text, strong in pieces)

    parts = split(html, limit)

    assert all(utf16_length(parsed(part)) <= limit for part in parts)
    whole = "".join(text for text, _ in pieces)
    assert "".join("".join(map(shown, parts)).split()) == "".join(whole.split())


@given(words)
def test_plain_undoes_markup_and_escape(text):
    assert plain(f"<i>{bold(text)}</i>") == text


def test_a_letter_has_its_subject_in_bold_and_bullets():
    letter = Letter("About <you>\n& me", "Hello,\n\n- one\n- two\n\nUs\n")

    assert letter_parts(letter) == [
        "<b>About &lt;you&gt; &amp; me</b>\n\nHello,\n\n• one\n• two\n\nUs"
    ]


def test_a_long_letter_is_numbered():
    parts = letter_parts(Letter("", "A sentence of <some> words. " * 400))

    assert [re.search(r"\(\d/\d\)", part)[0] for part in parts] == ["(1/3)", "(2/3)", "(3/3)"]
    assert all(utf16_length(parsed(part)) <= 4000 for part in parts)
