"""One spelling for each mail address, so that equal addresses have equal blind values.

Two spellings of one mailbox may stay apart: that costs an agent one link.  Two mailboxes must
never become one: that would show a person's ticket to another.  So case is lowered but not
folded (`ß` stays apart from `ss`), and dots and plus-tags are kept.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import idna

ADDRESS_VERSION: Final = 1
"""Raise it with every change of what `normalise_address` returns; blinds of both are looked up."""

# Input methods of Chinese, Japanese and Korean write these for ASCII.
_FULL_WIDTH: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}

_AROUND_DOMAIN: Final = re.compile(r"^\s+|[\s.]+$")


def normalise_address(address: str) -> str:
    """Return the one spelling of a mail address; what is no address comes back lowered.

    The domain becomes its lower-case ASCII form (UTS 46, non-transitional); the local part
    is composed (NFC, as RFC 6532 3.1 asks) and lowered.  Never raises.
    """
    composed = unicodedata.normalize("NFC", address.translate(_FULL_WIDTH))
    text = unicodedata.normalize("NFC", composed.lower()).strip()  # lowering can undo composing
    local, at, domain = text.rpartition("@")
    return f"{local}{at}{_domain(domain)}" if at else text


def _domain(domain: str) -> str:
    domain = _AROUND_DOMAIN.sub("", domain)
    if domain.isascii():
        return domain
    try:
        return _AROUND_DOMAIN.sub("", idna.encode(domain, uts46=True).decode("ascii"))
    except UnicodeError:  # idna's errors are of this kind
        return domain
