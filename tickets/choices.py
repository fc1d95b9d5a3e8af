"""What an agent may choose from: requests, dates, grounds, words; and letters before they leave.

Read only: the rules stand in `tickets.requests` and are asked again by the act itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from regimes.regime import Right as LegalRight
from regimes.regime import load
from tickets.acting import OPTIONAL
from tickets.content import identity_owner
from tickets.desk import Desk
from tickets.errors import Refusal
from tickets.models import Approval, Request, RequestEvent, Ticket, Verdict
from tickets.requests import EXTENSION_REASONS, FINAL, check_extend
from tickets.scene import standing_of
from tickets.statute import dates_of
from tickets.types import Letter, LetterOrder, Right
from vault.sealing import Place, unseal_text

COMPLETED: Final[Mapping[Right, str]] = {
    Right.ACCESS: "completed_access",
    Right.EXPLANATION: "completed_explanation",
    Right.DELETION: "completed_deletion",
    Right.ACCOUNT_CANCEL: "completed_deletion",
    Right.RECTIFICATION: "completed_rectification",
    Right.PORTABILITY: "completed_portability",
    Right.COMPLAINT: "complaint_outcome",
}
"""The letter that tells what was done; of every other right it is `completed_objection`."""

WANTED: Final[Mapping[str, tuple[str, ...]]] = {
    "completed_access": ("contents", "processing"),
    "completed_explanation": ("explanation",),
    "completed_deletion": ("deleted",),
    "completed_rectification": ("corrected",),
    "completed_portability": ("contents", "format"),
    "completed_objection": ("stopped",),
    "complaint_outcome": ("outcome",),
    "refusal": ("reasons",),
}
"""What an agent must say for each letter; the rest may be left unsaid (docs/letters.md)."""

LISTS: Final = frozenset(("contents", "corrected", "deleted", "stopped"))
"""Facts of several short lines."""

REASONS: Final = tuple(sorted(EXTENSION_REASONS))
SECTIONS: Final = range(1, 6)
"""Sections of the privacy policy that answer something."""

_STEPS: Final = (15, 30)  # days


@dataclass(frozen=True, slots=True)
class Proposal:
    """An answer that waits for a second agent."""

    right: Right
    letter: Letter
    by: UUID | None


class Choices:
    """What there is to choose on one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._zone = ZoneInfo(desk.config.company.zone)
        self.sections = SECTIONS

    async def requests(self, ticket: Ticket) -> list[Request]:
        """Return the requests that still want an answer."""
        rows = Request.filter(ticket_id=ticket.id).exclude(state__in=list(FINAL))
        return await rows.order_by("id")

    async def until(self, request: Request) -> list[date]:
        """Return dates to extend a request to, earliest first.

        Raise the `Refusal` that the act would end with, before anybody is asked for a reason.
        """
        events = await RequestEvent.filter(request_id=request.id)
        dates = dates_of(request.right, request.regimes, events, self._desk.config)
        if dates.respond_due is None:
            raise Refusal("nothing_to_extend")
        check_extend(
            standing_of(request),
            REASONS[0],
            today=self._desk.now().astimezone(self._zone).date(),
            first_due=dates.respond_due,
            until=dates.respond_due + timedelta(days=1),
        )
        days = [dates.respond_due + timedelta(days=step) for step in _STEPS]
        last = dates.extendable_until
        if last is None:
            return days
        return [*(day for day in days if day < last), last]

    def grounds(self, request: Request) -> list[str]:
        """Return the grounds that a regime which may apply has for refusing this right."""
        right = LegalRight(request.right)
        found = [one.code for code in request.regimes for one in load(code).grounds_for(right)]
        return list(dict.fromkeys(found))

    def preview(
        self, ticket: Ticket, request: Request, kind: str, facts: Mapping[str, object]
    ) -> Letter:
        """Return the letter as it would read now; what is not said yet stands as `[name]`."""
        return self._desk.letters.preview(
            LetterOrder(kind, is_automatic=False),
            reference=ticket.reference,
            language=ticket.language,
            received_at=ticket.received_at,
            rights=[Right(request.right)],
            regimes=tuple(request.regimes),
            facts={**OPTIONAL, **facts},
        )

    def canned(self, ticket: Ticket, section: int) -> Letter:
        """Return words for a reply, in the requester's language if we have it."""
        return self._desk.letters.policy(section, ticket.language)

    def own(self, section: int, language: str) -> Letter:
        """Return the same words for the agent to read."""
        return self._desk.letters.policy(section, language)

    async def proposals(self, ticket: Ticket) -> Sequence[Proposal]:
        """Return the answers that wait for a second agent."""
        rows = Approval.filter(ticket_id=ticket.id, verdict=Verdict.OPEN).select_related("request")
        found = await rows.order_by("id")
        owner = identity_owner(ticket.requester_id)
        key = (await self._desk.vault.load_keys([owner])).get(owner)
        if key is None:
            return []
        return [
            Proposal(
                Right(row.request.right),
                Letter(
                    **json.loads(
                        unseal_text(key, Place("approval", row.id, "content"), row.content)
                    )
                ),
                _agent(row.proposed_by),
            )
            for row in found
        ]


def _agent(actor: str) -> UUID | None:
    kind, _, number = actor.partition(":")
    return UUID(number) if kind == "agent" else None
