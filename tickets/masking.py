"""Hides what nobody at the desk needs to read: card and identity numbers, passwords, tokens.

Pure: a text in, the same text with marks in it out.  The sealed original stays; `tickets.reveal`
opens it, with a reason on record first.  A mask is shown, never stored, so a better rule holds for
old messages too.  It errs on the side of showing: what might as well be an order number stays,
unless its own checksum or the words before it say otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Final

from stdnum import luhn


class Kind(StrEnum):
    """What was hidden."""

    CARD = "card"
    IDENTITY = "id"
    PASSWORD = "password"  # noqa: S105  - the name of a kind
    TOKEN = "token"  # noqa: S105  - the same
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Hidden:
    """A place in the original text."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Masked:
    """A text to show, and what it does not show."""

    text: str
    hidden: tuple[Hidden, ...] = ()


SEEN: Final = 500_000
"""Characters looked at; what lies beyond is not shown to anybody unmasked."""

_NAMES: Final = (  # of what people call a password
    r"pass\s?word|passwd|passphrase|pwd|pin(?:\s?code)?|"
    r"kennwort|passwort|mot de passe|contraseña|senha|пароль|"
    r"密码|密碼|口令|パスワード|비밀번호"
)
_PASSWORD: Final = re.compile(
    rf"(?:\b|(?<=[\u3000-\u9fff]))(?:{_NAMES})"
    r"(?:\s*(?:is|was|ist|lautet|est|es|是|为|為|:|：|=)\s*|\s+[\"'“«])"
    r"[\"'“«]?(?P<value>[^\s\"'”»,;，。]{4,64})",
    re.IGNORECASE,
)
_PLAIN_WORDS: Final = re.compile(
    r"^(?:reset|change[ds]?|wrong|incorrect|correct|lost|forgotten|expired|stolen|leaked|not|no|"
    r"required|invalid|the|that|this|same|different|secure|unknown|protected|hacked|known|too|"
    r"always|still|being|vergessen|falsch|perdu|oublié)[.!?]*$",
    re.IGNORECASE,
)
"""What often follows `password is` and is no password."""

_TOKENS: Final = re.compile(
    r"\b(?:"
    r"EJP(?:-[2-9A-HJ-KM-NP-TV-Z]{2,5}){6}"  # ours, of letters that ask for proof
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{40,}|glpat-[\w-]{20,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}"
    r"|(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{20,}"
    r"|xox[abposr]-[\w-]{10,}|\d{8,10}:AA[\w-]{32,}"
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"
    r")"
    r"|(?<=Bearer )[\w.~+/-]{20,}=*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
)
_NAMED_TOKEN: Final = re.compile(
    r"\b(?:api[ _-]?key|secret[ _-]?key|access[ _-]?token|auth[ _-]?token|client[ _-]?secret)"
    r"\s*(?:is|:|=)\s*[\"']?(?P<value>[\w.~+/=-]{12,})",
    re.IGNORECASE,
)
_CODE: Final = re.compile(r"^\s*(?P<value>\d{6})\s*$|(?<=: )(?P<inline>\d{6})(?= )", re.MULTILINE)

_PASSPORT: Final = re.compile(
    r"(?:passport|reisepass|passeport|pasaporte|护照|護照|旅券|паспорт)"
    r"\s*(?:number|no\.?|nr\.?|nummer|号码?|號碼?|番号|№|#)?\s*(?:is|ist|:|：|=|是|为|為)?\s*"
    r"(?P<value>(?=(?:[A-Z]*\d){3})[A-Z\d]{7,10})(?![A-Z\d])",
    re.IGNORECASE,
)

_CARD: Final = r"(?<!\w)(?<!\w\.)(?:\d[ -]?){12,18}\d(?!\w)"
_CARD_HEADS: Final = re.compile(r"4|5[0-8]|2[2-7]|3[04-9]|6[0-9]")
"""What payment cards begin with (ISO/IEC 7812); a parcel's or an order's number may not."""

_SURE: Final = (
    # Long, with a checksum and inner structure (birth date, region): they stand for themselves.
    ("cn.ric", r"(?<!\w)\d{17}[\dX](?!\w)"),
    ("it.codicefiscale", r"(?<!\w)[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z](?!\w)"),
    ("es.nie", r"(?<!\w)[XYZ]-?\d{7}[- ]?[A-Z](?!\w)"),
    ("br.cpf", r"(?<!\w)\d{3}\.\d{3}\.\d{3}-\d\d(?!\w)"),
    ("us.ssn", r"(?<![\w-])\d{3}-\d\d-\d{4}(?![\w-])"),
    ("fr.nir", r"(?<!\w)[12] ?\d\d ?\d\d ?\d[\dAB] ?\d{3} ?\d{3} ?\d\d(?!\w)"),
    ("kr.rrn", r"(?<!\w)\d{6}-[1-4]\d{6}(?!\w)"),
    ("fi.hetu", r"(?<!\w)\d{6}[-+A]\d{3}[\dA-Y](?!\w)"),
)
"""python-stdnum's module, and the shape that is tried on it."""

_NAMED: Final = (
    # Short, or satisfied by every tenth to hundredth number: only where they are named.
    ("au.tfn", r"\d{3} ?\d{3} ?\d{2,3}", r"tfn|tax file number"),
    ("br.cpf", r"\d{11}", r"cpf"),
    ("ca.sin", r"\d{3}[ -]?\d{3}[ -]?\d{3}", r"\bsin\b|social insurance|\bnas\b"),
    ("de.idnr", r"\d\d ?\d{3} ?\d{3} ?\d{3}", r"steuer-?id\w*|identifikationsnummer|tax id"),
    ("dk.cpr", r"\d{6}-?\d{4}", r"cpr"),
    ("es.dni", r"\d{8}[- ]?[A-Z]", r"\bdni\b|\bnif\b|documento"),
    ("in_.aadhaar", r"\d{4} ?\d{4} ?\d{4}", r"aadhaar|aadhar|आधार"),
    ("jp.in_", r"\d{4}[ -]?\d{4}[ -]?\d{4}", r"my number|マイナンバー|個人番号"),
    ("nl.bsn", r"\d{9}", r"bsn|burgerservicenummer|sofinummer"),
    ("no.fodselsnummer", r"\d{6} ?\d{5}", r"fødselsnummer|fodselsnummer|personnummer"),
    ("pl.pesel", r"\d{11}", r"pesel"),
    ("se.personnummer", r"\d{6}(?:\d\d)?[-+]?\d{4}", r"personnummer|personnr"),
    ("tr.tckimlik", r"\d{11}", r"t\.?c\.? ?kimlik|tckn"),
    ("us.ssn", r"\d{9}", r"ssn|social security"),
    ("za.idnr", r"\d{13}", r"id number|identity number|id no"),
    ("", r"[A-CEGHJ-PR-TW-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D]", r"national insurance|\bnino?\b"),
)
"""The same, and what people call it; without a module the shape alone decides."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A shape, and whether what has that shape is what it looks like."""

    kind: Kind
    shape: re.Pattern[str]
    is_it: Callable[[str], bool]


def _always(_: str) -> bool:
    return True


def _is_password(word: str) -> bool:
    return not _PLAIN_WORDS.match(word)


def _is_card(number: str) -> bool:
    digits = re.sub(r"\D", "", number)
    return bool(_CARD_HEADS.match(digits)) and len(set(digits)) > 1 and luhn.is_valid(digits)


def _checked(module: str) -> Callable[[str], bool]:
    """Return a number's own test; its module is imported when the first such number is met."""

    def is_valid(number: str) -> bool:
        return not module or bool(import_module(f"stdnum.{module}").is_valid(number))

    return is_valid


def _shape(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII)  # CJK beside a number is no word


_RULES: Final = (
    _Rule(Kind.TOKEN, _TOKENS, _always),
    _Rule(Kind.TOKEN, _NAMED_TOKEN, _always),
    _Rule(Kind.PASSWORD, _PASSWORD, _is_password),
    *(_Rule(Kind.IDENTITY, _shape(shape), _checked(module)) for module, shape in _SURE),
    _Rule(Kind.CARD, _shape(_CARD), _is_card),
    *(
        _Rule(
            Kind.IDENTITY,
            _shape(rf"(?:{names})\W{{0,3}}(?:\w+\W{{1,3}}){{0,4}}?(?P<value>{digits})(?!\w)"),
            _checked(module),
        )
        for module, digits, names in _NAMED
    ),
    _Rule(Kind.IDENTITY, _PASSPORT, _always),
)


_NUMBERS: Final = re.compile(r"\d(?:[ .-]?\d){5}|\d\d[A-Za-z]\d\d[A-Za-z]\d{3}")
_WORDS: Final = (
    *(
        "pass",
        "pwd",
        "pin ",
        "pin:",
        "pin=",
        "pin：",
        "pin\t",
        "pin\n",
        "pin是",
        "pincode",
        "wort",
        "contrase",
        "senha",
        "пароль",
        "密码",
        "密碼",
        "口令",
    ),
    *("パスワード", "비밀번호", "pasaporte", "护照", "護照", "旅券", "паспорт", "ejp-", "akia"),
    *(
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat",
        "glpat-",
        "asia",
        "aiza",
        "sk-",
        "sk_",
        "pk-",
        "pk_",
        "rk-",
        "rk_",
        "xox",
        "eyj",
    ),
    *("bearer", "private key", "api key", "api_key", "api-key", "apikey", "secret", "token"),
)


def _is_plain(text: str) -> bool:
    """Tell at a glance that nothing is to hide, as in most messages."""
    lower = text.lower()
    return not any(word in lower for word in _WORDS) and not _NUMBERS.search(text)


def mask(text: str) -> Masked:
    """Return a message as an agent sees it: hidden places show their kind and last digits."""
    if len(text) <= SEEN and _is_plain(text):
        return Masked(text)
    places = _apart(_find(text[:SEEN]))
    shown: list[str] = []
    at = 0
    for place in places:
        shown += [text[at : place.start], _mark(place.kind, text[place.start : place.end])]
        at = place.end
    shown.append(text[at:SEEN])
    if len(text) > SEEN:
        shown.append("…")
    return Masked("".join(shown), tuple(places))


def mask_letter(kind: str, text: str) -> Masked:
    """Return a letter of ours as an agent sees it: what proves identity is for its reader alone."""
    if kind not in {"identity_code", "identity_sms"}:
        return mask(text)
    found = [Hidden(*_span(match, "value", "inline"), Kind.CODE) for match in _CODE.finditer(text)]
    shown = list(text)
    for place in reversed(found):
        shown[place.start : place.end] = "[code]"
    return Masked("".join(shown), tuple(found))


def _find(text: str) -> Iterator[Hidden]:
    for rule in _RULES:
        group = "value" if "value" in rule.shape.groupindex else 0
        for match in rule.shape.finditer(text):
            if rule.is_it(match[group]):
                yield Hidden(*match.span(group), rule.kind)


def _apart(places: Iterator[Hidden]) -> list[Hidden]:
    """Return places in order, without those that lie upon an earlier or longer one."""
    kept: list[Hidden] = []
    for place in sorted(places, key=lambda one: (one.start, -one.end)):
        if not kept or place.start >= kept[-1].end:
            kept.append(place)
    return kept


def _mark(kind: Kind, hidden: str) -> str:
    """Return what stands in its place: of numbers the last digits, to tell them apart."""
    if kind in {Kind.CARD, Kind.IDENTITY}:
        return f"[{kind} …{re.sub(r'[^0-9A-Za-z]', '', hidden)[-4:]}]"
    return f"[{kind}]"


def _span(match: re.Match[str], *groups: str) -> tuple[int, int]:
    return next(match.span(group) for group in groups if match[group])
