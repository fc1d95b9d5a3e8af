"""Keeping away whoever abuses a chat: proposed, decided, lifted; never from their rights."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.tickets.conftest import mail
from tickets.actions import Actions
from tickets.agents import Agents
from tickets.banning import TERMS, is_banned, is_protected
from tickets.errors import NotAllowed, Refusal
from tickets.models import Event, Identity, Role, Ticket
from tickets.types import Channel, Intent, Reading, Right


@pytest.fixture
async def ticket(bench) -> Ticket:
    await bench.take_in(mail())
    await Ticket.all().update(channel=Channel.TELEGRAM)
    agents = Agents(bench.vault)
    for name, role in (("Ann", Role.AGENT), ("Bo", Role.AGENT), ("Ron", Role.READER)):
        await agents.add(name, role, bench.clock[0])
    return await Ticket.get()


@pytest.fixture
def acts(bench) -> Actions:
    return Actions(bench.desk)


def alone(bench) -> None:
    """Let one pair of eyes be enough."""
    settings = bench.desk.config.settings.model_copy(update={"four_eyes": False})
    object.__setattr__(bench.desk.config, "settings", settings)


async def refused(act) -> str:
    with pytest.raises(Refusal) as raised:
        await act
    return raised.value.code


async def kinds() -> list[str]:
    found = await Event.filter(kind__contains="ban").order_by("id")
    return [event.kind for event in found]


@pytest.mark.parametrize("days", TERMS)
async def test_a_second_agent_decides_and_it_ends_by_itself(bench, acts, ticket, days):
    await acts.ban(ticket.reference, "Ann", days)
    assert not is_banned(await Identity.get(), bench.clock[0])
    assert "decide_ban" in (await Ticket.get()).work
    assert await refused(acts.decide_ban(ticket.reference, "Ann")) == "four_eyes"

    await acts.decide_ban(ticket.reference, "Bo")
    until = bench.clock[0] + timedelta(days=days)
    requester = await Identity.get()
    assert requester.banned_until == until
    assert is_banned(requester, until - timedelta(seconds=1))
    assert not is_banned(requester, until)
    assert "decide_ban" not in (await Ticket.get()).work
    assert await kinds() == ["ban_proposed", "requester_banned"]


async def test_one_agent_is_enough_where_the_desk_says_so(bench, acts, ticket):
    alone(bench)
    await acts.ban(ticket.reference, "Ann", 7)

    assert is_banned(await Identity.get(), bench.clock[0])


async def test_a_proposal_can_be_left(bench, acts, ticket):
    await acts.ban(ticket.reference, "Ann", 30)
    await acts.decide_ban(ticket.reference, "Ann", rejects=True)  # whoever proposed may, too

    assert not is_banned(await Identity.get(), bench.clock[0])
    assert await refused(acts.decide_ban(ticket.reference, "Bo")) == "nothing_proposed"
    assert await kinds() == ["ban_proposed", "ban_rejected"]


async def test_the_last_proposal_counts(bench, acts, ticket):
    await acts.ban(ticket.reference, "Ann", 30)
    bench.later(minutes=1)
    await acts.ban(ticket.reference, "Bo", 1)

    assert await refused(acts.decide_ban(ticket.reference, "Bo")) == "four_eyes"
    await acts.decide_ban(ticket.reference, "Ann")
    assert (await Identity.get()).banned_until == bench.clock[0] + timedelta(days=1)


async def test_any_agent_lifts_it(bench, acts, ticket):
    alone(bench)
    assert await refused(acts.unban(ticket.reference, "Bo")) == "not_banned"
    await acts.ban(ticket.reference, "Ann", 7)
    await acts.unban(ticket.reference, "Bo")

    assert not is_banned(await Identity.get(), bench.clock[0])
    assert await kinds() == ["requester_banned", "ban_lifted"]


async def test_what_cannot_be_banned(bench, acts, ticket):
    for days in (0, -1, 365):
        assert await refused(acts.ban(ticket.reference, "Ann", days)) == "no_such_term"
    for act in (
        acts.ban(ticket.reference, "Ron", 7),
        acts.decide_ban(ticket.reference, "Ron"),
        acts.unban(ticket.reference, "Ron"),
    ):
        with pytest.raises(NotAllowed, match="role_reader_may_not_ban"):
            await act
    await Ticket.all().update(channel=Channel.EMAIL)

    assert await refused(acts.ban(ticket.reference, "Ann", 7)) == "not_a_chat"
    assert await kinds() == []


@pytest.mark.parametrize(
    ("reading", "protected"),
    [
        (Reading(Intent.OTHER), False),
        (Reading(Intent.SPAM, confidence=0.9, needs_human=False), False),
        (Reading(Intent.QUESTION), False),
        (Reading(Intent.DELETION), True),
        (Reading(Intent.COMPLAINT), True),
        (Reading(Intent.OTHER, also=(Intent.OBJECTION,)), True),
        (Reading(Intent.OTHER, rights=(Right.OPT_OUT,)), True),
        (Reading(Intent.SPAM, suspected=True), True),
        (Reading(Intent.OTHER, marks=("authority",)), True),
    ],
)
def test_what_no_ban_holds_for(reading, protected):
    assert is_protected(reading) is protected
