"""The desk works without a screen: take, prove, extend, refuse, fulfil, approve, close."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from regimes.events import EventType
from tests.tickets.conftest import mail
from tickets.actions import Actions
from tickets.agents import Agents
from tickets.audit import verify
from tickets.clock import Clock
from tickets.errors import InvalidTransition, NotAllowed, Refusal
from tickets.letters import IncompleteLetter
from tickets.models import (
    Approval,
    ClockKind,
    Event,
    Message,
    OutboxEntry,
    Request,
    Role,
    Task,
    Ticket,
)
from tickets.models import Clock as ClockRow
from tickets.proof import Seen
from tickets.types import Direction, RequestState, Right, Status

S = RequestState
DELETED = {"deleted": ("your account", "your messages")}
CONTENTS = {"contents": ("your profile",), "processing": "To run your account."}


@pytest.fixture
async def desk(bench):
    """A desk with two agents, a reader, and one deletion request under the GDPR."""
    agents = Agents(bench.vault)
    for name in ("Bo", "Cy"):
        await agents.add(name, Role.AGENT, bench.clock[0])
    await agents.add("Di", Role.READER, bench.clock[0])
    await bench.take_in(mail())
    await bench.outbox.run_once()
    bench.reference = (await Ticket.get()).reference
    bench.later(minutes=1)
    bench.actions = Actions(bench.desk)
    return bench


async def code(work) -> str:
    with pytest.raises(Refusal) as caught:
        await work
    return caught.value.code


async def proven(desk, right=None) -> None:
    await desk.actions.verify(desk.reference, "Bo", Seen.ACCOUNT, right)
    await desk.actions.settle(desk.reference, "Bo", "eu_gdpr")
    await sent(desk)


async def sent(desk) -> list[str]:
    desk.post.sent.clear()
    while await desk.outbox.run_once():
        pass
    return [letter.letter.text for letter in desk.post.sent]


async def test_a_deletion_from_mail_to_letter_with_four_eyes(desk):
    act, ref = desk.actions, desk.reference

    await act.take(ref, "Bo")
    await proven(desk)
    await act.take(ref, "Bo")
    task = await Task.get()
    await act.fulfil(ref, "Bo", DELETED)

    assert (await Request.get()).state is S.IN_WORK
    assert await sent(desk) == []
    assert await code(act.approve(ref, "Bo")) == "four_eyes"
    assert await code(act.close(ref, "Bo")) == "open_requests"

    desk.later(hours=2)
    await act.approve(ref, "Cy")
    (letter,) = await sent(desk)
    await Clock(desk.desk).run_once(desk.clock[0])
    await act.close(ref, "Cy")

    request = await Request.get()
    assert request.state is S.FULFILLED
    assert request.answered_at == desk.clock[0]
    assert "your messages" in letter
    assert ref in letter
    assert task.code == "fulfil_deletion"
    assert (await Task.get()).done_at is not None
    assert (await Ticket.get()).status is Status.CLOSED
    assert (await ClockRow.get(kind=ClockKind.RESPOND)).met_at == desk.clock[0]
    assert await ClockRow.filter(met_at=None, stopped_at=None).count() == 0
    while await desk.sealer.run_once():
        pass
    assert (await verify(desk.vault)).problems == []


async def test_nothing_is_fulfilled_unproven(desk):
    assert await code(desk.actions.fulfil(desk.reference, "Bo", DELETED)) == "not_proven"
    assert await Approval.all().count() == 0


async def test_a_proven_access_holds_the_deletion_and_an_unproven_one_does_not(desk):
    act, ref = desk.actions, desk.reference
    await act.reopen(ref, "Bo", Right.ACCESS)
    await proven(desk, Right.DELETION)

    await act.fulfil(ref, "Bo", DELETED, right=Right.DELETION)
    desk.later(minutes=1)
    await act.verify(ref, "Bo", Seen.CALL_BACK, Right.ACCESS)

    # What was proposed before the hold does not slip through after it.
    assert await code(act.approve(ref, "Cy", right=Right.DELETION)) == "held_by_access"
    assert await code(act.fulfil(ref, "Bo", DELETED, right=Right.DELETION)) == "held_by_access"
    await act.fulfil(ref, "Bo", CONTENTS, right=Right.ACCESS)
    await act.approve(ref, "Cy", right=Right.ACCESS)
    await act.approve(ref, "Cy", right=Right.DELETION)

    states = {r.right: r.state for r in await Request.all()}
    assert states == {Right.DELETION: S.FULFILLED, Right.ACCESS: S.FULFILLED}


async def test_an_extension_moves_the_date_once_and_in_time(desk):
    act, ref = desk.actions, desk.reference
    await proven(desk)

    assert await code(act.extend(ref, "Bo", "no_staff")) == "unknown_reason"
    await act.extend(ref, "Bo", "complexity", details="Many systems.")
    (letter,) = await sent(desk)

    row = await ClockRow.get(kind=ClockKind.RESPOND)
    assert row.due_on == date(2027, 2, 2)
    assert "2 February 2027" in letter
    assert (await Request.get()).state is S.EXTENDED
    assert await code(act.extend(ref, "Bo", "complexity")) == "extended_once"


async def test_an_extension_after_the_first_period_is_refused(desk):
    await proven(desk)
    desk.clock[0] = datetime(2026, 12, 2, 16, 1, tzinfo=UTC)  # 3 December in Shanghai

    assert await code(desk.actions.extend(desk.reference, "Bo", "number")) == "first_period_over"


async def test_an_unsettled_regime_without_extension_binds(desk):
    await desk.actions.verify(desk.reference, "Bo", Seen.ACCOUNT)

    told = await code(desk.actions.extend(desk.reference, "Bo", "number"))

    assert told.startswith("no_extension_under_")


async def test_a_refusal_needs_a_ground_of_the_law_and_a_second_agent(desk):
    act, ref = desk.actions, desk.reference
    await proven(desk)
    facts = {"refused": "the deletion of invoices", "reasons": "Tax law wants them kept."}

    assert await code(act.refuse(ref, "Bo", "too_much_work", facts)) == "unknown_ground"
    with pytest.raises(IncompleteLetter):
        await act.refuse(ref, "Bo", "legal_obligation", {})
    await act.refuse(ref, "Bo", "legal_obligation", facts)
    await act.approve(ref, "Cy")
    (letter,) = await sent(desk)

    request = await Request.get()
    assert (request.state, request.ground) == (S.REFUSED, "legal_obligation")
    assert "Tax law wants them kept." in letter


async def test_a_rejected_proposal_is_not_sent(desk):
    act, ref = desk.actions, desk.reference
    await proven(desk)
    await act.fulfil(ref, "Bo", DELETED)

    await act.approve(ref, "Cy", rejects=True)

    assert await sent(desk) == []
    assert await code(act.approve(ref, "Cy")) == "nothing_proposed"
    assert (await Request.get()).state is S.IN_WORK


async def test_a_reply_meets_the_first_response_and_waiting_pauses(desk):
    act, ref = desk.actions, desk.reference
    before = (await ClockRow.get(kind=ClockKind.RESOLVE)).due_at

    desk.later(hours=1)
    await act.reply(ref, "Bo", "Which account do you mean?", asks=True)
    row = await ClockRow.get(kind=ClockKind.FIRST_RESPONSE)
    assert row.met_at == desk.clock[0]
    assert (await Ticket.get()).status is Status.WAITING
    (letter,) = await sent(desk)
    assert "Which account do you mean?" in letter
    await Clock(desk.desk).run_once(desk.clock[0])
    assert (await ClockRow.get(kind=ClockKind.RESOLVE)).due_at is None

    desk.later(days=1)
    ours = desk.post.sent[0].external_id
    await desk.take_in(mail(body="The first one.", headers=f"In-Reply-To: <{ours}>\r\n"))
    await ClockRow.filter(kind=ClockKind.RESOLVE).update(rules="")
    await Clock(desk.desk).run_once(desk.clock[0])

    assert (await Ticket.get()).status is Status.OPEN
    assert (await ClockRow.get(kind=ClockKind.RESOLVE)).due_at > before
    assert (await ClockRow.get(kind=ClockKind.NEXT_RESPONSE)).met_at is None


async def test_clarification_of_access_stops_the_british_clock_and_a_late_entry_counts(desk):
    act, ref = desk.actions, desk.reference
    await act.close(ref, "Bo", outcome=S.WITHDRAWN)
    desk.later(minutes=1)
    await act.reopen(ref, "Bo", Right.ACCESS)  # 2 November in London and in Shanghai
    await act.settle(ref, "Bo", "uk_gdpr")
    row = ClockRow.filter(kind=ClockKind.RESPOND, stopped_at=None)
    asked = datetime(2026, 11, 10, 9, tzinfo=UTC)
    desk.clock[0] = datetime(2026, 11, 20, 9, tzinfo=UTC)

    before = (await row.get()).due_on
    await act.enter(ref, "Bo", EventType.CLARIFICATION_REQUESTED, asked)
    standing = (await row.get()).due_on
    desk.later(minutes=1)
    heard = datetime(2026, 11, 14, 9, tzinfo=UTC)
    await act.enter(ref, "Bo", EventType.CLARIFICATION_RECEIVED, heard)

    # Five days, both ends included, do not count: 2 December becomes 7 December, a Monday.
    assert (before, standing) == (date(2026, 12, 2), None)
    assert (await row.get()).due_on == date(2026, 12, 7)
    late = desk.clock[0].replace(year=2027)
    assert await code(act.enter(ref, "Bo", EventType.FEE_PAID, late)) == "not_happened_yet"
    assert await code(act.enter(ref, "Bo", EventType.ANSWERED, asked)) == "not_for_entry"


async def test_a_note_is_seen_by_nobody_outside(desk):
    await desk.actions.note(desk.reference, "Bo", "Calls on Tuesdays.")

    note = await Message.get(direction=Direction.NOTE)
    assert b"Tuesdays" not in note.body
    assert await sent(desk) == []


async def test_roles_bind(desk):
    ref = desk.reference

    assert await code(desk.actions.reply(ref, "Di", "hello")) == "role_reader_may_not_reply"
    assert await code(desk.actions.take(ref, "Nobody")) == "unknown_agent"
    assert await code(desk.actions.take("EJ-AAAA-AA", "Bo")) == "unknown_ticket"


async def test_withdrawn_requests_stop_their_clocks(desk):
    await desk.actions.close(desk.reference, "Bo", outcome=S.WITHDRAWN)

    assert (await Request.get()).state is S.WITHDRAWN
    assert (await ClockRow.get(kind=ClockKind.RESPOND)).stopped_at == desk.clock[0]
    assert (await Ticket.get()).status is Status.CLOSED


async def test_the_handlers_are_asked_when_proven_and_when_lapsed(desk):
    act, ref = desk.actions, desk.reference
    await act.confirm(ref, "Bo")
    await act.ask_proof(ref, "Bo")
    await sent(desk)
    desk.later(days=8)
    await act.close(ref, "Bo", outcome=S.LAPSED)
    await act.reopen(ref, "Bo", Right.DELETION)
    await act.verify(ref, "Bo", Seen.ACCOUNT)

    kinds = [row.letter for row in await Message.all().order_by("id")]
    assert kinds == [
        *("", "acknowledgement", "identity_request", "not_proven", "proof_received"),
    ]


async def test_what_is_proven_does_not_lapse(desk):
    await proven(desk)

    with pytest.raises(InvalidTransition, match="proven_to_lapsed"):
        await desk.actions.close(desk.reference, "Bo", outcome=S.LAPSED)


async def test_reopened_with_a_right_is_a_new_round_and_the_first_answer_stays(desk):
    act, ref = desk.actions, desk.reference
    await act.close(ref, "Bo", outcome=S.WITHDRAWN)
    desk.later(days=3)

    await act.reopen(ref, "Bo", Right.DELETION)

    first, second = await Request.all().order_by("id")
    assert (first.state, second.state, second.round) == (S.WITHDRAWN, S.RECEIVED, 2)
    assert second.received_at == desk.clock[0]
    assert (await Ticket.get()).status is Status.OPEN
    # Measured from the reopening, not from creation (chatwoot#12058).
    rows = await ClockRow.filter(kind=ClockKind.RESOLVE, met_at=None)
    assert [row.started_at for row in rows] == [desk.clock[0]]


async def test_one_pair_of_eyes_where_the_config_says_so(desk):
    changed = desk.desk.config.settings.model_copy(update={"four_eyes": False})
    object.__setattr__(desk.desk.config, "settings", changed)
    await proven(desk)

    await desk.actions.fulfil(desk.reference, "Bo", DELETED, partly=True)

    assert (await Request.get()).state is S.PARTLY_FULFILLED
    assert await OutboxEntry.filter(message__letter="completed_deletion").count() == 1


async def test_an_unmatched_account_is_matched_first(desk):
    await proven(desk)
    await Ticket.all().update(work=["match_account"])

    assert await code(desk.actions.fulfil(desk.reference, "Bo", DELETED)) == "match_account_first"
    await desk.actions.verify(desk.reference, "Bo", Seen.ACCOUNT)
    await desk.actions.fulfil(desk.reference, "Bo", DELETED)

    assert await Event.filter(kind="account_matched").count() == 1


async def test_an_answer_that_never_left_is_not_in_time(desk):
    await proven(desk)
    await desk.actions.fulfil(desk.reference, "Bo", DELETED)
    await desk.actions.approve(desk.reference, "Cy")

    desk.later(days=40)  # the outbox was down
    while await Clock(desk.desk).run_once(desk.clock[0]):
        pass

    row = await ClockRow.get(kind=ClockKind.RESPOND)
    assert row.met_at is None
    assert row.breached_at == row.due_at


def test_refusals_are_named():
    assert issubclass(NotAllowed, Refusal)
