"""Phrases: every language has those of English, with the same values, and keeps the rules."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime

import pytest

from templates.phrases import MissingPhrase, MissingValue, Phrases
from tickets.types import Intent, Right

PHRASES = Phrases()
LONGEST = 500  # characters of a message, values included
BUTTON = 40  # characters that a phone shows
SAMPLE = {
    "company": "EJET Co., Ltd.",
    "mailbox": "ejetglobal@ejet.com",
    "reference": "EJ-7K3F-9Q",
    "commands": "/ask Ask",
}

TABLES = {
    "en": {"name": "English", "a": {"b": "{who} & <b>, {on}", "only": "x"}},
    "de": {"name": "Deutsch", "a": {"b": "{on}: {who}"}},
    "zh-Hant": {"name": "繁體中文", "a": {"b": "{who}"}},
}


@pytest.fixture
def phrases() -> Phrases:
    return Phrases(("de",), TABLES)


def test_values_are_filled_in_as_they_are(phrases):
    said = phrases.text("en", "a.b", who="{0.x} Al<b>", on=date(2026, 4, 2))

    assert said == "{0.x} Al<b> & <b>, 2 April 2026"


def test_a_moment_has_its_time(phrases):
    assert phrases.text("de", "a.b", who="x", on=datetime(2026, 4, 2, 9, 5, tzinfo=UTC)) == (
        "2.4.2026 09:05: x"
    )


@pytest.mark.parametrize(
    ("tag", "ours"),
    [
        ("en", "en"),
        ("EN-us", "en"),
        ("de_AT", "de"),
        ("zh-hant", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("zh-TW", "zh-Hant"),
        ("zh", "de"),  # simplified Chinese is not there
        ("fr", "de"),
        ("", "de"),
        ("-", "de"),
    ],
)
def test_a_language_is_ours_or_the_first_of_the_chain(phrases, tag, ours):
    assert phrases.language(tag) == ours


def test_the_first_that_we_have(phrases):
    assert phrases.language("", "xx", "zh-tw", "en") == "zh-Hant"


def test_a_phrase_that_a_language_lacks_comes_from_the_chain(phrases):
    assert phrases.text("zh-Hant", "a.only") == "x"
    with pytest.raises(MissingPhrase):
        phrases.text("en", "a.nothing")


def test_a_missing_value_is_an_error(phrases):
    with pytest.raises(MissingValue, match="who"):
        phrases.text("en", "a.b", on="x")


def test_the_languages():
    wanted = {"en", "zh-Hans", "zh-Hant", "de", "fr", "es", "pt", "ja", "ko", "ru"}

    assert set(PHRASES.languages) == wanted


@pytest.mark.parametrize("language", PHRASES.languages)
def test_a_language_has_the_phrases_and_values_of_english(language):
    assert PHRASES.keys(language) == PHRASES.keys("en")
    actual = {key: PHRASES.values(language, key) for key in PHRASES.keys(language)}

    assert actual == {key: PHRASES.values("en", key) for key in PHRASES.keys("en")}


def said(language: str, key: str) -> str:
    return PHRASES.text(language, key, **dict.fromkeys(PHRASES.values("en", key), "x") | SAMPLE)


@pytest.mark.parametrize("language", PHRASES.languages)
def test_the_rules_of_tone(language):
    for key in PHRASES.keys(language):
        text = said(language, key)
        assert text == text.strip() != "", key
        assert not re.search(r"[!！¡]", text), key
        assert len(text) <= LONGEST, (key, len(text))
        assert sum(unicodedata.category(one) == "So" for one in text) <= 1, key


LABELS = ("button.", "yes.", "wants.", "short.", "desk.button.", "desk.reason.", "desk.outcome.")


@pytest.mark.parametrize("language", PHRASES.languages)
def test_what_telegram_takes(language):
    for key in PHRASES.keys(language):
        text = said(language, key)
        if key.startswith(LABELS) or key.startswith("question.title"):
            assert len(text) <= BUTTON, (key, len(text))
        if key.startswith("alert."):
            assert len(text) <= 200, key  # answerCallbackQuery
        if key.startswith("commands."):
            assert len(text) <= 100, key
    assert len(said(language, "bot.short_description")) <= 120  # setMyShortDescription


@pytest.mark.parametrize("language", PHRASES.languages)
def test_labels_that_stand_together_differ(language):
    for table in ("yes.", "wants.", "short.", "desk.button.", "desk.outcome.", "question.title_"):
        labels = [said(language, key) for key in PHRASES.keys(language) if key.startswith(table)]

        assert len(set(labels)) == len(labels), (table, labels)


def test_what_the_desk_knows_has_a_name():
    keys = PHRASES.keys("en")

    assert {f"short.{right}" for right in Right} <= keys
    asked = set(Intent) - {Intent.SPAM, Intent.OTHER}
    assert {f"{table}.{one}" for table in ("sounds", "yes", "wants") for one in asked} <= keys


def test_every_language_differs_from_english():
    for language in set(PHRASES.languages) - {"en"}:
        same = [key for key in PHRASES.keys("en") if said(language, key) == said("en", key)]

        assert len(same) < 12, (language, same)


def test_a_name_that_ends_in_a_full_stop_ends_the_sentence():
    phrases = Phrases(tables={"en": {"name": "English", "who": "We are {company}. Write."}})

    assert phrases.text("en", "who", company="Lamp Co., Ltd.") == "We are Lamp Co., Ltd. Write."
    assert phrases.text("en", "who", company="Lamp") == "We are Lamp. Write."
