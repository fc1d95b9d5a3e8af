"""Giving back, taking over, settling the type, taking back what was not sent."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.tickets.conftest import mail
from tickets.actions import Actions
from tickets.agents import Agents
from tickets.audit import open_payload
from tickets.content import identity_owner
from tickets.errors import NotAllowed, Refusal, Taken
from tickets.ids import new_id
from tickets.models import (
    Agent,
    Clock,
    ClockKind,
    Event,
    Message,
    OutboxEntry,
    Request,
    Role,
    Ticket,
)
from tickets.proof import Seen
from tickets.types import Delivery, Intent, Reading, RequestState, Right, Status
from tickets.views import numbered

S = RequestState


@pytest.fixture
async def desk(bench):
    """A desk with two agents, and what opens a ticket."""
    for name in ("Bo", "Cy"):
        await Agents(bench.vault).add(name, Role.AGENT, bench.clock[0])
    bench.actions = Actions(bench.desk)

    async def opened(**kwargs) -> str:
        await bench.take_in(mail(**kwargs))
        await bench.outbox.run_once()
        bench.later(minutes=1)
        return (await Ticket.all().order_by("-id").first()).reference

    bench.opened = opened
    return bench


async def code(work) -> str:
    with pytest.raises(Refusal) as caught:
        await work
    return caught.value.code


async def states(ref: str) -> dict[str, str]:
    return {r.right: r.state for r in await Request.filter(ticket__reference=ref).order_by("id")}


async def said(desk, kind: str) -> dict:
    event = await Event.filter(kind=kind).order_by("-id").first()
    owner = identity_owner((await Ticket.get(id=event.ticket_id)).requester_id)
    return open_payload(event, (await desk.vault.load_keys([owner]))[owner])


# Whose it is


async def test_a_ticket_that_a_colleague_has_is_taken_over_knowingly(desk):
    ref = await desk.opened()
    await desk.actions.take(ref, "Bo")
    since = desk.clock[0]
    desk.later(minutes=5)

    with pytest.raises(Taken) as caught:
        await desk.actions.take(ref, "Cy")

    assert await Agents(desk.vault).name(caught.value.agent_id) == "Bo"
    assert caught.value.since == since
    await desk.actions.take(ref, "Bo")
    await desk.actions.take(ref, "Cy", over=True)
    assert (await Ticket.get()).agent_id == (await Agents(desk.vault).find("Cy")).id


async def test_what_a_disabled_agent_had_is_free(desk):
    ref = await desk.opened()
    await desk.actions.take(ref, "Bo")
    await Agents(desk.vault).disable("Bo", desk.clock[0])

    await desk.actions.take(ref, "Cy")

    assert (await Ticket.get()).agent_id == (await Agents(desk.vault).find("Cy")).id


async def test_given_back_it_is_anybodys(desk):
    ref = await desk.opened()
    await desk.actions.take(ref, "Bo")

    assert await code(desk.actions.release(ref, "Cy")) == "not_yours"
    await desk.actions.release(ref, "Bo")
    await desk.actions.take(ref, "Cy")

    assert await Agent.filter(id=(await Ticket.get()).agent_id).exists()


async def test_a_ticket_is_handed_to_a_colleague_who_may_work(desk):
    ref = await desk.opened()
    await Agents(desk.vault).add("Di", Role.READER, desk.clock[0])

    await desk.actions.assign(ref, "Bo", "Cy")

    cy = await Agents(desk.vault).find("Cy")
    assert (await Ticket.get()).agent_id == cy.id
    with pytest.raises(Taken) as caught:
        await desk.actions.take(ref, "Bo")
    assert (caught.value.agent_id, caught.value.since) == (cy.id, desk.clock[0])
    assert await code(desk.actions.assign(ref, "Bo", "Di")) == "role_reader_may_not_take"


async def test_messages_are_named_by_their_number(desk):
    ref = await desk.opened()
    first, second = await Message.all().order_by("id")

    assert await numbered(ref, [2, 1]) == [second.id, first.id]
    for wrong in (0, 3, -1):
        assert await code(numbered(ref, [wrong])) == "no_such_message"


# What is asked


async def test_a_changed_type_ends_what_was_suspected_and_opens_what_is_meant(desk):
    ref = await desk.opened()
    received = (await Ticket.get()).received_at
    assert await states(ref) == {"deletion": S.SUSPECTED}
    desk.later(days=3)

    await desk.actions.change_type(ref, "Bo", Intent.ACCESS)

    assert await states(ref) == {"deletion": S.LAPSED, "access": S.RECEIVED}
    ticket = await Ticket.get()
    assert (ticket.intent, ticket.needs_human, ticket.work) == (Intent.ACCESS, False, [])
    opened = await Request.get(right=Right.ACCESS)
    assert opened.received_at == received
    assert opened.regimes == (await Request.get(right=Right.DELETION)).regimes
    due = await Clock.get(request_id=opened.id, kind=ClockKind.RESPOND)
    gone = await Clock.get(request__right=Right.DELETION, kind=ClockKind.RESPOND)
    assert (due.due_on, due.stopped_at) == (date(2026, 12, 2), None)  # of the first day
    assert gone.stopped_at == desk.clock[0]
    assert await said(desk, "type_changed") == {
        "before": "deletion_request",
        "after": "access_request",
        "rights_before": ["deletion"],
        "rights": ["access"],
    }


async def test_the_same_type_confirms(desk):
    ref = await desk.opened()

    await desk.actions.change_type(ref, "Bo", Intent.DELETION)

    assert await states(ref) == {"deletion": S.RECEIVED}
    assert await Message.filter(letter="acknowledgement").count() == 1


async def test_rights_are_to_be_confirmed_until_none_is_unsure(desk):
    ref = await desk.opened()
    await Request.create(
        id=new_id(),
        ticket_id=(await Ticket.get()).id,
        right=Right.ACCESS,
        state=S.SUSPECTED,
        received_at=desk.clock[0],
        created_at=desk.clock[0],
    )

    await desk.actions.confirm(ref, "Bo", Right.DELETION)
    assert (await Ticket.get()).work == ["confirm_rights"]
    await desk.actions.confirm(ref, "Bo", Right.ACCESS)
    assert (await Ticket.get()).work == []


async def test_named_rights_are_all_that_is_asked(desk):
    ref = await desk.opened()
    await desk.actions.confirm(ref, "Bo")
    rights = (Right.ACCESS, Right.RECTIFICATION)

    await desk.actions.change_type(ref, "Bo", Intent.ACCESS, rights)

    assert await states(ref) == {
        "deletion": S.LAPSED,
        "access": S.RECEIVED,
        "rectification": S.RECEIVED,
    }
    await desk.actions.verify(ref, "Bo", Seen.ACCOUNT, Right.ACCESS)
    await desk.actions.change_type(ref, "Bo", Intent.RECTIFICATION, (Right.RECTIFICATION,))
    assert (await states(ref))["access"] is S.PROVEN


async def test_no_request_after_all(desk):
    ref = await desk.opened()

    await desk.actions.change_type(ref, "Bo", Intent.SUPPORT)
    await desk.actions.close(ref, "Bo")

    assert await states(ref) == {"deletion": S.LAPSED}
    assert (await Ticket.get()).status is Status.CLOSED


async def test_what_was_taken_for_spam_gets_its_receipt_and_its_day(desk):
    async def all_spam(texts):
        return [Reading(Intent.SPAM, needs_human=False, confidence=0.99) for _ in texts]

    object.__setattr__(desk.desk, "classify", all_spam)
    ref = await desk.opened(body="Delete my data or I call a lawyer!!! www.example.org")
    received = (await Ticket.get()).received_at
    assert await Message.filter(direction="outbound").count() == 0
    desk.later(days=1)

    await desk.actions.change_type(ref, "Bo", Intent.DELETION)

    assert await states(ref) == {"deletion": S.ACKNOWLEDGED}
    assert (await Request.get()).received_at == received
    assert await Message.filter(letter="acknowledgement").count() == 1
    kinds = {clock.kind async for clock in Clock.filter(ticket__reference=ref, request_id=None)}
    assert kinds == {ClockKind.ACKNOWLEDGE, ClockKind.FIRST_RESPONSE, ClockKind.RESOLVE}


async def test_a_machine_and_a_forger_get_no_receipt_whatever_it_asks(desk):
    robot = await desk.opened(headers="Auto-Submitted: auto-generated\r\n")
    forged = await desk.opened(sender="Eve <eve@person.test>")
    await Message.filter(letter="acknowledgement").update(letter="other")
    await Ticket.filter(reference=forged).update(alignment="fail")

    for ref in (robot, forged):
        await desk.actions.change_type(ref, "Bo", Intent.DELETION)

        assert await states(ref) == {"deletion": S.RECEIVED}
    assert await Message.filter(letter="acknowledgement").count() == 0


# Taking back


async def test_a_reply_that_waits_is_taken_back_with_all_that_it_met(desk):
    ref = await desk.opened()
    await desk.actions.take(ref, "Bo")
    until = desk.clock[0] + timedelta(seconds=10)
    await desk.actions.reply(ref, "Bo", "Wrong window.", asks=True, not_before=until)
    assert await desk.outbox.run_once() == 0
    assert (await Ticket.get()).status is Status.WAITING
    desk.later(seconds=5)

    with pytest.raises(NotAllowed, match="not_yours"):
        await desk.actions.undo(ref, "Cy")
    await desk.actions.undo(ref, "Bo")
    desk.later(seconds=10)

    assert await desk.outbox.run_once() == 0
    assert (await OutboxEntry.get(message__letter="reply")).state is Delivery.CANCELLED
    assert (await Clock.get(kind=ClockKind.FIRST_RESPONSE)).met_at is None
    ticket = await Ticket.get()
    assert (ticket.status, ticket.waiting_at) == (Status.OPEN, None)
    assert await code(desk.actions.undo(ref, "Bo")) == "nothing_to_undo"
    assert await Event.filter(kind="undone").count() == 1


async def test_a_reply_that_left_stays(desk):
    ref = await desk.opened()
    await desk.actions.reply(ref, "Bo", "Hello.")
    await desk.outbox.run_once()
    desk.later(seconds=1)

    assert await code(desk.actions.undo(ref, "Bo")) == "too_late"
    assert (await Clock.get(kind=ClockKind.FIRST_RESPONSE)).met_at is not None


async def test_the_last_word_of_a_closed_ticket_is_taken_back_once_it_is_open(desk):
    ref = await desk.opened()
    later = desk.clock[0] + timedelta(hours=1)
    await desk.actions.change_type(ref, "Bo", Intent.SUPPORT)
    await desk.actions.reply(ref, "Bo", "Bye.", not_before=later)
    await desk.actions.close(ref, "Bo")

    assert await code(desk.actions.undo(ref, "Bo")) == "reopen_first"
    await desk.actions.reopen(ref, "Bo")
    await desk.actions.undo(ref, "Bo")

    assert (await Clock.get(kind=ClockKind.FIRST_RESPONSE)).met_at is None


async def test_undo_takes_the_last_first(desk):
    ref = await desk.opened()
    later = desk.clock[0] + timedelta(hours=1)
    for text in ("one", "two"):
        desk.later(seconds=1)
        await desk.actions.reply(ref, "Bo", text, not_before=later)

    desk.later(seconds=1)
    await desk.actions.undo(ref, "Bo")
    waiting = await OutboxEntry.filter(message__letter="reply").order_by("id")
    assert [one.state for one in waiting] == [Delivery.QUEUED, Delivery.CANCELLED]
    assert (await Clock.get(kind=ClockKind.FIRST_RESPONSE)).met_at is not None
    desk.later(seconds=1)
    await desk.actions.undo(ref, "Bo")
    assert (await Clock.get(kind=ClockKind.FIRST_RESPONSE)).met_at is None
