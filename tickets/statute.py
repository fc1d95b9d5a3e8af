"""The law's clocks of a request: which regimes may apply, and the dates that follow from events.

Rows are made and recomputed here, not saved.  Every date comes from the list of `RequestEvent`s by
`regimes.deadlines`; so an event entered late, another regime or a change of rules corrects all of
them, and doing it twice changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from regimes.candidates import Candidate, Clues, candidates, earliest, establishes
from regimes.deadlines import Deadlines, Settings
from regimes.events import Event as LawEvent
from regimes.events import EventType
from regimes.regime import Right as LegalRight
from regimes.regime import all_regimes
from regimes.regime import codes as regime_codes
from tickets.ids import new_id
from tickets.models import Clock, ClockFamily, ClockKind, Request, RequestEvent
from tickets.settings import DeskConfig
from tickets.types import Channel, Inbound, Right
from vault.errors import VaultError
from vault.sealing import Key, Place, unseal_text

_READ: Final = 20_000  # characters searched for laws and residence

WARN_DAYS: Final = (14, 7, 3, 1)
"""Warnings so many days before a statutory date."""


def candidates_of(inbound: Inbound, language: str) -> tuple[Candidate, ...]:
    """Return the regimes that may protect whoever wrote this, the best founded first."""
    mail = inbound.channel is Channel.EMAIL
    return candidates_in(
        f"{inbound.subject}\n{inbound.newest or inbound.text}",
        language,
        address=inbound.sender.address if mail else "",
        hint=inbound.language_hint,
    )


def candidates_in(
    text: str, language: str, *, address: str = "", hint: str = ""
) -> tuple[Candidate, ...]:
    """Return the regimes that may protect whoever wrote a text, from a mail address if they did."""
    return candidates(
        Clues(
            text=text[:_READ],
            languages=() if language == "und" else (language,),
            mail_domain=address.rpartition("@")[2],
            channel_languages=(hint,) if hint else (),
        )
    )


def established(request: Request, key: Key) -> list[str]:
    """Return the regimes whose dates may be named to the requester (law.md 1)."""
    if request.is_settled:
        return list(request.regimes)
    if not request.regimes_why:
        return []
    place = Place("request", request.id, "regimes_why")
    try:
        reasons = json.loads(unseal_text(key, place, request.regimes_why))
    except VaultError:
        return []  # opened by another writer's message
    return [code for code in request.regimes if establishes(reasons.get(code, ""))]


def law_event(  # noqa: PLR0913  - an event has these parts
    request_id: UUID,
    kind: EventType,
    at: datetime,
    *,
    entered_at: datetime,
    until: date | None = None,
    actor: str = "system",
) -> RequestEvent:
    """Return an event of a request, not yet saved."""
    return RequestEvent(
        id=new_id(),
        request_id=request_id,
        type=kind.value,
        at=at,
        until=until,
        entered_at=entered_at,
        actor=actor,
    )


def dates_of(
    right: Right, regimes: Sequence[str], events: Iterable[RequestEvent], config: DeskConfig
) -> Deadlines:
    """Return the earliest of each date over the regimes that may apply."""
    told = sorted(
        ((EventType(e.type), _quarter(e.at), e.until) for e in events),
        key=lambda one: (one[1], one[0]),
    )
    zone = ZoneInfo(config.company.zone)
    return _dates(LegalRight(right), tuple(regimes), tuple(told), zone, _SETTINGS.keep(config))


def open_clocks(
    request: Request, events: Sequence[RequestEvent], config: DeskConfig
) -> list[Clock]:
    """Return the three clocks of a request just opened, computed."""
    clocks = [
        Clock(
            id=new_id(),
            ticket_id=request.ticket_id,
            request_id=request.id,
            family=ClockFamily.STATUTE,
            kind=kind,
            started_at=request.received_at,
        )
        for kind in (ClockKind.ACKNOWLEDGE, ClockKind.RESPOND, ClockKind.INTERNAL)
    ]
    compute(clocks, request, events, config)
    return clocks


def compute(
    clocks: Iterable[Clock],
    request: Request,
    events: Sequence[RequestEvent],
    config: DeskConfig,
) -> list[Clock]:
    """Set the dates of a request's clocks from its events; return those that changed."""
    dates = dates_of(request.right, request.regimes, events, config)
    due_on = {
        ClockKind.ACKNOWLEDGE: dates.acknowledge_due,
        ClockKind.RESPOND: dates.respond_due,
        ClockKind.INTERNAL: dates.work_by,
    }
    rules = rules_of(config)
    changed = []
    for clock in clocks:
        day = due_on[clock.kind]
        if (clock.due_on, clock.rules) == (day, rules):
            continue
        if clock.due_on != day:
            clock.due_on, clock.due_at = day, end_of(day, config) if day else None
            # A date that moved on takes back a breach of the date before.
            if clock.breached_at and not (clock.due_at and clock.breached_at >= clock.due_at):
                clock.breached_at = None
            clock.next_at = next(
                (at for _, at in moments(clock) if clock.due_at and at <= clock.due_at), None
            )
        clock.rules = rules
        changed.append(clock)
    return changed


def moments(clock: Clock) -> list[tuple[str, datetime]]:
    """Return the warnings of a statutory clock and its breach, in order of time."""
    return moments_of(clock.due_at, clock.started_at) if clock.due_at else []


def moments_of(due_at: datetime, started_at: datetime) -> list[tuple[str, datetime]]:
    """Return the warnings before a moment, and itself, of what began at another."""
    early = [(f"{days}d", due_at - timedelta(days=days)) for days in WARN_DAYS]
    return [*((code, at) for code, at in early if at > started_at), ("breach", due_at)]


def end_of(day: date, config: DeskConfig) -> datetime:
    """Return the first moment after a day at the controller.

    In UTC: SQLite keeps moments as text and compares them as such.
    """
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(config.company.zone))
    return midnight.astimezone(UTC)


def rules_of(config: DeskConfig) -> str:
    """Return 16 hex digits that change with the law's data and our own settings."""
    return _rules(config.company.zone, config.law_key)


@lru_cache(maxsize=64)
def _rules(zone: str, law_key: str) -> str:
    return hashlib.sha256(f"{_law_digest()}{zone}{law_key}".encode()).hexdigest()[:16]


@cache
def _law_digest() -> str:
    text = "".join(regime.model_dump_json() for regime in all_regimes())
    return hashlib.sha256(text.encode()).hexdigest()


def earliest_possible(received_at: datetime, config: DeskConfig) -> date | None:
    """Return the earliest date that any law could want for a message nobody has read yet."""
    zone = ZoneInfo(config.company.zone)
    event = LawEvent(EventType.RECEIVED, on=received_at.astimezone(zone).date())
    return _earliest_possible(event, zone, _SETTINGS.keep(config))


@lru_cache(maxsize=64)
def _earliest_possible(event: LawEvent, zone: ZoneInfo, settings_key: str) -> date | None:
    config = _SETTINGS[settings_key]
    each = (
        earliest(regime_codes(), right, [event], zone=zone, config=config) for right in LegalRight
    )
    days = [day for one in each for day in (one.acknowledge_due, one.respond_due) if day]
    return min(days, default=None)


def _quarter(moment: datetime) -> datetime:
    """Round down to the quarter of an hour: in every zone the same day, and seldom a new one.

    So that a batch of mails asks the law once.
    """
    return moment.astimezone(UTC).replace(
        minute=moment.minute - moment.minute % 15, second=0, microsecond=0
    )


@lru_cache(maxsize=1024)
def _dates(
    right: LegalRight,
    regimes: tuple[str, ...],
    told: tuple[tuple[EventType, datetime, date | None], ...],
    zone: ZoneInfo,
    settings_key: str,
) -> Deadlines:
    events = [LawEvent(kind, at=at, until=until) for kind, at, until in told]
    return earliest(regimes, right, events, zone=zone, config=_SETTINGS[settings_key])


class _Kept(dict[str, Settings]):
    """Settings by their JSON, so that what is computed under them can be cached."""

    def keep(self, config: DeskConfig) -> str:
        """Return the key of a configuration's settings."""
        self.setdefault(config.law_key, config.law)
        return config.law_key


_SETTINGS: Final = _Kept()
