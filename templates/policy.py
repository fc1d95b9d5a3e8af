"""Which privacy policy the answers were written from.

`question/section_<n>` says in our own words what section n of the policy says (0 is its
introduction), every other file of `question` what it answers to one finer question.  When the
policy changes, every one of them must be read against it again.
"""

from __future__ import annotations

import hashlib
from typing import Final

from templates.rendering import Templates

WRITTEN_FROM: Final = "de20e107234da130646c61d9c8c235501f6f42ba756eb83e5e254f7e80e661a9"
"""The digest of the policy's text that the answers were written from."""

_SAY_NOTHING: Final = frozenset(("question/more.j2", "question/not_covered.j2"))
"""What stands beside an answer, or in its place."""


def digest(text: str) -> str:
    """Return the SHA-256 of a policy's text, in hex; line ends count as one."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


def is_current(text: str) -> bool:
    """Tell whether the answers were written from this text."""
    return digest(text) == WRITTEN_FROM


def to_review(templates: Templates) -> list[str]:
    """Return the names of every answer, in every language, that a changed policy may belie."""
    return [
        f"{language}/{name}"
        for language in templates.languages
        for name in sorted(templates.names(language))
        if name.startswith("question/") and name not in _SAY_NOTHING
    ]
