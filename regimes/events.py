"""What happened to a request, and which of it moves a clock.

Pairs questions with their answers and drops what comes too early, too late or twice, saying why.
It works in the order of days, so the order of the list does not matter.  It counts no period;
`deadlines.py` hands in how far the clock reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum

from regimes.regime import Clock, PauseRule, Regime, Right, StartRule


class EventType(StrEnum):
    """The kinds of events that a clock may know."""

    RECEIVED = "received"
    IDENTITY_REQUESTED = "identity_requested"
    IDENTITY_RECEIVED = "identity_received"
    IDENTITY_VERIFIED = "identity_verified"
    CLARIFICATION_REQUESTED = "clarification_requested"
    CLARIFICATION_RECEIVED = "clarification_received"
    FEE_REQUESTED = "fee_requested"
    FEE_PAID = "fee_paid"
    AGENT_AUTHORITY_REQUESTED = "agent_authority_requested"
    AGENT_AUTHORITY_RECEIVED = "agent_authority_received"
    EXTENSION_NOTIFIED = "extension_notified"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a day at the controller, or at a moment.

    Give `on` or an aware `at`.  `until` is the date that an extension's notice named.
    """

    type: EventType
    on: date | None = None
    at: datetime | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        """Refuse an event without a day and a moment without a zone."""
        if (self.on is None) == (self.at is None):
            raise ValueError(f"{self.type}: give either a day or a moment")
        if self.at is not None and self.at.utcoffset() is None:
            raise ValueError(f"{self.type}: a moment needs its offset from UTC")

    def day(self, zone: tzinfo) -> date:
        """Return the day at the controller."""
        return self.on or self._moment().astimezone(zone).date()

    def earlier_day(self, zone: tzinfo) -> date:
        """Return the earlier of the days at the controller and in UTC (law.md 3.1)."""
        return self.on or min(self.day(zone), self._moment().astimezone(UTC).date())

    def _moment(self) -> datetime:
        assert self.at is not None  # noqa: S101  - __post_init__ has seen to it
        return self.at


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a derivation, for people: what says so, and what follows from it."""

    article: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Start:
    """Something that had to come before the clock could start; None while it has not come."""

    rule: StartRule
    asked: Event
    arrived: Event | None


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that do not count; `answered` is None while the question is open."""

    rule: PauseRule
    asked: Event
    answered: Event | None


@dataclass(frozen=True, slots=True)
class History:
    """What counts of everything that happened to a request."""

    received: Event
    starts: tuple[Start, ...] = ()
    pauses: tuple[Pause, ...] = ()
    extension: Event | None = None
    answered: Event | None = None


Reach = Callable[[History], date | None]
"""How far the clock reaches with what has happened so far; None while it stands or has no end."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the events of one request under one clock."""

    regime: Regime
    right: Right
    clock: Clock
    zone: tzinfo
    switched_on: AbstractSet[str]  # codes of optional rules

    def read(self, events: Iterable[Event], reach: Reach) -> tuple[History, list[Step]]:
        """Return what counts, and a step for everything that does not.

        Raises `ValueError` if nothing was received.
        """
        why: list[Step] = []
        ordered = sorted(events, key=self._order)
        received = next((e for e in ordered if e.type is EventType.RECEIVED), None)
        if received is None:
            raise ValueError("no event says when the request was received")
        answered = next((e for e in ordered if e.type is EventType.ANSWERED), None)
        within = [e for e in ordered if self._is_within(e, received, answered, why)]
        history = History(received, answered=answered)
        for moved in self._moves(within):
            history = self._take(history, moved, reach, why)
        why.extend(self._idle(within))
        return history, why

    def _order(self, event: Event) -> tuple[date, int, datetime, date]:
        """Order by day; on one day a question before its answer and the notice last."""
        moment = event.at.astimezone(UTC) if event.at else datetime.min.replace(tzinfo=UTC)
        return (event.day(self.zone), _RANK[event.type], moment, event.until or date.max)

    def _is_within(
        self, event: Event, received: Event, answered: Event | None, why: list[Step]
    ) -> bool:
        day = event.day(self.zone)
        if day < received.day(self.zone):
            why.append(self._ignored(event, "lies before the receipt"))
            return False
        if answered and event is not answered and day > answered.day(self.zone):
            why.append(self._ignored(event, "lies after the answer"))
            return False
        return True

    def _rules(self) -> tuple[tuple[StartRule, ...], tuple[PauseRule, ...]]:
        def applies(rule: StartRule | PauseRule) -> bool:
            return not rule.optional or rule.code in self.switched_on

        if self.clock.answer is None and not self.clock.own_period:
            return (), ()
        pauses = (p for p in self.regime.pauses if not p.rights or self.right in p.rights)
        return (
            tuple(rule for rule in self.regime.starts if applies(rule)),
            tuple(rule for rule in pauses if applies(rule)),
        )

    def _moves(self, events: Sequence[Event]) -> list[Start | Pause | Event]:
        """Return starts, pauses and notices in the order in which they were made."""
        starts, pauses = self._rules()
        moves: list[Start | Pause | Event] = []
        for start in starts:
            spans = _pair(events, start.asked, start.arrived, once=bool(start.days_after))
            moves.extend(Start(start, asked, arrived) for asked, arrived in spans)
        for pause in pauses:
            spans = _pair(events, pause.asked, (pause.answered,))
            moves.extend(Pause(pause, asked, answered) for asked, answered in spans)
        moves.extend(e for e in events if e.type is EventType.EXTENSION_NOTIFIED)
        return sorted(moves, key=lambda move: self._order(_made_by(move)))

    def _take(
        self, history: History, move: Start | Pause | Event, reach: Reach, why: list[Step]
    ) -> History:
        """Add a move to the history, unless the clock had run out before it was made."""
        event = _made_by(move)
        end = reach(history)
        if end is not None and event.day(self.zone) > end:
            why.append(self._ignored(event, f"comes after the period, which ended on {end}"))
            return history
        if isinstance(move, Start):
            return replace(history, starts=(*history.starts, move))
        if isinstance(move, Pause):
            return replace(history, pauses=(*history.pauses, move))
        if self.clock.extension is None:
            why.append(self._ignored(event, "this clock knows no extension"))
            return history
        if history.extension:
            why.append(self._ignored(event, "the period is extended once only"))
            return history
        return replace(history, extension=move)

    def _idle(self, events: Sequence[Event]) -> list[Step]:
        """Say of questions and answers that no rule knows that they move nothing."""
        starts, pauses = self._rules()
        known = {name for rule in starts for name in (rule.asked, *rule.arrived)}
        known |= {name for rule in pauses for name in (rule.asked, rule.answered)}
        always = {EventType.RECEIVED, EventType.EXTENSION_NOTIFIED, EventType.ANSWERED}
        return [
            self._ignored(event, "it does not move this clock")
            for event in events
            if event.type not in always and event.type not in known
        ]

    def _ignored(self, event: Event, reason: str) -> Step:
        sentence = f"{event.type} of {event.day(self.zone)} is ignored: {reason}."
        return Step(self.regime.facts.law, sentence)


_RANK = {
    kind: rank
    for rank, kind in enumerate(
        (
            EventType.RECEIVED,
            EventType.IDENTITY_REQUESTED,
            EventType.AGENT_AUTHORITY_REQUESTED,
            EventType.FEE_REQUESTED,
            EventType.CLARIFICATION_REQUESTED,
            EventType.IDENTITY_RECEIVED,
            EventType.IDENTITY_VERIFIED,
            EventType.AGENT_AUTHORITY_RECEIVED,
            EventType.FEE_PAID,
            EventType.CLARIFICATION_RECEIVED,
            EventType.EXTENSION_NOTIFIED,
            EventType.ANSWERED,
        )
    )
}


def _made_by(move: Start | Pause | Event) -> Event:
    return move if isinstance(move, Event) else move.asked


def _pair(
    events: Sequence[Event], asked: str, answers: Sequence[str], *, once: bool = False
) -> list[tuple[Event, Event | None]]:
    """Return each question with the first answer after it; a repeated question is no new one."""
    pairs: list[tuple[Event, Event | None]] = []
    question: Event | None = None
    for event in events:
        if event.type == asked and question is None:
            question = event
        elif event.type in answers and question is not None:
            pairs.append((question, event))
            question = None
    if question is not None:
        pairs.append((question, None))
    return pairs[:1] if once else pairs
