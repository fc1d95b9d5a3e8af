"""Who asks is proven by a reply from the address, a code, or an agent, and by nothing else."""

from __future__ import annotations

import re

import pytest

from tests.tickets.conftest import mail
from tests.tickets.proving import FAILED, Book, asked, opened, reply, states
from tickets.challenges import expire
from tickets.errors import InvalidTransition, NotAllowed
from tickets.ids import new_id
from tickets.models import (
    Attachment,
    Challenge,
    ChallengeState,
    Clock,
    ClockKind,
    Event,
    Message,
    OutboxEntry,
    Request,
    RequestEvent,
    Ticket,
)
from tickets.proof import Proof, Seen
from tickets.types import Channel, Direction, RequestState, Status


async def test_asking_writes_a_letter_that_says_what_it_authorises(bench):
    ticket, letter = await asked(bench)

    text = letter.letter.text
    assert letter.recipient.address == "ann@person.test"
    assert "- the deletion of your personal data\n" in text
    assert "CONFIRM" in text
    assert "NOT ME" in text
    assert "until 9 November 2026" in text
    assert re.search(r"EJP(-[2-9A-HJ-KM-NP-TV-Z]{2,5}){6}", text)
    assert await states() == [RequestState.PROOF_ASKED]
    events = [row.type for row in await RequestEvent.all().order_by("entered_at", "id")]
    assert events == ["received", "identity_requested"]
    assert (await Ticket.get(id=ticket.id)).status is Status.WAITING
    assert (await OutboxEntry.filter(expires_at__not_isnull=True).count()) == 1


async def test_nothing_of_the_secret_stands_in_the_table(bench):
    _, letter = await asked(bench)
    token = re.search(r"EJP-[\w-]+", letter.letter.text)[0]

    (row,) = await Challenge.all().values()

    told = " ".join(str(value) for value in row.values())
    assert token.replace("-", "")[3:] not in told.upper()
    assert "person.test" not in told


async def test_a_reply_with_the_token_proves_the_request(bench):
    ticket, letter = await asked(bench)

    await reply(bench, letter)

    request = await Request.get()
    assert request.state is RequestState.PROVEN
    assert request.proven_at == bench.clock[0]
    events = [row.type for row in await RequestEvent.all().order_by("entered_at", "id")]
    assert events[2:] == ["identity_received", "identity_verified"]
    ticket = await Ticket.get(id=ticket.id)
    assert ticket.work == ["match_account"]
    assert (await Challenge.get()).state is ChallengeState.PROVEN
    sent = [row.letter for row in await Message.filter(direction=Direction.OUTBOUND).order_by("id")]
    assert sent == ["acknowledgement", "identity_request", "proof_received"]
    assert await Event.filter(kind="proof_given").count() == 1


@pytest.mark.parametrize(
    ("how", "kwargs"),
    [
        ("the thread alone", {"body": "confirm", "subject": "Re:"}),
        ("a quoted body", {"thread": False}),
    ],
)
async def test_thread_or_quoted_token_is_enough(bench, how, kwargs):
    _, letter = await asked(bench)

    await reply(bench, letter, **kwargs)

    assert await states() == [RequestState.PROVEN]


async def test_a_token_in_the_subject_is_enough(bench):
    ticket, letter = await asked(bench)
    token = re.search(r"EJP-[\w-]+", letter.letter.text)[0].lower().replace("-", " ")

    await reply(
        bench, letter, thread=False, subject=f"{ticket.reference} {token}", body="Yes, I confirm."
    )

    assert await states() == [RequestState.PROVEN]


@pytest.mark.parametrize("first", ["确认", "「確認」", "Confirm!", "是的。", "YES"])
async def test_the_agreed_words_count_in_every_language(bench, first):
    _, letter = await asked(bench)

    await reply(bench, letter, first)

    assert await states() == [RequestState.PROVEN]


@pytest.mark.parametrize(
    "first",
    [
        "I am out of the office until Monday.",
        "I did not ask for this, please confirm that nothing was deleted.",
        "Who are you?",
        "Confirm who you are first",
        "Das war ich nicht",
    ],
)
async def test_any_other_answer_is_for_an_agent(bench, first):
    _, letter = await asked(bench)

    await reply(bench, letter, first)

    assert await states() == [RequestState.PROOF_ASKED]
    assert "check_proof" in (await Ticket.get()).work
    assert (await Challenge.get()).state is ChallengeState.OPEN


@pytest.mark.parametrize("first", ["NOT ME", "It wasn't me.", "不是我"])
async def test_the_owner_may_say_that_it_was_not_them(bench, first):
    _, letter = await asked(bench)

    await reply(bench, letter, first)
    await reply(bench, letter, "CONFIRM")

    assert await states() == [RequestState.NOT_PROVEN]
    assert "proof_denied" in (await Ticket.get()).work


async def test_an_automatic_answer_proves_nothing(bench):
    _, letter = await asked(bench)

    await reply(bench, letter, headers="Auto-Submitted: auto-replied\r\n")

    assert await states() == [RequestState.PROOF_ASKED]


async def test_a_stranger_with_the_token_proves_nothing(bench):
    _, letter = await asked(bench)

    await reply(bench, letter, sender="eve@other.test")

    first = await Request.all().order_by("id").first()
    assert first.state is RequestState.PROOF_ASKED
    assert (await Challenge.get()).state is ChallengeState.OPEN


async def test_the_requester_without_the_token_proves_nothing(bench):
    _, letter = await asked(bench)
    receipt = bench.post.sent[0]

    await reply(bench, receipt)

    assert letter is not receipt
    assert await states() == [RequestState.PROOF_ASKED]


async def test_a_mail_that_fails_dmarc_is_shown_to_an_agent(bench):
    _, letter = await asked(bench)

    await reply(bench, letter, headers=FAILED)

    assert await states() == [RequestState.PROOF_ASKED]
    assert "proof_from_failed_dmarc" in (await Ticket.get()).work


async def test_a_token_counts_for_seven_days(bench):
    _, letter = await asked(bench)

    bench.later(days=7, seconds=1)
    await reply(bench, letter)

    assert await states() == [RequestState.PROOF_ASKED]
    assert "proof_late" in (await Ticket.get()).work


async def test_an_unanswered_letter_becomes_work_and_a_late_answer_too(bench):
    _, letter = await asked(bench)
    bench.later(days=6, hours=23)
    assert await expire(bench.clock[0]) == 0

    bench.later(hours=1)
    assert await expire(bench.clock[0]) == 1
    assert await expire(bench.clock[0]) == 0
    assert (await Ticket.get()).work == ["proof_overdue"]
    await reply(bench, letter)

    assert (await Ticket.get()).work[:2] == ["proof_overdue", "proof_late"]
    assert await states() == [RequestState.PROOF_ASKED]


async def test_a_token_counts_for_its_own_request_only(bench):
    first, _ = await asked(bench)
    token = re.search(r"EJP-[\w-]+", bench.post.sent[-1].letter.text)[0]
    second, requests = await opened(bench, subject="Another", body="Please delete my data.")
    await Proof(bench.desk).ask_by_letter(second, requests)
    while await bench.outbox.run_once():
        pass

    await bench.take_in(mail(subject=f"[{second.reference}]", body=f"CONFIRM\n\n{token}"))

    by_ticket = {r.ticket_id: r.state for r in await Request.all()}
    assert by_ticket[second.id] is RequestState.PROOF_ASKED
    assert by_ticket[first.id] is RequestState.PROOF_ASKED


async def test_asking_again_retires_the_first_letter(bench):
    ticket, letter = await asked(bench)
    await Proof(bench.desk).ask_by_letter(ticket, await Request.all())

    await reply(bench, letter)

    assert await states() == [RequestState.PROOF_ASKED]
    found = [c.state for c in await Challenge.all().order_by("id")]
    assert found == [ChallengeState.REPLACED, ChallengeState.OPEN]


async def test_a_confirmation_that_asks_for_more_is_read_as_well(bench):
    _, letter = await asked(bench)
    more = "Please also send me a copy of my data and all that you hold about me. Thank you, Ann."

    await reply(bench, letter, f"CONFIRM\n\n{more}")

    found = await Request.all().order_by("id")
    assert found[0].state is RequestState.PROVEN
    assert [one.right for one in found] == ["deletion", "access"]


async def test_the_british_clock_starts_with_the_proof(bench):
    body = "Please delete my account under the UK GDPR. I live in England."
    _, letter = await asked(bench, body=body)
    await Request.all().update(regimes=["uk_gdpr"])
    respond = Clock.filter(kind=ClockKind.RESPOND)

    bench.later(days=3)
    await reply(bench, letter)

    assert str((await respond.get()).due_on) == "2026-12-07"  # 5 December is a Saturday


@pytest.mark.parametrize(
    ("directory", "work"),
    [
        (None, ["match_account"]),
        (Book(broken=True), ["match_account"]),
        (Book("ann@person.test"), []),
        (Book(), ["directory_mismatch"]),
    ],
)
async def test_the_directory_says_what_an_agent_has_left_to_do(bench, directory, work):
    _, letter = await asked(bench, directory)

    await reply(bench, letter)

    assert (await Ticket.get()).work == work


async def test_a_suspected_request_is_not_asked_for(bench):
    await bench.take_in(mail())

    with pytest.raises(InvalidTransition):
        await Proof(bench.desk).ask_by_letter(await Ticket.get(), await Request.all())
    assert await Challenge.all().count() == 0


async def test_who_has_no_mail_gets_no_letter(bench):
    ticket, requests = await opened(bench)
    ticket.channel = Channel.TELEGRAM

    with pytest.raises(NotAllowed, match="no_mail"):
        await Proof(bench.desk).ask_by_letter(ticket, requests)


# By an agent


async def test_an_agent_records_proof_and_the_evidence_goes(bench):
    ticket, requests = await opened(bench)
    evidence = await Message.get(direction=Direction.INBOUND)
    await Attachment.create(
        id=new_id(),
        message_id=evidence.id,
        part="2",
        filename=b"x",
        content_type="image/png",
        size=3,
    )
    await Proof(bench.desk).record(
        ticket, requests, how=Seen.DOCUMENTS, actor="agent:1", evidence=[evidence.id]
    )

    assert await states() == [RequestState.PROVEN]
    assert await Attachment.all().count() == 0
    blob = await (await Message.get(id=evidence.id)).blob
    assert (blob.content, blob.wrapped_key) == (b"", b"")
    (event,) = await Event.filter(kind="proof_recorded")
    assert event.actor == "agent:1"


async def test_a_closed_request_cannot_be_proven(bench):
    ticket, _ = await opened(bench)
    await Request.all().update(state=RequestState.REFUSED)

    with pytest.raises(InvalidTransition):
        await Proof(bench.desk).record(
            ticket, await Request.all(), how=Seen.ACCOUNT, actor="agent:1"
        )


async def test_a_request_changed_meanwhile_is_not_proven_over(bench):
    ticket, requests = await opened(bench)
    await Request.all().update(state=RequestState.WITHDRAWN)

    with pytest.raises(InvalidTransition, match="changed_meanwhile"):
        await Proof(bench.desk).record(ticket, requests, how=Seen.ACCOUNT, actor="agent:1")
    assert await states() == [RequestState.WITHDRAWN]
