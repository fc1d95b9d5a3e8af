"""Agents: names sealed, one permission table, a link code that works once."""

from __future__ import annotations

import pytest

from tickets.agents import PERMISSIONS, Act, Agents, check
from tickets.errors import Refusal
from tickets.models import Agent, Event, Role


async def refused(work) -> str:
    with pytest.raises(Refusal) as caught:
        await work
    return caught.value.code


async def test_an_agent_is_found_by_name_and_sealed(bench):
    agents = Agents(bench.vault)

    code = await agents.add("Bo  Worker", Role.AGENT, bench.clock[0], team="Privacy")

    row = await agents.find("bo worker")
    (view,) = await agents.all()
    assert (view.name, view.role, view.team) == ("Bo Worker", "agent", "Privacy")
    assert b"Worker" not in row.name
    assert code not in row.link_blind
    assert await refused(agents.add("BO WORKER", Role.LEAD, bench.clock[0])) == "name_taken"
    assert await refused(agents.find("nobody")) == "unknown_agent"


async def test_a_link_code_works_once_and_for_a_day(bench):
    agents = Agents(bench.vault)
    first = await agents.add("Bo", Role.AGENT, bench.clock[0])
    second = await agents.add("Cy", Role.AGENT, bench.clock[0])

    linked = await agents.linked(first, bench.clock[0])
    bench.later(hours=24)

    assert linked.id == (await agents.find("Bo")).id
    assert await refused(agents.linked(first, bench.clock[0])) == "wrong_link_code"
    assert await refused(agents.linked(second, bench.clock[0])) == "wrong_link_code"
    assert await refused(agents.linked("", bench.clock[0])) == "wrong_link_code"


async def test_who_is_disabled_may_do_nothing(bench):
    agents = Agents(bench.vault)
    await agents.add("Bo", Role.AGENT, bench.clock[0])

    await agents.disable("Bo", bench.clock[0])

    with pytest.raises(Refusal, match="agent_disabled"):
        check(await agents.find("Bo"), Act.READ)
    kinds = [event.kind for event in await Event.all().order_by("id")]
    assert kinds == ["agent_added", "agent_disabled"]


def test_the_table_is_whole_and_managers_do_not_act():
    assert set(PERMISSIONS) == set(Role)
    assert set().union(*PERMISSIONS.values()) == set(Act)
    assert Act.FULFIL not in PERMISSIONS[Role.MANAGER]
    assert PERMISSIONS[Role.READER] == {Act.READ}
    with pytest.raises(Refusal, match="role_reader_may_not_reply"):
        check(Agent(role=Role.READER, disabled_at=None), Act.REPLY)
