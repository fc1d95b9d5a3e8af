"""Who works at the desk, and what each may do: one table.

Names lie sealed under the staff key and are found by their blind value.  A link code connects an
agent's chat or browser once; only its keyed digest is kept.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from tortoise.exceptions import IntegrityError

from tickets.audit import new_event
from tickets.errors import NotAllowed, Refusal
from tickets.ids import new_id
from tickets.models import Agent, Role, Team
from tickets.transactions import transaction, unit_of_work
from vault.sealing import Place, seal_text, unseal_text
from vault.vault import Vault

STAFF: Final = "staff"
"""The owner of the key that seals what is known of agents."""

LINK_LIFE: Final = timedelta(hours=24)


class Act(StrEnum):
    """Everything that a person can do at the desk."""

    READ = "read"
    TAKE = "take"
    ASSIGN = "assign"
    RELEASE = "release"
    CHANGE_TYPE = "change_type"
    REPLY = "reply"
    NOTE = "note"
    VERIFY = "verify"
    APPROVE = "approve"
    EXTEND = "extend"
    REFUSE = "refuse"
    FULFIL = "fulfil"
    CLOSE = "close"
    REOPEN = "reopen"
    MERGE = "merge"
    SPLIT = "split"
    UNDO = "undo"
    BAN = "ban"
    REPORT = "report"
    MANAGE = "manage"  # agents and teams


_READ: Final = frozenset((Act.READ,))
_WORK: Final = _READ | {
    Act.TAKE,
    Act.ASSIGN,
    Act.RELEASE,
    Act.CHANGE_TYPE,
    Act.REPLY,
    Act.NOTE,
    Act.VERIFY,
    Act.EXTEND,
    Act.REFUSE,
    Act.FULFIL,
    Act.CLOSE,
    Act.REOPEN,
    Act.MERGE,
    Act.SPLIT,
    Act.UNDO,
    Act.APPROVE,
    Act.BAN,
}

PERMISSIONS: Final[Mapping[Role, frozenset[Act]]] = {
    Role.READER: _READ,
    Role.AGENT: _WORK,
    Role.LEAD: _WORK | {Act.REPORT},
    # Who manages agents cannot also act on tickets: nobody is their own second pair of eyes.
    Role.MANAGER: _READ | {Act.REPORT, Act.MANAGE},
}
"""What each role may do; there is no other place that says so."""


@dataclass(frozen=True, slots=True)
class AgentView:
    """An agent as people see one."""

    id: str
    name: str
    role: str
    team: str
    created_at: datetime
    disabled_at: datetime | None


def check(agent: Agent, act: Act) -> None:
    """Raise `NotAllowed` unless the agent's role has this act and the agent is not disabled."""
    if agent.disabled_at is not None:
        raise NotAllowed("agent_disabled")
    if act not in PERMISSIONS[agent.role]:
        raise NotAllowed(f"role_{agent.role}_may_not_{act}")


def actor_of(agent: Agent) -> str:
    """Return how events name an agent."""
    return f"agent:{agent.id.hex}"


class Agents:
    """The people of the desk."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def add(self, name: str, role: Role, now: datetime, *, team: str = "") -> str:
        """Add an agent and return their link code; raise `Refusal` where the name is taken."""
        if not (name := " ".join(name.split())):
            raise Refusal("no_name")
        key = (await self._vault.create_keys([STAFF]))[STAFF]
        agent_id, code = new_id(), secrets.token_urlsafe(16)
        agent = Agent(
            id=agent_id,
            name_blind=self._blind(name),
            name=seal_text(key, Place("agent", agent_id, "name"), name),
            role=role,
            link_blind=self._link(code),
            link_expires_at=now + LINK_LIFE,
            created_at=now,
        )
        try:
            await self._insert(agent, team, now)
        except IntegrityError as exc:
            raise Refusal("name_taken") from exc
        return code

    async def link_again(self, name: str, now: datetime) -> str:
        """Return a new link code for an agent: another account, or a code that ran out."""
        agent, code = await self.find(name), secrets.token_urlsafe(16)
        rows = Agent.filter(id=agent.id, disabled_at=None)
        if not await rows.update(link_blind=self._link(code), link_expires_at=now + LINK_LIFE):
            raise NotAllowed("agent_disabled")
        return code

    async def find(self, name: str) -> Agent:
        """Return the agent of a name; raise `NotAllowed` where there is none."""
        agent = await Agent.get_or_none(name_blind=self._blind(name))
        if agent is None:
            raise NotAllowed("unknown_agent")
        return agent

    async def name(self, agent_id: UUID) -> str:
        """Return an agent's name for their colleagues to read."""
        agent = await Agent.get(id=agent_id)
        key = (await self._vault.create_keys([STAFF]))[STAFF]
        return unseal_text(key, Place("agent", agent.id, "name"), agent.name)

    async def offered(self, code: str, now: datetime) -> Agent | None:
        """Return the agent whose link code this is and still holds; it is not used up."""
        rows = Agent.filter(link_blind=self._link(code), link_expires_at__gt=now)
        return await rows.filter(disabled_at=None).first() if code else None

    async def linked(self, code: str, now: datetime) -> Agent:
        """Return the agent whose link code this is, and use it up."""
        agent = await Agent.get_or_none(link_blind=self._link(code))
        known = agent.link_blind if agent else ""
        fits = hmac.compare_digest(known, self._link(code))
        if agent is None or not fits or agent.link_expires_at is None:
            raise NotAllowed("wrong_link_code")
        rows = Agent.filter(id=agent.id, link_blind=known, link_expires_at__gt=now)
        if not await rows.filter(disabled_at=None).update(link_blind="", link_expires_at=None):
            raise NotAllowed("wrong_link_code")
        return agent

    async def disable(self, name: str, now: datetime) -> None:
        """Let an agent act no more; what they did stays theirs."""
        agent = await self.find(name)
        await self._disable(agent, now)

    async def all(self) -> list[AgentView]:
        """Return every agent, oldest first."""
        rows = await Agent.all().order_by("id").select_related("team")
        key = (await self._vault.create_keys([STAFF]))[STAFF]
        return [
            AgentView(
                id=row.id.hex,
                name=unseal_text(key, Place("agent", row.id, "name"), row.name),
                role=row.role,
                team=row.team.name if row.team else "",
                created_at=row.created_at,
                disabled_at=row.disabled_at,
            )
            for row in rows
        ]

    def _blind(self, name: str) -> str:
        return self._vault.blind("agent", " ".join(name.split()).casefold()).hex()[:32]

    def _link(self, code: str) -> str:
        return self._vault.blind("link-code", code).hex()[:32]

    @unit_of_work
    async def _insert(self, agent: Agent, team: str, now: datetime) -> None:
        event = new_event("agent_added", now, actor=actor_of(agent))
        async with transaction():
            await event.save(force_create=True)
            if team:
                found, _ = await Team.get_or_create(
                    name=team, defaults={"id": new_id(), "created_at": now}
                )
                agent.team_id = found.id
            await agent.save(force_create=True)

    @unit_of_work
    async def _disable(self, agent: Agent, now: datetime) -> None:
        async with transaction():
            rows = Agent.filter(id=agent.id, disabled_at=None)
            if await rows.update(disabled_at=now, link_blind="", link_expires_at=None):
                event = new_event("agent_disabled", now, actor=actor_of(agent))
                await event.save(force_create=True)
