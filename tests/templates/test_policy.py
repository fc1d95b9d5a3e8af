"""The answers know which policy they were written from."""

from __future__ import annotations

import pytest

from templates.policy import is_current, to_review
from templates.rendering import Templates


def test_the_answers_were_written_from_the_shared_policy(shared):
    text = (shared / "privacy-policy.txt").read_text("utf-8")

    assert is_current(text)
    assert is_current(text.replace("\n", "\r\n"))
    assert not is_current(f"{text}.")


def test_every_section_is_answered_in_every_language():
    templates = Templates()

    assert to_review(templates) == [
        f"{language}/question/section_{n}.j2" for language in templates.languages for n in range(6)
    ]


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_the_eight_cases_are_eight(language):
    source = Templates()._sources[f"{language}/question/section_3.j2"]

    assert source.count("\n- ") == 8
