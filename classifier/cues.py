"""Small words that turn a sentence round, and that sentence vectors hardly see.

"Do not delete it", "forget what I wrote", "no thanks", "still, for the third time": each cue is
one more axis beside the vectors, and the corpus says what it is worth.  A cue is found by plain
search for stems, which costs a fifth of a millisecond for all of them.  Words of the matter
itself (erase, copy, correct …) count less: they help where a model knows a language badly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from classifier import views
from classifier.kernel import Floats
from classifier.words import stems
from tickets.types import Text

_NAMES: Final = (
    "withdrawn", "kept", "not_erased", "declined", "again", "mine", "general", "no_answer",
    "pressing", "erase", "copy", "correct", "file", "stop", "complain", "device",
)  # fmt: skip
_STEMS: Final = tuple(stems(name) for name in _NAMES)
_BACKGROUND: Final = frozenset({"mine", "general", "pressing", "device"})
_LONGEST_WORD: Final = 16
_TURNING: Final = 3  # of the groups, the first, turn the sense of a sentence
_DECLINES_WITHIN: Final = 24  # characters from the start
_SHAPES: Final = ("question", "quote", "subject", "link", "number", "short", "long")
COUNT: Final = len(_NAMES) + len(_SHAPES)
_WORTH: Final = np.sqrt(
    np.array((
        0.5, 0.3, 0.4, 0.3, 0.06, 0.03, 0.12, 0.2, 0.12,  # what turns a sentence
        0.06, 0.06, 0.06, 0.06, 0.06, 0.06, 0.06,  # what it is about
        0.15, 0.15, 0.12, 0.15, 0.08, 0.08, 0.1,  # its shape
    ), dtype=np.float32)
)  # fmt: skip
"""How far apart a cue puts two messages, beside vectors of unit length."""

_LINK: Final = re.compile(r"https?://|www\.|\.test/|\.example/", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\d[\d\s.\-*]{4,}")
_SHORT: Final = 30
_LONG: Final = 300


def of(text: Text, view: str) -> Floats:
    """Return the cues of one message: 0, or what the cue is worth."""
    said = [
        any(stem in place for stem in group)
        for group, place in zip(_STEMS, _places(text, view), strict=True)
    ]
    wide = views.width(view)
    shape = (
        any(mark in view for mark in "??؟"),
        bool(text.quoted),
        bool(text.subject),
        bool(_LINK.search(view)),
        bool(_NUMBER.search(view)),
        wide < _SHORT,
        wide > _LONG,
    )
    row: Floats = np.array([*said, *shape], dtype=np.float32) * _WORTH
    return row


def found(text: Text, view: str) -> tuple[str, ...]:
    """Return the words that turn a sentence or name its matter, for whoever asks why."""
    words = []
    for name, group, place in zip(_NAMES, _STEMS, _places(text, view), strict=True):
        stem = next((stem for stem in group if stem in place), "")
        if stem and name not in _BACKGROUND:
            words.append(_word(stem, place))
    return tuple(dict.fromkeys(words))


def _word(stem: str, place: str) -> str:
    """Return the whole word that a stem belongs to, where words have spaces between them."""
    if views.width(stem) > len(stem):
        return stem
    at = place.index(stem)
    start = place.rfind(" ", 0, at + 1) + 1 if not stem.startswith(" ") else at + 1
    end = place.find(" ", at + len(stem.rstrip()))
    word = place[start : end if end >= 0 else None].strip(" .,;:!?\"'()")
    return word if len(word) <= _LONGEST_WORD + len(stem) else stem.strip()


def _places(text: Text, view: str) -> list[str]:
    """Return where each group of stems is looked for."""
    body = f" {views.flat(views.clean(text.newest)).lower()} ".replace("’", "'")[: 2 * views.ROOM]
    padded = f" {view.lower()} ".replace("’", "'").replace("\n", " ")
    places = [padded] * len(_STEMS)
    places[_NAMES.index("declined")] = body[:_DECLINES_WITHIN]
    if text.quoted:
        places[:_TURNING] = [body] * _TURNING  # the quote's words are not the answer's
    return places


def of_all(texts: Sequence[Text], shown: Sequence[str]) -> Floats:
    """Return a row of cues for every message."""
    if not texts:
        return np.zeros((0, COUNT), dtype=np.float32)
    return np.stack([of(text, view) for text, view in zip(texts, shown, strict=True)])
