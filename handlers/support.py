"""Support: help with an order, a product, the app."""

from __future__ import annotations

from handlers.rights import receipt
from tickets.types import Case, Decision, Trigger, Work


def decide(case: Case) -> Decision:
    """Hand it to an agent."""
    if case.trigger is not Trigger.MESSAGE:
        return Decision()
    return Decision(letters=receipt(case, "support.next"), work=(Work("help"),))
