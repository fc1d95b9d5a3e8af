"""Agents do what comes to their minds with a few tickets: nothing is lost, and no date moves."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from uuid import UUID

import pytest

from tests.tickets.conftest import mail
from tickets.actions import Actions
from tickets.agents import Agents
from tickets.audit import verify
from tickets.clock import Clock as Loop
from tickets.errors import Refusal
from tickets.findings import ActingAs
from tickets.models import (
    Clock,
    ClockKind,
    Message,
    OutboxEntry,
    Request,
    RequestEvent,
    Role,
    Ticket,
)
from tickets.proof import Seen
from tickets.requests import FINAL, status_of
from tickets.statute import dates_of
from tickets.types import Intent, RequestState, Right, Status
from tickets.views import ticket as view

FACTS = {"deleted": ("all",), "contents": ("all",), "processing": "All.", "explanation": "So."}
BODIES = ("Please delete my account.", "Access request: a copy of my data.", "Hello?")


class Play:
    """A game of acts on one desk."""

    def __init__(self, desk, seed: int):
        self.desk, self.actions = desk, Actions(desk.desk)
        self.chance = random.Random(seed)  # noqa: S311  - a game

    async def act(self) -> str:
        """Do one act, lawful or not; return how it went."""
        tickets = await Ticket.all().order_by("id")
        one, other = self.chance.choice(tickets), self.chance.choice(tickets)
        who, act = self.chance.choice(("Bo", "Cy")), self.actions
        rows = await Message.filter(ticket_id=one.id).order_by("id")
        messages: list[UUID] = [m.id for m in rows if self.chance.random() < 0.4]
        right = self.chance.choice((None, Right.DELETION, Right.ACCESS, Right.EXPLANATION))
        rights = [right] if right else []
        intent = self.chance.choice((Intent.ACCESS, Intent.DELETION, Intent.SUPPORT, Intent.SPAM))
        later = self.desk.clock[0] + timedelta(seconds=self.chance.choice((0, 600)))
        ref = one.reference
        acts: list[Callable[[], Awaitable[object]]] = [
            lambda: act.take(ref, who, over=self.chance.random() < 0.5),
            lambda: act.release(ref, who),
            lambda: act.assign(ref, who, "Cy"),
            lambda: act.reply(ref, who, "Hm.", asks=self.chance.random() < 0.5, not_before=later),
            lambda: act.verify(ref, who, Seen.CALL_BACK, right),
            lambda: act.ask_proof(ref, who, right),
            lambda: act.ask_authority(ref, who, ActingAs.LAWYER, right),
            lambda: act.fulfil(ref, who, FACTS, right=right),
            lambda: act.approve(ref, who, right=right, rejects=self.chance.random() < 0.3),
            lambda: act.close(ref, who, outcome=self.chance.choice((None, RequestState.LAPSED))),
            lambda: act.reopen(ref, who, right),
            *[lambda: act.change_type(ref, who, intent, rights if intent is Intent.ACCESS else ())]
            * 2,
            *[lambda: act.merge(ref, who, other.reference)] * 3,
            *[lambda: act.split(ref, who, messages=messages, rights=rights)] * 3,
            *[lambda: act.undo(ref, who)] * 4,
        ]
        self.desk.later(seconds=self.chance.randint(1, 900))
        try:
            await self.chance.choice(acts)()
        except Refusal as refusal:
            return refusal.code
        return "done"


async def check(desk) -> None:
    """Hold up whatever must hold after every act."""
    for ticket in await Ticket.all():
        requests = await Request.filter(ticket_id=ticket.id)
        if ticket.merged_into_id is not None:
            assert (requests, ticket.status) == ([], Status.CLOSED)
            assert await Message.filter(ticket_id=ticket.id).count() == 0
            running = Clock.filter(ticket_id=ticket.id, met_at=None, stopped_at=None)
            assert await running.count() == 0
            continue
        if ticket.status is Status.CLOSED:
            assert all(request.state in FINAL for request in requests)
        expected = status_of(
            [RequestState(one.state) for one in requests],
            is_begun=ticket.begun_at is not None,
            is_closed=ticket.status is Status.CLOSED,
            is_waiting=ticket.waiting_at is not None,
        )
        assert ticket.status is expected
        assert (
            ticket.received_at
            <= min((one.received_at for one in requests), default=ticket.received_at)
            or ticket.follow_up_kind == "split"
        )
        await view(desk.vault, ticket.reference)


async def due(desk) -> dict[UUID, date | None]:
    """Return the last day of every request; it is what its own events say."""
    found = {}
    for clock in await Clock.filter(kind=ClockKind.RESPOND).select_related("request"):
        request = await clock.request
        events = await RequestEvent.filter(request_id=request.id)
        dates = dates_of(request.right, request.regimes, events, desk.desk.config)
        assert clock.due_on == dates.respond_due
        assert clock.ticket_id == request.ticket_id
        found[request.id] = clock.due_on
    return found


@pytest.mark.parametrize("seed", [2, 3])
async def test_whatever_agents_do(bench, seed):
    for name in ("Bo", "Cy"):
        await Agents(bench.vault).add(name, Role.AGENT, bench.clock[0])
    for body in BODIES * 2:
        await bench.take_in(mail(body=body))
        bench.later(hours=7)
    play, outcomes = Play(bench, seed), []
    messages = await Message.all().count()
    before = await due(bench)

    for _ in range(60):
        outcomes.append(await play.act())
        await check(bench)
        assert await Message.all().count() >= messages
        now = await due(bench)
        assert {key: now[key] for key in before} == before  # the regimes here know no pause
        before, messages = now, await Message.all().count()
        if play.chance.random() < 0.2:
            await bench.outbox.run_once()
            await Loop(bench.desk).run_once(bench.clock[0])

    assert outcomes.count("done") > 15
    assert await OutboxEntry.filter(message_id__not_in=await ids()).count() == 0
    while await bench.sealer.run_once():
        pass
    assert (await verify(bench.vault)).problems == []


async def ids() -> list[UUID]:
    return [row.id for row in await Message.all().only("id")]
