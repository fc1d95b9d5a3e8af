"""What of a message the models look at: one short view, and more where it is long.

A view is plain text of bounded length.  Cutting quotes and signatures is not done here: the
doors hand over the newest text.
"""

from __future__ import annotations

import re
from typing import Final

from tickets.types import Text

LOOKED_AT: Final = 12_000
"""Characters of a text that are looked at, half from the start and half from the end."""

ROOM: Final = 480
"""Width of the deciding view; a wide character counts twice."""
_SECOND_ROOM: Final = 320  # weight of what the second model reads: it costs 1.5 ms a word piece
_OTHER_LETTERS: Final = re.compile(r"[\u0250-\u1dff\ua000-\uabff\ufb1d-\ufdff]")
_OPENING: Final = 0.65  # share of the room for the opening of a long text; the rest is its end
_FEWEST: Final = 8  # width of a sentence that can ask for something
_SHORT_ANSWER: Final = 60  # an answer up to this width may lean on the quote
_LONGEST_RUN: Final = 60  # characters without a space, in scripts that have spaces
_WIDE: Final = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_INVISIBLE: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_SPACE: Final = re.compile(r"\s+")
_PREFIX: Final = re.compile(
    r"^\s*(?:(?:re|fwd?|aw|wg|antw|sv|vs|rv|res|enc|tr|ynt|odp|отв?|fw|rif|回复|回覆|转发|轉寄|答复)\s*[::]\s*)+",
    re.IGNORECASE,
)
_RUN: Final = re.compile(rf"[!-~]{{{_LONGEST_RUN + 1},}}")
_SENTENCE: Final = re.compile(r"(?<=[.!?…。!?؟।])[\"'»”』」)\]]*\s*(?=\S)|\n+")


def clean(text: str) -> str:
    """Return the text without invisible characters, bounded in length."""
    if len(text) > LOOKED_AT:
        text = f"{text[: LOOKED_AT // 2]}\n{text[-LOOKED_AT // 2 :]}"
    return _INVISIBLE.sub("", text)


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
    """Return the deciding view: subject, opening and end, or a short answer with its quote."""
    body = flat(clean(text.newest))
    subject = subject_of(text)
    if text.quoted and width(body) <= _SHORT_ANSWER:
        quote = _fit(flat(clean(text.quoted).lstrip("> ")), ROOM // 2)
        body = f"{body}\n{quote}" if body else quote
    room = ROOM - min(width(subject), ROOM // 3)
    if width(body) > room:
        body = _ends(body, room)
    subject = _fit(subject, ROOM // 3)
    return f"{subject}\n{body}".strip() if subject not in body else body


def _ends(body: str, room: int) -> str:
    """Return opening and end of a text that does not fit."""
    opening = _fit(body, int(room * _OPENING))
    return f"{opening}\n{_fit(body, room - width(opening), from_end=True)}"


def for_second(view: str) -> str:
    """Return what the second model reads of a view: all of it but for long letters."""
    weight = width(view) + len(_OTHER_LETTERS.findall(view)) // 2
    if weight <= _SECOND_ROOM:
        return view
    return _ends(flat(view), max(1, width(view) * _SECOND_ROOM // weight))


def sentences(text: Text, limit: int) -> list[str]:
    """Return the subject and up to `limit` sentences, from both ends of a long text."""
    found = [flat(part) for part in _SENTENCE.split(clean(text.newest))]
    found = [_fit(part, ROOM // 3) for part in found if width(part) > _FEWEST]
    if len(found) > limit:
        found = found[: (limit + 1) // 2] + found[-(limit // 2) :]
    subject = subject_of(text)
    return [subject, *found] if width(subject) > _FEWEST else found
