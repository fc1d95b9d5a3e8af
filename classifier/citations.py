"""Articles of law that a writer cites, and the right that each of them stands for.

A citation is evidence, not a verdict: a complaint cites the right that was ignored, and quoted
law adds nothing to a question.  `classifier/rules.py` weighs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tickets.types import Right

A = Right.ACCESS
D = Right.DELETION
R = Right.RECTIFICATION
P = Right.PORTABILITY
O = Right.OBJECTION  # noqa: E741  - one letter a right keeps the tables readable
X = Right.RESTRICTION
M = Right.AUTOMATED_DECISION
W = Right.WITHDRAW_CONSENT
C = Right.COMPLAINT
E = Right.EXPLANATION
S = Right.OPT_OUT
L = Right.LIMIT_SENSITIVE_USE

_ARTICLE: Final = (
    r"(?:art(?:\.|icles?|ikel\w*|icolo|icoli|ículos?|igos?|igo|ykuł\w*|ikla|iklan?|icolul\w*|s)?"
    r"|artículos?|článk\w*|čl|článek|člán\w*|člank\w*|člen\w*|straipsn\w*|члан\w*|άρθρ\w*|стат(?:ь|т)\w*|ст|ч|madde\w*|md|pasal|điều"
    r"|cikk\w*|artikl\w*|член\w*|मद|अनुच्छेद|धारा|ماده|المادة|מאמר|סעיף|มาตรา|ข้อ|paragraph|§+)"
)
_NUMBER_THEN: Final = r"(?:\s*(?:st|nd|rd|th|º|°|ª|a|\.))?\s*(?:{})".format(
    r"artikla|artiklan|cikk\w*|madde\w*|pykäl\w*|člen\w*|straipsn\w*|pant[aus]?\b"
)

# An article that lists all rights (LGPD 18, KVKK 11) stands for none and is left out.
_GDPR: Final = {15: A, 16: R, 17: D, 18: X, 20: P, 21: O, 22: M, 77: C}
_PIPL: Final = {44: A, 45: A, 46: R, 47: D, 48: E, 24: M, 15: W, 50: C}
_CCPA: Final = {100: A, 105: D, 106: R, 110: A, 115: A, 120: S, 121: L, 130: A}
_KVKK: Final = {7: D}
_RU: Final = {14: A, 20: A, 21: D, 9: W, 15: O, 16: M}
_LGPD: Final = {19: A, 20: M}
_APPI: Final = {32: A, 33: A, 34: R, 35: D}
_PIPA: Final = {35: A, 36: D, 37: X}
_DPDP: Final = {11: A, 12: D, 6: W, 13: C}
_PDP_ID: Final = {5: A, 6: R, 7: A, 8: D, 9: W, 10: M, 11: X, 13: P}
_PDPA_TH: Final = {30: A, 31: P, 32: O, 33: D, 34: X, 36: R, 19: W, 73: C}

# The law's names, in the writings people use; the first that matches near an article decides.
_LAWS: Final[tuple[tuple[str, str, Mapping[int, Right]], ...]] = (
    ("PIPL", r"\bpipl\b|个人信息保护法|個人信息保護法|个保法", _PIPL),
    ("LGPD", r"\blgpd\b|13\.709", _LGPD),
    ("KVKK", r"\bkvkk?\b|6698", _KVKK),
    ("152-FZ", r"152[\s-]*(?:фз|fz)|закон\w* о персональных данных", _RU),
    ("APPI", r"\bappi\b|個人情報(?:の)?保護(?:に関する)?法", _APPI),
    ("PIPA", r"\bpipa\b|개인정보\s*보호법", _PIPA),
    ("DPDP", r"\bdpdp[ab]?\b|digital personal data protection", _DPDP),
    ("UU PDP", r"\buu\s*(?:no\.?\s*27|pdp)|undang-undang pelindungan", _PDP_ID),
    ("PDPA", r"\bpdpa\b|คุ้มครองข้อมูลส่วนบุคคล|個資法|个资法|個人資料保護法", _PDPA_TH),
)
_GDPR_NAME: Final = (
    r"\b(?:uk[\s-]?)?gdpr|ds-?gvo\b|\b(?:rgpd|rodo|avg|bdar|vdar)\b|2016/679|общ\w+ регламент"
)
_CITED: Final = re.compile(
    rf"{_ARTICLE}\s*\.?\s*(?:n[ro°º]\.?\s*)?(\d{{1,3}})(?!\d|[.,]\d{{3}})|(\d{{1,2}}){_NUMBER_THEN}"
    r"|第\s*(\d{1,3})\s*[条條]|第\s*([一二三四五六七八九十]{1,4})\s*[条條]|제\s*(\d{1,2})\s*조",
    re.IGNORECASE,
)
_CALIFORNIA: Final = re.compile(r"1798[.,\s]{0,2}(\d{3})\b")
_REACH: Final = 90  # characters between a law's name and its article
_FURTHER: Final = re.compile(
    r"\s*(?:,|;|/|and|und|et|y|e|en|i|и|ve|și|och|og|&|bis|to|до|-|–)\s*(\d{1,2})\b"
)
_NUMERALS: Final = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}


@dataclass(frozen=True, slots=True)
class Citation:
    """One article cited, where it stands in the text, and what it gives."""

    law: str
    article: int
    right: Right
    at: int
    phrase: str


def find(text: str) -> tuple[Citation, ...]:
    """Return the citations that stand for a right, in the order of the text."""
    named = [
        (name, found.start(), table)
        for name, pattern, table in _LAWS_COMPILED
        for found in pattern.finditer(text)
    ]
    gdpr = [found.start() for found in _GDPR_COMPILED.finditer(text)]
    found = [*_californian(text), *_articles(text, named, gdpr)]
    return tuple(sorted(found, key=lambda citation: citation.at))


_LAWS_COMPILED: Final = tuple(
    (name, re.compile(pattern, re.IGNORECASE), table) for name, pattern, table in _LAWS
)
_GDPR_COMPILED: Final = re.compile(_GDPR_NAME, re.IGNORECASE)


def _californian(text: str) -> Iterator[Citation]:
    for match in _CALIFORNIA.finditer(text):
        right = _CCPA.get(int(match[1]))
        if right:
            yield Citation("CCPA", int(match[1]), right, match.start(), match[0])


def _articles(
    text: str, named: list[tuple[str, int, Mapping[int, Right]]], gdpr: list[int]
) -> Iterator[Citation]:
    for match in _CITED.finditer(text):
        numbers = [_number(next(group for group in match.groups() if group))]
        after = match.end()
        while further := _FURTHER.match(text, after):
            numbers.append(int(further[1]))
            after = further.end()
        law, table = _law_at(match.start(), named, gdpr)
        for number in numbers:
            if number in table:
                yield Citation(law, number, table[number], match.start(), match[0].strip())


def _law_at(
    at: int, named: list[tuple[str, int, Mapping[int, Right]]], gdpr: list[int]
) -> tuple[str, Mapping[int, Right]]:
    """Return the law named nearest to an article; without any name the GDPR's numbers count."""
    near = [(abs(start - at), name, table) for name, start, table in named]
    near += [(abs(start - at), "GDPR", _GDPR) for start in gdpr]
    if not near:
        return "GDPR", _GDPR
    distance, name, table = min(near, key=lambda entry: entry[0])
    if distance > _REACH and gdpr:
        return "GDPR", _GDPR
    return name, table


def _number(digits: str) -> int:
    if digits.isdigit():
        return int(digits)
    tens, has_ten, ones = digits.partition("十")
    if not has_ten:
        return _NUMERALS.get(digits, 0)
    return _NUMERALS.get(tens, 1) * 10 + _NUMERALS.get(ones, 0)
