"""Who speaks for somebody else shows that they may; and authorities are answered by people."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from regimes.events import EventType
from tests.tickets.conftest import mail
from tickets.actions import Actions
from tickets.agents import Agents
from tickets.errors import Refusal
from tickets.findings import ActingAs
from tickets.models import (
    Attachment,
    Blob,
    Clock,
    ClockKind,
    Event,
    Message,
    Request,
    RequestEvent,
    Role,
    Ticket,
)
from tickets.proof import Seen
from tickets.types import Intent, Reading, RequestState, Right, Status
from tickets.views import numbered
from tickets.worklist import AUTHORITY, said

S = RequestState
DELETED = {"deleted": ("your client's account",)}


@pytest.fixture
async def desk(bench):
    """A desk with two agents, and a lawyer's request for a client."""
    for name in ("Bo", "Cy"):
        await Agents(bench.vault).add(name, Role.AGENT, bench.clock[0])
    bench.actions = Actions(bench.desk)
    await bench.take_in(mail(sender="Lea Law <lea@law.test>", body="Delete my client's data."))
    await bench.outbox.run_once()
    bench.reference = (await Ticket.get()).reference
    bench.later(minutes=1)
    return bench


async def code(work) -> str:
    with pytest.raises(Refusal) as caught:
        await work
    return caught.value.code


async def sent(desk) -> str:
    desk.post.sent.clear()
    while await desk.outbox.run_once():
        pass
    return desk.post.sent[-1].letter.text


async def test_nothing_is_done_before_authority_and_the_persons_own_word(desk):
    act, ref = desk.actions, desk.reference
    await act.ask_authority(ref, "Bo", ActingAs.LAWYER)
    letter = await sent(desk)

    assert "power of attorney" in letter
    assert "does not say whether we hold data about anybody" in letter
    ticket = await Ticket.get()
    assert (ticket.status, ticket.work) == (
        Status.WAITING,
        ["check_authority", "confirm_subject"],
    )
    types = [event.type async for event in RequestEvent.all().order_by("id")]
    assert types == ["received", "agent_authority_requested"]

    # The lawyer's own mailbox is proven: that says nothing of the client.
    desk.later(hours=1)
    await Request.all().update(state=S.PROVEN, proven_at=desk.clock[0])
    assert await code(act.fulfil(ref, "Bo", DELETED)) == "authority_first"
    for kind in ("check_authority", "confirm_subject"):
        assert await code(act.done(ref, "Bo", kind)) == "not_by_hand"
    await act.enter(ref, "Bo", EventType.AGENT_AUTHORITY_RECEIVED, desk.clock[0])
    assert await code(act.fulfil(ref, "Bo", DELETED)) == "subject_first"
    assert await code(act.verify(ref, "Bo", Seen.DOCUMENTS)) == "ask_the_person"
    desk.later(minutes=1)
    await act.verify(ref, "Bo", Seen.CALL_BACK)
    await act.fulfil(ref, "Bo", DELETED)
    await act.approve(ref, "Cy")

    assert (await Request.get()).state is S.FULFILLED
    assert await Event.filter(kind="subject_confirmed").count() == 1


async def test_one_word_of_the_person_confirms_and_proves(desk):
    act, ref = desk.actions, desk.reference
    await act.ask_authority(ref, "Bo", ActingAs.AGENT)
    desk.later(minutes=1)
    await act.enter(ref, "Bo", EventType.AGENT_AUTHORITY_RECEIVED, desk.clock[0])
    await act.verify(ref, "Bo", Seen.ACCOUNT)

    assert (await Ticket.get()).work == []
    assert (await Request.get()).state is S.PROVEN


async def test_heirs_and_parents_show_papers_which_then_go(desk):
    act, ref = desk.actions, desk.reference
    await act.ask_authority(ref, "Bo", ActingAs.HEIR)
    assert "death certificate" in await sent(desk)
    answer = f"In-Reply-To: <{desk.post.sent[-1].external_id}>\r\n"
    await desk.take_in(mail(sender="Lea Law <lea@law.test>", body="Here.", headers=answer))
    desk.later(minutes=1)

    await act.enter(ref, "Bo", EventType.AGENT_AUTHORITY_RECEIVED, desk.clock[0])
    evidence = await numbered(ref, [4])
    await act.verify(ref, "Bo", Seen.DOCUMENTS, evidence=evidence)

    paper = await Message.get(id=evidence[0])
    assert (await Blob.get(id=paper.blob_id)).content == b""
    assert await Attachment.filter(message_id=paper.id).count() == 0
    assert (await Request.get()).state is S.PROVEN
    await act.fulfil(ref, "Bo", DELETED)


async def test_a_californian_power_of_attorney_is_enough(desk):
    act, ref = desk.actions, desk.reference
    await act.settle(ref, "Bo", "us_ca_ccpa")
    await act.ask_authority(ref, "Bo", ActingAs.LAWYER)

    await act.verify(ref, "Bo", Seen.DOCUMENTS)

    assert (await Ticket.get()).work == ["check_authority"]


async def test_the_british_clock_starts_with_the_authority(desk):
    act, ref = desk.actions, desk.reference
    await act.settle(ref, "Bo", "uk_gdpr")
    await act.ask_authority(ref, "Bo", ActingAs.AGENT)
    assert "begins when what shows your authority has reached us" in await sent(desk)
    assert (await Clock.get(kind=ClockKind.RESPOND)).due_on is None
    desk.clock[0] = datetime(2026, 11, 10, 9, tzinfo=UTC)

    await act.enter(ref, "Bo", EventType.AGENT_AUTHORITY_RECEIVED, desk.clock[0])

    assert (await Clock.get(kind=ClockKind.RESPOND)).due_on == date(2026, 12, 10)


async def test_elsewhere_the_clock_runs_on_and_the_letter_says_so(desk):
    before = (await Clock.get(kind=ClockKind.RESPOND)).due_on

    await desk.actions.ask_authority(desk.reference, "Bo", ActingAs.PARENT)

    assert (await Clock.get(kind=ClockKind.RESPOND)).due_on == before
    assert "does not give us more time" in await sent(desk)


async def test_an_authority_gets_a_receipt_that_says_nothing_and_a_person_a_checklist(bench):
    async def police(texts):
        marks = ("authority",)
        also, rights = (Intent.ACCESS,), (Right.ACCESS,)
        return [Reading(Intent.OTHER, also, rights, marks=marks, confidence=0.9) for _ in texts]

    object.__setattr__(bench.desk, "classify", police)
    await Agents(bench.vault).add("Bo", Role.AGENT, bench.clock[0])
    await bench.take_in(mail(sender="Officer <o@police.test>", body="All data of Ann Example."))

    letter = await sent(bench)

    ticket = await Ticket.get()
    assert await Message.filter(direction="outbound").values_list("letter", flat=True) == [
        "authority_receipt"
    ]
    assert "does not say whether we hold data about anybody" in letter
    assert "Ann" not in letter
    assert ticket.work == list(AUTHORITY)
    assert [(r.right, r.state) for r in await Request.all()] == [("access", S.SUSPECTED)]
    assert "PIPL 41" in said("authority_pipl_41")
    await Actions(bench.desk).done(ticket.reference, "Bo", "authority_pipl_41")
    assert "authority_pipl_41" not in (await Ticket.get()).work
    assert await code(Actions(bench.desk).done(ticket.reference, "Bo", "help")) == "no_such_work"


@pytest.mark.parametrize(
    "work",
    ["confirm_rights", "letter_bounced", "spoofing:dmarc_fail", "receipt_withheld:automatic"],
)
def test_work_is_said_in_words(work):
    assert said(work).endswith(".")
