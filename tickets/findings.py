"""What agents find out: what is meant, under which law, by whom, and what the law counts by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from regimes.events import EventType
from regimes.regime import codes as regime_codes
from tickets.acting import Acting
from tickets.agents import Act
from tickets.challenges import recompute
from tickets.clock import case_of
from tickets.errors import Refusal
from tickets.models import Request
from tickets.proof import Seen
from tickets.requests import FINAL
from tickets.scene import Scene, move
from tickets.statute import law_event
from tickets.types import RequestState, Right, Trigger

ENTERED: Final = frozenset(
    (
        EventType.CLARIFICATION_REQUESTED,
        EventType.CLARIFICATION_RECEIVED,
        EventType.FEE_REQUESTED,
        EventType.FEE_PAID,
        EventType.AGENT_AUTHORITY_REQUESTED,
        EventType.AGENT_AUTHORITY_RECEIVED,
    )
)
"""Events that only a person knows of; every other is recorded where it happens."""

UNMATCHED: Final = frozenset(("match_account", "directory_mismatch"))
"""Work that says: the address is proven, the account is not (house.md 5.8)."""


class Findings(Acting):
    """Settling what is asked, by whom and under which law."""

    async def confirm(self, reference: str, agent: str, right: Right | None = None) -> None:
        """Say that what was suspected is meant: the request is received since its first day."""

        async def act(scene: Scene) -> None:
            self._confirm(scene, [r for r in scene.requests if right in {None, r.right}])

        await self._act(reference, agent, Act.VERIFY, act)

    async def settle(self, reference: str, agent: str, regime: str) -> None:
        """Say which law it is; the dates follow from the list of events."""

        async def act(scene: Scene) -> None:
            if regime not in regime_codes():
                raise Refusal("unknown_regime", reference=reference)
            for request in scene.requests:
                settled = {"regimes": [regime], "is_settled": True}
                scene.draft.guards.append(partial(move, request.id, request.state, settled))
                scene.draft.later.append(partial(recompute, request.id, self._desk.config))
            scene.event("regime_settled", regime=regime)

        await self._act(reference, agent, Act.VERIFY, act)

    async def enter(
        self, reference: str, agent: str, kind: EventType, at: datetime, right: Right | None = None
    ) -> None:
        """Enter what the law counts by: a question of ours, its answer, a fee, an authority.

        It may be entered late; every date is derived anew from the list.
        """

        async def act(scene: Scene) -> None:
            if kind not in ENTERED:
                raise Refusal("not_for_entry", reference=reference)
            if at > scene.draft.now:
                raise Refusal("not_happened_yet", reference=reference)
            request = scene.request(right)
            if at < request.received_at:
                raise Refusal("before_receipt", reference=reference)
            told = law_event(request.id, kind, at, entered_at=scene.draft.now, actor=scene.actor)
            scene.draft.law_events.append(told)
            scene.draft.later.append(partial(recompute, request.id, self._desk.config))
            scene.event("law_event_entered", type=kind.value, at=at.isoformat())

        await self._act(reference, agent, Act.VERIFY, act)

    async def ask_proof(self, reference: str, agent: str, right: Right | None = None) -> None:
        """Ask the requester by letter to prove who they are; what was suspected is meant then."""

        async def act(scene: Scene) -> None:
            requests = self._unproven(scene, right)
            self._confirm(scene, requests)
            await self._proof.add_letter(scene.draft, scene.ticket, requests, actor=scene.actor)

        await self._act(reference, agent, Act.VERIFY, act)

    async def verify(
        self, reference: str, agent: str, how: Seen, right: Right | None = None
    ) -> None:
        """Record how this agent knows who asks; also matches a proven address to an account."""

        async def act(scene: Scene) -> None:
            if not UNMATCHED.isdisjoint(scene.ticket.work):
                scene.drop_work(*UNMATCHED)
                scene.event("account_matched", how=how.value)
                return
            requests = self._unproven(scene, right)
            self._confirm(scene, requests)
            self._proof.add_record(scene.draft, scene.ticket, requests, how=how, actor=scene.actor)
            await self._tell_proven(scene, requests)

        await self._act(reference, agent, Act.VERIFY, act)

    def moment(self, day: datetime | None) -> datetime:
        """Return the last second of a day at the controller, never past now; now without a day."""
        now = self._desk.now()
        if day is None:
            return now
        return min(now, day.replace(hour=23, minute=59, second=59, tzinfo=self._zone))

    def _unproven(self, scene: Scene, right: Right | None) -> list[Request]:
        """Return the open requests that nobody has proven, or refuse."""
        still = [one for one in scene.requests if one.state not in FINAL and not one.proven_at]
        requests = [one for one in still if right in {None, one.right}]
        if not requests:
            raise Refusal("nothing_to_prove", reference=scene.ticket.reference)
        return requests

    def _confirm(self, scene: Scene, requests: Iterable[Request]) -> None:
        for request in requests:
            if request.state is RequestState.SUSPECTED:
                scene.move(request, RequestState.RECEIVED)
        scene.drop_work("confirm_rights")

    async def _tell_proven(self, scene: Scene, requests: Sequence[Request]) -> None:
        """Ask the handlers what follows from a proof that an agent recorded."""
        case = case_of(scene.ticket, requests, Trigger.PROVEN, scene.draft.now)
        decision = self._desk.decide(case)
        for order in decision.letters:
            await self._post(scene, self._write(scene, order, requests, {}), order)
        codes = [work.code for work in decision.work]
        scene.ticket.work = [*dict.fromkeys([*scene.ticket.work, *codes])]
