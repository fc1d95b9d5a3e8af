"""The conversation with a requester: whose it is, what is said, when it ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from tickets.acting import Acting
from tickets.agents import Act, check
from tickets.errors import InvalidTransition, NotAllowed, Refusal, Taken
from tickets.examples import CHECKED, said_rightly
from tickets.ids import new_id
from tickets.models import ClockKind, Event, Message, OutboxEntry, Request
from tickets.outbox import LOST, send_again
from tickets.requests import FINAL
from tickets.scene import Scene, cancel, held_since, holder, meet, stop, unmeet
from tickets.types import (
    Direction,
    LetterOrder,
    MessageKind,
    RequestState,
    Right,
    Status,
    Trigger,
)
from tickets.worklist import BY_ACT, CHECK_READING
from vault.sealing import Place

REPLIED: Final = "reply_queued"
"""The event of a reply, which `undo` looks for."""

ANSWERED: Final = (ClockKind.ACKNOWLEDGE, ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE)
"""Service clocks that an agent's words meet."""


class Conversation(Acting):
    """Taking, writing, closing, opening again."""

    async def take(self, reference: str, agent: str, *, over: bool = False) -> None:
        """Make the ticket this agent's; what may be worked on is in work from now on.

        Raise `Taken` where a colleague has it, unless it is taken `over`.
        """

        async def act(scene: Scene) -> None:
            ticket, before = scene.ticket, await holder(scene.ticket, scene.agent)
            if before is not None and not over:
                raise Taken(before, await held_since(ticket), reference=reference)
            self._hand_to(scene, scene.agent)
            for request in scene.requests:
                if request.state is RequestState.PROVEN:
                    self._begin(scene, request)
            scene.event("ticket_taken", over=before.hex if before else "")

        await self._act(reference, agent, Act.TAKE, act)

    async def assign(self, reference: str, agent: str, colleague: str) -> None:
        """Make the ticket a colleague's, and their team's."""

        async def act(scene: Scene) -> None:
            to = await self._agents.find(colleague)
            check(to, Act.TAKE)
            self._hand_to(scene, to)
            scene.event("ticket_assigned", to=to.id.hex)

        await self._act(reference, agent, Act.ASSIGN, act)

    async def release(self, reference: str, agent: str) -> None:
        """Give the ticket back, so that any colleague can take it; its team stays."""

        async def act(scene: Scene) -> None:
            if scene.ticket.agent_id != scene.agent.id:
                raise NotAllowed("not_yours", reference=reference)
            scene.ticket.agent_id = None
            scene.event("ticket_released")

        await self._act(reference, agent, Act.RELEASE, act)

    async def reply(
        self,
        reference: str,
        agent: str,
        text: str,
        *,
        asks: bool = False,
        not_before: datetime | None = None,
    ) -> None:
        """Write to the requester; with `asks` the ticket waits for what they say.

        Until `not_before` it lies in the outbox, and `undo` takes it back.
        """

        async def act(scene: Scene) -> None:
            await self._reply(scene, text, asks=asks, not_before=not_before)

        await self._act(reference, agent, Act.REPLY, act)

    async def _reply(
        self, scene: Scene, text: str, *, asks: bool, not_before: datetime | None
    ) -> None:
        order = LetterOrder("reply", is_automatic=False)
        letter = self._write(scene, order, scene.requests, {"text": text})
        message = await self._post(scene, letter, order)
        scene.draft.outbox[-1].due_at = max(scene.draft.now, not_before or scene.draft.now)
        meet(scene, *ANSWERED)
        waited = scene.ticket.waiting_at
        scene.ticket.waiting_at = scene.draft.now if asks else None
        scene.event(
            REPLIED,
            asks=asks,
            message=message.id.hex,
            waited=waited.isoformat() if waited else "",
        )

    def _take_back(self, scene: Scene, event: Event, said: Mapping[str, str]) -> None:
        """Cancel a reply that still lies in the outbox; what it had met is due again."""
        if event.actor != scene.actor:
            raise NotAllowed("not_yours", reference=scene.ticket.reference)
        if scene.before is Status.CLOSED:
            raise InvalidTransition("reopen_first", reference=scene.ticket.reference)
        scene.draft.guards.append(partial(cancel, UUID(said["message"]), scene.ticket.reference))
        scene.draft.later.append(partial(unmeet, scene.ticket.id, ANSWERED, event.at))
        waited = said["waited"]
        scene.ticket.waiting_at = datetime.fromisoformat(waited) if waited else None

    async def send_again(self, reference: str, agent: str, entry: UUID) -> None:
        """Send a letter of this ticket once more that failed, or may not have arrived.

        Raise `InvalidTransition` where it is on its way, or arrived.
        """

        async def act(scene: Scene) -> None:
            lost = await OutboxEntry.filter(ticket_id=scene.ticket.id, state__in=LOST).values("id")
            if entry not in {one["id"] for one in lost}:
                raise InvalidTransition("not_lost", reference=reference)
            scene.draft.guards.append(partial(send_again, entry, scene.draft.now))
            if len(lost) == 1:
                scene.drop_work("letter_failed", "letter_unknown")
            scene.event("letter_sent_again", entry=entry.hex)

        await self._act(reference, agent, Act.REPLY, act)

    async def note(self, reference: str, agent: str, text: str) -> None:
        """Write down something that only agents see."""

        async def act(scene: Scene) -> None:
            owner, note_id = scene.ticket.requester_id, new_id()
            scene.draft.messages.append(
                Message(
                    id=note_id,
                    ticket_id=scene.ticket.id,
                    identity_id=owner,
                    direction=Direction.NOTE,
                    kind=MessageKind.NOTE,
                    channel=scene.ticket.channel,
                    subject=scene.draft.seal(owner, Place("message", note_id, "subject"), ""),
                    body=scene.draft.seal(owner, Place("message", note_id, "body"), text),
                    created_at=scene.draft.now,
                )
            )
            scene.event("note_written")

        await self._act(reference, agent, Act.NOTE, act)

    async def done(self, reference: str, agent: str, code: str) -> None:
        """Take off the list what this agent has seen to."""

        async def act(scene: Scene) -> None:
            if code not in scene.ticket.work:
                raise Refusal("no_such_work", reference=reference)
            if code in BY_ACT:
                raise NotAllowed("not_by_hand", reference=reference)
            scene.drop_work(code)
            scene.event("work_done", code=code)
            if code == CHECK_READING:
                scene.event(CHECKED, **said_rightly(scene.ticket.intent, scene.ticket.rights))

        await self._act(reference, agent, Act.NOTE, act)

    async def close(
        self,
        reference: str,
        agent: str,
        *,
        right: Right | None = None,
        outcome: RequestState | None = None,
    ) -> None:
        """End the conversation; `withdrawn` and `lapsed` also end requests that nobody answers.

        An open request that is not ended so keeps the ticket open, and the act is refused.
        """

        async def act(scene: Scene) -> None:
            if outcome not in {None, RequestState.WITHDRAWN, RequestState.LAPSED}:
                raise Refusal("answer_it_instead", reference=reference)
            due = [one for one in scene.requests if one.state not in FINAL]
            for request in due:
                if outcome is not None and right in {None, request.right}:
                    await self._end(scene, request, outcome)
                    scene.draft.later.append(partial(stop, request.id, scene.draft.now))
            if right is None or all(one.state in FINAL for one in scene.requests):
                if any(one.state not in FINAL for one in scene.requests):
                    raise NotAllowed("open_requests", reference=reference)
                scene.is_closed, scene.ticket.waiting_at = True, None

        await self._act(reference, agent, Act.CLOSE, act)

    async def reopen(self, reference: str, agent: str, right: Right | None = None) -> None:
        """Open the conversation again; with a right, open its next request with its own clock."""

        async def act(scene: Scene) -> None:
            if scene.before is not Status.CLOSED and right is None:
                raise InvalidTransition("not_closed", reference=reference)
            if scene.before is Status.CLOSED:
                scene.is_closed = False
                targets, ticket = self._desk.targets, scene.ticket
                team = await targets.team_of(ticket)
                clock = targets.open(ticket, ClockKind.RESOLVE, scene.draft.now, team)
                scene.draft.clocks.append(clock)
            if right is not None:
                await self._open_again(scene, right)

        await self._act(reference, agent, Act.REOPEN, act)

    async def _end(self, scene: Scene, request: Request, outcome: RequestState) -> None:
        """End a request without an answer; whoever was asked for proof is told that none came."""
        asked = request.state in {RequestState.PROOF_ASKED, RequestState.NOT_PROVEN}
        if asked and outcome is RequestState.LAPSED:
            order, letter = self._outcome(scene, request, Trigger.LAPSED, "", {})
            await self._post(scene, letter, order)
        scene.move(request, outcome)

    async def _open_again(self, scene: Scene, right: Right) -> None:
        if any(one.right is right for one in scene.open_requests):
            raise Refusal("already_open", reference=scene.ticket.reference)
        await self._open(scene, right, RequestState.RECEIVED, scene.draft.now)
