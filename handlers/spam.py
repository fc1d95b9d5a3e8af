"""Spam: unsolicited offers and phishing."""

from __future__ import annotations

from handlers.rights import receipt
from tickets.types import Case, Decision, Trigger, Work


def decide(case: Case) -> Decision:
    """Keep it and answer nothing, since an answer confirms the address; unsure: as any other."""
    if case.trigger is not Trigger.MESSAGE or not case.reading.needs_human:
        return Decision()
    return Decision(letters=receipt(case, "other.next"), work=(Work("confirm_spam"),))
