"""What agents do to a ticket: each act is one unit of work whose first statement is a write.

An act reads, asks the handlers, renders its letter and then writes all of it or nothing; where
somebody else was faster it is done again on what is true now.  The rules lie in `tickets.requests`
and `tickets.agents`, the words in templates.  With four eyes an answer is proposed by one agent and
leaves, exactly as rendered, when a second approves.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from functools import partial
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from regimes.events import EventType
from regimes.regime import codes as regime_codes
from tickets.agents import Act, Agents, actor_of, check
from tickets.batch import Desk
from tickets.challenges import recompute
from tickets.clock import case_of
from tickets.content import identity_owner
from tickets.draft import Draft, StaleDraft
from tickets.errors import InvalidTransition, NotAllowed, Refusal, UnknownTicket
from tickets.ids import new_id
from tickets.matching import Blinder
from tickets.models import (
    Agent,
    Approval,
    Clock,
    ClockKind,
    Identity,
    Message,
    Request,
    RequestEvent,
    Task,
    Ticket,
    Verdict,
)
from tickets.posting import Route, post
from tickets.proof import Proof, Seen
from tickets.requests import (
    FINAL,
    check_arrow,
    check_extend,
    check_fulfil,
    check_refuse,
    status_of,
)
from tickets.scene import (
    Scene,
    decide,
    finish_tasks,
    hold,
    insert,
    make_stale,
    meet,
    move,
    note_begin,
    overtake,
    standing_of,
    stop,
    stop_service,
    unproven,
)
from tickets.statute import dates_of, law_event, open_clocks
from tickets.targets import STATUS_EVENT
from tickets.types import (
    RIGHTS_OF,
    Direction,
    Intent,
    Letter,
    LetterOrder,
    MessageKind,
    RequestState,
    Right,
    Status,
    Trigger,
)
from vault.sealing import Place, seal_text, unseal_text

Facts = Mapping[str, object]

OPTIONAL: Final[Facts] = {
    "controller": "",
    "details": "",
    "goes_on": (),
    "instead": "",
    "is_partial": False,
    "kept": (),
    "link": "",
    "link_expires_on": None,
    "missing": (),
    "recipients": (),
}
"""Facts that a letter may leave unsaid, with what then stands for them (docs/letters.md)."""

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

_INTENT_OF: Final = {right: intent for intent, rights in RIGHTS_OF.items() for right in rights}


class Actions:
    """Everything that agents do, whatever the door."""

    def __init__(self, desk: Desk, proof: Proof | None = None) -> None:
        self._desk = desk
        self._proof = proof or Proof(desk)
        self._agents = Agents(desk.vault)
        self._blinder = Blinder(desk.vault)
        self._zone = ZoneInfo(desk.config.company.zone)

    async def take(self, reference: str, agent: str) -> None:
        """Make the ticket this agent's; what may be worked on is in work from now on."""

        async def act(scene: Scene) -> None:
            scene.ticket.agent_id, scene.ticket.team_id = scene.agent.id, scene.agent.team_id
            for request in scene.requests:
                if request.state is RequestState.PROVEN:
                    self._begin(scene, request)
            scene.event("ticket_taken")

        await self._act(reference, agent, Act.TAKE, act)

    async def reply(self, reference: str, agent: str, text: str, *, asks: bool = False) -> None:
        """Write to the requester; with `asks` the ticket waits for what they say."""

        async def act(scene: Scene) -> None:
            order = LetterOrder("reply", is_automatic=False)
            letter = self._write(scene, order, scene.requests, {"text": text})
            await self._post(scene, letter, order)
            meet(scene, ClockKind.ACKNOWLEDGE, ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE)
            scene.ticket.waiting_at = scene.draft.now if asks else None
            scene.event("reply_queued", asks=asks)

        await self._act(reference, agent, Act.REPLY, act)

    async def note(self, reference: str, agent: str, text: str) -> None:
        """Write down something that only agents see."""

        async def act(scene: Scene) -> None:
            owner, note_id = scene.ticket.requester_id, new_id()
            scene.draft.messages.append(
                Message(
                    id=note_id,
                    ticket_id=scene.ticket.id,
                    identity_id=owner,
                    direction=Direction.NOTE,
                    kind=MessageKind.NOTE,
                    channel=scene.ticket.channel,
                    subject=scene.draft.seal(owner, Place("message", note_id, "subject"), ""),
                    body=scene.draft.seal(owner, Place("message", note_id, "body"), text),
                    created_at=scene.draft.now,
                )
            )
            scene.event("note_written")

        await self._act(reference, agent, Act.NOTE, act)

    async def confirm(self, reference: str, agent: str, right: Right | None = None) -> None:
        """Say that what was suspected is meant: the request is received since its first day."""

        async def act(scene: Scene) -> None:
            for request in scene.requests:
                if request.state is RequestState.SUSPECTED and right in {None, request.right}:
                    scene.move(request, RequestState.RECEIVED)
            scene.drop_work("confirm_rights")

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
        """Ask the requester by letter to prove who they are."""
        ticket, worker = await self._allowed(reference, agent, Act.VERIFY)
        requests = await unproven(ticket, right)
        await self._proof.ask_by_letter(ticket, requests, actor=actor_of(worker))

    async def verify(
        self, reference: str, agent: str, how: Seen, right: Right | None = None
    ) -> None:
        """Record how this agent knows who asks; also matches a proven address to an account."""
        ticket, worker = await self._allowed(reference, agent, Act.VERIFY)
        if not UNMATCHED.isdisjoint(ticket.work):
            return await self._match(reference, agent, how)
        await self.confirm(reference, agent, right)
        requests = await unproven(ticket, right)
        await self._proof.record(ticket, requests, how=how, actor=actor_of(worker))
        return await self._tell_proven(reference, agent, {one.id for one in requests})

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

    async def close(
        self,
        reference: str,
        agent: str,
        *,
        right: Right | None = None,
        outcome: RequestState | None = None,
    ) -> None:
        """End the conversation; `withdrawn` and `lapsed` also end requests that nobody answers.

        An open request that is not ended so keeps the ticket open, and the act is refused.
        """

        async def act(scene: Scene) -> None:
            if outcome not in {None, RequestState.WITHDRAWN, RequestState.LAPSED}:
                raise Refusal("answer_it_instead", reference=reference)
            due = [one for one in scene.requests if one.state not in FINAL]
            for request in due:
                if outcome is not None and right in {None, request.right}:
                    await self._end(scene, request, outcome)
                    scene.draft.later.append(partial(stop, request.id, scene.draft.now))
            if right is None or all(one.state in FINAL for one in scene.requests):
                if any(one.state not in FINAL for one in scene.requests):
                    raise NotAllowed("open_requests", reference=reference)
                scene.is_closed, scene.ticket.waiting_at = True, None

        await self._act(reference, agent, Act.CLOSE, act)

    async def reopen(self, reference: str, agent: str, right: Right | None = None) -> None:
        """Open the conversation again; with a right, open its next request with its own clock."""

        async def act(scene: Scene) -> None:
            if scene.before is not Status.CLOSED and right is None:
                raise InvalidTransition("not_closed", reference=reference)
            if scene.before is Status.CLOSED:
                scene.is_closed = False
                targets = self._desk.targets
                scene.draft.clocks.append(
                    targets.open(scene.ticket, ClockKind.RESOLVE, scene.draft.now)
                )
            if right is not None:
                self._open_again(scene, right)

        await self._act(reference, agent, Act.REOPEN, act)

    def moment(self, day: datetime | None) -> datetime:
        """Return the last second of a day at the controller, never past now; now without a day."""
        now = self._desk.now()
        if day is None:
            return now
        return min(now, day.replace(hour=23, minute=59, second=59, tzinfo=self._zone))

    # What the acts share

    async def _allowed(self, reference: str, name: str, act: Act) -> tuple[Ticket, Agent]:
        agent = await self._agents.find(name)
        check(agent, act)
        ticket = await Ticket.get_or_none(reference=reference.upper())
        if ticket is None:
            raise UnknownTicket(reference)
        if ticket.status is Status.ERASED:
            raise InvalidTransition("erased", reference=reference)
        return ticket, agent

    async def _act(
        self, reference: str, name: str, act: Act, work: Callable[[Scene], Awaitable[None]]
    ) -> None:
        for attempt in range(3):
            ticket, agent = await self._allowed(reference, name, act)
            requests = await Request.filter(ticket_id=ticket.id).order_by("id")
            draft = Draft(self._desk.now())
            owner = identity_owner(ticket.requester_id)
            draft.keys = await self._desk.vault.create_keys([owner])
            closed = ticket.status is Status.CLOSED
            scene = Scene(ticket, requests, agent, draft, ticket.status, closed)
            draft.guards.append(partial(hold, ticket.id, ticket.updated_at, draft.now))
            await work(scene)
            self._settle_status(scene)
            try:
                await draft.save()
            except StaleDraft:
                if attempt == 2:  # noqa: PLR2004  - the third time is no race
                    raise InvalidTransition("changed_meanwhile", reference=reference) from None
            else:
                return

    def _settle_status(self, scene: Scene) -> None:
        """Derive the ticket's status and write what follows from a change of it."""
        ticket, now = scene.ticket, scene.draft.now
        ticket.updated_at, ticket.begun_at = now, ticket.begun_at or now
        ticket.status = status_of(
            [RequestState(one.state) for one in scene.requests],
            is_begun=True,
            is_closed=scene.is_closed,
            is_waiting=ticket.waiting_at is not None,
        )
        scene.draft.touch(ticket)
        taken = {"agent_id": ticket.agent_id, "team_id": ticket.team_id}
        scene.draft.later.append(partial(note_begin, ticket.id, {"begun_at": now, **taken}))
        if ticket.status is not scene.before:
            scene.event(f"{STATUS_EVENT}{ticket.status}")
        if ticket.status is Status.CLOSED and scene.before is not Status.CLOSED:
            ticket.closed_at = now
            meet(scene, ClockKind.RESOLVE)
            scene.draft.later.append(partial(stop_service, ticket.id, now))
        elif ticket.status is not Status.CLOSED:
            ticket.closed_at = None
        self._follow_pause(scene)

    def _follow_pause(self, scene: Scene) -> None:
        """Have the resolution counted anew where a pause began or ended."""
        waits = (scene.before is Status.WAITING, scene.ticket.status is Status.WAITING)
        if waits[0] is not waits[1]:
            rows = Clock.filter(ticket_id=scene.ticket.id, kind=ClockKind.RESOLVE, met_at=None)
            scene.draft.later.append(partial(make_stale, rows))

    def _begin(self, scene: Scene, request: Request) -> None:
        """Put a request into work, with its task for a person."""
        scene.move(request, RequestState.IN_WORK)
        task = Task(
            id=new_id(),
            ticket_id=scene.ticket.id,
            request_id=request.id,
            code=f"fulfil_{request.right}",
            created_at=scene.draft.now,
        )
        scene.draft.later.append(partial(insert, task))

    async def _end(self, scene: Scene, request: Request, outcome: RequestState) -> None:
        """End a request without an answer; whoever was asked for proof is told that none came."""
        asked = request.state in {RequestState.PROOF_ASKED, RequestState.NOT_PROVEN}
        if asked and outcome is RequestState.LAPSED:
            order, letter = self._outcome(scene, request, Trigger.LAPSED, "", {})
            await self._post(scene, letter, order)
        scene.move(request, outcome)

    async def _check_fulfil(self, scene: Scene, request: Request) -> None:
        siblings = await Request.filter(
            ticket__requester_id=scene.ticket.requester_id, state__not_in=list(FINAL)
        ).exclude(id=request.id)
        check_fulfil(standing_of(request), [standing_of(one) for one in siblings])
        if not UNMATCHED.isdisjoint(scene.ticket.work):
            raise NotAllowed("match_account_first", reference=scene.ticket.reference)

    async def _tell_proven(self, reference: str, agent: str, proven: set[UUID]) -> None:
        """Ask the handlers what follows from a proof that an agent recorded."""

        async def act(scene: Scene) -> None:
            requests = [one for one in scene.requests if one.id in proven]
            case = case_of(scene.ticket, requests, Trigger.PROVEN, scene.draft.now)
            decision = self._desk.decide(case)
            for order in decision.letters:
                await self._post(scene, self._write(scene, order, requests, {}), order)
            codes = [work.code for work in decision.work]
            scene.ticket.work = [*dict.fromkeys([*scene.ticket.work, *codes])]

        await self._act(reference, agent, Act.VERIFY, act)

    async def _match(self, reference: str, agent: str, how: Seen) -> None:
        async def act(scene: Scene) -> None:
            scene.drop_work(*UNMATCHED)
            scene.event("account_matched", how=how.value)

        await self._act(reference, agent, Act.VERIFY, act)

    def _outcome(
        self, scene: Scene, request: Request, trigger: Trigger, act: str, facts: Facts
    ) -> tuple[LetterOrder, Letter]:
        """Ask the right's handler which letter tells it, and render that letter."""
        case = case_of(scene.ticket, [request], trigger, scene.draft.now, act=act)
        intent = _INTENT_OF[Right(request.right)]
        reading = replace(case.reading, intent=Intent(intent), also=())
        case = replace(case, intent=intent, reading=reading)
        letters = self._desk.decide(case).letters
        if not letters:
            raise Refusal("no_letter", reference=scene.ticket.reference)
        return letters[0], self._write(scene, letters[0], [request], facts)

    def _write(
        self, scene: Scene, order: LetterOrder, requests: Iterable[Request], facts: Facts
    ) -> Letter:
        told = list(requests)
        return self._desk.letters.write(
            order,
            reference=scene.ticket.reference,
            language=scene.ticket.language,
            received_at=scene.ticket.received_at,
            rights=[Right(one.right) for one in told],
            regimes=tuple(dict.fromkeys(code for one in told for code in one.regimes)),
            facts={**OPTIONAL, **facts},
        )

    async def _post(self, scene: Scene, letter: Letter, order: LetterOrder) -> Message:
        ticket, key = scene.ticket, scene.draft.key(scene.ticket.requester_id)
        identity = await Identity.get(id=ticket.requester_id)
        address = unseal_text(key, Place("identity", identity.id, "address"), identity.address)
        last = Message.filter(
            ticket_id=ticket.id, identity_id=identity.id, direction=Direction.INBOUND
        )
        answered = ""
        for message in await last.order_by("-id").limit(1):
            place = Place("message", message.id, "external_id")
            answered = unseal_text(key, place, message.external_id) if message.external_id else ""
        route = Route(identity.id, address, "", answered, (answered,) if answered else ())
        account = self._desk.config.account(ticket.account)
        return post(scene.draft, self._blinder, account, ticket, letter, order, route)

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
        scene.drop_work("answer_due", "answer_overdue", "confirm_rights")

    def _open_again(self, scene: Scene, right: Right) -> None:
        same = [one for one in scene.requests if one.right is right]
        if any(one.state not in FINAL for one in same):
            raise Refusal("already_open", reference=scene.ticket.reference)
        now = scene.draft.now
        request = Request(
            id=new_id(),
            ticket_id=scene.ticket.id,
            right=right,
            round=len(same) + 1,
            state=RequestState.RECEIVED,
            regimes=same[-1].regimes if same else ["default"],
            received_at=now,
            created_at=now,
        )
        event = law_event(request.id, EventType.RECEIVED, now, entered_at=now, actor=scene.actor)
        scene.draft.requests.append(request)
        scene.draft.law_events.append(event)
        scene.draft.clocks += open_clocks(request, [event], self._desk.config)
        scene.requests.append(request)
        scene.event("request_opened", right=str(right), round=request.round)
