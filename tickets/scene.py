"""One ticket in the hands of one agent: what an act sees, and the rows that it will write.

It knows arrows and rows, not rights: `tickets.actions` decides what happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from tortoise.queryset import QuerySet

from tickets.agents import actor_of
from tickets.audit import new_event
from tickets.draft import Draft, StaleDraft
from tickets.errors import Refusal
from tickets.models import (
    Agent,
    Approval,
    Clock,
    ClockFamily,
    ClockKind,
    Event,
    OutboxEntry,
    Request,
    Task,
    Ticket,
    Verdict,
)
from tickets.requests import FINAL, Standing, check_arrow
from tickets.types import Delivery, RequestState, Right, Status
from tickets.worklist import CONFIRM_RIGHTS


@dataclass(slots=True)
class Scene:
    """One ticket at one moment, and what an act will write."""

    ticket: Ticket
    requests: list[Request]
    agent: Agent
    draft: Draft
    before: Status
    is_closed: bool
    done: list[str] = field(default_factory=list)

    @property
    def actor(self) -> str:
        """Who acts, as events name them."""
        return actor_of(self.agent)

    def event(self, kind: str, **payload: object) -> None:
        """Add an event to the audit."""
        key = self.draft.key(self.ticket.requester_id)
        self.draft.events.append(
            new_event(
                kind,
                self.draft.now,
                key=key,
                ticket_id=self.ticket.id,
                actor=self.actor,
                payload=payload,
            )
        )

    def request(self, right: Right | None) -> Request:
        """Return the open request of a right, or the only open one.

        Where a merge brought the same right twice, first the proven one, then the earlier.
        """
        still = [one for one in self.open_requests if right in {None, one.right}]
        if len({one.right for one in still}) != 1:
            code = "no_open_request" if not still else "name_the_right"
            raise Refusal(code, reference=self.ticket.reference)
        return min(still, key=lambda one: (one.proven_at is None, one.received_at))

    def move(self, request: Request, state: RequestState, **changes: object) -> None:
        """Move a request along an arrow, guarded against whoever was faster."""
        check_arrow(request.state, state)
        before = request.state
        if state in FINAL:
            changes["closed_at"] = request.closed_at = self.draft.now
        self.draft.move(request, state, **changes)
        self.event("request_moved", right=str(request.right), before=str(before), after=str(state))

    @property
    def open_requests(self) -> list[Request]:
        """Those that still want an answer."""
        return [one for one in self.requests if one.state not in FINAL]

    def add_work(self, *codes: str) -> None:
        """Put on the list what a person must do, each once."""
        self.ticket.work = [*dict.fromkeys([*self.ticket.work, *codes])]

    def drop_work(self, *codes: str) -> None:
        """Take off the list what has been seen to."""
        self.ticket.work = [one for one in self.ticket.work if one not in codes]

    def drop_confirmed(self) -> None:
        """Take off the list that rights are unsure, once none is."""
        if all(one.state is not RequestState.SUSPECTED for one in self.open_requests):
            self.drop_work(CONFIRM_RIGHTS)


def standing_of(request: Request) -> Standing:
    """Return a request as the rules see it."""
    return Standing(
        Right(request.right),
        RequestState(request.state),
        request.proven_at is not None,
        tuple(request.regimes),
    )


def meet(scene: Scene, *kinds: ClockKind) -> None:
    """Note that we wrote: these service clocks are met."""
    scene.draft.later.append(partial(meet_service, scene.ticket.id, kinds, scene.draft.now))


async def hold(ticket_id: UUID, seen: datetime, now: datetime) -> None:
    """Hold the ticket: the first write of every act."""
    if not await Ticket.filter(id=ticket_id, updated_at=seen).update(updated_at=now):
        raise StaleDraft("the ticket was changed in the meantime")


async def decide(proposal_id: UUID, verdict: Verdict, actor: str, now: datetime) -> None:
    """Decide a proposal once."""
    rows = Approval.filter(id=proposal_id, verdict=Verdict.OPEN)
    if not await rows.update(verdict=verdict, decided_by=actor, decided_at=now):
        raise StaleDraft("the proposal was decided in the meantime")


async def overtake(request_id: UUID, actor: str, now: datetime) -> None:
    """Set an open proposal aside for a new one."""
    rows = Approval.filter(request_id=request_id, verdict=Verdict.OPEN)
    await rows.update(verdict=Verdict.OVERTAKEN, decided_by=actor, decided_at=now)


async def insert(row: Task | Approval) -> None:
    """Write a row that others point at."""
    await row.save(force_create=True)


async def finish_tasks(request_id: UUID, now: datetime, actor: str) -> None:
    """Close the tasks of a request."""
    await Task.filter(request_id=request_id, done_at=None).update(done_at=now, done_by=actor)


async def note_begin(ticket_id: UUID, changes: Mapping[str, object]) -> None:
    """Keep who has the ticket and when we began."""
    begun = {"begun_at": changes["begun_at"]}
    await Ticket.filter(id=ticket_id, begun_at=None).update(**begun)
    owners = {key: value for key, value in changes.items() if key != "begun_at"}
    await Ticket.filter(id=ticket_id).update(**owners)


async def meet_service(ticket_id: UUID, kinds: Iterable[ClockKind], now: datetime) -> None:
    """Meet service clocks that still run."""
    rows = Clock.filter(ticket_id=ticket_id, family=ClockFamily.SERVICE, kind__in=list(kinds))
    await rows.filter(met_at=None, stopped_at=None).update(met_at=now)


async def unmeet(ticket_id: UUID, kinds: Iterable[ClockKind], at: datetime) -> None:
    """Have service clocks run again that were met at that moment; the loop looks at once."""
    rows = Clock.filter(ticket_id=ticket_id, family=ClockFamily.SERVICE, kind__in=list(kinds))
    await rows.filter(met_at=at).update(met_at=None, next_at=at, rules="")


async def cancel(message_id: UUID, reference: str) -> None:
    """Take a letter out of the outbox; raise `Refusal` where it is on its way already."""
    waiting = OutboxEntry.filter(message_id=message_id, state=Delivery.QUEUED, claimed_by="")
    if not await waiting.filter(attempts=0).update(state=Delivery.CANCELLED):
        raise Refusal("too_late", reference=reference)


async def holder(ticket: Ticket, agent: Agent) -> UUID | None:
    """Return the colleague who has a ticket; nobody where they cannot act any more."""
    if ticket.agent_id in {None, agent.id}:
        return None
    still = await Agent.filter(id=ticket.agent_id, disabled_at=None).exists()
    return ticket.agent_id if still else None


async def held_since(ticket: Ticket) -> datetime | None:
    """Return when a ticket was taken last."""
    taken = Event.filter(ticket_id=ticket.id, kind__in=("ticket_taken", "ticket_assigned"))
    last = await taken.order_by("-id").first()
    return last.at if last else None


async def stop(request_id: UUID, now: datetime) -> None:
    """Stop the clocks of a request that nobody answers."""
    await Clock.filter(request_id=request_id, met_at=None, stopped_at=None).update(stopped_at=now)


async def stop_service(ticket_id: UUID, now: datetime) -> None:
    """Stop what is not due any more on a closed ticket."""
    rows = Clock.filter(ticket_id=ticket_id, family=ClockFamily.SERVICE, met_at=None)
    await rows.filter(stopped_at=None).update(stopped_at=now)


async def make_stale(rows: QuerySet[Clock]) -> None:
    """Have clocks computed anew by the next turn of the loop."""
    await rows.update(rules="")
