"""The laws that people cite, as `classifier/laws.toml` tells them: names, words, rights.

Finding a citation in a text is not done here but in `classifier/citations.py`.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from tickets.types import Right

FILE: Final = Path(__file__).with_name("laws.toml")
DEFAULT: Final = "GDPR"
"""The law of an article's number where nothing tells another."""
_ALPHABET: Final = "\u0590"  # letters before it stand in words with spaces and without prefixes
_LETTER: Final = "a-zß-\u058f"
_STAR: Final = r"\w{0,12}"
_NUMBER_OF_LAW: Final = r"(?:n[°ºro.]{1,4}|no\.?|nr\.?|nomor|number|№|číslo)?\s?\d[\w./-]{0,20}"


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it was cited: "35-2", and what of it, in lower case."""

    number: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Law:
    """A law and which of its articles stand for a right."""

    name: str
    rights: tuple[tuple[Right, Article], ...]
    letters: re.Pattern[str] | None  # which a text has in which its words count

    def named_by(self, cited: Article) -> tuple[Right, ...]:
        """Return the rights that an article stands for, by its most telling part; often none."""
        fitting = [
            (right, known)
            for right, known in self.rights
            if known.number == cited.number and set(known.parts) <= set(cited.parts)
        ]
        most = max((len(known.parts) for _, known in fitting), default=0)
        return tuple(dict.fromkeys(right for right, one in fitting if len(one.parts) == most))


@dataclass(frozen=True, slots=True)
class Spelling:
    """A name or a word as the table has it."""

    law: str
    text: str

    def is_written(self, found: str) -> bool:
        """Tell whether capitals stand where the table has them."""
        return self.text == self.text.lower() or self.text in found


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Many spellings in one pattern over lower-case text."""

    pattern: str
    spellings: Mapping[str, Spelling]  # by the name of their group

    def told(self, match: re.Match[str]) -> Spelling | None:
        """Return the spelling that matched; None if another part of a pattern did."""
        return self.spellings.get(match.lastgroup or "")

    def law_in(self, text: str) -> str | None:
        """Return the first law that a text names; None if it names none."""
        for match in re.finditer(self.pattern, text.lower()):
            told = self.told(match)
            if told and told.is_written(text[match.start() : match.end()]):
                return told.law
        return None


@cache
def laws() -> Mapping[str, Law]:
    """Return every law by its name."""
    return {
        name: Law(
            name,
            tuple(
                (Right(right), _article(article))
                for right, articles in told.get("rights", {}).items()
                for article in articles
            ),
            re.compile(f"[{told['letters']}]") if "letters" in told else None,
        )
        for name, told in _table().items()
    }


@cache
def names() -> Lexicon:
    """Return how laws are called."""
    return _lexicon("n", ((law, name) for law, told in _table().items() for name in told["names"]))


@cache
def openers() -> Lexicon:
    """Return what stands before an article's number."""
    opening = ((law, word.partition("#")[0].strip()) for law, word in _words())
    return _lexicon("w", ((law, word) for law, word in opening if word))


@cache
def closers() -> Lexicon:
    """Return what stands after an article's number."""
    closing = ((law, word.partition("#")[2]) for law, word in _words())
    return _lexicon("c", ((law, word.strip()) for law, word in closing if word))


@cache
def owners() -> Mapping[str, tuple[str, ...]]:
    """Return the laws of each word, "art#" or "第#条"; those that ask for letters come first."""
    found: dict[str, list[str]] = defaultdict(list)
    for law, word in _words():
        opening, _, closing = word.partition("#")
        found[f"{opening.strip()}#{closing.strip()}"].append(law)
    return {
        word: tuple(sorted(names, key=lambda name: laws()[name].letters is None))
        for word, names in found.items()
    }


def _words() -> Iterable[tuple[str, str]]:
    return ((law, word) for law, told in _table().items() for word in told.get("words", ()))


def _article(text: str) -> Article:
    number, *parts = text.lower().split()
    return Article(number, tuple(parts))


def _lexicon(prefix: str, entries: Iterable[tuple[str, str]]) -> Lexicon:
    """Return one pattern, the longest spelling first, branched by the first character."""
    branches: dict[str, list[str]] = defaultdict(list)
    spellings: dict[str, Spelling] = {}
    unique = {text: law for law, text in entries}
    for place, text in enumerate(sorted(unique, key=len, reverse=True)):
        group = f"{prefix}{place}"
        spellings[group] = Spelling(unique[text], text)
        lowered = text.lower()
        branches[lowered[0]].append(f"(?P<{group}>{_bounded(lowered)})")
    plain, spaced = "", ""
    for first, patterns in branches.items():
        branch = f"|(?={re.escape(first)})(?:{'|'.join(patterns)})"
        if first.isalnum() and first < _ALPHABET:
            spaced += branch
        else:
            plain += branch
    either = f"(?<![\\d_{_LETTER}])(?:{spaced[1:]})" if spaced else ""
    return Lexicon("|".join(filter(None, (either, plain[1:]))), spellings)


def _bounded(text: str) -> str:
    """Return the pattern of one spelling, whole where its alphabet has word ends."""
    pattern = re.escape(text).replace(r"\ ", r"[\s\u00a0-]{0,3}")
    pattern = pattern.replace(r"\*", _STAR).replace(r"\#", _NUMBER_OF_LAW)
    ends = text[-1].isalpha() and text[-1] < _ALPHABET
    return pattern + (f"(?![{_LETTER}])" if ends else r"(?!\d)" if text[-1].isdigit() else "")


def grammar(kind: str) -> str:
    """Return one pattern of the words that stand within a citation.

    They are "and", "to" and "part"; "to_art" is "to" with what means so between articles that are
    called "art…", and "and" elsewhere.
    """
    told = _told()["grammar"]
    words = sorted(
        {*told[kind], *(told["to"] if kind == "to_art" else ())}, key=lambda w: (-len(w), w)
    )
    return "|".join(
        (f"(?<![{_LETTER}])" if word[0].isalpha() and word[0] < _ALPHABET else "")
        + re.escape(word).replace(r"\ ", r"\s")
        + (f"(?![{_LETTER}])" if word[-1].isalpha() and word[-1] < _ALPHABET else "")
        for word in words
    )


def _table() -> Mapping[str, dict[str, Any]]:
    return {name: told for name, told in _told().items() if name != "grammar"}


@cache
def _told() -> Mapping[str, dict[str, Any]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
