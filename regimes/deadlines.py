"""Every date of a request, derived from the law and from the list of what happened.

Three dates a clock: the statutory one, moved off days of rest where the law does so; the internal
one, which relies on no such move and keeps a margin; and the acknowledgement.  Pure: nothing is
stored, so an event that is entered late corrects every date.  It does not say which regime
applies (`candidates.py`) and knows nothing of service targets.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from functools import partial

from regimes.arithmetic import add, roll
from regimes.calendars import NO_HOLIDAYS, Calendar
from regimes.events import Event, EventType, History, Pause, Reader, Step
from regimes.regime import Cited, Clock, Extension, Period, Regime, Right, Standing, Unit
from regimes.settings import Settings

__all__ = ["Deadlines", "Event", "EventType", "Settings", "Step", "deadlines"]


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The dates of one request under one regime, and how they came about.

    None means that the law has no such number, or that the clock stands: `why` says which.
    `internal_due` is there whenever `respond_due` is; where it is not, `target_due` is what the
    house works to, for a target of ours is not a statutory date.
    """

    acknowledge_due: date | None
    respond_due: date | None
    internal_due: date | None
    extendable_until: date | None
    why: tuple[Step, ...]
    target_due: date | None = None

    @property
    def work_by(self) -> date | None:
        """The day to have it done by: the earlier of the internal date and the target."""
        days = [day for day in (self.internal_due, self.target_due) if day]
        return min(days, default=None)


def deadlines(  # noqa: PLR0913  - the facts of a request, three of them by keyword
    regime: Regime,
    right: Right,
    events: Iterable[Event],
    *,
    zone: tzinfo,
    calendar: Calendar = NO_HOLIDAYS,
    config: Settings | None = None,
) -> Deadlines:
    """Derive the dates of a request; the order of `events` does not matter.

    Raises `ValueError` if no event says when the request was received, and `OverflowError` for
    dates past the year 9999.
    """
    return _Derivation(regime, Right(right), zone, calendar, config or Settings()).run(events)


@dataclass(frozen=True, slots=True)
class _Derivation:
    regime: Regime
    right: Right
    zone: tzinfo
    calendar: Calendar
    settings: Settings

    def run(self, events: Iterable[Event]) -> Deadlines:
        clock = self.regime.clock(self.right)
        reader = Reader(self.regime, self.right, clock, self.zone, self.settings.switched_on)
        given = list(events)
        received, _ = reader.read(given, lambda _history: None)
        answer = self._answer(clock, received)
        history, ignored = reader.read(given, partial(self._respond, answer, clock))
        why = [*self._opening(clock, history), *ignored]
        acknowledge = self._acknowledge(clock, history, why)
        respond = self._respond(answer, clock, history)
        self._explain(answer, clock, history, why)
        work_by = self._work_by(answer, clock, history, why)
        reach = None
        if clock.extension and answer and clock.extension.count:
            reach = self._end(clock.extension, history)
        internal, target = (work_by, None) if respond else (None, work_by)
        why.extend(self._closing(respond, history))
        return Deadlines(acknowledge, respond, internal, reach, tuple(why), target)

    # The statutory dates: the controller's days, moved off days of rest.

    def _answer(self, clock: Clock, history: History) -> Period | None:
        """Return the period that applies on the day of receipt."""
        own = self.settings.own_periods.get(self.regime.code)
        if clock.answer is None and clock.own_period and own:
            return Period(
                article="our published period",
                count=own,
                unit=Unit.DAY,
                valid_from=date.min,
                standing=Standing.OURS,
            )
        return self._valid(clock.answer, history)

    def _valid(self, period: Period | None, history: History) -> Period | None:
        if period is None or history.received.day(self.zone) < period.valid_from:
            return None
        return period

    def _respond(self, answer: Period | None, clock: Clock, history: History) -> date | None:
        """Return the last day to answer, extended where the notice was in time."""
        if answer is None:
            return None
        notice = history.extension
        if notice is None or clock.extension is None:
            return self._end(answer, history)
        if clock.extension.count is None:
            first = self._end(answer, history)
            return max(first, notice.until) if first and notice.until else first
        return self._end(clock.extension, history)

    def _end(self, period: Period | Extension, history: History) -> date | None:
        last = self._unmoved(period, history)
        return None if last is None else self._rolled(last)

    def _rolled(self, last: date) -> date:
        rule = self.regime.roll
        if rule is None:
            return last
        return roll(last, rule.rest_days, self.calendar, holidays=rule.public_holidays)

    def _unmoved(self, period: Period | Extension, history: History) -> date | None:
        """Return the last day before any move; None while the clock stands."""
        start = self._start(history)
        if start is None or any(pause.answered is None for pause in history.pauses):
            return None
        pauses = sum(self._days(pause, start) for pause in history.pauses)
        return self._count(start, period) + timedelta(days=pauses)

    def _start(self, history: History) -> date | None:
        days = [history.received.day(self.zone)]
        for start in history.starts:
            if start.rule.days_after:
                wait = timedelta(days=start.rule.days_after)
                days.append(start.asked.day(self.zone) + wait)
            elif start.arrived is None:
                return None
            else:
                days.append(start.arrived.day(self.zone))
        return max(days)

    def _days(self, pause: Pause, start: date) -> int:
        """Return how many days of a pause fall into the period."""
        assert pause.answered is not None  # noqa: S101  - an open pause has no end to count to
        asked = max(pause.asked.day(self.zone), start)
        days = (pause.answered.day(self.zone) - asked).days
        return max(0, days + 1 if pause.rule.both_days else days)

    def _count(self, start: date, period: Period | Extension) -> date:
        assert period.count is not None  # noqa: S101  - open-ended extensions never get here
        assert period.unit is not None  # noqa: S101  - the same
        return add(start, period.count, period.unit, self.regime.rest_days, self.calendar)

    def _acknowledge(self, clock: Clock, history: History, why: list[Step]) -> date | None:
        period = self._valid(clock.acknowledge, history)
        if period is None:
            if clock.acknowledge:
                why.append(self._not_yet(clock.acknowledge))
            return None
        last = self._count(history.received.day(self.zone), period)
        why.append(_step(period, f"Acknowledge by {last}."))
        return self._moved(period, last, why)

    # The internal date: the earlier day, nothing moved, nothing that practice merely tolerates.

    def _work_by(
        self, answer: Period | None, clock: Clock, history: History, why: list[Step]
    ) -> date | None:
        received = history.received.earlier_day(self.zone)
        target = self._valid(clock.target, history)
        if answer is None:
            if target is None:
                return None
            due = self._count(received, target)
            why.append(_step(target, f"No statutory date; work to {due}."))
            return due
        period: Period | Extension = answer
        extension = clock.extension if history.extension else None
        if extension and extension.count:
            period = extension
        start, pauses = self._internal_start(history)
        due = self._count(start, period) + timedelta(days=pauses)
        promised = history.extension.until if history.extension else None
        if promised and extension:
            due = max(due, promised) if extension.count is None else min(due, promised)
        due = max(received, due - timedelta(days=self.settings.margin_days))
        respond = self._respond(answer, clock, history)
        due = min(due, respond) if respond else due
        earlier = "" if received == history.received.day(self.zone) else f" from {received} (UTC)"
        why.append(
            Step(
                "ours",
                f"Work to {due}: counted{earlier} without moves off days of rest, "
                f"{self.settings.margin_days} days in hand.",
            )
        )
        return due

    def _internal_start(self, history: History) -> tuple[date, int]:
        """Return the start and the days that do not count, by the earlier day of each event.

        Open questions and optional rules are left out: both only ever make a date later.
        """
        days = [history.received.earlier_day(self.zone)]
        days += [
            start.arrived.earlier_day(self.zone)
            for start in history.starts
            if start.arrived and not start.rule.optional
        ]
        first = max(days)
        pauses = (p for p in history.pauses if p.answered and not p.rule.optional)
        return first, sum(self._days(pause, first) for pause in pauses)

    # What is said about it.

    def _opening(self, clock: Clock, history: History) -> list[Step]:
        law = self.regime.facts.law
        day = history.received.day(self.zone)
        steps = [Step(law, f"Received on {day}. {self.regime.starts_with}")]
        granted = self.regime.rights.get(self.right)
        if granted is None:
            steps.append(Step(law, f"It grants no right of {self.right}; we answer all the same."))
        elif granted.valid_from and day < granted.valid_from:
            steps.append(Step(granted.article, f"The right applies from {granted.valid_from}."))
        if clock.says:
            steps.append(Step(law, clock.says))
        return steps

    def _explain(
        self, answer: Period | None, clock: Clock, history: History, why: list[Step]
    ) -> None:
        """Tell how the last day to answer came about."""
        if answer is None:
            if clock.answer:
                why.append(self._not_yet(clock.answer))
            return
        self._explain_starts(history, why)
        self._explain_pauses(history, why)
        self._explain_period(answer, history, why)
        notice = history.extension
        if notice is None or clock.extension is None:
            return
        told = f"Told on {notice.day(self.zone)}, inside the first period."
        if clock.extension.count:
            why.append(_step(clock.extension, told))
            self._explain_period(clock.extension, history, why)
        elif notice.until:
            why.append(_step(clock.extension, f"{told} The notice names {notice.until}."))
        else:
            why.append(_step(clock.extension, f"{told} No new date is known: the first one stays."))

    def _explain_starts(self, history: History, why: list[Step]) -> None:
        for start in history.starts:
            asked = start.asked.day(self.zone)
            if start.rule.days_after:
                begin = asked + timedelta(days=start.rule.days_after)
                why.append(_step(start.rule, f"Asked on {asked}: not before {begin}."))
            elif start.arrived:
                arrived = start.arrived.day(self.zone)
                why.append(_step(start.rule, f"Asked on {asked}, came on {arrived}."))
            else:
                why.append(
                    _step(start.rule, f"Asked on {asked}, not come yet: the clock has not started.")
                )

    def _explain_pauses(self, history: History, why: list[Step]) -> None:
        start = self._start(history)
        for pause in history.pauses:
            asked = pause.asked.day(self.zone)
            if pause.answered is None:
                why.append(_step(pause.rule, f"Asked on {asked}, not answered: the clock stands."))
            elif start:
                answered = pause.answered.day(self.zone)
                days = self._days(pause, start)
                why.append(
                    _step(pause.rule, f"Asked {asked}, answered {answered}: {days} days out.")
                )

    def _explain_period(
        self, period: Period | Extension, history: History, why: list[Step]
    ) -> None:
        start, last = self._start(history), self._unmoved(period, history)
        if start is None or last is None:
            return
        why.append(_step(period, f"From {start}, the day not counted: {last}."))
        self._moved(period, last, why)

    def _moved(self, period: Period | Extension, last: date, why: list[Step]) -> date:
        """Move a last day where the regime does so, and say what was and was not known."""
        moved = self._rolled(last)
        if moved != last and self.regime.roll:
            step = _step(self.regime.roll, f"{last} ({last:%A}) moves to {moved} ({moved:%A}).")
            why.append(step)
        depends = self.regime.roll or period.unit is Unit.WORKING_DAY
        if depends and not self.calendar.knows(moved):
            sentence = (
                f"No notice for {moved.year} is known, the last is for "
                f"{self.calendar.known_through}: nothing is guessed, each day that is no rest day "
                "of the regime counts as a working day. This is the earliest possible date."
            )
            why.append(Step(self.calendar.says, sentence))
        return moved

    def _closing(self, respond: date | None, history: History) -> list[Step]:
        if history.answered is None:
            return []
        day = history.answered.day(self.zone)
        verdict = "" if respond is None else (", in time" if day <= respond else ", late")
        return [Step(self.regime.facts.law, f"Answered on {day}{verdict}.")]

    def _not_yet(self, period: Period) -> Step:
        return Step(period.article, f"Applies to what is received from {period.valid_from} on.")


def _step(law: Cited, sentence: str) -> Step:
    """Return a step with the law's own words first, marked where nobody has confirmed them."""
    doubt = " (unconfirmed)" if law.standing is Standing.UNCONFIRMED else ""
    return Step(law.article + doubt, f"{law.says} {sentence}".strip())
