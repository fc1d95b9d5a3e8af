"""Articles of law that a writer cites, and the rights that each of them stands for.

A number alone says nothing: Article 17 erases in one law and appeals in another.  The law that is
named nearest in the same sentence has it, then the law last named before, then any named after;
where none is named, the law whose word for "article" it is, which is the GDPR in most languages.
`classifier/laws.toml` is the table.

A citation is evidence, not a verdict: a complaint cites the right that was ignored, and quoted
law adds nothing to a question.  `classifier/rules.py` weighs it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from classifier import laws
from classifier.laws import Article, Law
from tickets.types import Right

_MOST: Final = 24  # articles in one list, parts of one article
_MOST_LISTS: Final = 60  # read of one text: nobody who asks for something cites more
_TAKEN: Final = 40  # characters by which a law is farther that an article before it already has
_BEFORE: Final = 50  # characters before an article in which a part of it may stand
_BETWEEN: Final = 16  # characters between such a part and what follows
_HAN: Final = "〇零一二三四五六七八九十百"
_NUMBER: Final = rf"(?:\d{{1,3}}(?!\d|[.,]\d{{3}}|/\d{{3}})|[{_HAN}]{{1,6}})"
_VALUE: Final = rf"\(?(\d{{1,2}}|[{_HAN}]{{1,3}}|[^\W\d_]{{1,2}}|[ivx]{{1,5}})[º°ª]?(?!\w)\)?"
_ITEM: Final = re.compile(rf"[第제]?\s?({_NUMBER})")
_BRANCH: Final = re.compile(
    r"-(\d{1,2}(?:-\d{1,2})?|bis|ter|quater|\w{3,9}ies)(?![\w-])|([a-zа-яёא-ת]{1,2})(?!\w)|[º°ª]|['’]\w{1,5}"
)
_DECIMAL: Final = re.compile(r"\.(\d{1,2})(?!\d)")
_BRANCH_AFTER: Final = re.compile(rf"\s?[의の之]\s?(\d{{1,2}}|[{_HAN}]{{1,2}})")
_ORDINALS: Final = frozenset(("e", "er", "f", "ff", "nd", "o", "rd", "st", "th"))
_PLAIN_PART: Final = re.compile(
    r"\s?\((\w{1,4})\)|/(\d{1,2})(?!\d)|[./-]([a-zç])(?!\w)\)?"
    rf"|\s?[第제]?\s?([\d{_HAN}]{{1,3}})\s?[項项款號号항호]"
    r"|(?:,|,?\s\w{1,2})\s\((\w)\)"
)
_ROMAN_PART: Final = re.compile(r"(?:,|(?:\s|,\s)\w)?\s([ivx]{1,5})(?!\w)")
_SIGN: Final = re.compile(r"[\s.:\u00a0]{0,3}(?:n[r°º]\.?\s?|№\s?)?")
_ADJACENT: Final = re.compile(  # "GDPR 17", but not "GDPR 15 days ago"
    rf"[.:-](?={_NUMBER})|(?<=[法例법])(?={_NUMBER})|[\s:,-]{{1,3}}(?={_NUMBER}(?!\s?(?:\w{{4}}|[日天일])))"
)
_SENTENCE: Final = re.compile(r"[.!?…]+[\"'»”』」)\]]*(?=\s+[^\W\d_])|[。!?।؟]|\n\s*\n")
_HAS_NUMBER: Final = re.compile(rf"(?<!\d)\d{{1,3}}(?!\d)|[{_HAN}][条條款]")
_WORTH: Final = {"百": 100, "十": 10}
_DIGITS: Final = "〇一二三四五六七八九零"


@dataclass(frozen=True, slots=True)
class Citation:
    """An article cited for one right, where it stands in the text, and its words.

    An article that stands for two rights is two citations at one place.
    """

    law: str
    article: str
    right: Right
    at: int
    phrase: str


@dataclass(frozen=True, slots=True)
class _Named:
    """A law's name in the text."""

    law: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Listed:
    """Articles in one list; the laws that have the word before or after them."""

    articles: tuple[Article, ...]
    owners: tuple[str, ...]
    start: int
    end: int
    is_range: bool


def find(text: str) -> tuple[Citation, ...]:
    """Return the citations that stand for a right, in the order of the text."""
    if not _HAS_NUMBER.search(text):
        return ()
    scan = _Scan(text)
    scan.run()
    return tuple(_cited(scan)) if scan.lists else ()


def _cited(scan: _Scan) -> Iterator[Citation]:
    owners = _Owners(scan)
    for listed in scan.lists:
        law = owners.law(listed)
        told = [(article, law.named_by(article)) for article in listed.articles]
        if listed.is_range and _names_most(law, told):
            continue
        phrase = scan.text[listed.start : listed.end]
        for article, rights in told:
            shown = " ".join((article.number, *article.parts))
            for right in rights:
                yield Citation(law.name, shown, right, listed.start, phrase)


def _names_most(law: Law, told: Sequence[tuple[Article, tuple[Right, ...]]]) -> bool:
    """Tell whether a range spans most rights of a law: whoever cites all of them names none."""
    spanned = {right for _, rights in told for right in rights}
    return 2 * len(spanned) > len({right for right, _ in law.rights})


@cache
def _token() -> re.Pattern[str]:
    """Return what a scan stops at: a law's name, a word for "article"."""
    words = (laws.names(), laws.openers(), laws.closers())
    return re.compile("|".join(word.pattern for word in words))


@cache
def _law_name() -> re.Pattern[str]:
    return re.compile(laws.names().pattern)


@cache
def _closer() -> re.Pattern[str]:
    return re.compile(rf"\.?\s?(?:{laws.closers().pattern})")


@cache
def _numbers() -> re.Pattern[str]:
    """Return the numbers that end where a word for "article" begins."""
    more = rf"(?:{laws.grammar('and')}|{laws.grammar('to')})"
    return re.compile(
        rf"(?<![\w.,:/-])(?:{_NUMBER}\.?\s?{more}\s?){{0,5}}{_NUMBER}(?:['’]\w{{1,5}})?\.?\s?$"
    )


@cache
def _worded_part() -> re.Pattern[str]:
    return re.compile(rf"[,\s]{{0,2}}(?:{laws.grammar('part')})[.\s]{{0,2}}{_VALUE}")


@cache
def _join(kind: str) -> re.Pattern[str]:
    return re.compile(rf"(?:\s?,)?\s?(?:{laws.grammar(kind)})\s?(?=[第제]?\s?{_NUMBER})")


class _Scan:
    """One text, read once from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.low = _lowered(text)
        self.at = 0
        self.named: list[_Named] = []
        self.lists: list[_Listed] = []

    def run(self) -> None:
        """Find laws and lists of articles."""
        while len(self.lists) < _MOST_LISTS and (match := _token().search(self.low, self.at)):
            self.at = match.end()
            if name := laws.names().told(match):
                self._name(name, match.start())
            elif (opener := laws.openers().told(match)) and self._signed(opener, match.start()):
                continue
            else:
                self._numbers_before(match)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Go past what stands here, if it does."""
        match = pattern.match(self.low, self.at)
        if match:
            self.at = match.end()
        return match

    def _name(self, name: laws.Spelling, start: int) -> None:
        if not name.is_written(self.text[start : self.at]):
            return
        law = name.law
        if "#" in name.text:  # a law by its number, which may be one that we know
            known = _law_name().search(self.low, start + 1, self.at)
            inner = laws.names().told(known) if known else None
            law = inner.law if inner else law
        self.named.append(_Named(law, start, self.at))
        after = self.at
        if self._take(_ADJACENT) and not self._list(self.at, None):
            self.at = after

    def _signed(self, opener: laws.Spelling, start: int) -> bool:
        """Read the articles after a word, if there are any."""
        after = self.at
        self._take(_SIGN)
        is_list = self._list(start, opener.text)
        self.at = self.at if is_list else after
        return is_list

    def _numbers_before(self, word: re.Match[str]) -> None:
        """Read the articles before a word; they are in sight of it."""
        begin = max(self.lists[-1].end if self.lists else 0, word.start() - _BEFORE)
        numbers = _numbers().search(self.low, begin, word.start())
        if numbers:
            self.at = numbers.start()
            if not self._list(self.at, ""):
                self.at = word.end()

    def _list(self, start: int, opener: str | None) -> bool:
        """Read articles from here; without a law's name before them they need their word."""
        articles: list[Article] = []
        is_range = False
        closer = ""
        while len(articles) < _MOST and (item := self._take(_ITEM)):
            number = _value(item[1]) + self._branch(_value(item[1]))
            decimals = self._decimals()
            closer = self._closed(opener) or closer
            if closer and (branch := self._take(_BRANCH_AFTER)):
                number += f"-{_value(branch[1])}"
            if is_range and articles:
                articles += _between(articles[-1].number, number)
            parts = (*(self._parts_before(start) if not articles else ()), *decimals)
            to = self._take(_join("to_art" if (opener or "").startswith("art") else "to"))
            articles.append(Article(number, parts if to else (*parts, *self._parts())))
            is_range = is_range or bool(to)
            if not to and not self._take(_join("and")):
                break
        owners = laws.owners().get(f"{opener}#{closer}", ())
        if articles and (owners or opener is None):
            self.lists.append(_Listed(tuple(articles), owners, start, self.at, is_range))
            return True
        return False

    def _closed(self, opener: str | None) -> str:
        """Return the word after a number, which not every word before it asks for."""
        if opener and f"{opener}#" in laws.owners():
            return ""
        match = self._take(_closer())
        told = laws.closers().told(match) if match else None
        return told.text if told else ""

    def _decimals(self) -> tuple[str, ...]:
        """Return what follows a number after dots."""
        found: list[str] = []
        while len(found) < _MOST and (match := self._take(_DECIMAL)):
            found.append(_value(match[1]))
        return tuple(found)

    def _branch(self, number: str) -> str:
        """Return what makes another article of a number: "-2" or "a", but not "th"."""
        match = _BRANCH.match(self.low, self.at)
        if not match or (match[1] and match[1].isdecimal() and int(match[1]) > int(number)):
            return ""
        self.at = match.end()
        if match[1]:
            return f"-{match[1]}"
        return "" if match[2] in _ORDINALS else match[2] or ""

    def _parts(self) -> tuple[str, ...]:
        """Return paragraphs, letters and the like of the article just read."""
        found: list[str] = []
        while len(found) < _MOST:
            match = _PLAIN_PART.match(self.low, self.at) or _worded_part().match(self.low, self.at)
            if not match:
                match = _ROMAN_PART.match(self.low, self.at)
                if not match or not self.text[match.start(1) : match.end()].isupper():
                    break
            self.at = match.end()
            found.append(_value(next(group for group in match.groups() if group)))
        return tuple(found)

    def _parts_before(self, start: int) -> tuple[str, ...]:
        """Return the parts named before their article, back to the one cited before."""
        begin = max(self.lists[-1].end if self.lists else 0, start - _BEFORE)
        found: list[str] = []
        end = start
        for match in reversed(list(_worded_part().finditer(self.low, begin, start))):
            if end - match.end() > _BETWEEN:
                break
            found.insert(0, _value(match[1]))
            end = match.start()
        return tuple(found)


def _lowered(text: str) -> str:
    """Return the text in small letters, every letter in its place."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


class _Owners:
    """Whose the articles of one text are."""

    def __init__(self, scan: _Scan) -> None:
        self.low = scan.low
        self.homes: dict[tuple[str, ...], str] = {}
        self.named = scan.named
        self.starts = [named.start for named in scan.named]
        self.ends = [named.end for named in scan.named]
        self.cited = [listed.end for listed in scan.lists]
        self.sentences = [match.end() for match in _SENTENCE.finditer(scan.text)]
        self.before = [""]  # by how many names come before: the law last named that gives rights
        self.after = [""]
        for named in self.named:
            self.before.append(named.law if laws.laws()[named.law].rights else self.before[-1])
        for named in reversed(self.named):
            self.after.append(named.law if laws.laws()[named.law].rights else self.after[-1])

    def law(self, listed: _Listed) -> Law:
        """Return whose articles these are."""
        before = bisect_right(self.ends, listed.start)
        after = bisect_left(self.starts, listed.end)
        near = [
            (distance, self.named[place].law)
            for place in (after, before - 1)
            if 0 <= place < len(self.named)
            and (distance := self._distance(self.named[place], listed)) is not None
        ]
        told = min(near, default=(0, ""))[1] or self.before[before]
        told = told or self.after[len(self.named) - after] or self._home(listed.owners)
        return laws.laws()[told]

    def _distance(self, named: _Named, listed: _Listed) -> int | None:
        """Return the characters between a law and an article of the same sentence."""
        sentence = bisect_right(self.sentences, listed.start)
        if bisect_right(self.sentences, named.start) != sentence:
            return None
        if named.start >= listed.end:
            return named.start - listed.end
        gap = listed.start - named.end
        place = bisect_right(self.cited, named.start) - 1
        if place >= 0 and named.start - self.cited[place] <= gap:
            return gap + _TAKEN
        return gap

    def _home(self, owners: tuple[str, ...]) -> str:
        """Return whose word for "article" it is, by the letters of the text if several have it."""
        if owners not in self.homes:
            fitting = (
                name
                for name in owners
                if (letters := laws.laws()[name].letters) is None or letters.search(self.low)
            )
            self.homes[owners] = next(fitting, laws.DEFAULT)
        return self.homes[owners]


def _between(first: str, last: str) -> list[Article]:
    """Return the articles between the ends of a range."""
    if not (first.isdecimal() and last.isdecimal()):
        return []
    return [Article(str(number)) for number in range(int(first) + 1, int(last))][:_MOST]


def _value(text: str) -> str:
    """Return a number in our digits, anything else as it is."""
    if text.isdecimal():
        return str(int(text))
    if not set(text) <= set(_HAN):
        return text
    value = digit = 0
    for character in text:
        worth = _WORTH.get(character)
        if worth:
            value += max(digit, 1) * worth
            digit = 0
        else:
            digit = 10 * digit + _DIGITS.find(character) % 10
    return str(value + digit)
