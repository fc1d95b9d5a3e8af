"""Rows that go from one ticket to another, and the way back: no rules, no words.

`tickets.joining` decides what may move.  What moved is named in an event, so that it can be given
back one by one, whatever was done since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from tickets.errors import UnknownTicket
from tickets.models import Clock, ClockFamily, Message, OutboxEntry, Request, Task, Ticket
from tickets.requests import status_of
from tickets.types import RequestState, Status


@dataclass(slots=True)
class Moved:
    """What goes, and how things stood before."""

    source: UUID
    received_at: datetime  # of the ticket that it comes to
    requests: list[Request] = field(default_factory=list)
    rounds: dict[UUID, int] = field(default_factory=dict)  # of each request, before
    messages: list[UUID] = field(default_factory=list)
    clocks: list[UUID] = field(default_factory=list)  # of service, that go along
    stopped: list[UUID] = field(default_factory=list)  # of service, that the other has as well
    started: dict[UUID, datetime] = field(default_factory=dict)  # the other's, before
    was_closed: bool = False
    waited_at: datetime | None = None
    work: list[str] = field(default_factory=list)

    def told(self) -> dict[str, object]:
        """Return all of it but the rows, for an event."""
        return {
            "ticket": self.source.hex,
            "received_at": self.received_at.isoformat(),
            "rounds": {id_.hex: number for id_, number in self.rounds.items()},
            "messages": [id_.hex for id_ in self.messages],
            "clocks": [id_.hex for id_ in self.clocks],
            "stopped": [id_.hex for id_ in self.stopped],
            "started": {id_.hex: at.isoformat() for id_, at in self.started.items()},
            "was_closed": self.was_closed,
            "waited_at": self.waited_at.isoformat() if self.waited_at else "",
            "work": self.work,
        }

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Return what an event says."""
        waited = said["waited_at"]
        return cls(
            source=UUID(said["ticket"]),
            received_at=datetime.fromisoformat(said["received_at"]),
            rounds={UUID(id_): number for id_, number in said["rounds"].items()},
            messages=[UUID(id_) for id_ in said["messages"]],
            clocks=[UUID(id_) for id_ in said["clocks"]],
            stopped=[UUID(id_) for id_ in said["stopped"]],
            started={UUID(i): datetime.fromisoformat(at) for i, at in said["started"].items()},
            was_closed=said["was_closed"],
            waited_at=datetime.fromisoformat(waited) if waited else None,
            work=said["work"],
        )


async def find_ticket(reference: str) -> Ticket:
    """Return a ticket, or the one that it was merged into; raise `UnknownTicket`."""
    ticket = await Ticket.get_or_none(reference=reference.upper())
    while ticket is not None and ticket.merged_into_id is not None:
        ticket = await Ticket.get(id=ticket.merged_into_id)
    if ticket is None:
        raise UnknownTicket(reference)
    return ticket


async def gather(source: Ticket, into: Ticket, held: Sequence[Request]) -> Moved:
    """Return everything that a ticket would bring into another, which holds some requests.

    A service clock that both have running goes on from the earlier start.
    """
    moved = Moved(
        source.id,
        into.received_at,
        was_closed=source.status is Status.CLOSED,
        waited_at=source.waiting_at,
        work=list(source.work),
    )
    moved.messages = [row.id for row in await Message.filter(ticket_id=source.id).only("id")]
    last = {one.right: max(r.round for r in held if r.right is one.right) for one in held}
    for request in await Request.filter(ticket_id=source.id).order_by("id"):
        moved.rounds[request.id] = request.round
        request.round = last[request.right] = last.get(request.right, 0) + 1
        request.ticket_id = into.id
        moved.requests.append(request)
    running = {clock.kind: clock for clock in await _running(into.id)}
    for clock in await _running(source.id):
        same = running.get(clock.kind)
        (moved.stopped if same else moved.clocks).append(clock.id)
        if same and clock.started_at < same.started_at:
            moved.started[same.id] = same.started_at
    return moved


async def put_in(moved: Moved, into: UUID, now: datetime) -> None:
    """Write what moves."""
    for request in moved.requests:
        await Request.filter(id=request.id).update(ticket_id=into, round=request.round)
    await _follow(moved, into)
    starts = await Clock.filter(id__in=moved.stopped).values("kind", "started_at")
    await Clock.filter(id__in=moved.stopped).update(stopped_at=now)
    early = {row["kind"]: row["started_at"] for row in starts}
    for clock in await Clock.filter(id__in=list(moved.started)):
        await _restart(clock.id, early[clock.kind])


async def empty(source: UUID, into: Ticket, now: datetime) -> None:
    """Leave a sign where everything was."""
    await Ticket.filter(id=source).update(
        status=Status.CLOSED, closed_at=now, merged_into_id=into.id, waiting_at=None, work=[]
    )
    await Ticket.filter(id=into.id).update(received_at=into.received_at)


async def give_back(moved: Moved, holder: UUID, now: datetime) -> None:
    """Write what goes back to where it came from, of what is still held."""
    held = await Request.filter(id__in=list(moved.rounds), ticket_id=holder)
    for request in held:
        before = {"ticket_id": moved.source, "round": moved.rounds[request.id]}
        await Request.filter(id=request.id).update(**before)
    await _follow(moved, moved.source)
    for clock_id in moved.stopped:
        await Clock.filter(id=clock_id).update(stopped_at=None, next_at=now, rules="")
    for clock_id, started_at in moved.started.items():
        await _restart(clock_id, started_at)
    source = await Ticket.get(id=moved.source)
    status = status_of(
        [RequestState(one.state) for one in held],
        is_begun=source.begun_at is not None,
        is_closed=moved.was_closed,
        is_waiting=moved.waited_at is not None,
    )
    await Ticket.filter(id=moved.source).update(
        status=status,
        closed_at=now if status is Status.CLOSED else None,
        merged_into_id=None,
        waiting_at=moved.waited_at,
        work=moved.work,
    )
    stays = await Request.filter(ticket_id=holder)  # something else may have come since
    earliest = min([moved.received_at, *(one.received_at for one in stays)])
    await Ticket.filter(id=holder).update(received_at=earliest)


async def _follow(moved: Moved, ticket_id: UUID) -> None:
    """Move what hangs on requests and messages."""
    requests, to = list(moved.rounds), {"ticket_id": ticket_id}
    await Message.filter(id__in=moved.messages).update(**to)
    await OutboxEntry.filter(message_id__in=moved.messages).update(**to)
    await Task.filter(request_id__in=requests).update(**to)
    await Clock.filter(request_id__in=requests).update(**to)
    await Clock.filter(id__in=moved.clocks).update(**to)


async def _running(ticket_id: UUID) -> list[Clock]:
    rows = Clock.filter(ticket_id=ticket_id, family=ClockFamily.SERVICE, met_at=None)
    return await rows.filter(stopped_at=None).order_by("id")


async def _restart(clock_id: UUID, started_at: datetime) -> None:
    """Give a clock another start; the loop computes its moments anew."""
    await Clock.filter(id=clock_id).update(started_at=started_at, rules="")
