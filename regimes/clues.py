"""Laws and places that a text names: the clues which establish a regime.

Works by plain search for the names that the regimes' files list, in a fraction of a millisecond
on a long mail.  It does not weigh clues (`candidates.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from regimes.regime import all_regimes

HANGUL = "\u1100"
"""From here on scripts put no spaces between words, or write them as syllables."""

ACRONYM = 3
"""A name of so few letters counts only as it is written: ICO is a regulator, .ico a picture."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A name found in a text, and the regimes that it stands for."""

    name: str
    regimes: tuple[str, ...]


def cited(text: str) -> list[Mention]:
    """Return the laws that a text cites; a name inside a longer one is not its own.

    So "UK GDPR" is not the GDPR of the EU.
    """
    plain = " ".join(text.split())
    low = plain.lower()
    found: list[Mention] = []
    for name, regimes in _laws().items():
        where = plain if len(name) <= ACRONYM else low
        if name in where and next(_find(where, name), None):
            found.append(Mention(name, regimes))
            low = low.replace(name, " " * len(name))  # what is shorter is not found inside
    return found


# What people write before a place where they live, and after it.  Citizenship, origin and a
# purchase are no residence.
_BEFORE_PLACE = (
    *("resident of", "reside in", "residing in", "live in", "living in", "based in"),
    *("located in", "i am in", "i'm in", "wohne in", "wohnhaft in", "lebe in", "ansässig in"),
    *("j'habite", "je réside", "résidant", "je vis", "domicilié", "domiciliée"),
    *("vivo", "resido", "residente", "moro", "abito", "risiedo", "woon in", "wonende in"),
    *("mieszkam w", "ikamet ediyorum", "我住在", "居住在", "居住于", "身在", "人在"),
)
_AFTER_PLACE = (
    *("resident", "居民", "用户", "に住んで", "在住", "に居住", "에 거주", "에 살고", "거주자"),
    *("'da yaşıyorum", "'de yaşıyorum", "'da ikamet"),
)
_LINK = re.compile(r"\s*(?:(?:the|der|den|la|le|el|en|em|no|na|in|de|do|du|au|aux|à)\s+)*")


def resident(text: str) -> Mention | None:
    """Return the place where the writer says to live; None if the text says none."""
    low = " ".join(text.lower().replace("’", "'").split())
    for cue in filter(low.__contains__, _BEFORE_PLACE):
        for start, after in _find(low, cue):
            link = _LINK.match(low, after)
            begin = link.end() if link else after
            for place in _places():
                if low.startswith(place, begin) and _is_whole(low, begin, begin + len(place)):
                    return Mention(low[start : begin + len(place)], _places()[place])
    for cue in filter(low.__contains__, _AFTER_PLACE):
        for start, stop in _find(low, cue):
            end = start - (low[start - 1 : start] == " ")
            for place in _places():
                begin = end - len(place)
                if low.endswith(place, 0, end) and _is_whole(low, begin, end):
                    return Mention(low[begin:stop], _places()[place])
    return None


def living_in(name: str) -> tuple[str, ...]:
    """Return the regimes of a place as people name it; none for a place that no file lists."""
    return _places().get(name.strip().lower(), ())


@cache
def _laws() -> dict[str, tuple[str, ...]]:
    """Return every citation with its regimes, the longest first; in lower case but acronyms."""
    laws: dict[str, tuple[str, ...]] = {}
    for regime in all_regimes():
        for name in regime.hints.citations:
            key = name if len(name) <= ACRONYM else name.lower()
            laws[key] = (*laws.get(key, ()), regime.code)
    return dict(sorted(laws.items(), key=lambda item: -len(item[0])))


@cache
def _places() -> dict[str, tuple[str, ...]]:
    """Return every place in lower case with its regimes, the longest name first."""
    places: dict[str, tuple[str, ...]] = {}
    for regime in all_regimes():
        for place in regime.hints.places:
            places[place.lower()] = (*places.get(place.lower(), ()), regime.code)
    return dict(sorted(places.items(), key=lambda item: -len(item[0])))


def _find(text: str, words: str) -> Iterator[tuple[int, int]]:
    """Yield where the words stand whole, as begin and end."""
    begin = text.find(words)
    while begin >= 0:
        end = begin + len(words)
        if _is_whole(text, begin, end):
            yield begin, end
        begin = text.find(words, end)


def _is_whole(text: str, begin: int, end: int) -> bool:
    """Tell whether no letter of the same script goes on at either end.

    Only alphabets with spaces between words know such an end; Chinese, Japanese and Korean do not.
    """
    before, after = text[begin - 1 : begin] if begin else "", text[end : end + 1]
    return not (_joins(before, text[begin]) or _joins(text[end - 1], after))


def _joins(left: str, right: str) -> bool:
    return bool(left and right) and all(c.isalnum() and c < HANGUL for c in (left, right))
