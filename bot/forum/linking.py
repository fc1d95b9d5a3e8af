"""Links an agent's own account, by the code of a deep link in their private chat."""

from __future__ import annotations

from bot.turn import Turn
from tickets.agents import Agents
from tickets.linking import link as link_account


async def link(turn: Turn, code: str) -> bool:
    """Say that the account is linked and end the turn, or return False where the code is none."""
    agent = await link_account(turn.chat, code)
    if agent is None:
        return False
    name = await Agents(turn.chat.desk.vault).name(agent.id)
    turn.say(turn.phrase("desk.said.linked", agent=name))
    await turn.finish("linked")
    return True
