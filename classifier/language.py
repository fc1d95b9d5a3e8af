"""Which language a message is written in, as a BCP 47 tag; Chinese by script.

Writing systems decide first, py3langid among the languages that share one, and hints (earlier
messages, the channel's language) only where a text is too short to tell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Final

from py3langid.langid import (
    MODEL_FILE,
    LanguageIdentifier,
)

from classifier.views import clean
from classifier.words import by_language

UNKNOWN: Final = "und"
_LOOKED_AT: Final = 1_200  # characters
_ENOUGH: Final = 60  # letters from which a text speaks for itself
_HINT: Final = 2.5  # what a hint adds to the logarithm of a short text's probability
_RARE: Final = 0.7  # what is taken off languages that few people write to us in
_AT_HOME: Final = frozenset(
    (
        "en",
        "zh",
        "ja",
        "ko",
        "de",
        "fr",
        "es",
        "pt",
        "it",
        "nl",
        "pl",
        "ru",
        "uk",
        "ar",
        "tr",
        "vi",
        "id",
        "th",
        "hi",
    )
)
_LATIN: Final = (  # noqa: RUF005
    "en",
    "de",
    "fr",
    "es",
    "pt",
    "it",
    "nl",
    "pl",
    "tr",
    "vi",
    "id",
    "ms",
    "cs",
    "da",
    "fi",
) + ("hr", "hu", "no", "nb", "nn", "ro", "sk", "sv", "et", "lt", "lv", "sl", "ca")
_CYRILLIC: Final = ("ru", "uk", "bg", "sr")
_ARABIC: Final = ("ar", "fa", "ur")
_SAME: Final[Mapping[str, str]] = {"ms": "id", "nb": "no", "nn": "no"}
_SCRIPTS: Final = (
    ("ja", re.compile(r"[\u3041-\u30ff\uff66-\uff9d]")),
    ("ko", re.compile(r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("el", re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("Arab", re.compile(r"[\u0620-\u06ff\ufb50-\ufdff\ufe70-\ufefc]")),
    ("Cyrl", re.compile(r"[\u0400-\u052f]")),
    ("Latn", re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")),
)
_WEIGHT: Final[Mapping[str, float]] = {"ja": 3, "zh": 3, "ko": 2.5, "th": 1.3, "hi": 1.3}
_KANA_SHARE: Final = 0.06  # of the characters of a Japanese text at least are kana
_LINKS: Final = re.compile(r"https?://\S+|www\.\S+|\S+@\S+")
_NOT_WORDS: Final = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+|\b[\w-]+\.(?:csv|xlsx?|pdf|json|zip|xml|docx?|com|org|test)\b"
    r"|(?<![\w])[\w-]*\d[\w-]*(?![\w])",
    re.ASCII,
)

_TRANSLITERATED_SHARE: Final = 0.27
_FEWEST_WORDS: Final = 3
_CHAT_ARABIC: Final = re.compile(r"(?<![\w.@/-])(?:[2357][a-z]{2,}|[a-z]+[2357][a-z]+)\b")
_CHAT_ARABIC_FEWEST: Final = 2


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    known = set(identifier.labels)
    identifier.set_languages([tag for tag in (*_LATIN, *_CYRILLIC, *_ARABIC) if tag in known])
    return identifier


def warm() -> None:
    """Load the tables, so that the first message does not wait for them."""
    _identifier()


def detect(text: str, hints: Sequence[str] = ()) -> str:
    """Return the tag of the language that frames the text; hints are likeliest first."""
    words = _NOT_WORDS.sub(" ", clean(text)[:_LOOKED_AT])
    letters = {name: len(pattern.findall(words)) for name, pattern in _SCRIPTS}
    weighed = {name: count * _WEIGHT.get(name, 1.0) for name, count in letters.items()}
    script = max(weighed, key=lambda name: weighed[name])
    if not letters[script]:
        return next((_known(hint) for hint in hints if hint), UNKNOWN)
    if script in {"zh", "ja"}:
        return _han(words, letters, hints)
    if script == "Latn":
        written = _LINKS.sub(" ", clean(text)[:_LOOKED_AT])
        return _transliterated(written) or _greeting(words) or _among(_LATIN, words, hints)
    if script == "Cyrl":
        return _cyrillic(words, hints)
    if script == "Arab":
        return _arabic(words, hints)
    return script


def script_of_chinese(text: str, hints: Sequence[str] = ()) -> str:
    """Return zh-Hans or zh-Hant by the characters that only one of them uses."""
    simplified = sum(_has(character, "gb2312") - _has(character, "big5") for character in text)
    traditional = sum(
        _has(character, "big5hkscs") - _has(character, "gb2312") for character in text
    )
    if simplified == traditional:
        return next((_known(hint) for hint in hints if _known(hint).startswith("zh-")), "zh-Hans")
    return "zh-Hans" if simplified > traditional else "zh-Hant"


@lru_cache(maxsize=20_000)
def _has(character: str, charset: str) -> bool:
    """Tell whether the character set of one of the two scripts has the character."""
    return "\u3400" <= character <= "\u9fff" and bool(character.encode(charset, "ignore"))


def _known(tag: str) -> str:
    """Return a hint in our own spelling."""
    parts = tag.replace("_", "-").split("-")
    language = parts[0].lower()
    if language in {"zh", "yue", "cmn"}:
        far = {part.lower() for part in parts[1:]} & {"hant", "tw", "hk", "mo"}
        return "zh-Hant" if far else "zh-Hans"
    return _SAME.get(language, language)


def _han(words: str, letters: Mapping[str, int], hints: Sequence[str]) -> str:
    kana, han = letters["ja"], letters["zh"]
    if kana and kana >= _KANA_SHARE * (kana + han):
        return "ja"
    if not kana and han <= 4 and any(_known(hint) == "ja" for hint in hints[:1]):  # noqa: PLR2004
        return "ja"
    return script_of_chinese(words, hints)


def _cyrillic(words: str, hints: Sequence[str]) -> str:
    lowered = words.lower()
    if re.search(r"[іїєґ]", lowered):
        return "uk"
    if re.search(r"[ыэё]", lowered):
        return "ru"
    return _among(_CYRILLIC, words, hints)


def _arabic(words: str, hints: Sequence[str]) -> str:
    if re.search(r"[ٹڈڑںےھہ]", words):
        return "ur"
    if re.search(r"[پچژگکی]", words):
        return "fa"
    return _among(_ARABIC, words, hints)


def _greeting(words: str) -> str | None:
    tokens = re.findall(r"[^\W\d_]+", words.lower())
    if not 0 < len(tokens) <= 2:  # noqa: PLR2004  - a greeting, and whom it greets
        return None
    spoken = (tag for tag, greetings in by_language("greetings") if tokens[0] in greetings)
    return next(spoken, None)


def _transliterated(words: str) -> str | None:
    """Return the language that Latin letters stand for, where its words are many."""
    lowered = words.lower()
    tokens = re.findall(r"[a-zà-ÿ0-9']+", lowered)
    if len(_CHAT_ARABIC.findall(lowered)) >= _CHAT_ARABIC_FEWEST:
        return "ar"
    if len(tokens) < _FEWEST_WORDS or re.search(r"[\u00c0-\u024f\u1e00-\u1eff]", words):
        return None
    tag, vocabulary = max(
        by_language("transliterated"), key=lambda entry: sum(t in entry[1] for t in tokens)
    )
    found = sum(token in vocabulary for token in tokens)
    distinct = len({token for token in tokens if token in vocabulary})
    if distinct < _FEWEST_WORDS or found < _TRANSLITERATED_SHARE * len(tokens):
        return None
    return tag


def _among(languages: tuple[str, ...], words: str, hints: Sequence[str]) -> str:
    text = " ".join(words.split())
    rare = _RARE if len(text) >= _ENOUGH else 2 * _RARE
    scores = {
        tag: math.log(max(chance, 1e-9)) - (0 if tag in _AT_HOME else rare)
        for tag, chance in _identifier().rank(text.lower())
        if tag in languages
    }
    if len(text) < _ENOUGH:
        for place, hint in enumerate(hints[:3]):
            tag = _known(hint).partition("-")[0]
            if tag in scores:
                scores[tag] += _HINT / (place + 1)
    best = max(scores, key=lambda tag: scores[tag])
    return _SAME.get(best, best)
