"""Watches what is due: warns in time, records what is too late, and says why a date is what it is.

One process does it (the lock "clock").  Every warning and breach is recorded once, with the moment
it happened, however long nobody looked; a reminder to agents is written by day.  No date is made up
here: the law's come from `tickets.statute`, the house's from `tickets.targets`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from regimes.events import EventType
from tickets.audit import new_event
from tickets.content import identity_owner
from tickets.desk import Desk
from tickets.draft import Draft
from tickets.ids import new_id
from tickets.matching import Blinder
from tickets.models import (
    Clock as ClockRow,
)
from tickets.models import (
    ClockFamily,
    ClockKind,
    ClockNotice,
    Event,
    Identity,
    OutboxEntry,
    Request,
    RequestEvent,
    Ticket,
)
from tickets.moving import find_ticket
from tickets.posting import Route, post
from tickets.requests import FINAL
from tickets.statute import compute, dates_of, law_event, moments, rules_of
from tickets.targets import STATUS_EVENT, pauses
from tickets.transactions import transaction, unit_of_work
from tickets.types import (
    Case,
    Channel,
    Delivery,
    Intent,
    Letter,
    LetterOrder,
    OpenRequest,
    Reading,
    Right,
    Trigger,
)
from tickets.unread import warn_unread
from tickets.written import update_each, write_back
from vault.sealing import Place, unseal_text

RECEIPTS: Final = ("acknowledgement", "authority_receipt", "chat_receipt", "complaint_received")
"""Letters that acknowledge."""

_PAGE: Final = 200
_CLOCK_FIELDS: Final = ("due_on", "due_at", "next_at", "breached_at", "rules")
_LOUD: Final = frozenset(("14d", "7d", "3d", "1d", "95%", "breach"))
"""What agents are reminded of by mail; the rest is recorded and shown."""

_PRESSING: Final = frozenset(("3d", "1d", "breach"))
"""What handlers are asked about."""


@dataclass(frozen=True, slots=True)
class _Passed:
    """A moment of a clock that has come and was not recorded yet."""

    clock: ClockRow
    code: str
    at: datetime


class Clock:
    """The loop over all clocks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._blinder = Blinder(desk.vault)

    async def run_once(self, now: datetime) -> int:
        """Note what was sent, compute what changed rules, record what passed; return how much."""
        done = await self._note_receipts() + await self._note_answers(now)
        done += await warn_unread(self._desk, now)
        return done + await self._renew() + await self._record(now)

    async def _note_receipts(self) -> int:
        """Meet the clocks that wait for a sign of life, by when it left us."""
        waiting = ClockRow.filter(kind=ClockKind.ACKNOWLEDGE, met_at=None, stopped_at=None)
        rows = await waiting.filter(
            ticket__outbox__state=Delivery.SENT, ticket__outbox__message__letter__in=RECEIPTS
        ).values("id", sent_at="ticket__outbox__sent_at")
        first: dict[UUID, datetime] = {}
        for row in rows[:_PAGE]:
            first[row["id"]] = min(row["sent_at"], first.get(row["id"], row["sent_at"]))
        await _meet(first)
        return len(first)

    async def _note_answers(self, now: datetime) -> int:
        """Take an answer for given when its letter has left us, not when it was approved."""
        waiting = Request.filter(answer_id__isnull=False, answered_at=None).order_by("id")
        requests = await waiting.limit(_PAGE)
        answers = [request.answer_id for request in requests]
        if not answers:
            return 0
        sent = OutboxEntry.filter(message_id__in=answers, state=Delivery.SENT)
        moment = {row["message_id"]: row["sent_at"] for row in await sent.values()}
        count = 0
        for request in requests:
            if request.answer_id in moment:
                await _answered(request, moment[request.answer_id], now)
                count += 1
        return count

    async def _renew(self) -> int:
        """Compute anew what was computed under other rules; the same again changes nothing."""
        law, ours = rules_of(self._desk.config), self._desk.targets.rules
        count = 0
        for family, rules in ((ClockFamily.STATUTE, law), (ClockFamily.SERVICE, ours)):
            stale = ClockRow.filter(family=family, met_at=None, stopped_at=None)
            rows = await stale.exclude(rules=rules).select_related("ticket", "request").limit(_PAGE)
            for row in rows:
                await self._compute(row)
            if rows:
                await _save(rows)
            count += len(rows)
        return count

    async def _compute(self, row: ClockRow) -> None:
        ticket = await row.ticket
        if row.family is ClockFamily.STATUTE and row.request is not None:
            request = await row.request
            events = await RequestEvent.filter(request_id=request.id)
            compute([row], request, events, self._desk.config)
        else:
            team = await self._desk.targets.team_of(ticket)
            self._desk.targets.compute(row, ticket, await breaks_of(ticket.id), team)

    async def _record(self, now: datetime) -> int:
        """Record every moment that has passed, one page of clocks."""
        due = ClockRow.filter(next_at__lte=now).order_by("next_at", "id")
        rows = await due.limit(_PAGE).select_related("ticket")
        if not rows:
            return 0
        known = ClockNotice.filter(clock_id__in=[row.id for row in rows])
        noticed = {(n.clock_id, n.code, n.happened_at) async for n in known}
        passed: list[_Passed] = []
        steps: dict[UUID, datetime | None] = {}
        for row in rows:
            ends = min(one for one in (now, row.met_at, row.stopped_at) if one)
            each = await self._moments(row)
            passed += [
                _Passed(row, code, at)
                for code, at in each
                if at <= ends and (row.id, code, at) not in noticed
            ]
            is_over = row.met_at is not None or row.stopped_at is not None
            later = [at for _, at in each if at > now and not is_over]
            steps[row.id] = min(later, default=None)
        await self._write(now, passed, steps)
        return len(rows)

    async def _moments(self, row: ClockRow) -> list[tuple[str, datetime]]:
        if row.family is ClockFamily.STATUTE:
            return moments(row)
        ticket = await row.ticket
        team = await self._desk.targets.team_of(ticket)
        return self._desk.targets.moments(row, ticket, await breaks_of(ticket.id), team)

    async def _write(
        self, now: datetime, passed: Sequence[_Passed], steps: Mapping[UUID, datetime | None]
    ) -> None:
        draft = Draft(now)
        tickets = {one.clock.ticket_id: await one.clock.ticket for one in passed}
        owners = {identity_owner(ticket.requester_id) for ticket in tickets.values()}
        keys = await self._desk.vault.load_keys(owners)
        draft.keys = dict(keys)
        for one in passed:
            ticket = tickets[one.clock.ticket_id]
            key = keys.get(identity_owner(ticket.requester_id))
            kind = "clock_breach" if one.code == "breach" else "clock_warning"
            payload = {
                "clock": f"{one.clock.family}/{one.clock.kind}",
                "code": one.code,
                "happened_at": one.at.isoformat(),
            }
            draft.events.append(new_event(kind, now, key=key, ticket_id=ticket.id, payload=payload))
        draft.guards.append(partial(_keep_notices, now, passed, steps))
        work = {ticket.id: await self._ask(ticket, passed, now) for ticket in tickets.values()}
        draft.later.append(partial(_add_work, {id_: codes for id_, codes in work.items() if codes}))
        if self._desk.config.settings.team_address:
            await self._remind(draft, tickets.values(), passed)
        await draft.save()

    async def _ask(self, ticket: Ticket, passed: Sequence[_Passed], now: datetime) -> list[str]:
        """Ask the handlers what a pressing date of the law makes necessary."""
        codes = [
            one.code
            for one in passed
            if one.clock.ticket_id == ticket.id
            and one.clock.family is ClockFamily.STATUTE
            and one.code in _PRESSING
        ]
        if not codes:
            return []
        act = "breach" if "breach" in codes else codes[-1]
        requests = await Request.filter(ticket_id=ticket.id)
        case = case_of(ticket, requests, Trigger.CLOCK_DUE, now, act=act)
        return [work.code for work in self._desk.decide(case).work]

    async def _remind(
        self, draft: Draft, tickets: Iterable[Ticket], passed: Sequence[_Passed]
    ) -> None:
        """Write to the agents; what falls into the night or a holiday leaves in the morning."""
        team = await self._team(draft)
        for ticket in tickets:
            loud = [p for p in passed if p.clock.ticket_id == ticket.id and p.code in _LOUD]
            if not loud:
                continue
            account = self._desk.config.account(ticket.account)
            order = LetterOrder("reminder")
            route = Route(team.id, self._desk.config.settings.team_address)
            post(draft, self._blinder, account, ticket, _reminder(ticket, loud), order, route)
            draft.messages[-1].channel = draft.outbox[-1].channel = Channel.EMAIL
            draft.outbox[-1].due_at = self._desk.targets.office.next_open(draft.now)

    async def _team(self, draft: Draft) -> Identity:
        address = self._desk.config.settings.team_address
        blind = self._blinder.address(address)
        team = await Identity.get_or_none(channel=Channel.EMAIL, address_blind=blind)
        found = team or Identity(
            id=new_id(),
            channel=Channel.EMAIL,
            address_blind=blind,
            address=b"",
            created_at=draft.now,
        )
        draft.keys |= await self._desk.vault.create_keys([identity_owner(found.id)])
        if team is None:
            place = Place("identity", found.id, "address")
            found.address = draft.seal(found.id, place, address)
            draft.identities.append(found)
        return found


def case_of(
    ticket: Ticket, requests: Iterable[Request], trigger: Trigger, now: datetime, *, act: str = ""
) -> Case:
    """Return a handler's view of a ticket apart from any message."""
    still = [one for one in requests if one.state not in FINAL]
    reading = Reading(
        intent=ticket.intent,
        also=tuple(Intent(one) for one in ticket.also),
        rights=tuple(Right(one) for one in ticket.rights),
        topic=ticket.topic,
        policy_section=ticket.policy_section,
        language=ticket.language,
        confidence=ticket.confidence,
        needs_human=ticket.needs_human,
        marks=tuple(ticket.marks),
    )
    return Case(
        trigger=trigger,
        intent=ticket.intent,
        reading=reading,
        channel=ticket.channel,
        now=now,
        is_new=False,
        requests=tuple(OpenRequest(one.right, one.state) for one in still),
        regimes=tuple(dict.fromkeys(code for one in still for code in one.regimes)),
        is_proven=any(one.proven_at for one in still),
        alignment=ticket.alignment,
        act=act,
    )


async def breaks_of(ticket_id: UUID) -> list[tuple[datetime, datetime | None]]:
    """Return the times in which a ticket waited for its requester, from its history."""
    return pauses(await Event.filter(ticket_id=ticket_id, kind__startswith=STATUS_EVENT))


async def explain(desk: Desk, reference: str) -> list[str]:
    """Say in sentences, for people, which dates a ticket has and why."""
    ticket = await find_ticket(reference)
    key = (await desk.vault.load_keys([identity_owner(ticket.requester_id)])).get(
        identity_owner(ticket.requester_id)
    )
    lines = [f"{ticket.reference}: {ticket.status}, received {ticket.received_at:%F %T} UTC"]
    for request in await Request.filter(ticket_id=ticket.id).order_by("id"):
        lines.append(f"{request.right}, {request.state}:")
        place = Place("request", request.id, "regimes_why")
        told = unseal_text(key, place, request.regimes_why) if key and request.regimes_why else "{}"
        reasons = json.loads(told)
        lines += [f"  may be under {c}: {reasons.get(c, 'settled')}" for c in request.regimes]
        clocks = ClockRow.filter(request_id=request.id, family=ClockFamily.STATUTE).order_by("id")
        lines += [f"  {_said(clock)}" async for clock in clocks]
        events = await RequestEvent.filter(request_id=request.id)
        dates = dates_of(request.right, request.regimes, events, desk.config)
        lines += [f"    {step.sentence} ({step.article})" for step in dates.why]
    service = ClockRow.filter(ticket_id=ticket.id, family=ClockFamily.SERVICE).order_by("id")
    lines += [f"service {_said(clock)}" async for clock in service]
    for since, until in await breaks_of(ticket.id):
        lines.append(f"waited from {since:%F %T} to {f'{until:%F %T}' if until else 'now'}")
    return lines


def _said(clock: ClockRow) -> str:
    due = clock.due_on or (f"{clock.due_at:%F %T} UTC" if clock.due_at else "no date")
    if clock.met_at:
        end = f"met {clock.met_at:%F %T}"
    elif clock.stopped_at:
        end = f"stopped {clock.stopped_at:%F %T}"
    else:
        end = "open"
    late = f", breached {clock.breached_at:%F %T}" if clock.breached_at else ""
    return f"{clock.kind}: {due}, {end}{late}"


def _reminder(ticket: Ticket, passed: Sequence[_Passed]) -> Letter:
    """Return what agents are told: reference and dates, nothing of the person."""
    lines = []
    for one in passed:
        due = one.clock.due_on or f"{one.clock.due_at:%F %H:%M} UTC"
        name = f"{one.clock.family} {one.clock.kind}"
        told = f"{name} was due {due}" if one.code == "breach" else f"{name} is due {due}"
        lines.append(f"- {told} ({one.code})")
    late = any(one.code == "breach" for one in passed)
    subject = f"[{ticket.reference}] {'too late' if late else 'due soon'}"
    return Letter(subject, "\n".join([f"{ticket.reference}, {ticket.intent}:", "", *lines, ""]))


async def _keep_notices(
    now: datetime, passed: Sequence[_Passed], steps: Mapping[UUID, datetime | None]
) -> None:
    for clock_id, next_at in steps.items():
        await ClockRow.filter(id=clock_id).update(next_at=next_at)
    await ClockNotice.bulk_create(
        [
            ClockNotice(
                id=new_id(),
                clock_id=one.clock.id,
                code=one.code,
                due_at=one.clock.due_at or one.at,
                happened_at=one.at,
                noticed_at=now,
            )
            for one in passed
        ],
        ignore_conflicts=True,
    )
    for one in passed:
        if one.code == "breach":
            await ClockRow.filter(id=one.clock.id).update(breached_at=one.at)


async def _add_work(work: Mapping[UUID, Sequence[str]]) -> None:
    for ticket_id, codes in work.items():
        ticket = await Ticket.get(id=ticket_id).only("id", "work")
        ticket.work = [*dict.fromkeys([*ticket.work, *codes])]
        await ticket.save(update_fields=["work"])


@unit_of_work
async def _meet(moment: Mapping[UUID, datetime]) -> None:
    if not moment:
        return
    values = {clock_id: (at,) for clock_id, at in moment.items()}
    async with transaction() as connection:
        await update_each(connection, ClockRow, ("met_at",), values, unless="met_at")


@unit_of_work
async def _answered(request: Request, at: datetime, now: datetime) -> None:
    async with transaction():
        if not await Request.filter(id=request.id, answered_at=None).update(answered_at=at):
            return
        event = law_event(request.id, EventType.ANSWERED, at, entered_at=now)
        await event.save(force_create=True)
        await ClockRow.filter(request_id=request.id, met_at=None, stopped_at=None).update(met_at=at)


@unit_of_work
async def _save(rows: Sequence[ClockRow]) -> None:
    async with transaction() as connection:
        await write_back(connection, rows, _CLOCK_FIELDS)
