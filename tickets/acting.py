"""One act of an agent as a unit of work: who may, on which ticket, and all of it or nothing.

An act reads, asks the handlers, renders its letter and then writes everything in one transaction
whose first statement holds the ticket; where somebody else was faster it is done again on what is
true now.  A door may add rows of its own to that transaction.  Which acts there are is said in
`tickets.conversation`, `tickets.findings` and `tickets.outcomes`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import copy
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final, Self
from zoneinfo import ZoneInfo

from regimes.events import EventType
from tickets.agents import Act, Agents, check
from tickets.clock import case_of
from tickets.content import identity_owner
from tickets.desk import Desk
from tickets.draft import Also, Draft, StaleDraft, add_to
from tickets.errors import InvalidTransition, Refusal
from tickets.ids import new_id
from tickets.matching import Blinder
from tickets.models import (
    Agent,
    Clock,
    ClockFamily,
    ClockKind,
    Identity,
    Message,
    Request,
    Task,
    Ticket,
)
from tickets.moving import find_ticket
from tickets.posting import post, route_back
from tickets.proof import Proof
from tickets.requests import status_of
from tickets.scene import Scene, hold, insert, make_stale, meet, note_begin, stop_service
from tickets.statute import candidates_in, law_event, open_clocks
from tickets.targets import PAUSED, STATUS_EVENT
from tickets.types import (
    RIGHTS_OF,
    Channel,
    Direction,
    Intent,
    Letter,
    LetterOrder,
    RequestState,
    Right,
    Status,
    Trigger,
)
from vault.sealing import Place, unseal_text

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

INTENT_OF: Final = {right: intent for intent, rights in RIGHTS_OF.items() for right in rights}
"""The type that a right belongs to."""


class Acting:
    """What every act stands on."""

    def __init__(self, desk: Desk, proof: Proof | None = None, also: Also | None = None) -> None:
        self._desk = desk
        self._also = also
        self._proof = (proof or Proof(desk)).with_also(also)
        self._agents = Agents(desk.vault)
        self._blinder = Blinder(desk.vault)
        self._zone = ZoneInfo(desk.config.company.zone)

    def with_also(self, also: Also | None) -> Self:
        """Return the same acts, each of which writes what `also` adds to its draft as well.

        The rows commit with the act or not at all.  `also` is called anew for each attempt, with a
        draft of its own, and not at all where the act is refused.
        """
        acts = copy(self)
        acts._also, acts._proof = also, self._proof.with_also(also)  # noqa: SLF001  - a copy of ours
        return acts

    async def _allowed(self, reference: str, name: str, act: Act) -> tuple[Ticket, Agent]:
        agent = await self._agents.find(name)
        check(agent, act)
        ticket = await self._find(reference)
        return ticket, agent

    async def _find(self, reference: str) -> Ticket:
        """Return the ticket of a reference; raise where nothing can be done to it any more."""
        ticket = await find_ticket(reference)
        if ticket.status is Status.ERASED:
            raise InvalidTransition("erased", reference=reference)
        return ticket

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
            await add_to(draft, self._also)
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

    def _hand_to(self, scene: Scene, agent: Agent) -> None:
        """Make the ticket an agent's and their team's, whose targets count from now on."""
        ticket = scene.ticket
        ticket.agent_id = agent.id
        if ticket.team_id != agent.team_id:
            ticket.team_id = agent.team_id
            rows = Clock.filter(ticket_id=ticket.id, family=ClockFamily.SERVICE, met_at=None)
            scene.draft.later.append(partial(make_stale, rows))

    def _follow_pause(self, scene: Scene) -> None:
        """Have what pauses counted anew where a pause began or ended."""
        waits = (scene.before is Status.WAITING, scene.ticket.status is Status.WAITING)
        if waits[0] is not waits[1]:
            rows = Clock.filter(ticket_id=scene.ticket.id, kind__in=list(PAUSED), met_at=None)
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

    async def _open(
        self, scene: Scene, right: Right, state: RequestState, received_at: datetime
    ) -> None:
        """Open a request, the next round of its right, with clocks that count from a receipt."""
        now, told = scene.draft.now, dict.fromkeys(c for r in scene.requests for c in r.regimes)
        request = Request(
            id=new_id(),
            ticket_id=scene.ticket.id,
            right=right,
            round=1 + max((r.round for r in scene.requests if r.right is right), default=0),
            state=state,
            regimes=list(told) or await self._candidates(scene),
            received_at=received_at,
            created_at=now,
        )
        event = law_event(
            request.id, EventType.RECEIVED, received_at, entered_at=now, actor=scene.actor
        )
        scene.draft.requests.append(request)
        scene.draft.law_events.append(event)
        scene.draft.clocks += open_clocks(request, [event], self._desk.config)
        scene.requests.append(request)
        scene.event("request_opened", right=str(right), round=request.round)

    async def _candidates(self, scene: Scene) -> list[str]:
        """Return the regimes that may apply, from what the requester wrote first."""
        ticket, key = scene.ticket, scene.draft.key(scene.ticket.requester_id)
        person = await Identity.get(id=ticket.requester_id)
        wrote = Message.filter(ticket_id=ticket.id, identity_id=person.id)
        first = await wrote.filter(direction=Direction.INBOUND).order_by("id").first()
        address = unseal_text(key, Place("identity", person.id, "address"), person.address)
        said = ""
        if first is not None:
            subject = unseal_text(key, Place("message", first.id, "subject"), first.subject)
            said = f"{subject}\n{unseal_text(key, Place('message', first.id, 'body'), first.body)}"
        is_mail = ticket.channel is Channel.EMAIL
        found = candidates_in(said, ticket.language, address=address if is_mail else "")
        return [one.regime for one in found]

    def _outcome(
        self, scene: Scene, request: Request, trigger: Trigger, act: str, facts: Facts
    ) -> tuple[LetterOrder, Letter]:
        """Ask the right's handler which letter tells it, and render that letter."""
        case = case_of(scene.ticket, [request], trigger, scene.draft.now, act=act)
        intent = INTENT_OF[Right(request.right)]
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
        ticket = scene.ticket
        route = await route_back(scene.draft, ticket, await Identity.get(id=ticket.requester_id))
        account = self._desk.config.account(ticket.account)
        return post(scene.draft, self._blinder, account, ticket, letter, order, route)
