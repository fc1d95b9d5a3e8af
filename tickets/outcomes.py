"""The outcome of a request: extended, refused, fulfilled, and what a second agent approves.

The rules lie in `tickets.requests`, the words in templates.  With four eyes an answer is proposed
by one agent and leaves, exactly as rendered, when a second approves.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from functools import partial
from typing import Final

from regimes.events import EventType
from tickets.acting import Acting, Facts
from tickets.agents import Act
from tickets.challenges import recompute
from tickets.errors import NotAllowed, Refusal
from tickets.ids import new_id
from tickets.models import Approval, ClockKind, Request, RequestEvent, Verdict
from tickets.requests import (
    FINAL,
    check_arrow,
    check_authority,
    check_extend,
    check_fulfil,
    check_refuse,
)
from tickets.scene import Scene, decide, finish_tasks, insert, meet, overtake, standing_of
from tickets.statute import dates_of, law_event
from tickets.types import Letter, LetterOrder, RequestState, Right, Trigger
from tickets.worklist import CHECK_AUTHORITY, CONFIRM_SUBJECT, UNMATCHED
from vault.sealing import Place, seal_text, unseal_text

FIRST: Final = {
    UNMATCHED: "match_account_first",
    frozenset((CHECK_AUTHORITY,)): "authority_first",
    frozenset((CONFIRM_SUBJECT,)): "subject_first",
}
"""What must be seen to before anything is disclosed, changed or deleted."""


class Outcomes(Acting):
    """Extending, refusing, fulfilling, approving."""

    async def extend(  # noqa: PLR0913  - an extension has these parts
        self,
        reference: str,
        agent: str,
        reason: str,
        *,
        right: Right | None = None,
        until: date | None = None,
        details: str = "",
    ) -> None:
        """Take more time where every law that may apply gives it, and tell the requester so."""

        async def act(scene: Scene) -> None:
            request = scene.request(right)
            events = await RequestEvent.filter(request_id=request.id)
            dates = dates_of(request.right, request.regimes, events, self._desk.config)
            check_extend(
                standing_of(request),
                reason,
                today=scene.draft.now.astimezone(self._zone).date(),
                first_due=dates.respond_due,
                until=until,
            )
            new_on = until or dates.extendable_until
            if dates.extendable_until and until:
                new_on = min(until, dates.extendable_until)
            facts = {"new_on": new_on, "reason": reason, "details": details}
            order, letter = self._outcome(scene, request, Trigger.AGENT_ACT, "extend", facts)
            await self._post(scene, letter, order)
            scene.move(request, RequestState.EXTENDED)
            told = law_event(
                request.id,
                EventType.EXTENSION_NOTIFIED,
                scene.draft.now,
                entered_at=scene.draft.now,
                until=new_on,
                actor=scene.actor,
            )
            scene.draft.law_events.append(told)
            scene.draft.later.append(partial(recompute, request.id, self._desk.config))

        await self._act(reference, agent, Act.EXTEND, act)

    async def refuse(
        self,
        reference: str,
        agent: str,
        ground: str,
        facts: Facts,
        *,
        right: Right | None = None,
    ) -> None:
        """Propose to refuse on a coded ground of the law."""

        async def act(scene: Scene) -> None:
            request = scene.request(right)
            check_refuse(standing_of(request), ground)
            check_arrow(request.state, RequestState.REFUSED)
            given = {"ground": ground, **facts}
            order, letter = self._outcome(scene, request, Trigger.AGENT_ACT, "refuse", given)
            await self._propose(scene, request, RequestState.REFUSED, order, letter, ground)

        await self._act(reference, agent, Act.REFUSE, act)

    async def fulfil(
        self,
        reference: str,
        agent: str,
        facts: Facts,
        *,
        right: Right | None = None,
        partly: bool = False,
    ) -> None:
        """Say that the work is done, by hand, and propose the letter that tells it."""

        async def act(scene: Scene) -> None:
            request = scene.request(right)
            await self._check_fulfil(scene, request)
            if request.state not in {RequestState.IN_WORK, RequestState.EXTENDED}:
                self._begin(scene, request)
            scene.draft.later.append(
                partial(finish_tasks, request.id, scene.draft.now, scene.actor)
            )
            scene.event("task_done", right=str(request.right))
            order, letter = self._outcome(scene, request, Trigger.TASK_DONE, "fulfil", facts)
            done = RequestState.PARTLY_FULFILLED if partly else RequestState.FULFILLED
            await self._propose(scene, request, done, order, letter)

        await self._act(reference, agent, Act.FULFIL, act)

    async def approve(
        self,
        reference: str,
        agent: str,
        *,
        right: Right | None = None,
        rejects: bool = False,
    ) -> None:
        """Let a proposal of somebody else go out as it stands, or send it back."""

        async def act(scene: Scene) -> None:
            request = scene.request(right)
            proposal = await Approval.filter(request_id=request.id, verdict=Verdict.OPEN).first()
            if proposal is None:
                raise Refusal("nothing_proposed", reference=reference)
            if proposal.proposed_by == scene.actor and not rejects:
                raise NotAllowed("four_eyes", reference=reference)
            verdict = Verdict.REJECTED if rejects else Verdict.APPROVED
            scene.draft.guards.append(
                partial(decide, proposal.id, verdict, scene.actor, scene.draft.now)
            )
            scene.event("proposal_decided", verdict=str(verdict), outcome=proposal.outcome)
            scene.drop_work("approve")
            if rejects:
                return
            # What held when it was proposed must hold now.
            if RequestState(proposal.outcome) is not RequestState.REFUSED:
                await self._check_fulfil(scene, request)
            key = scene.draft.key(scene.ticket.requester_id)
            place = Place("approval", proposal.id, "content")
            letter = Letter(**json.loads(unseal_text(key, place, proposal.content)))
            await self._answer(
                scene,
                request,
                RequestState(proposal.outcome),
                LetterOrder(proposal.letter, is_automatic=False),
                letter,
                proposal.ground,
            )

        await self._act(reference, agent, Act.APPROVE, act)

    async def _check_fulfil(self, scene: Scene, request: Request) -> None:
        siblings = await Request.filter(
            ticket__requester_id=scene.ticket.requester_id, state__not_in=list(FINAL)
        ).exclude(id=request.id)
        check_fulfil(standing_of(request), [standing_of(one) for one in siblings])
        events = await RequestEvent.filter(request_id=request.id)
        check_authority([EventType(e.type) for e in sorted(events, key=lambda e: (e.at, e.id))])
        for codes, first in FIRST.items():
            if not codes.isdisjoint(scene.ticket.work):
                raise NotAllowed(first, reference=scene.ticket.reference)

    async def _propose(  # noqa: PLR0913, PLR0917  - an answer and what it is about
        self,
        scene: Scene,
        request: Request,
        outcome: RequestState,
        order: LetterOrder,
        letter: Letter,
        ground: str = "",
    ) -> None:
        """Keep an answer for a second pair of eyes, or let it go where one is enough."""
        if not self._desk.config.settings.four_eyes:
            await self._answer(scene, request, outcome, order, letter, ground)
            return
        now, proposal_id = scene.draft.now, new_id()
        key = scene.draft.key(scene.ticket.requester_id)
        content = json.dumps(asdict(letter), ensure_ascii=False)
        proposal = Approval(
            id=proposal_id,
            ticket_id=scene.ticket.id,
            request_id=request.id,
            outcome=outcome.value,
            ground=ground,
            letter=order.kind,
            content=seal_text(key, Place("approval", proposal_id, "content"), content),
            proposed_by=scene.actor,
            proposed_at=now,
        )
        scene.draft.guards.append(partial(overtake, request.id, scene.actor, now))
        scene.draft.later.append(partial(insert, proposal))
        scene.ticket.work = [*dict.fromkeys([*scene.ticket.work, "approve"])]
        scene.event("answer_proposed", outcome=outcome.value, ground=ground)

    async def _answer(  # noqa: PLR0913, PLR0917  - as `_propose`
        self,
        scene: Scene,
        request: Request,
        outcome: RequestState,
        order: LetterOrder,
        letter: Letter,
        ground: str,
    ) -> None:
        message = await self._post(scene, letter, order)
        scene.move(request, outcome, answer_id=message.id, ground=ground)
        meet(scene, ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE)
        scene.drop_work("answer_due", "answer_overdue")
        scene.drop_confirmed()
