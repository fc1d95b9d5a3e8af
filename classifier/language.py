"""Which language a message is written in, as a BCP 47 tag; Chinese by script.

Writing systems decide first, then words that give a language away in foreign letters, then `eldc`
among the languages that share a script; hints (earlier messages, the channel's language) only
where a text is too short to tell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final

import eldc

from classifier.views import clean
from classifier.words import by_language

UNKNOWN: Final = "und"
_LOOKED_AT: Final = 1_200  # characters
_ENOUGH: Final = 60  # letters from which a text speaks for itself
_HINT: Final = 0.4  # what a hint adds to a short text's score, which is between 0 and 1
_RARE: Final = 0.03  # what is taken off languages that few people write to us in
_AT_HOME: Final = frozenset((
    "en", "zh", "ja", "ko", "de", "fr", "es", "pt", "it", "nl", "pl", "ru", "uk",
    "ar", "tr", "vi", "id", "th", "hi",
))  # fmt: skip
_LATIN: Final = (
    "en", "de", "fr", "es", "pt", "it", "nl", "pl", "tr", "vi", "ms", "cs", "da", "fi",
    "hr", "hu", "no", "ro", "sk", "sv", "et", "lt", "lv", "sl", "ca",
)  # fmt: skip
_CYRILLIC: Final = ("ru", "uk", "bg", "sr")
_ARABIC: Final = ("ar", "fa", "ur")
_SAME: Final[Mapping[str, str]] = {"ms": "id", "nb": "no", "nn": "no"}
_CALLED: Final[Mapping[str, str]] = {"id": "ms"}  # eldc has one tag for Malay and Indonesian
_SCRIPTS: Final = (
    ("ja", re.compile(r"[\u3041-\u30ff\uff66-\uff9d]")),
    ("ko", re.compile(r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("bn", re.compile(r"[\u0980-\u09ff]")),
    ("el", re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("Arab", re.compile(r"[\u0620-\u06ff\ufb50-\ufdff\ufe70-\ufefc]")),
    ("Cyrl", re.compile(r"[\u0400-\u052f]")),
    ("Latn", re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")),
)
_WEIGHT: Final[Mapping[str, float]] = {"ja": 3, "zh": 3, "ko": 2.5, "th": 1.3, "hi": 1.3}
_WRITTEN_FAR: Final = re.compile(r"(?<![显名原专论土卓昭])著(?![名作称者述])|喔|囉|欸|嘍")
_KANA_SHARE: Final = 0.06  # of the characters of a Japanese text at least are kana
_LINKS: Final = re.compile(r"https?://\S+|www\.\S+|\S+@\S+")
_NOT_WORDS: Final = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+|\b[\w-]+\.(?:csv|xlsx?|pdf|json|zip|xml|docx?|com|org|test)\b"
    r"|(?<![\w])[\w-]*\d[\w-]*(?![\w])",
    re.ASCII,
)

_TRANSLITERATED_SHARE: Final = 0.16  # of the words at least
_FEWEST: Final = 1.5  # different words at least
_SHARED: Final = 0.5  # what a word counts that other languages have too
_CHAT_ARABIC: Final = re.compile(  # figures for letters, but neither "2nd" nor "5kg"
    r"(?<![\w.@/-])(?:[2357](?!(?:[nr]d|th|e?me|[dns]e|er|[gmt]b|k[gm]|[cm][ml]|[ap]m|rb|jt|zl|szt|min"
    r"|sec|pcs)\b)(?:[a-z]{2,}|[a-z][235679][a-z]+)|[a-z]+[2357][a-z0-9]*[a-z])\b"
)
_CHAT_ARABIC_FEWEST: Final = 2


@cache
def _among_these(languages: tuple[str, ...]) -> Any:  # noqa: ANN401  - eldc has no types
    """Return a detector of some languages."""
    eldc.init()
    detector = eldc.instance()
    detector.set_languages([tag for tag in languages if tag in eldc.LANGUAGES])
    detector.set_scores(eldc.MAX_SCORES)
    return detector


def warm() -> None:
    """Load the tables, so that the first message does not wait for them."""
    for languages in (_LATIN, _CYRILLIC, _ARABIC):
        _among_these(languages)


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
    if simplified == traditional and _WRITTEN_FAR.search(text):
        return "zh-Hant"
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
    if len(re.findall(r"[کی]", words)) > len(re.findall(r"[كيةى]", words)):
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
    if re.search(r"[\u00c0-\u024f\u1e00-\u1eff]", words):
        return None
    shared = dict(by_language("transliterated_shared"))
    weights = {
        tag: _weight(tokens, telling, shared.get(tag, frozenset()))
        for tag, telling in by_language("transliterated")
    }
    best = max(weights, key=lambda tag: weights[tag])
    return best if weights[best] else None


def _weight(tokens: Sequence[str], telling: frozenset[str], shared: frozenset[str]) -> float:
    """Return how much words speak for a language; nothing where that is too little to tell."""
    own = {token for token in tokens if token in telling}
    weight = len(own) + _SHARED * len({token for token in tokens if token in shared})
    found = sum((token in telling) + _SHARED * (token in shared) for token in tokens)
    is_enough = own and weight >= _FEWEST and found >= _TRANSLITERATED_SHARE * len(tokens)
    return weight if is_enough else 0.0


def _among(languages: tuple[str, ...], words: str, hints: Sequence[str]) -> str:
    text = " ".join(words.split())
    told = _among_these(languages).detect_details(text.lower()).scores
    rare = _RARE if len(text) >= _ENOUGH else 2 * _RARE
    scores = {
        tag: score - (0 if _SAME.get(tag, tag) in _AT_HOME else rare) for tag, score in told.items()
    }
    if len(text) < _ENOUGH:
        unlisted = min(told.values()) if len(told) == eldc.MAX_SCORES else 0.0
        for place, hint in enumerate(hints[:3]):
            tag = _known(hint).partition("-")[0]
            tag = _CALLED.get(tag, tag)
            if tag in languages:
                scores[tag] = scores.get(tag, unlisted) + _HINT / (place + 1)
    best = max(scores, key=lambda tag: scores[tag], default=UNKNOWN)
    return _SAME.get(best, best)
