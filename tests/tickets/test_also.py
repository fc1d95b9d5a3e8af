"""A door's own rows commit with the act that it asked for, or neither does."""

from __future__ import annotations

import re

import pytest

from tests.tickets.conftest import ADDRESS, mail
from tickets.actions import Actions
from tickets.agents import Agents
from tickets.draft import Draft, StaleDraft
from tickets.errors import InvalidTransition, Refusal
from tickets.findings import ActingAs
from tickets.models import Challenge, InboundRecord, InboundState, Message, Request, Role, Ticket
from tickets.proof import Proof, Seen, Tried
from tickets.settings import Account
from tickets.types import Channel, Intent, RequestState, Right

MAILBOX = Account("support", Channel.EMAIL, ADDRESS)
DELETED = {"deleted": ("your account",)}
CONTENTS = {"contents": ("your profile",), "processing": "To run your account."}


class Press:
    """Stands for a door: each press of a button is a record of the journal, done with its act."""

    def __init__(self, bench):
        self.bench, self.draws = bench, 0

    async def __call__(self, draft: Draft) -> None:
        self.draws += 1
        await self.bench.deliver(mail(subject=f"press {self.draws}"))
        record = await InboundRecord.filter(state=InboundState.NEW).first()
        draft.finish(record, "press")
        self.outcome = draft.outcome


async def handled() -> int:
    return await InboundRecord.filter(outcome="press").count()


@pytest.fixture
async def desk(bench):
    """A desk with two agents and one deletion request."""
    for name in ("Bo", "Cy"):
        await Agents(bench.vault).add(name, Role.AGENT, bench.clock[0])
    await bench.take_in(mail())
    await bench.outbox.run_once()
    bench.reference = (await Ticket.get()).reference
    bench.press = Press(bench)
    bench.acts = Actions(bench.desk).with_also(bench.press)
    return bench


async def test_every_act_carries_the_doors_rows_once(desk):
    act, ref = desk.acts, desk.reference
    await desk.take_in(mail(body="Hello?"))
    other = (await Ticket.all().order_by("-id").first()).reference
    steps = [
        lambda: act.take(ref, "Bo"),
        lambda: act.note(ref, "Bo", "Calls on Tuesdays."),
        lambda: act.reply(ref, "Bo", "Which account?", asks=True),
        lambda: act.confirm(ref, "Bo"),
        lambda: act.settle(ref, "Bo", "eu_gdpr"),
        lambda: act.ask_proof(ref, "Bo"),
        lambda: act.verify(ref, "Bo", Seen.ACCOUNT),
        lambda: act.extend(ref, "Bo", "complexity"),
        lambda: act.fulfil(ref, "Bo", DELETED),
        lambda: act.approve(ref, "Cy"),
        lambda: act.close(ref, "Cy"),
        lambda: act.reopen(ref, "Cy", Right.ACCESS),
        lambda: act.assign(ref, "Cy", "Bo"),
        lambda: act.release(ref, "Bo"),
        lambda: act.change_type(ref, "Bo", Intent.PORTABILITY),
        lambda: act.ask_authority(ref, "Bo", ActingAs.LAWYER),
        lambda: act.split(ref, "Bo", rights=[Right.ACCESS]),
        lambda: act.undo(ref, "Bo"),
        lambda: act.merge(ref, "Bo", other),
    ]
    await Ticket.all().update(work=["help"])
    steps.append(lambda: act.done(ref, "Bo", "help"))
    for number, step in enumerate(steps, 1):
        desk.later(seconds=1)
        await step()

        assert await handled() == number
    assert desk.press.draws == len(steps)


async def test_a_refused_act_writes_nothing_and_asks_no_door(desk):
    with pytest.raises(Refusal, match="not_proven"):
        await desk.acts.fulfil(desk.reference, "Bo", DELETED)

    assert desk.press.draws == 0


async def test_what_a_door_cannot_write_undoes_the_act(desk):
    def broken(draft: Draft) -> None:
        async def late() -> None:
            raise StaleDraft("the record was taken by another process")

        draft.later.append(late)

    with pytest.raises(InvalidTransition, match="changed_meanwhile"):
        await Actions(desk.desk).with_also(broken).note(desk.reference, "Bo", "twice?")

    assert await Message.filter(kind="note").count() == 0


async def test_verifying_is_one_unit_of_work(desk):
    def broken(draft: Draft) -> None:
        async def late() -> None:
            raise RuntimeError("killed")

        draft.later.append(late)

    with pytest.raises(RuntimeError):
        await Actions(desk.desk).with_also(broken).verify(desk.reference, "Bo", Seen.ACCOUNT)

    assert (await Request.get()).state is RequestState.SUSPECTED
    assert await Message.filter(letter="proof_received").count() == 0


async def test_each_try_of_a_code_carries_the_doors_rows_and_tells_its_outcome(desk):
    plain = Proof(desk.desk)
    await Actions(desk.desk).confirm(desk.reference, "Bo")
    await plain.with_also(desk.press).ask_by_code(
        await Ticket.get(), await Request.all(), "ann@person.test", MAILBOX
    )
    assert await handled() == 1
    while await desk.outbox.run_once():
        pass
    code = re.search(r"^\d{6}$", desk.post.sent[-1].letter.text, re.MULTILINE)[0]
    door, told = plain.with_also(desk.press), []

    for tried in (f"{(int(code) + 1) % 10**6:06}", code, code):
        desk.later(seconds=1)
        assert await door.try_code(await Ticket.get(), tried) == desk.press.outcome
        told.append(desk.press.outcome)

    assert told == [Tried.WRONG, Tried.PROVEN, Tried.OVER]
    assert await handled() == 4


async def test_a_try_that_did_not_commit_does_not_count(desk):
    plain = Proof(desk.desk)
    await Actions(desk.desk).confirm(desk.reference, "Bo")
    await plain.ask_by_code(await Ticket.get(), await Request.all(), "ann@person.test", MAILBOX)

    def broken(draft: Draft) -> None:
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        await plain.with_also(broken).try_code(await Ticket.get(), "000000")

    assert (await Challenge.get()).tries == 0
