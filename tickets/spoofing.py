"""Signs that a mail is not from whom it seems to be: shown to agents, deciding nothing by itself.

Pure.  Nobody is proven by sending a mail (`tickets.proof`); these flags tell an agent where to look
twice.  A first mail and urgency are everyday matters: they are only shown beside another sign.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import idna

from tickets.guards import domain_of, is_same_organisation
from tickets.settings import FREE_PROVIDERS
from tickets.types import Alignment, Channel, Inbound

SPOOFING: Final = "spoofing:"
"""Every code of this room begins so."""

DMARC_FAIL: Final = "spoofing:dmarc_fail"
LOOKALIKE: Final = "spoofing:lookalike_domain"
OUR_DOMAIN: Final = "spoofing:our_own_domain"
REPLY_TO: Final = "spoofing:reply_to_elsewhere"
NAME: Final = "spoofing:name_shows_another_address"
NEW_ADDRESS: Final = "spoofing:new_address"
URGENCY: Final = "spoofing:urgency"

_ADDRESS: Final = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
_READ: Final = 5000

_URGENT: Final = re.compile(
    r"\b(?:urgent(?:ly)?|immediately|asap|at once|right now|within (?:\d+|one|two|a few) hours?|"
    r"final notice|dringend|sofort|unverzüglich|urgente|immédiatement|inmediatamente|срочно)\b|"
    r"紧急|緊急|立即|马上|馬上|尽快|盡快|至急|긴급",
    re.IGNORECASE,
)

_LIKE: Final = str.maketrans(
    {
        # Cyrillic and Greek letters that look like Latin ones, and digits that pass for letters.
        **dict(zip("аеорсухіјѕԁһӏԛԝ", "aeopcyxljsdhlqw", strict=True)),
        **dict(zip("αεικνορτυχ", "aelknoptux", strict=True)),
        "0": "o",
        "1": "l",
        "3": "e",
        "5": "s",
        "|": "l",
        "i": "l",
        "-": None,
    }
)
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"))


def flags(
    inbound: Inbound, alignment: Alignment, own_domains: frozenset[str], *, is_new: bool
) -> tuple[str, ...]:
    """Return what speaks against a mail's sender, in codes of work; nothing for other channels."""
    if inbound.channel is not Channel.EMAIL:
        return ()
    found = tuple(_signs(inbound, alignment, own_domains))
    if not found:
        return ()
    text = f"{inbound.subject}\n{inbound.newest or inbound.text}"[:_READ]
    beside = ((NEW_ADDRESS, is_new), (URGENCY, bool(_URGENT.search(text))))
    return (*found, *(code for code, holds in beside if holds))


def _signs(inbound: Inbound, alignment: Alignment, own_domains: frozenset[str]) -> Iterator[str]:
    domain = domain_of(inbound.sender.address)
    if alignment is Alignment.FAIL:
        yield DMARC_FAIL
    if domain in own_domains and alignment is not Alignment.PASS:
        yield OUR_DOMAIN
    if is_lookalike(domain, own_domains | FREE_PROVIDERS):
        yield LOOKALIKE
    others = (domain_of(one.address) for one in inbound.reply_to if one.address)
    if any(not is_same_organisation(other, domain) for other in others):
        yield REPLY_TO
    shown = _ADDRESS.search(inbound.sender.name)
    if shown and not is_same_organisation(shown[1].lower(), domain):
        yield NAME


def is_lookalike(domain: str, known: frozenset[str]) -> bool:
    """Tell whether a domain is made to be taken for a known one, or mixes scripts in a word."""
    if not domain or domain in known:
        return False
    shown = _shown(domain)
    if not shown.isascii() and any(_is_mixed(label) for label in shown.split(".")):
        return True
    return _skeleton(shown) in _skeletons(known)


def _shown(domain: str) -> str:
    """Return a domain as people see it, out of its ASCII form."""
    if "xn--" not in domain:
        return domain
    try:
        return idna.decode(domain)
    except UnicodeError:
        return domain


@lru_cache(maxsize=8)
def _skeletons(known: frozenset[str]) -> frozenset[str]:
    return frozenset(_skeleton(domain) for domain in known)


def _skeleton(domain: str) -> str:
    """Return what the eye takes a domain for (after UTS 39, far smaller)."""
    text = domain.casefold()
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in apart if not unicodedata.combining(char))
    for pair, one in _PAIRS:
        text = text.replace(pair, one)
    return text.translate(_LIKE)


def _is_mixed(label: str) -> bool:
    """Tell whether a word mixes Latin with Cyrillic or Greek, which no language does."""
    scripts = {unicodedata.name(char, "").partition(" ")[0] for char in label if char.isalpha()}
    return "LATIN" in scripts and bool(scripts & {"CYRILLIC", "GREEK"})
