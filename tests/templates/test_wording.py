"""Every language has the same letters, blocks, variables and words, and all of them render."""

from __future__ import annotations

import pytest
from jinja2 import Environment, StrictUndefined, meta, nodes

from helpdesk.letters import SAMPLE, letters
from regimes.regime import LetterKind, all_regimes
from templates.rendering import Templates
from tickets.answers import Answer, read_answer
from tickets.letters import COMPUTED, FACTS, HOUSE, mandatory
from tickets.types import Right

TEMPLATES = Templates()
GLOBALS = {"words", "fact", "language_names"}
OTHERS = [one for one in TEMPLATES.languages if one != "en"]


def tree(language: str, name: str) -> nodes.Template:
    source = TEMPLATES._sources[f"{language}/{name}"]
    return Environment(autoescape=True, undefined=StrictUndefined).parse(source)


def variables(language: str, name: str) -> set[str]:
    """Every variable of a template, with the keys that it takes from each: `words.rights`."""
    found = meta.find_undeclared_variables(parsed := tree(language, name))
    for one in parsed.find_all(nodes.Getattr):
        if isinstance(one.node, nodes.Name):
            found.add(f"{one.node.name}.{one.attr}")
    for call in parsed.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "fact":
            found.add(f"fact:{call.args[1].value}")
    return found


def keys(table: dict, path: str = "") -> set[str]:
    return {
        key
        for name, value in table.items()
        for key in (keys(value, f"{path}{name}.") if isinstance(value, dict) else {path + name})
    }


def test_there_are_english_and_both_chinese():
    assert TEMPLATES.languages == ("en", "zh-Hans", "zh-Hant")


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_the_letters_and_blocks_of_english(language):
    assert TEMPLATES.names(language) == TEMPLATES.names("en")


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_names_the_variables_of_english(language):
    names = sorted(TEMPLATES.names("en"))

    actual = {name: variables(language, name) for name in names}

    assert actual == {name: variables("en", name) for name in names}


@pytest.mark.parametrize("language", TEMPLATES.languages)
def test_a_language_has_a_word_for_every_right_ground_and_reason(language):
    words = TEMPLATES.words(language)

    assert set(words["rights"]) == set(Right)
    assert set(words["grounds"]) == {g.code for r in all_regimes() for g in r.grounds}
    assert set(words["reasons"]) == {"complexity", "number"}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_names_the_facts_of_every_regime(language):
    facts = TEMPLATES.words(language)["facts"]

    wanted = {
        f"{r.code}.{n}" for r in all_regimes() for n in ("law", "authority", "court", "review")
    }

    assert wanted <= keys(facts)
    assert {key.partition(".")[0] for key in keys(facts)} == {r.code for r in all_regimes()}


def test_the_two_chinese_scripts_have_the_same_words():
    assert keys(TEMPLATES.words("zh-Hans")) == keys(TEMPLATES.words("zh-Hant"))


def test_every_block_that_a_letter_must_have_has_words():
    files = TEMPLATES.names("en")
    codes = [regime.code for regime in all_regimes()]
    wanted = {
        (kind, block)
        for kind in {*LetterKind, *HOUSE}
        for block in mandatory(kind, codes, tuple(Right))
    }

    missing = [
        (kind, block)
        for kind, block in sorted(wanted)
        if f"{kind}/{block}.j2" not in files and f"desk/{block}.j2" not in files
    ]

    assert missing == []
    assert {name.partition("/")[2] for name in files if name.startswith("letters/")} == {
        *(f"{kind}.j2" for kind in {*LetterKind, *HOUSE}),
        "frame.j2",
    }


def test_no_block_lies_there_unused():
    codes = [regime.code for regime in all_regimes()]
    kinds = {*LetterKind, *HOUSE}
    used = {(kind, b) for kind in kinds for b in mandatory(kind, codes, tuple(Right))}
    used |= {(kind, b) for kind in kinds for b in mandatory(kind)}
    groups = {f"{kind}/{block}.j2" for kind, block in used}
    groups |= {f"desk/{block}.j2" for _, block in used}
    others = {n for n in TEMPLATES.names("en") if not n.startswith("letters/")}

    ordered = {
        name
        for name in others
        if name.endswith(("/next.j2", "/frame.j2", "/chat_link.j2")) or "question/" in name
    }
    assert others - groups - ordered == set()


def test_the_facts_that_blocks_name_are_the_listed_ones():
    named = {
        name
        for template in TEMPLATES.names("en")
        for name in meta.find_undeclared_variables(tree("en", template))
    }

    assert named - GLOBALS - {"blocks"} == {*FACTS, *COMPUTED}
    assert set(SAMPLE) == set(FACTS)


def test_every_letter_renders_under_every_regime():
    written = list(letters())

    subjects = {letter.subject for _, _, letter in written}
    assert len(written) == len(TEMPLATES.languages) * (9 * len(all_regimes()) + len(HOUSE) - 1)
    assert all(subject and "\n" not in subject for subject in subjects)
    assert all(letter.language == language for language, _, letter in written)
    texts = [letter.text for _, _, letter in written]
    assert not [text for text in texts if "\n\n\n" in text or " \n" in text or "{" in text]
    assert not [text for text in texts if "None" in text or "[" in text]


def test_letters_for_different_laws_differ():
    refusals = {n: t.text for lang, n, t in letters(("en",)) if n.startswith("refusal/")}

    assert len(set(refusals.values())) == len(all_regimes())


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_chinese_letters_hold_no_english_sentence(language):
    for _, name, letter in letters((language,)):
        if name.startswith(("refusal", "complaint", "identity", "completed_deletion")):
            own = [v for v in SAMPLE.values() if isinstance(v, str)]
            own += [line for v in SAMPLE.values() if isinstance(v, tuple) for line in v]
            text = letter.text
            for given in own:
                text = text.replace(given, "")
            assert " the " not in text, name
            assert "Reply to" not in text, name


def test_the_scripts_are_not_mixed():
    simplified = "".join(t.text for _, _, t in letters(("zh-Hans",)))
    traditional = "".join(t.text for _, _, t in letters(("zh-Hant",)))

    assert not set("個們說請從認證應訴當資") & set(simplified)
    assert not set("个们说请从认证应诉当资") & set(traditional)


@pytest.mark.parametrize("language", TEMPLATES.languages)
def test_the_words_that_people_send_back_are_understood(language):
    words = TEMPLATES.words(language)

    assert read_answer(words["confirm"]) is Answer.CONFIRMED
    assert read_answer(words["deny"]) is Answer.DENIED
