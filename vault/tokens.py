"""Cut a text into search terms, and make the terms blind.

A term is a folded word, a pair of neighbouring characters (scripts written without spaces), a
reference or number in whole and in its parts, or a mail address in whole and in its parts.
Terms carry no position and no count; phrases are checked by whoever opens the candidates,
against `fold` of what they hold.  What blind terms still tell is written in docs/vault.md.

Only the folded spelling is kept (`café` is found by `cafe`, and `cafe` by `café`): a second,
accented term for each word would make the index larger and let it tell more.  Words are not
stemmed, and `ü` is not `ue`.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from itertools import islice, pairwise
from typing import Final, Protocol

from vault.stopwords import STOP_WORDS

TOKEN_VERSION: Final = 1
"""Raise it with every change of how a text is cut; the index is then built anew."""

MAX_TERMS: Final = 4000
"""Distinct terms of one text; a longer text is searchable by its beginning."""

MAX_TERM: Final = 48
"""Characters of one term; longer ones are cut, when indexed and when asked for."""

MAX_TEXT: Final = 500_000
"""Characters of a text that are looked at."""

_BLIND_BYTES: Final = 10
_BLIND_LETTERS: Final = 16

# Han and kana, Hangul (whose endings grow onto the word), Thai and Lao, Burmese, Khmer.
_UNSPACED: Final = (
    "々-〇\u3041-\u3096\u30a1-\u30fa\u30fc\u31f0-\u31ff㐀-䶿一-鿿豈-\ufaff\U00020000-\U0003ffff"
    "가-힣\u0e01-\u0e3a\u0e40-\u0e4e\u0e80-\u0eff\u1000-\u103f\u1050-\u109f\u1780-\u17d3"
)
# Vowel signs are no `\w`, but words of India fall apart without them; the danda ends a sentence.
_LETTERS: Final = rf"(?:[^\W_]|[\u0900-\u0963\u0966-\u0dff{_UNSPACED}])++"

_RUN: Final = re.compile(rf"{_LETTERS}(?:[-./_]{_LETTERS})*+")
_SEGMENT: Final = re.compile(rf"[{_UNSPACED}]+|[^-./_{_UNSPACED}]+")
_DIGIT: Final = re.compile(r"\d")
_UNSPACED_LETTER: Final = re.compile(f"[{_UNSPACED}]")

_MAILBOX: Final = rf"[^\s@<>()\[\]{{}},;:\"|/\\!?*=&#{_UNSPACED}]"
_ADDRESS: Final = re.compile(rf"(?<!{_MAILBOX}){_MAILBOX}{{1,64}}+@{_MAILBOX}{{1,255}}+")

_GROUPED_DIGITS: Final = re.compile(r"(?<!\w)\d(?:[ ()/.-]{0,3}+\d){6,20}+(?!\w)")

_ONE_SPELLING: Final = str.maketrans(
    {
        "’": "'", "‘": "'", "ʼ": "'",
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-",
        "ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h",
        "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "\u0640": "",
        "й": "й", "ї": "ї", "ў": "ў",  # letters of their own, not и, і, у with a mark
    }
)  # fmt: skip

# Scripts in which a mark is an accent or a vowel point that people leave out.
_ACCENTED: Final = re.compile(r"[A-Za-z\u0370-\u052f\u0590-\u06ff]")


class _Spelling(dict[int, str]):
    """A table for `str.translate` that works out each character once, when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf" or "\ufe00" <= character <= "\ufe0f":
        return ""  # soft hyphens, joiners, marks of direction, variation selectors
    if category == "Nd":
        return str(unicodedata.digit(character))
    apart = unicodedata.normalize("NFD", character)
    if category == "Mn" and ("\u0300" <= character <= "\u036f" or _ACCENTED.match(apart)):
        return ""
    if len(apart) > 1 and _ACCENTED.match(apart):
        return _SPELLING[ord(apart[0])]
    return character


_SPELLING: Final = _Spelling({code: str(kept) for code, kept in _ONE_SPELLING.items()})


class Blinding(Protocol):
    """What of a vault is needed here."""

    def blind(self, purpose: str, value: str | bytes, version: int = 1) -> bytes:
        """Return 32 bytes that are equal for equal values."""
        ...


def fold(text: str) -> str:
    """Return the spelling in which texts are compared: no case, no accents, one form of each sign.

    NFKC and case folding; accents and vowel points of Latin, Greek, Cyrillic, Hebrew and Arabic
    are dropped, marks of other scripts are letters and stay; all digits become 0 to 9.
    """
    if text.isascii():
        return text.lower()
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", composed.translate(_SPELLING))


_STOP: Final = frozenset(map(fold, STOP_WORDS))


def tokens(text: str) -> frozenset[str]:
    """Return the distinct terms under which a text is found."""
    folded = fold(text[:MAX_TEXT])
    return frozenset(_limited(_indexed(folded)))


def query_tokens(query: str) -> frozenset[str]:
    """Return the terms that a text must have, all of them, to be a candidate for this query.

    An address, a reference written in one piece, and a telephone number that is the whole query
    are asked for as a whole.  Empty if the query has only words too common to be indexed.
    """
    folded = fold(query[:MAX_TEXT])
    if _GROUPED_DIGITS.fullmatch(folded.strip(" +()")):
        return frozenset(_limited([_joined(folded)]))
    whole = [_mailbox(found) for found in _ADDRESS.findall(folded)]
    rest = _ADDRESS.sub(" ", folded)
    return frozenset(_limited((*whole, *_terms(rest, parts_of_references=False))))


def blind_tokens(
    vault: Blinding, terms: Collection[str], known: dict[str, str] | None = None
) -> list[str]:
    """Return the terms as keyed digests, sorted so that their order tells nothing.

    Each is 80 bits in 16 letters of base32, lower case: one word for FTS5 and for PostgreSQL.
    `known` holds the terms of earlier texts of one batch, which share many, and takes in these.
    """
    known = {} if known is None else known
    blind, new = vault.blind, [term for term in terms if term not in known]
    digests = b"".join([blind("token", term, TOKEN_VERSION)[:_BLIND_BYTES] for term in new])
    letters = base64.b32encode(digests).decode().lower()  # 5 bytes are 8 letters: none is shared
    for number, term in enumerate(new):
        known[term] = letters[number * _BLIND_LETTERS : (number + 1) * _BLIND_LETTERS]
    return sorted([known[term] for term in terms])


def _indexed(folded: str) -> Iterator[str]:
    yield from _terms(folded, parts_of_references=True)
    if "@" in folded:
        yield from (_mailbox(found) for found in _ADDRESS.findall(folded))
    # Telephone numbers are grouped in as many ways as there are people.
    yield from map(_joined, _GROUPED_DIGITS.findall(folded))


def _terms(folded: str, *, parts_of_references: bool) -> Iterator[str]:
    for run in dict.fromkeys(_RUN.findall(folded)):  # a word twice is found no better
        if run.isascii() and run.isalnum():  # most are, and have no parts
            if len(run) > 1:
                yield run
            continue
        segments = _SEGMENT.findall(run)
        if len(segments) > 1 and _is_reference(run):
            yield "".join(segments)
            if not parts_of_references:
                continue
        for segment in segments:
            if not _is_unspaced(segment):
                if len(segment) > 1:
                    yield segment
            elif len(segment) == 1:
                yield segment
            else:
                yield from map("".join, pairwise(segment))


def _is_reference(run: str) -> bool:
    """Tell a reference or number (`ej-7k3f-9q`, `12.03.2026`) from words joined by a hyphen."""
    return _DIGIT.search(run) is not None and _UNSPACED_LETTER.search(run) is None


def _is_unspaced(segment: str) -> bool:
    return _UNSPACED_LETTER.match(segment) is not None


def _mailbox(found: str) -> str:
    """Drop the punctuation of the sentence around an address."""
    return found.strip("'.-+%")


def _joined(number: str) -> str:
    """Write a grouped number in one piece, without the trunk zero of `+49 (0)30`."""
    return "".join(_DIGIT.findall(number.replace("(0)", "")))


def _limited(terms: Iterable[str]) -> Iterator[str]:
    telling = (term[:MAX_TERM] for term in terms if term not in _STOP)
    return islice(dict.fromkeys(telling), MAX_TERMS)
