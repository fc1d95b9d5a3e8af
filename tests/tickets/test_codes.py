"""A code that goes by mail or text message and is typed in a chat, and its limits."""

from __future__ import annotations

import asyncio
import json
import re
from uuid import uuid4

import pytest

from tests.tickets.proving import ALIGNED, MAILBOX, Book, chat, coded, opened, states
from tickets.content import identity_owner
from tickets.errors import Refusal
from tickets.ids import new_id
from tickets.matching import Blinder
from tickets.models import (
    Challenge,
    ChallengeState,
    Identity,
    Message,
    OutboxEntry,
    Request,
    Ticket,
)
from tickets.proof import Proof, Tried
from tickets.proof_limits import PAIR_HOUR
from tickets.settings import Account
from tickets.types import Alignment, Channel, Delivery, RequestState
from vault.sealing import Place, unseal_text


async def test_a_code_goes_by_mail_and_proves_in_the_chat(bench):
    proof, ticket, code = await coded(bench)

    outcome = await proof.try_code(ticket, f" {code[:3]} {code[3:]} ")

    assert outcome is Tried.PROVEN
    assert await states() == [RequestState.PROVEN]
    assert bench.post.sent[-1].channel is Channel.EMAIL
    assert "the deletion of your personal data" in bench.post.sent[-1].letter.text
    assert await proof.try_code(ticket, code) is Tried.OVER


async def test_a_code_goes_by_text_message_as_well(bench):
    proof, ticket = await chat(bench)
    gateway = Account("sms", Channel.SMS)

    await proof.ask_by_code(ticket, await Request.all(), "+49 30 901820", gateway)

    entry = await OutboxEntry.filter(expires_at__not_isnull=True).get()
    assert (entry.channel, entry.account) == (Channel.SMS, "sms")
    message = await Message.get(id=entry.message_id)
    key = (await bench.vault.load_keys([identity_owner(message.identity_id)])).popitem()[1]
    text = json.loads(unseal_text(key, Place("message", message.id, "body"), message.body))["text"]
    assert text.startswith("EJET Co., Ltd.: ")
    code = re.search(r"\d{6}", text)[0]
    assert await proof.try_code(await Ticket.get(id=ticket.id), code) is Tried.PROVEN


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def test_a_code_has_three_tries(bench):
    proof, ticket, code = await coded(bench)

    outcomes = [await proof.try_code(ticket, wrong(code)) for _ in range(3)]

    assert outcomes == [Tried.WRONG, Tried.WRONG, Tried.OVER]
    assert await proof.try_code(ticket, code) is Tried.OVER
    assert (await Challenge.get()).state is ChallengeState.SPENT
    assert await states() == [RequestState.PROOF_ASKED]


async def test_tries_at_once_are_counted_apart(bench):
    proof, ticket, code = await coded(bench)

    outcomes = await asyncio.gather(*(proof.try_code(ticket, wrong(code)) for _ in range(8)))

    assert outcomes.count(Tried.OVER) == 6
    assert (await Challenge.get()).tries == 3


async def test_a_code_counts_for_thirty_minutes_from_its_sending(bench):
    proof, ticket = await chat(bench)
    await proof.ask_by_code(ticket, await Request.all(), "ann@person.test", MAILBOX)
    bench.later(minutes=20)
    while await bench.outbox.run_once():
        pass
    code = re.search(r"^\d{6}$", bench.post.sent[-1].letter.text, re.MULTILINE)[0]

    bench.later(minutes=31)
    late = await proof.try_code(ticket, code)
    bench.later(minutes=-2)
    timely = await proof.try_code(ticket, code)

    assert (late, timely) == (Tried.OVER, Tried.PROVEN)


async def test_a_code_is_never_sent_after_its_time(bench):
    proof, ticket = await chat(bench)
    await proof.ask_by_code(ticket, await Request.all(), "ann@person.test", MAILBOX)

    bench.later(minutes=31)
    await bench.outbox.run_once()

    entry = await OutboxEntry.filter(expires_at__not_isnull=True).get()
    assert entry.state in {Delivery.QUEUED, Delivery.EXPIRED}
    assert len(bench.post.sent) == 1  # the receipt


async def test_another_chat_cannot_use_the_code(bench):
    proof, ticket, code = await coded(bench)
    other = await Identity.create(
        id=new_id(),
        channel=Channel.TELEGRAM,
        address_blind=uuid4().hex,
        address=b"",
        created_at=bench.clock[0],
    )
    ticket.requester_id = other.id

    assert await proof.try_code(ticket, code) is Tried.OVER


async def test_an_unknown_address_looks_the_same_and_gets_nothing(bench):
    proof, ticket, code = await coded(bench, Book())

    outcomes = [await proof.try_code(ticket, "123456") for _ in range(3)]

    assert code == ""
    assert outcomes == [Tried.WRONG, Tried.WRONG, Tried.OVER]
    assert await states() == [RequestState.PROOF_ASKED]


# Limits


async def test_a_claimant_may_have_a_few_letters_an_hour(bench):
    proof, ticket = await chat(bench)
    for _ in range(PAIR_HOUR):
        await proof.ask_by_code(ticket, await Request.all(), "ann@person.test", MAILBOX)

    with pytest.raises(Refusal, match="too_many_proofs"):
        await proof.ask_by_code(ticket, await Request.all(), "ann@person.test", MAILBOX)
    bench.later(hours=1, seconds=1)
    await proof.ask_by_code(ticket, await Request.all(), "ann@person.test", MAILBOX)


async def test_an_address_has_a_cap_that_never_locks_out_its_owner(bench):
    ticket, requests = await opened(bench, headers=ALIGNED)
    assert ticket.alignment is Alignment.PASS
    address = Blinder(bench.vault).address("ann@person.test")
    for i in range(40):  # forty chats and forged mails claim ann's address
        await Challenge.create(
            id=new_id(),
            request_id=requests[0].id,
            method="mail_code" if i % 2 else "reply",
            state=ChallengeState.REPLACED,
            claimant_blind=address if i % 2 == 0 else uuid4().hex,
            address_blind=address,
            secret_blind=uuid4().hex,
            letter_id=new_id(),
            created_at=bench.clock[0],
        )
    stranger = await Ticket.get(id=ticket.id)
    stranger.alignment = Alignment.NONE

    with pytest.raises(Refusal, match="too_many_proofs"):
        await Proof(bench.desk).ask_by_letter(stranger, requests)
    await Proof(bench.desk).ask_by_letter(ticket, await Request.all())
