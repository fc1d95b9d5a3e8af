"""Figures for managers, each defined in docs/metrics.md and nowhere else.

Nothing is averaged over those that went well: what is late and still open is late, what is open
counts with the time it has taken so far, and every figure stands beside its number of cases.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from regimes.events import EventType
from tickets.agents import Agents
from tickets.desk import Desk
from tickets.hours import Break, Hours
from tickets.models import Clock, ClockFamily, ClockKind, Event, Request, RequestEvent, Team, Ticket
from tickets.targets import PAUSED, STATUS_EVENT, pauses
from tickets.types import Status

SHARES: Final = (50, 90, 95)
AGES: Final = (1, 3, 7, 14, 30)
"""Upper ends of the ages of the backlog, in days; the last is open."""

_SPANS: Final = (ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE, ClockKind.RESOLVE)
_ASKED: Final = (
    EventType.IDENTITY_REQUESTED,
    EventType.CLARIFICATION_REQUESTED,
    EventType.FEE_REQUESTED,
    EventType.AGENT_AUTHORITY_REQUESTED,
)


class By(StrEnum):
    """What a report can be split by."""

    RIGHT = "right"
    REGIME = "regime"
    INTENT = "intent"
    LANGUAGE = "language"
    CHANNEL = "channel"
    TEAM = "team"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Due:
    """One request, as far as its last statutory day goes."""

    due_at: datetime | None
    answered_at: datetime | None = None
    stopped_at: datetime | None = None
    is_extended: bool = False
    is_asked: bool = False  # the law's clock may stand on a question of ours


@dataclass(frozen=True, slots=True)
class Span:
    """How long something took in open hours, pauses left out; or has taken so far."""

    kind: str
    length: timedelta
    is_open: bool = False
    is_breached: bool = False


@dataclass(slots=True)
class Statute:
    """Requests by what became of their last day; the five parts add up to `n`."""

    n: int = 0
    on_time: int = 0
    late: int = 0
    pending: int = 0
    undated: int = 0
    ended: int = 0
    extended: int = 0
    paused: int = 0

    @property
    def share_on_time(self) -> float | None:
        """On time among those that were answered or are overdue."""
        judged = self.on_time + self.late
        return self.on_time / judged if judged else None


@dataclass(slots=True)
class Lengths:
    """How long one kind of thing took, in open hours."""

    n: int = 0
    open: int = 0
    breached: int = 0
    hours: dict[str, float] = field(default_factory=dict)  # p50, p90, p95
    at_least: list[str] = field(default_factory=list)  # percentiles that fall on an open case


@dataclass(slots=True)
class Figures:
    """Everything about one group."""

    group: str
    statute: Statute
    service: dict[str, Lengths]
    backlog: int
    waiting: int
    ages: dict[str, int]


def judge(requests: Iterable[Due], now: datetime) -> Statute:
    """Count requests by what became of their last day."""
    found = Statute()
    for one in requests:
        found.n += 1
        found.extended += one.is_extended
        is_open = one.answered_at is None and one.stopped_at is None
        found.paused += is_open and one.is_asked and one.due_at is None
        end = one.answered_at or one.stopped_at or now
        if one.due_at is not None and end >= one.due_at:
            found.late += 1
        elif one.stopped_at is not None and one.answered_at is None:
            found.ended += 1
        elif one.due_at is None:
            found.undated += 1
        elif one.answered_at is not None:
            found.on_time += 1
        else:
            found.pending += 1
    return found


def measure(spans: Iterable[Span]) -> Lengths:
    """Return percentiles by nearest rank; an open case counts with what it has taken so far."""
    rows = sorted(spans, key=lambda one: (one.length, one.is_open))
    found = Lengths(
        n=len(rows),
        open=sum(one.is_open for one in rows),
        breached=sum(one.is_breached for one in rows),
    )
    for share in SHARES if rows else ():
        rank = math.ceil(share / 100 * len(rows)) - 1
        found.hours[f"p{share}"] = round(rows[rank].length.total_seconds() / 3600, 2)
        # An open case below the rank may yet move past it: then the figure is a lower bound.
        if any(one.is_open for one in rows[: rank + 1]):
            found.at_least.append(f"p{share}")
    return found


def age(days: Iterable[float]) -> dict[str, int]:
    """Count ages in days by bucket; an end belongs to the bucket below it."""
    ages = dict.fromkeys([*(f"<={end}" for end in AGES), f">{AGES[-1]}"], 0)
    for one in days:
        name = next((f"<={end}" for end in AGES if one <= end), f">{AGES[-1]}")
        ages[name] += 1
    return ages


async def report(
    desk: Desk,
    now: datetime,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    by: By | None = None,
) -> list[Figures]:
    """Return the figures of what was received in [since, until), one for each group.

    The backlog is what is open at `now`, whenever it was received.
    """
    tickets = {one.id: one for one in await Ticket.exclude(status=Status.ERASED)}
    names = await _names(desk, tickets.values(), by)
    dues: dict[str, list[Due]] = {}
    for request, due in await _dues():
        if request.ticket_id in tickets and _within(request.received_at, since, until):
            group = _group(by, tickets[request.ticket_id], names, request)
            dues.setdefault(group, []).append(due)
    spans: dict[str, list[Span]] = {}
    history = await _history()
    teams: dict[UUID | None, str] = {one.id: one.name for one in await Team.all()}
    clocks = Clock.filter(family=ClockFamily.SERVICE, kind__in=_SPANS).order_by("id")
    for clock in await clocks:
        ticket = tickets.get(clock.ticket_id)
        # What ended without being met took no time that means anything.
        if ticket is None or (clock.stopped_at and not clock.met_at):
            continue
        if _within(clock.started_at, since, until):
            hours = desk.targets.hours(ticket, teams.get(ticket.team_id, ""))
            span = _span(hours, clock, now, pauses(history.get(ticket.id, ())))
            spans.setdefault(_group(by, ticket, names), []).append(span)
    backlog: dict[str, list[Ticket]] = {}
    for ticket in tickets.values():
        if ticket.status is not Status.CLOSED:
            backlog.setdefault(_group(by, ticket, names), []).append(ticket)
    return [
        Figures(
            group=group,
            statute=judge(dues.get(group, ()), now),
            service={
                kind.value: measure(s for s in spans.get(group, ()) if s.kind == kind)
                for kind in _SPANS
            },
            backlog=len(backlog.get(group, ())),
            waiting=sum(t.status is Status.WAITING for t in backlog.get(group, ())),
            ages=age((now - t.received_at) / timedelta(days=1) for t in backlog.get(group, ())),
        )
        for group in sorted({*dues, *spans, *backlog} or {""})
    ]


async def _dues() -> Sequence[tuple[Request, Due]]:
    events: dict[UUID, set[str]] = {}
    for told in await RequestEvent.all().values("request_id", "type"):
        events.setdefault(told["request_id"], set()).add(told["type"])
    rows = await Clock.filter(kind=ClockKind.RESPOND).select_related("request").order_by("id")
    found = []
    for row in rows:
        if row.request is None:
            continue
        request = await row.request
        types = events.get(request.id, set())
        due = Due(
            due_at=row.due_at,
            answered_at=request.answered_at,
            stopped_at=row.stopped_at,
            is_extended=EventType.EXTENSION_NOTIFIED in types,
            is_asked=not types.isdisjoint(_ASKED),
        )
        found.append((request, due))
    return found


async def _history() -> dict[UUID, list[Event]]:
    """Return every change of status by ticket, for the pauses."""
    found: dict[UUID, list[Event]] = {}
    for event in await Event.filter(kind__startswith=STATUS_EVENT):
        if event.ticket_id:
            found.setdefault(event.ticket_id, []).append(event)
    return found


def _span(hours: Hours, clock: Clock, now: datetime, waited: Sequence[Break]) -> Span:
    end = clock.met_at or now
    breaks = waited if clock.kind in PAUSED else ()
    length = hours.between(clock.started_at, end, breaks)
    is_breached = clock.due_at is not None and end >= clock.due_at
    return Span(clock.kind.value, length, clock.met_at is None, is_breached)


async def _names(desk: Desk, tickets: Iterable[Ticket], by: By | None) -> dict[UUID, str]:
    if by is By.AGENT:
        return {UUID(hex=one.id): one.name for one in await Agents(desk.vault).all()}
    if by is By.TEAM:
        return {row["id"]: row["name"] for row in await Team.all().values("id", "name")}
    if by not in {By.RIGHT, By.REGIME}:
        return {}
    # A ticket has no right of its own: it is counted under its first request's.
    found: dict[UUID, str] = {}
    rows = Request.filter(ticket_id__in=[one.id for one in tickets]).order_by("-id")
    async for request in rows:
        found[request.ticket_id] = _of_request(by, request)
    return found


def _group(
    by: By | None, ticket: Ticket, names: dict[UUID, str], request: Request | None = None
) -> str:
    if by is None:
        return ""
    if by in {By.RIGHT, By.REGIME}:
        return _of_request(by, request) if request else names.get(ticket.id, "none")
    if by is By.AGENT:
        return names.get(ticket.agent_id, "nobody") if ticket.agent_id else "nobody"
    if by is By.TEAM:
        return names.get(ticket.team_id, "none") if ticket.team_id else "none"
    return str(getattr(ticket, by.value))


def _of_request(by: By, request: Request) -> str:
    if by is By.RIGHT:
        return str(request.right)
    if request.is_settled or len(request.regimes) == 1:
        return request.regimes[0]
    return "not settled"


def _within(moment: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or moment >= since) and (until is None or moment < until)
