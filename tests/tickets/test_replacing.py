"""A code that may not have arrived is replaced after a minute; the old one is void."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.tickets.proving import MAILBOX, chat
from tickets.claims import Worker
from tickets.content import identity_owner
from tickets.errors import UnknownDeliveryError
from tickets.locks import FileLocks
from tickets.models import Challenge, ChallengeState, Event, Identity, OutboxEntry, Request, Ticket
from tickets.outbox import CODE_LANE, expire
from tickets.proof import Proof, Tried
from tickets.proof_limits import PAIR_HOUR
from tickets.replacing import replace_codes
from tickets.settings import Account
from tickets.types import Channel, Delivery, RequestState, Sent, Status

CUT = UnknownDeliveryError("cut after DATA")


def code_in(letter) -> str:
    return re.search(r"^\d{6}$", letter.letter.text, re.MULTILINE)[0]


async def send(bench) -> None:
    while await bench.outbox.run_once():
        pass


class Lossy:
    """The bench's sender, from which some letters come back as unknown though they were seen."""

    def __init__(self, bench, unknown: int):
        self.seen, self.unknown = [], unknown
        bench.outbox._senders = {(Channel.EMAIL, "support"): self, (Channel.SMS, "sms"): self}

    async def __call__(self, letters, report):
        for index, letter in enumerate(letters):
            self.seen.append(code_in(letter) if letter.channel is Channel.EMAIL else "sms")
            self.unknown -= 1
            await report(index, CUT if self.unknown >= 0 else Sent())


async def lost(bench, *, unknown: int = 1) -> tuple[Proof, Ticket, Lossy]:
    """A ticket whose code may or may not have arrived."""
    proof, ticket = await chat(bench)
    await proof.ask_by_code(ticket, await Request.all(), "ann@person.test", MAILBOX)
    post = Lossy(bench, unknown)
    await send(bench)
    return proof, await Ticket.get(id=ticket.id), post


async def codes() -> list[OutboxEntry]:
    return await OutboxEntry.filter(lane=CODE_LANE).order_by("id")


async def kinds() -> list[str]:
    return [one.kind for one in await Event.filter(kind__startswith="code_").order_by("id")]


async def test_after_a_minute_another_code_goes_out_and_voids_the_first(bench):
    proof, ticket, post = await lost(bench)
    assert [one.state for one in await codes()] == [Delivery.UNKNOWN]

    bench.later(seconds=59)
    assert await replace_codes(bench.desk, proof) == 0
    await send(bench)
    bench.later(seconds=1)
    assert await replace_codes(bench.desk, proof) == 1
    assert await replace_codes(bench.desk, proof) == 0
    await send(bench)

    first, second = post.seen
    states = [(one.state, one.error) for one in await codes()]
    assert states == [(Delivery.EXPIRED, "replaced"), (Delivery.SENT, "")]
    assert [one.state for one in await Challenge.all().order_by("id")] == [
        ChallengeState.REPLACED,
        ChallengeState.OPEN,
    ]
    assert await kinds() == ["code_replaced"]
    if first != second:
        assert await proof.try_code(ticket, first) is Tried.WRONG
    assert await proof.try_code(ticket, second) is Tried.PROVEN


async def test_a_code_that_arrived_after_all_is_left_alone(bench):
    proof, ticket, post = await lost(bench)
    assert await proof.try_code(ticket, post.seen[0]) is Tried.PROVEN

    bench.later(minutes=1)
    assert await replace_codes(bench.desk, proof) == 0
    bench.later(minutes=1)
    await send(bench)

    assert len(post.seen) == 1
    assert (await Request.get()).state is RequestState.PROVEN
    bench.later(minutes=30)
    await expire(bench.clock[0])
    assert [one.state for one in await codes()] == [Delivery.EXPIRED]
    assert await kinds() == []


async def test_the_limits_hold_and_then_an_agent_is_called_once(bench):
    proof, ticket, post = await lost(bench, unknown=100)
    for _ in range(20):
        bench.later(minutes=1)
        await replace_codes(bench.desk, proof)
        await send(bench)

    assert len(post.seen) == PAIR_HOUR
    assert await kinds() == ["code_replaced"] * (PAIR_HOUR - 1) + ["code_not_replaced"]
    assert (await Ticket.get(id=ticket.id)).work == ["proof_other_way"]
    assert (await codes())[-1].state is Delivery.UNKNOWN
    # Whoever types the last one, which may have arrived, is proven.
    assert await proof.try_code(ticket, post.seen[-1]) is Tried.PROVEN


async def test_a_text_message_is_replaced_by_a_text_message(bench):
    proof, ticket = await chat(bench)
    gateway = Account("sms", Channel.SMS)
    await proof.ask_by_code(ticket, await Request.all(), "+49 30 901820", gateway)
    post = Lossy(bench, 1)
    await send(bench)
    bench.later(minutes=1)

    assert await replace_codes(bench.desk, proof) == 1
    await send(bench)

    assert post.seen == ["sms", "sms"]
    assert [one.channel for one in await codes()] == [Channel.SMS, Channel.SMS]
    assert await Identity.filter(channel=Channel.SMS).count() == 1


async def test_two_loops_replace_it_once(bench):
    proof, _, post = await lost(bench)
    bench.later(minutes=1)

    done = await asyncio.gather(*(replace_codes(bench.desk, proof) for _ in range(4)))
    await send(bench)

    assert sum(done) == 1
    assert len(post.seen) == 2


async def test_a_code_typed_in_the_same_moment_wins_or_is_void_but_never_both(bench):
    proof, ticket, post = await lost(bench)
    bench.later(minutes=1)

    tried, replaced = await asyncio.gather(
        proof.try_code(ticket, post.seen[0]), replace_codes(bench.desk, proof)
    )

    assert (tried, replaced) in {(Tried.PROVEN, 0), (Tried.WRONG, 1)}


async def test_what_a_dead_process_was_sending_is_replaced_a_minute_later(bench, tmp_path):
    proof, ticket = await chat(bench)
    await proof.ask_by_code(ticket, await Request.all(), "ann@person.test", MAILBOX)
    post = Lossy(bench, 0)
    async with FileLocks(tmp_path / "locks") as locks:
        other = Worker(locks)
        await other.start()
        [entry] = await codes()
        await other.claim(OutboxEntry, [entry.id], state=Delivery.SENDING).__aenter__()
    assert await bench.outbox.release_orphans() == 1
    assert await bench.outbox.release_orphans() == 0

    assert await replace_codes(bench.desk, proof) == 0
    await send(bench)
    assert post.seen == []
    bench.later(minutes=1)
    assert await replace_codes(bench.desk, proof) == 1
    await send(bench)
    assert await proof.try_code(ticket, post.seen[0]) is Tried.PROVEN
    assert await Event.filter(kind="letter_unknown").count() == 1


@pytest.mark.parametrize("status", [Status.CLOSED, Status.ERASED])
async def test_nobody_gets_a_code_for_what_is_over(bench, status):
    proof, ticket, post = await lost(bench)
    await Ticket.filter(id=ticket.id).update(status=status)
    bench.later(minutes=1)

    assert await replace_codes(bench.desk, proof) == 0
    await send(bench)

    assert len(post.seen) == 1


async def test_nobody_is_left_to_write_to(bench):
    proof, _, post = await lost(bench)
    asked = await Challenge.get()
    owner = await Identity.get(channel=Channel.EMAIL, address_blind=asked.address_blind)
    await bench.vault.destroy_keys([identity_owner(owner.id)])
    bench.later(minutes=1)

    assert await replace_codes(bench.desk, proof) == 0
    assert await replace_codes(bench.desk, proof) == 0
    assert len(post.seen) == 1


async def test_a_damaged_code_is_left_to_an_agent_and_holds_nobody_up(bench):
    proof, ticket, _ = await lost(bench)
    await OutboxEntry.filter(lane=CODE_LANE).update(route=b"junk")
    bench.later(minutes=1)

    for _ in range(2):
        assert await replace_codes(bench.desk, proof) == 0
    assert await kinds() == ["code_not_replaced"]
    assert (await Ticket.get(id=ticket.id)).work == ["proof_other_way"]
