"""The answers know which policy they were written from."""

from __future__ import annotations

import re

import pytest

from classifier.questions import known
from templates.policy import is_current, to_review
from templates.rendering import Templates

RUN = 8  # words in a row that are no longer chance
TEMPLATES = Templates()
NAME = "Cybersecurity Law of the People's Republic of China"


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def test_the_answers_were_written_from_the_shared_policy(shared):
    text = (shared / "privacy-policy.txt").read_text("utf-8")

    assert is_current(text)
    assert is_current(text.replace("\n", "\r\n"))
    assert not is_current(f"{text}.")


def test_every_question_and_section_is_answered_in_every_language():
    codes = {one.code for one in known()} | {f"section_{n}" for n in range(6)}

    assert to_review(TEMPLATES) == [
        f"{language}/question/{code}.j2"
        for language in TEMPLATES.languages
        for code in sorted(codes)
    ]


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_every_answer_names_its_section(language):
    section = {
        "en": lambda n: f"ection {n}" if n else "(introduction)",
        "zh-Hans": lambda n: f"第{'一二三四五'[n - 1]}部分" if n else "（引言）",
        "zh-Hant": lambda n: f"第{'一二三四五'[n - 1]}部分" if n else "（引言）",
    }[language]

    for one in known():
        text = TEMPLATES._sources[f"{language}/question/{one.code}.j2"]
        assert section(one.section) in text, one.code


def test_no_answer_copies_the_policy(shared):
    policy = words((shared / "privacy-policy.txt").read_text("utf-8"))
    runs = {tuple(policy[at : at + RUN]) for at in range(len(policy))}

    for one in known():
        answer = words(TEMPLATES._sources[f"en/question/{one.code}.j2"].replace(NAME, ""))
        copied = [
            answer[at : at + RUN]
            for at in range(len(answer))
            if tuple(answer[at : at + RUN]) in runs
        ]
        assert copied == [], one.code


@pytest.mark.parametrize("answer", ["section_3", "without_consent"])
@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_the_eight_cases_are_eight(language, answer):
    source = TEMPLATES._sources[f"{language}/question/{answer}.j2"]

    assert source.count("\n- ") == 8


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_every_answer_is_short_and_needs_nothing_but_the_company(language):
    company = {"name": "EJET Co., Ltd.", "hotline": "+86", "mailbox": "a@example.org"}

    for one in known():
        block = (f"question.{one.code}",)
        text = TEMPLATES.render("identity_sms", block, [language], {"company": company}).text
        assert 60 < len(text) * (3 if language.startswith("zh") else 1) < 1000, one.code
        assert "{" not in text
