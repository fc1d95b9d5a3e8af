"""Finer questions about privacy, and those that the policy does not answer; all held back."""

import json
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from classifier import questions, train_questions
from classifier.examples import load
from classifier.model import weights_digest
from classifier.questions import MANIFEST, UNANSWERED, WEIGHTS, Asked
from classifier.reader import read, read_many
from tickets.types import Intent, Reading, Text

HERE = Path(__file__).parent / "questions"
SECTIONS = {one.code: one.section for one in questions.known()}


def table(name: str) -> dict:
    return tomllib.loads((HERE / name).read_text("utf-8"))


@cache
def answered() -> list[tuple[str, Reading]]:
    asked = [
        (code, text)
        for code, languages in table("answered.toml").items()
        for texts in languages.values()
        for text in texts
    ]
    readings = read_many([Text(text) for _, text in asked])
    return [(code, one) for (code, _), one in zip(asked, readings, strict=True)]


@cache
def unanswered() -> list[Reading]:
    return read_many([Text(text) for texts in table("unanswered.toml").values() for text in texts])


def share(values) -> float:
    return float(np.mean(list(values)))


def test_the_weights_were_trained_on_these_examples():
    told = json.loads(MANIFEST.read_text(encoding="utf-8"))

    assert told["exemplars"] == questions.digest(), "the examples have changed: make train"
    assert told["weights"] == weights_digest(WEIGHTS)


def test_every_question_is_asked_in_every_language():
    for path in sorted(questions.EXEMPLARS.glob("*.toml")):
        found = tomllib.loads(path.read_text("utf-8"))

        assert set(found) == {*SECTIONS, UNANSWERED}, path.stem
        assert min(map(len, found.values())) >= 2, path.stem


def test_no_example_stands_there_twice_and_none_is_held_back():
    examples = [text.newest for text, _ in train_questions.load()]
    held = [text for languages in table("answered.toml").values() for t in languages.values()
            for text in t]  # fmt: skip
    held += [text for texts in table("unanswered.toml").values() for text in texts]

    assert len(set(examples)) == len(examples)
    assert set(examples).isdisjoint(held)
    assert set(examples).isdisjoint(message.text.newest for message in load())


def test_messages_that_the_floor_is_chosen_on_are_of_that_section():
    sections = {message.text.newest: message.section for message in load()}

    for text, code in train_questions.load_asked():
        assert sections[text.newest] == SECTIONS[code], text.newest


def test_the_right_section_and_the_right_answer():
    seen = [(code, one) for code, one in answered() if one.intent is Intent.QUESTION]

    assert len(seen) / len(answered()) > 0.85  # whether it is one is the reader's to tell
    assert share(one.policy_section == SECTIONS[code] for code, one in seen) >= 0.88
    named = [(code, one) for code, one in seen if one.questions]
    assert len(named) / len(seen) >= 0.75
    assert share(one.questions[0] == code for code, one in named) >= 0.95


def test_what_the_policy_does_not_answer_goes_before_a_human():
    assert share(one.needs_human for one in unanswered()) >= 0.85
    assert share(one.needs_human for _, one in answered()) <= 0.3


def test_questions_are_of_the_section_that_was_read():
    for _, one in answered():
        assert len(one.questions) <= questions.MOST
        assert {SECTIONS[code] for code in one.questions} <= {one.policy_section}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("How long do you keep people's data?", "retention"),
        ("Was sind notwendige Cookies, und welche Arten gibt es noch?", "cookie_kinds"),
        ("你们会把数据加密吗？", "encryption"),
        ("Ви передаєте дані поліції?", "authorities"),
    ],
)
def test_a_plain_question_is_named(text, code):
    assert read(Text(text)).questions[0] == code


def test_what_is_no_question_has_none():
    assert read(Text("Please delete my account and all my data.")).questions == ()


def test_the_first_must_be_ahead_and_others_near():
    asking = questions.trained()
    retention = [one.code for one in asking.known].index("retention")
    close = next(at for at, one in enumerate(asking.known) if one.code == "after_deletion")
    codes = np.full(len(asking.known), -0.9, dtype=np.float32)

    def finer(first: float, second: float) -> tuple[str, ...]:
        codes[retention], codes[close] = first, second
        asked = Asked(codes, np.zeros(6), np.zeros(5), 0.0)
        return asking.finer(asked, 2, has_second=True)

    assert finer(0.9, 0.0) == ("retention", "after_deletion")
    assert finer(0.9, -0.8) == ("retention",)
    assert finer(0.3, 0.2) == ()


def test_an_example_of_what_is_not_answered_outweighs_a_doubtful_chance():
    asked = Asked(np.zeros(1), np.zeros(6), np.zeros(5), unanswered=0.5)

    assert asked.answerable(0.8) < 0.5 < Asked(*(np.zeros(1),) * 3, -0.5).answerable(0.8)
    assert 0 < asked.answerable(0.0) < asked.answerable(1.0) < 1
