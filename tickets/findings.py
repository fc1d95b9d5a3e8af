"""What agents find out: what is meant, under which law, by whom, and what the law counts by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Final
from uuid import UUID

from regimes.events import EventType
from regimes.regime import codes as regime_codes
from tickets.acting import INTENT_OF, Acting
from tickets.agents import Act
from tickets.challenges import recompute
from tickets.clock import RECEIPTS, case_of
from tickets.content import forget
from tickets.errors import NotAllowed, Refusal
from tickets.models import Clock, ClockFamily, ClockKind, Message, Request
from tickets.persons import end_links, linked_to
from tickets.proof import Seen
from tickets.requests import ARROWS
from tickets.scene import Scene, make_stale, meet, stop, stop_service
from tickets.statute import law_event
from tickets.types import (
    RIGHTS_OF,
    Alignment,
    Case,
    Decision,
    Intent,
    LetterOrder,
    MessageKind,
    RequestState,
    Right,
    Trigger,
)
from tickets.worklist import CHECK_AUTHORITY, CHECK_READING, CONFIRM_SUBJECT, UNMATCHED

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

AUTHORITY: Final = frozenset(
    (EventType.AGENT_AUTHORITY_REQUESTED, EventType.AGENT_AUTHORITY_RECEIVED)
)
"""Events of whoever acts for somebody else: they concern all that is asked."""

READ: Final = frozenset(
    (CHECK_READING, "answer_question", "confirm_rights", "confirm_spam", "decide_intent", "help")
)
"""Work that a reading left, and that ends when an agent says what is asked."""

UNTOUCHED: Final = frozenset((RequestState.RECEIVED, RequestState.ACKNOWLEDGED))
"""States in which nobody has done anything for a request yet."""


PAPER_IS_ENOUGH: Final = ("us_ca_ccpa",)
"""Laws that forbid asking the person where a power of attorney is shown (11 CCR 7063(b))."""


class ActingAs(StrEnum):
    """For whom a requester speaks who does not speak for themselves."""

    AGENT = "agent"
    PARENT = "parent"
    HEIR = "heir"
    LAWYER = "lawyer"


class Findings(Acting):
    """Settling what is asked, by whom and under which law."""

    async def confirm(self, reference: str, agent: str, right: Right | None = None) -> None:
        """Say that what was suspected is meant: the request is received since its first day."""

        async def act(scene: Scene) -> None:
            self._confirm(scene, [r for r in scene.requests if right in {None, r.right}])

        await self._act(reference, agent, Act.VERIFY, act)

    async def change_type(
        self, reference: str, agent: str, intent: Intent, rights: Sequence[Right] = ()
    ) -> None:
        """Say what is asked, where it was read wrongly; `rights` where the type leaves it open.

        Requests that are meant are confirmed, and opened where they are missing: since the day of
        receipt, for the requester had asked then.  Suspected ones that are not meant lapse.  With
        `rights` these are all that is asked: then whatever else nobody has worked on lapses too.
        """

        async def act(scene: Scene) -> None:
            before, read = scene.ticket.intent, scene.ticket.rights
            own = RIGHTS_OF.get(intent, ())
            named = tuple(rights) or tuple(r.right for r in scene.open_requests if r.right in own)
            decision = self._desk.decide(await self._retyped(scene, intent, named))
            meant = {*named, *(right for right, _ in decision.requests)}
            idle = {RequestState.SUSPECTED, *(UNTOUCHED if rights else ())}
            for request in scene.open_requests:
                if request.right in meant:
                    self._confirm(scene, [request])
                elif request.state in idle:
                    scene.move(request, RequestState.LAPSED)
                    scene.draft.later.append(partial(stop, request.id, scene.draft.now))
            scene.ticket.intent, scene.ticket.needs_human = intent, False
            await self._carry_out(scene, decision)
            await self._retarget(scene, before)
            scene.ticket.rights = [str(right) for right in sorted(meant)]
            # The correction as an example to learn from is made of this event (docs/requests.md).
            scene.event(
                "type_changed",
                before=str(before),
                after=str(intent),
                rights_before=read,
                rights=scene.ticket.rights,
            )

        await self._act(reference, agent, Act.CHANGE_TYPE, act)

    async def unlink(self, reference: str, agent: str) -> None:
        """Say that the requester's chat and the addresses linked with it are not one person's."""

        async def act(scene: Scene) -> None:
            requester = scene.ticket.requester_id
            if not await linked_to(requester):
                raise Refusal("nothing_linked", reference=reference)
            scene.draft.later.append(partial(end_links, requester, scene.actor, scene.draft.now))
            scene.event("person_unlinked")

        await self._act(reference, agent, Act.VERIFY, act)

    async def settle(self, reference: str, agent: str, regime: str) -> None:
        """Say which law it is; the dates follow from the list of events."""

        async def act(scene: Scene) -> None:
            if regime not in regime_codes():
                raise Refusal("unknown_regime", reference=reference)
            for request in scene.requests:
                scene.draft.move(request, request.state, regimes=[regime], is_settled=True)
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
            requests = [scene.request(right)] if kind not in AUTHORITY else self._all(scene, right)
            for request in requests:
                if at < request.received_at:
                    raise Refusal("before_receipt", reference=reference)
                self._count(scene, request, kind, at)
            if kind is EventType.AGENT_AUTHORITY_REQUESTED:
                scene.add_work(CHECK_AUTHORITY, CONFIRM_SUBJECT)
            elif kind is EventType.AGENT_AUTHORITY_RECEIVED:
                scene.drop_work(CHECK_AUTHORITY)
            scene.event("law_event_entered", type=kind.value, at=at.isoformat())

        await self._act(reference, agent, Act.VERIFY, act)

    async def ask_authority(
        self, reference: str, agent: str, acting_as: ActingAs, right: Right | None = None
    ) -> None:
        """Ask by letter what allows the requester to act for somebody else.

        Nothing is disclosed, changed or deleted before that has been shown (`enter`) and before the
        person concerned has confirmed it (`verify`), where there is one who can.
        """

        async def act(scene: Scene) -> None:
            requests = self._all(scene, right)
            self._confirm(scene, requests)
            order = LetterOrder("authority_request", is_automatic=False)
            letter = self._write(scene, order, requests, {"acting_as": acting_as.value})
            await self._post(scene, letter, order)
            for request in requests:
                self._count(scene, request, EventType.AGENT_AUTHORITY_REQUESTED, scene.draft.now)
            scene.add_work(CHECK_AUTHORITY)
            if acting_as in {ActingAs.AGENT, ActingAs.LAWYER}:
                scene.add_work(CONFIRM_SUBJECT)
            meet(scene, ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE)
            scene.ticket.waiting_at = scene.draft.now
            scene.event("authority_asked", acting_as=acting_as.value)

        await self._act(reference, agent, Act.VERIFY, act)

    async def ask_proof(self, reference: str, agent: str, right: Right | None = None) -> None:
        """Ask the requester by letter to prove who they are; what was suspected is meant then."""

        async def act(scene: Scene) -> None:
            requests = self._leading_to(scene, right, RequestState.PROOF_ASKED)
            if not requests:
                raise Refusal("nothing_to_prove", reference=reference)
            self._confirm(scene, requests)
            await self._proof.add_letter(scene.draft, scene.ticket, requests, actor=scene.actor)

        await self._act(reference, agent, Act.VERIFY, act)

    async def verify(
        self,
        reference: str,
        agent: str,
        how: Seen,
        right: Right | None = None,
        evidence: Sequence[UUID] = (),
    ) -> None:
        """Record how this agent knows who asks; the messages that showed it lose their content.

        It also matches a proven address to an account, and tells that the person concerned has
        confirmed what somebody else asks for them.
        """

        async def act(scene: Scene) -> None:
            if not UNMATCHED.isdisjoint(scene.ticket.work):
                scene.drop_work(*UNMATCHED)
                scene.draft.later.append(partial(forget, scene.ticket.id, list(evidence)))
                scene.event("account_matched", how=how.value, evidence_deleted=len(evidence))
                return
            requests = self._leading_to(scene, right, RequestState.PROVEN)
            if CONFIRM_SUBJECT in scene.ticket.work:
                self._hear_subject(scene, how)
            elif not requests:
                raise Refusal("nothing_to_prove", reference=reference)
            self._confirm(scene, requests)
            self._proof.add_record(
                scene.draft,
                scene.ticket,
                requests,
                how=how,
                actor=scene.actor,
                evidence=evidence,
            )
            if requests:
                await self._tell_proven(scene, requests)

        await self._act(reference, agent, Act.VERIFY, act)

    def _hear_subject(self, scene: Scene, how: Seen) -> None:
        """Take note that the person concerned has confirmed; a paper is not their word."""
        regimes = {code for one in scene.open_requests for code in one.regimes}
        if how is Seen.DOCUMENTS and not regimes.issubset(PAPER_IS_ENOUGH):
            raise NotAllowed("ask_the_person", reference=scene.ticket.reference)
        scene.drop_work(CONFIRM_SUBJECT)
        scene.event("subject_confirmed", how=how.value)

    def moment(self, day: datetime | None) -> datetime:
        """Return the last second of a day at the controller, never past now; now without a day."""
        now = self._desk.now()
        if day is None:
            return now
        return min(now, day.replace(hour=23, minute=59, second=59, tzinfo=self._zone))

    async def _retyped(self, scene: Scene, intent: Intent, rights: tuple[Right, ...]) -> Case:
        """Return the case as if the message had been read as an agent says."""
        ticket = scene.ticket
        case = case_of(ticket, scene.requests, Trigger.MESSAGE, scene.draft.now)
        also = dict.fromkeys(INTENT_OF[right] for right in rights)
        reading = replace(
            case.reading,
            intent=intent,
            also=tuple(one for one in also if one is not intent),
            rights=rights,
            needs_human=False,
            suspected=False,
        )
        told = await Message.filter(ticket_id=ticket.id, letter__in=RECEIPTS).exists()
        wrote = Message.filter(ticket_id=ticket.id, kind=MessageKind.MESSAGE)  # a machine did not
        may_answer = ticket.alignment is not Alignment.FAIL and await wrote.exists()
        return replace(case, intent=intent, reading=reading, is_new=not told, may_answer=may_answer)

    async def _carry_out(self, scene: Scene, decision: Decision) -> None:
        """Open what is missing, and send the receipt that was never sent."""
        ticket = scene.ticket
        told = any(order.kind in RECEIPTS for order in decision.letters)
        state = RequestState.ACKNOWLEDGED if told else RequestState.RECEIVED
        for right, _ in decision.requests:
            await self._open(scene, right, state, ticket.received_at)
        for order in decision.letters:
            await self._post(scene, self._write(scene, order, scene.open_requests, {}), order)
        scene.drop_work(*READ)
        scene.add_work(*(work.code for work in decision.work))

    async def _retarget(self, scene: Scene, before: Intent) -> None:
        """Let the targets of the new type count; spam has none."""
        ticket, draft = scene.ticket, scene.draft
        if before is Intent.SPAM:
            team = await self._desk.targets.team_of(ticket)
            draft.clocks += self._desk.targets.first(ticket, team)
        elif ticket.intent is Intent.SPAM:
            draft.later.append(partial(stop_service, ticket.id, draft.now))
        rows = Clock.filter(ticket_id=ticket.id, family=ClockFamily.SERVICE, met_at=None)
        draft.later.append(partial(make_stale, rows))

    def _all(self, scene: Scene, right: Right | None) -> list[Request]:
        """Return the open requests, or those of a right; refuse where there are none."""
        requests = [one for one in scene.open_requests if right in {None, one.right}]
        if not requests:
            raise Refusal("no_open_request", reference=scene.ticket.reference)
        return requests

    def _leading_to(self, scene: Scene, right: Right | None, state: RequestState) -> list[Request]:
        """Return the open requests that can come to a state of proof now, suspected ones too."""
        ways = {one for one, after in ARROWS.items() if state in after}
        ways |= {RequestState.SUSPECTED, state}
        still = (one for one in self._all(scene, right) if not one.proven_at)
        return [one for one in still if one.state in ways]

    def _count(self, scene: Scene, request: Request, kind: EventType, at: datetime) -> None:
        """Enter an event of the law; every date follows from the list."""
        now, actor = scene.draft.now, scene.actor
        told = law_event(request.id, kind, at, entered_at=now, actor=actor)
        scene.draft.law_events.append(told)
        scene.draft.later.append(partial(recompute, request.id, self._desk.config))

    def _confirm(self, scene: Scene, requests: Iterable[Request]) -> None:
        for request in requests:
            if request.state is RequestState.SUSPECTED:
                scene.move(request, RequestState.RECEIVED)
        scene.drop_confirmed()

    async def _tell_proven(self, scene: Scene, requests: Sequence[Request]) -> None:
        """Ask the handlers what follows from a proof that an agent recorded."""
        case = case_of(scene.ticket, requests, Trigger.PROVEN, scene.draft.now)
        decision = self._desk.decide(case)
        for order in decision.letters:
            await self._post(scene, self._write(scene, order, requests, {}), order)
        scene.add_work(*(work.code for work in decision.work))
