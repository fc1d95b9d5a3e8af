"""Service targets: how soon the house wants to be, beside the law and never instead of it.

Each target is a clock of its own, so a short one never overrules another.  Pauses are rebuilt from
the events that recorded each change of status.  Rows are made and computed here, not saved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from tickets.hours import Break, Hours
from tickets.ids import new_id
from tickets.models import Clock, ClockFamily, ClockKind, Event, Team, Ticket
from tickets.settings import DeskSettings, TargetSettings
from tickets.types import Intent, Status

SHARES: Final = (("50%", 0.5), ("80%", 0.8), ("95%", 0.95), ("breach", 1.0))
"""Warnings at so much of a target's open time."""

STATUS_EVENT: Final = "status_"
"""Events of this beginning record a ticket's change of status."""

PAUSED: Final = frozenset((ClockKind.FIRST_RESPONSE, ClockKind.RESOLVE))
"""What stands still while the ticket waits for its requester."""

_FIRST: Final = (ClockKind.ACKNOWLEDGE, ClockKind.FIRST_RESPONSE, ClockKind.RESOLVE)


class Targets:
    """The targets of one configuration."""

    def __init__(self, settings: DeskSettings) -> None:
        self._targets = settings.targets
        self._hours = {name: one.hours() for name, one in settings.calendars.items()}
        told = "".join(one.model_dump_json() for one in settings.targets)
        told += "".join(f"{name}{c.model_dump_json()}" for name, c in settings.calendars.items())
        self.rules = hashlib.sha256(told.encode()).hexdigest()[:16]
        """Changes with the targets and their calendars."""

    async def team_of(self, ticket: Ticket) -> str:
        """Return the name of a ticket's team, where a target asks for it."""
        if ticket.team_id is None or not any(one.teams for one in self._targets):
            return ""
        team = await Team.get_or_none(id=ticket.team_id)
        return team.name if team else ""

    def first(self, ticket: Ticket, team: str = "") -> list[Clock]:
        """Return the clocks of a ticket that a person has just opened."""
        if ticket.intent is Intent.SPAM:
            return []
        return [self.open(ticket, kind, ticket.received_at, team) for kind in _FIRST]

    def open(self, ticket: Ticket, kind: ClockKind, start: datetime, team: str = "") -> Clock:
        """Return a clock, computed."""
        clock = Clock(
            id=new_id(),
            ticket_id=ticket.id,
            family=ClockFamily.SERVICE,
            kind=kind,
            started_at=start,
        )
        self.compute(clock, ticket, (), team)
        return clock

    def compute(
        self, clock: Clock, ticket: Ticket, breaks: Sequence[Break], team: str = ""
    ) -> bool:
        """Set what is due when; tell whether that is news."""
        steps = dict(self.moments(clock, ticket, breaks, team))
        due = steps.get("breach")
        is_news = (clock.due_at, clock.rules) != (due, self.rules)
        if clock.due_at != due:
            clock.due_at = due
            if clock.breached_at and not (due and clock.breached_at >= due):
                clock.breached_at = None
            clock.next_at = min(steps.values(), default=None)
        clock.rules = self.rules
        return is_news

    def moments(
        self, clock: Clock, ticket: Ticket, breaks: Sequence[Break], team: str = ""
    ) -> list[tuple[str, datetime]]:
        """Return the warnings of a clock and its breach, in order of time.

        None of them that lies in an open pause: while they have the word no answer of ours is due.
        A next response is due for what they wrote last; there waiting has ended.
        """
        target = self._target(ticket, team)
        length = getattr(target, clock.kind.value, None) if target else None
        if target is None or length is None:
            return []
        counted = breaks if clock.kind in PAUSED else ()
        hours = self._hours[target.calendar]
        each = zip(SHARES, hours.add_each(clock.started_at, _parts(length), counted), strict=True)
        return [(code, at) for (code, _), at in each if at is not None]

    def hours(self, ticket: Ticket, team: str = "") -> Hours:
        """Return the calendar in which a ticket's times are counted."""
        target = self._target(ticket, team)
        return self._hours[target.calendar if target else "office"]

    @property
    def office(self) -> Hours:
        """The hours in which agents may be reminded."""
        return self._hours["office"]

    def _target(self, ticket: Ticket, team: str) -> TargetSettings | None:
        return next(
            (
                one
                for one in self._targets
                if (not one.priorities or ticket.priority in one.priorities)
                and (not one.intents or ticket.intent in one.intents)
                and (not one.teams or team in one.teams)
            ),
            None,
        )


@cache
def _parts(hours: float) -> tuple[timedelta, ...]:
    """Return how much open time passes until each warning and the breach."""
    return tuple(timedelta(hours=hours) * share for _, share in SHARES)


def pauses(events: Sequence[Event]) -> list[Break]:
    """Return the times in which a ticket waited for its requester, from its history."""
    found: list[Break] = []
    since: datetime | None = None
    for event in sorted(events, key=lambda one: (one.at, one.id)):
        if not event.kind.startswith(STATUS_EVENT):
            continue
        waits = event.kind == f"{STATUS_EVENT}{Status.WAITING}"
        if waits and since is None:
            since = event.at
        elif not waits and since is not None:
            found.append((since, event.at))
            since = None
    return [*found, (since, None)] if since is not None else found
