"""Keeping away for a while whoever abuses a chat, as far as the law lets us.

A ban ends by itself and is taken back by any agent.  It stops new tickets by talk alone: what names
a right, what answers an open request and what a court may have sent is taken in as ever, for no law
lets a request be refused unheard (GDPR 12(5) asks for a reason in each case, which is `refuse`).
Where four eyes are wanted one agent proposes a ban and another decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from tickets.acting import Acting
from tickets.agents import Act
from tickets.audit import open_payload
from tickets.errors import NotAllowed, Refusal
from tickets.models import Event, Identity, Ticket
from tickets.scene import Scene
from tickets.types import CHATS, RIGHTS_OF, Reading
from tickets.worklist import DECIDE_BAN
from vault.sealing import Key

TERMS: Final = (1, 7, 30)
"""For how many days somebody may be kept away at once."""

PROPOSED: Final = "ban_proposed"


class Banning(Acting):
    """Proposing, deciding and lifting bans."""

    async def ban(self, reference: str, agent: str, days: int) -> None:
        """Hear of the requester's chat, for so many days, only what the law protects.

        Raise `Refusal` for another term than `TERMS` and for what came by no chat.
        """

        async def act(scene: Scene) -> None:
            if days not in TERMS:
                raise Refusal("no_such_term", reference=reference)
            if scene.ticket.channel not in CHATS:
                raise Refusal("not_a_chat", reference=reference)
            if self._desk.config.settings.four_eyes:
                scene.add_work(DECIDE_BAN)
                scene.event(PROPOSED, days=days)
            else:
                _begin(scene, days)

        await self._act(reference, agent, Act.BAN, act)

    async def decide_ban(self, reference: str, agent: str, *, rejects: bool = False) -> None:
        """Let a ban begin that a colleague has proposed, or not."""

        async def act(scene: Scene) -> None:
            proposal = await proposed(scene.ticket, scene.draft.key(scene.ticket.requester_id))
            if proposal is None:
                raise Refusal("nothing_proposed", reference=reference)
            if proposal.by == scene.agent.id and not rejects:
                raise NotAllowed("four_eyes", reference=reference)
            scene.drop_work(DECIDE_BAN)
            if rejects:
                scene.event("ban_rejected")
            else:
                _begin(scene, proposal.days)

        await self._act(reference, agent, Act.BAN, act)

    async def unban(self, reference: str, agent: str) -> None:
        """Hear the requester again as everybody else."""

        async def act(scene: Scene) -> None:
            requester = await Identity.get(id=scene.ticket.requester_id)
            if not is_banned(requester, scene.draft.now):
                raise Refusal("not_banned", reference=reference)
            scene.draft.later.append(partial(_keep, requester.id, None))
            scene.event("ban_lifted")

        await self._act(reference, agent, Act.BAN, act)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A ban that waits for a second agent."""

    by: UUID
    days: int


async def proposed(ticket: Ticket, key: Key) -> Proposed | None:
    """Return the ban that waits on a ticket; `key` is its requester's."""
    if DECIDE_BAN not in ticket.work:
        return None
    event = await Event.filter(ticket_id=ticket.id, kind=PROPOSED).order_by("-id").first()
    if event is None:
        return None
    return Proposed(UUID(event.actor.removeprefix("agent:")), int(open_payload(event, key)["days"]))


def is_banned(identity: Identity, now: datetime) -> bool:
    """Tell whether somebody is kept away now."""
    return identity.banned_until is not None and identity.banned_until > now


def is_protected(reading: Reading) -> bool:
    """Tell whether a message may be a request of law, or an authority's: no ban holds for it."""
    names_right = any(intent in RIGHTS_OF for intent in reading.intents) or bool(reading.rights)
    return names_right or reading.suspected or "authority" in reading.marks


def _begin(scene: Scene, days: int) -> None:
    until = scene.draft.now + timedelta(days=days)
    scene.draft.later.append(partial(_keep, scene.ticket.requester_id, until))
    scene.event("requester_banned", days=days, until=until.isoformat())


async def _keep(identity: UUID, until: datetime | None) -> None:
    await Identity.filter(id=identity).update(banned_until=until)
