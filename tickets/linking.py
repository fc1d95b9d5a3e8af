"""Agents' own accounts in a chat: linked once by a code, and taken back.

Whoever has the link code of an agent is taken for them; it is good for a day and for one account.
"""

from __future__ import annotations

from functools import partial

from tickets.agents import STAFF, Agents, actor_of
from tickets.audit import new_event
from tickets.chat import ChatTurn
from tickets.ids import new_id
from tickets.models import Agent, AgentChat
from vault.sealing import Place, seal_text


async def link(turn: ChatTurn, code: str) -> Agent | None:
    """Have the turn link its account to the agent of a code; None where it is no code.

    The code is used up by the turn's commit.  An agent has one account; a former one is unlinked.
    """
    agents = Agents(turn.desk.vault)
    agent = await agents.offered(code, turn.desk.now())
    if agent is not None:
        turn.later(partial(_link, turn, agents, code, agent))
    return agent


async def speak(turn: ChatTurn, language: str) -> None:
    """Keep which language an agent wants to be spoken to in."""
    mine = AgentChat.filter(account=turn.account, person_blind=turn.dialogue.person_blind)
    await mine.filter(unlinked_at=None).update(language=language)


async def _link(turn: ChatTurn, agents: Agents, code: str, agent: Agent) -> None:
    now = turn.desk.now()
    await agents.linked(code, now)
    mine = AgentChat.filter(account=turn.account, agent_id=agent.id, unlinked_at=None)
    await mine.update(unlinked_at=now)
    blind = turn.dialogue.person_blind
    row = await AgentChat.get_or_none(account=turn.account, person_blind=blind)
    is_new = row is None
    row = row or AgentChat(id=new_id(), account=turn.account, person_blind=blind)
    row.agent_id, row.linked_at, row.unlinked_at = agent.id, now, None
    place = Place("agent_chat", row.id, "person")
    row.person = seal_text(turn.keys[STAFF], place, str(turn.person))
    await row.save(force_create=is_new)
    event = new_event("agent_linked", now, actor=actor_of(agent))
    await event.save(force_create=True)
