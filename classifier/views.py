"""What of a message the models look at: one short view, and more where it is long.

A view is plain text of bounded length.  Cutting quotes and signatures is not done here: the
doors hand over the newest text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from classifier import citations
from classifier.words import stems
from tickets.types import Text

LOOKED_AT: Final = 12_000
"""Characters of a text that are looked at, half from the start and half from the end."""

ROOM: Final = 360
"""Width of the deciding view: subject and about 300 characters; a wide character counts twice."""
_FEWEST: Final = 8  # width of a sentence that can ask for something
_SUBJECT_ROOM: Final = 100
_TELLING: Final = (
    "withdrawn", "kept", "not_erased", "again", "no_answer", "erase", "copy", "correct", "file",
    "stop", "complain",
)  # fmt: skip
"""Groups of stems by which the telling sentences of a long text are known."""
_CITED: Final = 2  # a cited article tells as much as so many groups
_MOST_SENTENCES: Final = 60
_TOO_LITTLE: Final = 40  # width that no further sentence is worth
_OPENING: Final = 0.65  # share of the room for the opening of a long sentence
_SHORT_ANSWER: Final = 60  # an answer up to this width may lean on the quote
_LONGEST_RUN: Final = 60  # characters without a space, in scripts that have spaces
_WIDE: Final = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_INVISIBLE: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_OURS: Final = re.compile(r"\[?\bEJP?(?:-[0-9A-Z]{1,5}){2,}\b\]?", re.IGNORECASE)
"""References and tokens of our own letters: drawn by lot, they must not sway a reading."""
_SPACE: Final = re.compile(r"\s+")
_PREFIX: Final = re.compile(
    r"^\s*(?:(?:re|fwd?|aw|wg|antw|sv|vs|rv|res|enc|tr|ynt|odp|отв?|fw|rif|回复|回覆|转发|轉寄|答复)\s*[::]\s*)+",
    re.IGNORECASE,
)
_RUN: Final = re.compile(rf"[!-~]{{{_LONGEST_RUN + 1},}}")
_SENTENCE: Final = re.compile(r"(?<=[.!?…。!?؟।])[\"'»”』」)\]]*\s*(?=\S)|\n+")


def clean(text: str) -> str:
    """Return the text without invisible characters and our references, bounded in length."""
    if len(text) > LOOKED_AT:
        text = f"{text[: LOOKED_AT // 2]}\n{text[-LOOKED_AT // 2 :]}"
    return _OURS.sub("", _INVISIBLE.sub("", text))


def width(text: str) -> int:
    """Count characters, wide ones twice."""
    return len(text) + len(_WIDE.findall(text))


def flat(text: str) -> str:
    """Return the text on one line, overlong runs without spaces cut."""
    return _RUN.sub(lambda found: found.group()[:_LONGEST_RUN], _SPACE.sub(" ", text)).strip()


def _fit(text: str, room: int, *, from_end: bool = False) -> str:
    """Return as much of one end of the text as fits, cut at a space where there is one."""
    if width(text) <= room:
        return text
    part = text[-room:] if from_end else text[:room]
    wide = width(part)
    if wide > room:
        keep = max(1, room * len(part) // wide)
        part = part[-keep:] if from_end else part[:keep]
    if from_end:
        head, space, tail = part.partition(" ")
        return tail if space and len(head) < room // 4 else part
    head, space, tail = part.rpartition(" ")
    return head if space and len(tail) < room // 4 else part


def subject_of(text: Text) -> str:
    """Return the subject without reply marks."""
    return flat(_PREFIX.sub("", clean(text.subject)))


def whole(text: Text) -> str:
    """Return the deciding view: subject and body, or a short answer with its quote."""
    body = flat(clean(text.newest))
    subject = _fit(subject_of(text), _SUBJECT_ROOM)
    if text.quoted and width(body) <= _SHORT_ANSWER:
        quote = _fit(flat(clean(text.quoted).lstrip("> ")), ROOM // 2)
        body = f"{body}\n{quote}" if body else quote
    room = ROOM - width(subject)
    if width(body) > room:
        body = telling(clean(text.newest), room)
    return f"{subject}\n{body}".strip() if subject not in body else body


def telling(text: str, room: int) -> str:
    """Return the sentences of a long text that tell most, as many as fit, in their order.

    The request of a long letter is rarely at its start; what is left of the room goes to the
    opening.
    """
    parts = _bounded([part for part in map(flat, _SENTENCE.split(text)) if part], _MOST_SENTENCES)
    whole = f" {' '.join(parts)} ".lower()
    groups = [[stem for stem in stems(name) if stem in whole] for name in _TELLING]
    weights = [_weight(part, groups) for part in parts]
    order = sorted(range(len(parts)), key=lambda at: (-weights[at], at))
    chosen: dict[int, str] = {}
    for at in order:
        part = parts[at] if width(parts[at]) <= room else _ends(parts[at], room)
        chosen[at] = part
        room -= width(part) + 1
        if room < _TOO_LITTLE:
            break
    return " ".join(chosen[at] for at in sorted(chosen))


def _ends(body: str, room: int) -> str:
    """Return opening and end of a sentence that does not fit."""
    opening = _fit(body, int(room * _OPENING))
    return f"{opening} {_fit(body, room - width(opening) - 1, from_end=True)}"


def _weight(sentence: str, groups: Sequence[Sequence[str]]) -> int:
    """Return how much a sentence tells: so many groups have a stem in it."""
    padded = f" {sentence.lower()} "
    told = sum(any(stem in padded for stem in group) for group in groups)
    return told + _CITED * bool(citations.find(sentence))


def _bounded(parts: list[str], most: int) -> list[str]:
    """Return no more than so many parts, from both ends."""
    return parts if len(parts) <= most else [*parts[: (most + 1) // 2], *parts[-(most // 2) :]]


def sentences(text: Text, limit: int) -> list[str]:
    """Return the subject and up to `limit` sentences, from both ends of a long text."""
    found = [flat(part) for part in _SENTENCE.split(clean(text.newest))]
    found = [_fit(part, ROOM // 3) for part in found if width(part) > _FEWEST]
    found = _bounded(found, limit)
    subject = subject_of(text)
    return [subject, *found] if width(subject) > _FEWEST else found
