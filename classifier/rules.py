"""What plain rules know: machine mail, authorities, cited law, empty texts.

Rules speak only where they are near certain; everything else is left to the model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from classifier import citations, views
from classifier.kernel import Floats
from classifier.model import INTENTS, RIGHTS_INTENTS, Opinion
from classifier.words import stems
from tickets.types import RIGHTS_OF, Intent, Right, Text

AUTHORITY: Final = "authority"
_LETTER: Final = re.compile(r"[^\W\d_]")
_OWN: Final = 0.25  # chance that a complaint needs, to stand against a cited right
_POSSIBLE: Final = 0.3  # chance of any right below which a citation adds nothing
_LIKELY: Final = 0.5
_MACHINE: Final = 0.15  # chance of "other" from which its words decide
_AUTHORITY: Final = 0.2

_AT_THE_START: Final = 220  # characters in which a machine says that it is one


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule's final word."""

    intent: Intent
    confidence: float
    needs_human: bool
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """What the rules found in one message."""

    verdict: Verdict | None = None
    cited: tuple[Right, ...] = ()
    leading: tuple[Right, ...] = ()  # of the article cited first; it may stand for several
    also: tuple[Intent, ...] = ()
    why: tuple[str, ...] = ()
    says_authority: bool = False
    says_machine: bool = False


_INTENT_OF: Final = {right: intent for intent, rights in RIGHTS_OF.items() for right in rights}


def look(text: Text, view: str) -> Findings:
    """Return what stands in the text for certain."""
    if not _LETTER.search(view):
        return Findings(Verdict(Intent.OTHER, 0.97, needs_human=False), why=("no words",))
    found = citations.find(f"{view}\n{views.clean(text.newest)}")
    cited = tuple(dict.fromkeys(citation.right for citation in found))
    asked = [one for one in found if one.right is not Right.COMPLAINT]
    leading = tuple(
        one.right for one in asked if (one.at, one.article) == (asked[0].at, asked[0].article)
    )
    lowered = view.lower()
    authority = [word for word in stems("authority") if word in lowered]
    machine = [word for word in stems("machine") if word in lowered[:_AT_THE_START]]
    why = [f"{one.law} {one.article}" for one in found] + machine[:2] + authority[:2]
    return Findings(
        cited=cited,
        leading=leading,
        why=tuple(dict.fromkeys(why)),
        says_authority=bool(authority),
        says_machine=bool(machine),
    )


def weigh(opinion: Opinion, findings: Findings) -> Floats:
    """Return the chances of the intents once machine words and cited rights are counted in."""
    chances = opinion.intents
    if findings.says_machine and opinion.chance(Intent.OTHER) > _MACHINE:
        return _lift(chances, Intent.OTHER)
    if findings.says_authority and opinion.chance(Intent.OTHER) > _AUTHORITY:
        return _lift(chances, Intent.OTHER)
    requested = [_INTENT_OF[right] for right in findings.leading]
    if not requested or opinion.any_right < _POSSIBLE or opinion.chance(Intent.COMPLAINT) > _OWN:
        return chances
    is_right = INTENTS[int(chances.argmax())] in RIGHTS_INTENTS
    if not is_right and opinion.any_right < _LIKELY:
        return chances
    return _lift(chances, max(requested, key=opinion.chance))


def marks(intent: Intent, findings: Findings) -> tuple[str, ...]:
    """Return the marks of a message: an authority's goes before a human, always."""
    return (AUTHORITY,) if intent is Intent.OTHER and findings.says_authority else ()


def _lift(chances: Floats, intent: Intent) -> Floats:
    lifted = chances.copy()
    lifted[INTENTS.index(intent)] += np.float32(1.0)
    whole: Floats = lifted / lifted.sum()
    return whole
