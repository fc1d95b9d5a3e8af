"""Rendering: one line of subject, escaped HTML, refusal of what is missing."""

from __future__ import annotations

import re
from datetime import date

import pytest
from jinja2.exceptions import SecurityError, TemplateSyntaxError

from templates.rendering import MissingFact, MissingLetter, Templates, format_date

SOURCES = {
    "en/letters/frame.j2": "Hi,\n\n{{ blocks }}\n\nUs",
    "en/letters/note.j2": "About {{ what }}",
    "en/letters/other.j2": "Other",
    "en/desk/body.j2": "It is {{ what }}.",
    "en/other/body.j2": "It is another {{ what }}.",
    "en/desk/empty.j2": "{% if what == 'never' %}x{% endif %}",
    "en/desk/dated.j2": "On {{ on }}.",
    "de/letters/frame.j2": "Hallo,\n\n{{ blocks }}\n\nWir",
    "de/letters/note.j2": "Zu {{ what }}",
}


@pytest.fixture
def templates() -> Templates:
    return Templates(SOURCES, {"en": {"name": "English"}}, {"fr": "Voici : {language}."})


def test_a_letter_is_subject_frame_and_blocks(templates):
    done = templates.render(
        "note", ["body", "dated"], ["en"], {"what": "x", "on": date(2026, 5, 3)}
    )

    assert done.subject == "About x"
    assert done.text == "Hi,\n\nIt is x.\n\nOn 3 May 2026.\n\nUs\n"


def test_a_kinds_own_words_come_first(templates):
    done = templates.render("other", ["body", "desk.body"], ["en"], {"what": "x"})

    assert done.text == "Hi,\n\nIt is another x.\n\nIt is x.\n\nUs\n"


def test_a_language_that_lacks_a_block_is_passed_over(templates):
    assert templates.render("note", ["body"], ["de", "en"], {"what": "x"}).language == "en"
    with pytest.raises(MissingLetter, match="note with body in any of de"):
        templates.render("note", ["body"], ["de"], {"what": "x"})


def test_a_letter_in_another_language_says_so_in_the_readers(templates):
    french = templates.render("note", ["body"], ["fr-CA", "fr", "en"], {"what": "x"})

    assert french.text == "Voici : English.\n\nHi,\n\nIt is x.\n\nUs\n"
    assert "Voici" not in templates.render("note", ["body"], ["en"], {"what": "x"}).text
    assert "Voici" not in templates.render("note", ["body"], ["it", "en"], {"what": "x"}).text


def test_no_template_sets_a_name_that_the_next_would_see():
    """The templates of a letter share one context."""
    for name, source in Templates()._sources.items():
        assert not re.search(r"{%[-+]?\s*(set|import|from|block|extends)\b", source), name


def test_every_sentence_for_other_languages_names_the_letters():
    ours = Templates()

    for language, note in ours._elsewhere.items():
        assert note.count("{language}") == 1
        assert language not in {one.partition("-")[0] for one in ours.languages}
        assert "English" in ours._note(language, "en")


def test_a_missing_fact_refuses_the_letter(templates):
    with pytest.raises(MissingFact, match="'what' is undefined"):
        templates.render("note", ["body"], ["en"], {})


def test_a_block_with_nothing_to_say_refuses_the_letter(templates):
    with pytest.raises(MissingFact, match=r"en/desk/empty\.j2 has nothing to say"):
        templates.render("note", ["body", "empty"], ["en"], {"what": "x"})


@pytest.mark.parametrize("hostile", ["a\nBcc: eve@other.test", "a\r\n\r\nb", "a\u2028b", "a\x0bb"])
def test_a_subject_stays_one_line(templates, hostile):
    done = templates.render("note", ["body"], ["en"], {"what": hostile})

    assert len(done.subject.splitlines()) == 1


@pytest.mark.parametrize(
    "hostile",
    ["<script>alert(1)</script>", '"><img src=x onerror=y>', "{{ 7 * 7 }}", "{% raw %}", "&amp;"],
)
def test_a_value_never_becomes_markup_or_template(templates, hostile):
    done = templates.render("note", ["body"], ["en"], {"what": hostile})

    assert hostile in done.text
    assert "<script" not in done.html
    assert "<img" not in done.html
    assert "49" not in done.html
    assert done.html.count("<p ") == 3


def test_a_long_value_stays_whole(templates):
    long = "word " * 20_000

    assert long.strip() in templates.render("note", ["body"], ["en"], {"what": long}).text


def test_a_template_cannot_reach_into_python():
    broken = {**SOURCES, "en/desk/body.j2": "{{ ''.__class__.__mro__ }}"}

    with pytest.raises((SecurityError, MissingFact)):
        Templates(broken, {}).render("note", ["body"], ["en"], {"what": "x"})


def test_a_broken_template_shows_before_a_letter_needs_it():
    broken = Templates({**SOURCES, "en/desk/body.j2": "{{ what "}, {})

    with pytest.raises(TemplateSyntaxError):
        broken.compile()


def test_all_of_ours_compile():
    Templates().compile()


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "2 November 2026"),
        ("zh-Hans", "2026年11月2日"),
        ("ko", "2026년 11월 2일"),
        ("tlh", "2026-11-02"),
    ],
)
def test_dates_are_written_as_people_write_them(language, shown):
    assert format_date(date(2026, 11, 2), language) == shown


@pytest.mark.parametrize(
    ("asked", "given"),
    [("zh", "zh-Hans"), ("zh-TW", "zh-Hant"), ("zh-HK", "zh-Hant"), ("zh-SG", "zh-Hans")],
)
def test_a_chinese_tag_without_script_finds_its_own(asked, given):
    done = Templates().render("reply", ["text"], [asked], {"text": "x", **_desk()})

    assert done.language == given


def _desk() -> dict[str, object]:
    return {"reference": "EJ-7K3F-9Q", "company": {"name": "EJET"}}
