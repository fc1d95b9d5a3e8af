"""Reads the answer to a letter that asks for proof: yes, no, or something a person must read.

Pure.  A machine's reply and a surprised owner's "that was not me" quote the letter and its token as
well; so only a first line that is one of the agreed words counts, and all else is for an agent.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from enum import StrEnum
from typing import Final

from tickets.ids import ALPHABET, draw_letters

TOKEN_LETTERS: Final = 27
"""27 of 30 letters: 132 bits."""

CODE_DIGITS: Final = 6

CONFIRM: Final = frozenset(
    (
        "confirm",
        "confirmed",
        "i confirm",
        "yes",
        "yes i confirm",
        "yes confirm",
        "确认",
        "我确认",
        "是的",
        "是我",
        "確認",
        "我確認",
    )
)
DENY: Final = frozenset(
    (
        "not me",
        "no",
        "no not me",
        "it was not me",
        "it wasnt me",
        "that was not me",
        "that wasnt me",
        "不是我",
        "不是",
        "不是我本人",
        "并非本人",
        "並非本人",
    )
)

_TOKEN: Final = re.compile(
    rf"\bEJP((?:[-\s=]{{0,4}}[{ALPHABET}]){{{TOKEN_LETTERS}}})\b", re.IGNORECASE
)
_NOISE: Final = re.compile(r"[^\w\s]+")
_SEEN: Final = 200_000  # characters searched for a token


class Answer(StrEnum):
    """What somebody answered."""

    CONFIRMED = "confirmed"
    DENIED = "denied"
    UNCLEAR = "unclear"


def new_token() -> str:
    """Return a token of 132 bits in groups that survive reading aloud: `EJP-7K3F9-…`."""
    letters = draw_letters(TOKEN_LETTERS)
    return "-".join(["EJP", *(letters[i : i + 5] for i in range(0, TOKEN_LETTERS, 5))])


def new_code() -> str:
    """Return six digits, leading zeros included."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def find_tokens(text: str) -> tuple[str, ...]:
    """Return the tokens in a text in their one spelling, whatever quoting and folding did."""
    found = (_spell(match[1]) for match in _TOKEN.finditer(text[:_SEEN]))
    return tuple(dict.fromkeys(found))


def normalise(secret: str) -> str:
    """Return the one spelling of a token or a code: full-width digits, spaces and case undone."""
    text = unicodedata.normalize("NFKC", secret).upper().removeprefix("EJP")
    return re.sub(r"[^0-9A-Z]", "", text)


def _spell(letters: str) -> str:
    return normalise(letters)


def read_answer(newest: str) -> Answer:
    """Return what the first line with anything on it says."""
    lines = (_plain(line) for line in newest[:2000].splitlines())
    first = next((line for line in lines if line), "")
    if first in CONFIRM:
        return Answer.CONFIRMED
    return Answer.DENIED if first in DENY else Answer.UNCLEAR


def is_bare(newest: str) -> bool:
    """Tell whether a reply says nothing besides its answer, but perhaps a greeting and a name."""
    return len(newest.split()) <= 12 and len(newest) <= 120  # noqa: PLR2004  - a short signature


def _plain(line: str) -> str:
    text = unicodedata.normalize("NFKC", line).casefold().replace("'", "").replace("’", "")
    return " ".join(_NOISE.sub(" ", text).split())
