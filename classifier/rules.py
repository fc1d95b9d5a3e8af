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
from tickets.types import RIGHTS_OF, Intent, Right, Text

AUTHORITY: Final = "authority"
_LETTER: Final = re.compile(r"[^\W\d_]")
_OWN: Final = 0.25  # chance that a complaint needs, to stand against a cited right


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
    also: tuple[Intent, ...] = ()
    why: tuple[str, ...] = ()


_INTENT_OF: Final = {right: intent for intent, rights in RIGHTS_OF.items() for right in rights}


def look(text: Text, view: str) -> Findings:
    """Return what stands in the text for certain."""
    if not _LETTER.search(view):
        return Findings(Verdict(Intent.OTHER, 0.97, needs_human=False), why=("no words",))
    found = citations.find(f"{view}\n{views.clean(text.newest)}")
    cited = tuple(dict.fromkeys(citation.right for citation in found))
    why = tuple(
        dict.fromkeys(f"{one.law} {one.article}" for one in found)
    )
    return Findings(cited=cited, why=why)


def weigh(opinion: Opinion, findings: Findings) -> Floats:
    """Return the chances of the intents once a cited right is counted in."""
    intents = [_INTENT_OF[right] for right in findings.cited]
    requested = [intent for intent in intents if intent is not Intent.COMPLAINT]
    chances = opinion.intents
    if not requested or opinion.any_right < 0.3 or opinion.chance(Intent.COMPLAINT) > _OWN:
        return chances
    asked = requested[0]
    if INTENTS[int(chances.argmax())] not in RIGHTS_INTENTS and opinion.any_right < 0.5:
        return chances
    lifted = chances.copy()
    lifted[INTENTS.index(asked)] += np.float32(1.0)
    return lifted / lifted.sum()
