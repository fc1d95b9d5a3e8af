"""Tickets merged, split, and both taken back: nothing is lost, and nothing is suppressed."""

from __future__ import annotations

import asyncio
import re
from uuid import UUID

import pytest

from tests.tickets.conftest import ADDRESS, mail
from tickets.actions import Actions
from tickets.agents import Agents
from tickets.audit import verify
from tickets.clock import Clock as Loop
from tickets.clock import explain
from tickets.directory import Account
from tickets.errors import Refusal
from tickets.models import (
    Clock,
    ClockFamily,
    ClockKind,
    Event,
    Message,
    OutboxEntry,
    PersonLink,
    Request,
    RequestEvent,
    Role,
    Task,
    Ticket,
)
from tickets.persons import are_linked
from tickets.proof import Proof, Seen
from tickets.settings import Account as Mailbox
from tickets.types import Alignment, Channel, Direction, Intent, RequestState, Right, Status

S = RequestState
MAILBOX = Mailbox("support", Channel.EMAIL, ADDRESS)
DELETED = {"deleted": ("your account",)}
TABLES = (Ticket, Request, Message, Clock, OutboxEntry, Task, RequestEvent)


class Book:
    """A directory in which Ann has two addresses."""

    async def look_up(self, address):
        return Account("ann") if address.startswith("ann") else Account(address)


@pytest.fixture
async def desk(bench):
    """A desk with two agents; Ann asks for deletion, and a day later for a copy."""
    for name in ("Bo", "Cy"):
        await Agents(bench.vault).add(name, Role.AGENT, bench.clock[0])
    bench.actions = Actions(bench.desk, Proof(bench.desk, Book()))
    bench.first = await opened(bench)
    bench.later(days=1)
    bench.second = await opened(bench, body="Access request: a copy of my data.")
    return bench


async def opened(bench, **kwargs) -> str:
    await bench.take_in(mail(**kwargs))
    await bench.outbox.run_once()
    bench.later(minutes=1)
    return (await Ticket.all().order_by("-id").first()).reference


async def code(work) -> str:
    with pytest.raises(Refusal) as caught:
        await work
    return caught.value.code


async def rights(ref: str) -> list[tuple[str, int, str]]:
    rows = await Request.filter(ticket__reference=ref).order_by("received_at")
    return [(row.right, row.round, row.state) for row in rows]


VOLATILE = ("updated_at", "rules", "next_at", "begun_at", "work")


async def everything() -> dict:
    """What the tables hold, but for what any act touches."""
    return {
        (table.__name__, row["id"]): {k: v for k, v in row.items() if k not in VOLATILE}
        for table in TABLES
        for row in await table.all().values()
    }


async def intact(desk) -> None:
    while await desk.sealer.run_once():
        pass
    assert (await verify(desk.vault)).problems == []


async def test_merged_everything_is_in_one_and_the_old_reference_leads_there(desk):
    await desk.actions.verify(desk.first, "Bo", Seen.ACCOUNT)
    due = {c.request_id: c.due_on async for c in Clock.filter(kind=ClockKind.RESPOND)}

    await desk.actions.merge(desk.second, "Bo", desk.first)

    assert await rights(desk.second) == [("deletion", 1, S.PROVEN), ("access", 1, S.SUSPECTED)]
    assert await rights(desk.first) == []
    into, source = await Ticket.get(reference=desk.second), await Ticket.get(reference=desk.first)
    assert (source.status, source.merged_into_id) == (Status.CLOSED, into.id)
    assert into.received_at == source.received_at
    assert into.also == [Intent.DELETION]
    assert await Message.filter(ticket_id=source.id).count() == 0
    # The dates are those of each request's own receipt.
    assert due == {c.request_id: c.due_on async for c in Clock.filter(kind=ClockKind.RESPOND)}
    assert await Clock.filter(ticket_id=source.id, stopped_at=None).count() == 0
    starts = Clock.filter(ticket_id=into.id, kind=ClockKind.RESOLVE, stopped_at=None)
    assert [row.started_at for row in await starts] == [source.received_at]
    await desk.actions.take(desk.first, "Cy")
    assert (await Ticket.get(reference=desk.second)).agent_id is not None
    assert "deletion, in_work:" in await explain(desk.desk, desk.first)
    await intact(desk)


async def test_a_reply_under_the_old_reference_comes_to_the_new_ticket(desk):
    ours = desk.post.sent[0].external_id
    await desk.actions.merge(desk.second, "Bo", desk.first)

    await desk.take_in(mail(body="And?", headers=f"In-Reply-To: <{ours}>\r\n"))
    await desk.take_in(mail(body="Well?", subject=f"Re: [{desk.first}] my data"))

    into = await Ticket.get(reference=desk.second)
    inbound = Message.filter(ticket_id=into.id, direction=Direction.INBOUND)
    assert await inbound.count() == 4
    assert await Ticket.all().count() == 2
    assert (await Ticket.get(reference=desk.first)).status is Status.CLOSED


async def test_replies_under_both_references_at_once_are_one_tickets(desk):
    letters = [letter.external_id for letter in desk.post.sent]
    await desk.actions.merge(desk.second, "Bo", desk.first)
    await desk.actions.reply(desk.second, "Bo", "Which?", asks=True)

    await desk.take_in(
        *(mail(body=f"{n}", headers=f"In-Reply-To: <{i}>\r\n") for n, i in enumerate(letters)),
        mail(body="3", subject=f"Re: [{desk.first}] my data"),
    )

    into = await Ticket.get(reference=desk.second)
    assert await Message.filter(ticket_id=into.id, direction=Direction.INBOUND).count() == 5
    assert (into.status, into.waiting_at) == (Status.OPEN, None)
    assert await Event.filter(kind="status_open", ticket_id=into.id).count() == 2


async def test_an_unproven_request_changes_nothing_of_a_proven_one(desk):
    await desk.actions.verify(desk.first, "Bo", Seen.ACCOUNT)
    desk.later(minutes=1)
    third = await opened(desk)  # the same right once more, by whoever writes as Ann

    await desk.actions.merge(desk.first, "Bo", third)

    assert await rights(desk.first) == [("deletion", 1, S.PROVEN), ("deletion", 2, S.SUSPECTED)]
    await desk.actions.fulfil(desk.first, "Bo", DELETED)
    await desk.actions.approve(desk.first, "Cy")
    assert await rights(desk.first) == [
        ("deletion", 1, S.FULFILLED),
        ("deletion", 2, S.SUSPECTED),
    ]
    assert await code(desk.actions.fulfil(desk.first, "Bo", DELETED)) == "not_proven"


async def test_only_what_is_one_persons_is_merged(desk):
    eve = await opened(desk, sender="Eve <eve@person.test>")
    work = await opened(desk, sender="Ann <ann@work.test>")
    forged = await opened(desk)
    await Ticket.filter(reference=forged).update(alignment=Alignment.FAIL)

    merge = desk.actions.merge
    assert await code(merge(desk.first, "Bo", desk.first)) == "same_ticket"
    assert await code(merge(desk.first, "Bo", "EJ-AAAA-AA")) == "unknown_ticket"
    assert await code(merge(desk.first, "Bo", forged)) == "sender_not_sure"
    for other in (eve, work):
        assert await code(merge(desk.first, "Bo", other)) == "not_same_person"
    for ref in (desk.first, eve, work):
        await desk.actions.verify(ref, "Bo", Seen.ACCOUNT)
    assert await code(merge(desk.first, "Bo", eve)) == "not_same_person"

    await merge(desk.first, "Bo", work)

    assert await rights(desk.first) == [("deletion", 1, S.PROVEN), ("deletion", 2, S.PROVEN)]
    assert "  may be under cn_app_rules: we sit in the PRC" in await explain(desk.desk, work)
    await desk.actions.undo(desk.first, "Bo")
    assert "  may be under cn_app_rules: we sit in the PRC" in await explain(desk.desk, work)


async def test_a_code_that_was_typed_links_two_addresses(desk):
    work = await opened(desk, sender="Ann <ann@office.test>")
    proof = Proof(desk.desk)
    await desk.actions.confirm(work, "Bo")
    other = await Ticket.get(reference=work)
    requests = await Request.filter(ticket_id=other.id)
    await proof.ask_by_code(other, requests, "ann@person.test", MAILBOX)
    merge = Actions(desk.desk).merge  # it has no directory
    assert await code(merge(desk.first, "Bo", work)) == "not_same_person"
    while await desk.outbox.run_once():
        pass
    digits = re.search(r"^\d{6}$", desk.post.sent[-1].letter.text, re.MULTILINE)[0]
    desk.later(minutes=1)
    await proof.try_code(await Ticket.get(id=other.id), digits)

    await merge(desk.first, "Bo", work)

    link = await PersonLink.get()
    assert link.evidence == "mail_code"
    await PersonLink.all().update(ended_at=desk.clock[0])
    assert not await are_linked(link.identity_id, link.other_id)


async def test_a_merge_is_undone_to_what_was(desk):
    await desk.actions.verify(desk.first, "Bo", Seen.ACCOUNT)
    await desk.actions.take(desk.first, "Bo")
    await desk.actions.reply(desk.second, "Bo", "Which data?", asks=True)
    await desk.outbox.run_once()
    before = await everything()

    desk.later(minutes=1)
    await desk.actions.merge(desk.first, "Bo", desk.second)
    desk.later(minutes=1)
    assert (await Ticket.get(reference=desk.first)).status is Status.OPEN
    await desk.actions.undo(desk.second, "Bo")

    after = await everything()
    # Both said that they hold more while they did.
    for held in (before, after):
        for key, row in held.items():
            if key[0] == "Ticket":
                del row["also"], row["rights"]
    assert after == before
    assert await code(desk.actions.undo(desk.first, "Bo")) == "nothing_to_undo"
    while await Loop(desk.desk).run_once(desk.clock[0]):
        pass
    await intact(desk)


async def test_what_was_answered_meanwhile_goes_back_answered(desk):
    await desk.actions.verify(desk.first, "Bo", Seen.ACCOUNT)
    await desk.actions.merge(desk.second, "Bo", desk.first)
    desk.later(minutes=1)
    await desk.actions.fulfil(desk.second, "Bo", DELETED, right=Right.DELETION)

    assert await code(desk.actions.undo(desk.second, "Bo")) == "decide_first"
    await desk.actions.approve(desk.second, "Cy", right=Right.DELETION)
    await desk.actions.undo(desk.second, "Bo")

    assert await rights(desk.first) == [("deletion", 1, S.FULFILLED)]
    assert await rights(desk.second) == [("access", 1, S.SUSPECTED)]


async def test_a_split_opens_a_ticket_of_its_own_and_is_taken_back(desk):
    await desk.take_in(
        mail(
            body="Also, an access request: a copy of my data.",
            headers=f"In-Reply-To: <{desk.post.sent[0].external_id}>\r\n",
        )
    )
    asked = await Message.filter(ticket__reference=desk.first).order_by("-id").first()
    day = (await Request.get(right=Right.ACCESS, ticket__reference=desk.first)).received_at
    before = await rights(desk.first)

    desk.later(hours=1)
    new = await desk.actions.split(desk.first, "Bo", messages=[asked.id], rights=[Right.ACCESS])

    assert await rights(new) == [("access", 1, S.SUSPECTED)]
    assert await rights(desk.first) == [("deletion", 1, S.SUSPECTED)]
    part = await Ticket.get(reference=new)
    assert (part.received_at, part.intent, part.status) == (day, Intent.ACCESS, Status.OPEN)
    assert await Message.filter(ticket_id=part.id).count() == 1
    service = Clock.filter(ticket_id=part.id, family=ClockFamily.SERVICE)
    assert {row.started_at for row in await service} == {day}
    assert await Clock.filter(ticket_id=part.id, request__right=Right.ACCESS).count() == 3
    await desk.actions.take(new, "Bo")

    desk.later(minutes=1)
    await desk.actions.undo(desk.first, "Bo")

    assert await rights(desk.first) == before
    part = await Ticket.get(reference=new)
    assert part.merged_into_id == (await Ticket.get(reference=desk.first)).id
    await intact(desk)


async def test_a_split_leaves_something_and_moves_what_is_there(desk):
    split, only = desk.actions.split, await Message.filter(direction="inbound").order_by("id")

    assert await code(split(desk.first, "Bo")) == "nothing_to_split"
    assert await code(split(desk.first, "Bo", messages=[only[0].id])) == "nothing_would_stay"
    assert await code(split(desk.first, "Bo", messages=[only[1].id])) == "no_such_message"
    assert await code(split(desk.first, "Bo", rights=[Right.ACCESS])) == "no_open_request"
    assert await code(split(desk.first, "Bo", messages=[UUID(int=0)])) == "no_such_message"


async def test_an_answer_to_a_letter_of_proof_is_heard_where_the_request_went(desk):
    await desk.actions.merge(desk.first, "Bo", desk.second)
    desk.later(minutes=1)
    await desk.actions.ask_proof(desk.first, "Bo")
    assert await code(desk.actions.split(desk.first, "Bo", rights=[Right.ACCESS])) == (
        "proof_is_asked"
    )
    assert await code(desk.actions.undo(desk.first, "Bo")) == "proof_is_asked"
    await desk.actions.ask_proof(desk.first, "Bo", Right.DELETION)
    await desk.actions.ask_proof(desk.first, "Bo", Right.ACCESS)
    while await desk.outbox.run_once():
        pass
    letter = desk.post.sent[-1]
    desk.later(minutes=1)
    await desk.actions.undo(desk.first, "Bo")

    headers = f"In-Reply-To: <{letter.external_id}>\r\n"
    await desk.take_in(mail(body="CONFIRM", headers=headers))

    assert await rights(desk.second) == [("access", 1, S.PROVEN)]
    assert await rights(desk.first) == [("deletion", 1, S.PROOF_ASKED)]
    assert (await Ticket.get(reference=desk.second)).work == []


async def test_an_account_that_is_not_matched_stays_so_wherever_the_request_goes(desk):
    desk.actions = Actions(desk.desk)  # it has no directory
    await desk.actions.merge(desk.first, "Bo", desk.second)
    await desk.actions.verify(desk.first, "Bo", Seen.ACCOUNT)
    await Ticket.filter(reference=desk.first).update(work=["match_account"])
    desk.later(minutes=1)
    await desk.actions.undo(desk.first, "Bo")

    for ref in (desk.first, desk.second):
        assert (await Ticket.get(reference=ref)).work == ["match_account"]
    assert await code(desk.actions.fulfil(desk.second, "Bo", {})) == "match_account_first"
    part = await desk.actions.split(desk.second, "Bo", rights=[Right.ACCESS])
    assert await code(desk.actions.fulfil(part, "Bo", {})) == "match_account_first"


async def test_a_request_that_is_asked_for_proof_moves_with_its_letter(desk):
    await desk.actions.merge(desk.first, "Bo", desk.second)
    await desk.actions.ask_proof(desk.first, "Bo", Right.ACCESS)
    while await desk.outbox.run_once():
        pass
    letter = desk.post.sent[-1]
    desk.later(minutes=1)

    new = await desk.actions.split(desk.first, "Bo", rights=[Right.ACCESS])
    headers = f"In-Reply-To: <{letter.external_id}>\r\n"
    await desk.take_in(mail(body="CONFIRM", headers=headers))

    assert await rights(new) == [("access", 1, S.PROVEN)]


async def test_messages_alone_wait_for_somebody_to_say_what_they_ask(desk):
    await desk.take_in(
        mail(body="My app crashes.", headers=f"In-Reply-To: <{desk.post.sent[0].external_id}>\r\n")
    )
    crash = await Message.filter(ticket__reference=desk.first).order_by("-id").first()

    new = await desk.actions.split(desk.first, "Bo", messages=[crash.id])

    part = await Ticket.get(reference=new)
    assert (part.intent, part.work) == (Intent.OTHER, ["decide_intent"])
    await desk.actions.change_type(new, "Bo", Intent.SUPPORT)
    await desk.actions.close(new, "Bo")


async def test_two_who_merge_at_once_lose_nothing(desk):
    first, second = desk.first, desk.second
    outcomes = await asyncio.gather(
        desk.actions.merge(first, "Bo", second),
        desk.actions.merge(second, "Cy", first),
        return_exceptions=True,
    )

    (refused,) = [one for one in outcomes if one is not None]
    assert refused.code == "same_ticket"
    assert await Ticket.filter(merged_into_id=None).count() == 1
    held = await Ticket.get(merged_into_id=None)
    assert await Request.filter(ticket_id=held.id).count() == 2
    desk.later(minutes=1)
    undone = await asyncio.gather(
        desk.actions.undo(first, "Bo"), desk.actions.undo(second, "Cy"), return_exceptions=True
    )
    assert sorted(str(one and one.code) for one in undone) == ["None", "nothing_to_undo"]
    assert await Ticket.filter(merged_into_id=None).count() == 2


async def test_every_step_is_an_event(desk):
    await desk.actions.merge(desk.first, "Bo", desk.second)
    desk.later(seconds=1)
    await desk.actions.undo(desk.first, "Bo")
    desk.later(seconds=1)
    await desk.actions.merge(desk.second, "Bo", desk.first)

    kinds = [event.kind async for event in Event.filter(actor__startswith="agent").order_by("id")]
    assert [kind for kind in kinds if not kind.startswith(("agent_", "status_"))] == [
        "ticket_merged",
        "ticket_moved",
        "ticket_given_back",
        "undone",
        "ticket_merged",
        "ticket_moved",
    ]
