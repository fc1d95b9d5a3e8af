"""Makes the demo chat's people known to the desk: its agents are linked before anybody types."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sandbox.telegram.people import Someone
from sandbox.telegram.server import Running
from tickets.agents import Agents
from tickets.errors import Refusal
from tickets.models import AgentChat, ChatMessage, DeskTopic, Dialogue, Post, Role
from tickets.types import Delivery
from vault.vault import Vault

_OPEN: Final = (Delivery.QUEUED, Delivery.SENDING)


async def begin_chats(vault: Vault, chats: Running, now: datetime) -> None:
    """Forget the chats of an earlier process, whose world ended with it, and link the agents."""
    for model in (AgentChat, ChatMessage, DeskTopic, Dialogue):
        await model.all().delete()
    await Post.filter(state__in=_OPEN).update(state=Delivery.EXPIRED, error="world ended")
    agents = Agents(vault)
    for person in chats.stage.agents:
        try:
            code = await agents.add(person.first_name, Role.AGENT, now)
        except Refusal:
            code = await agents.link_again(person.first_name, now)
        private = chats.telegram.private_chat(chats.stage.bot, person)
        Someone(chats.telegram, person, private).types(f"/start {code}")
