"""The conversation with a requester: whose it is, what is said, when it ends."""

from __future__ import annotations

from functools import partial

from regimes.events import EventType
from tickets.acting import Acting
from tickets.agents import Act
from tickets.errors import InvalidTransition, NotAllowed, Refusal
from tickets.ids import new_id
from tickets.models import ClockKind, Message, Request
from tickets.requests import FINAL
from tickets.scene import Scene, meet, stop
from tickets.statute import law_event, open_clocks
from tickets.types import (
    Direction,
    LetterOrder,
    MessageKind,
    RequestState,
    Right,
    Status,
    Trigger,
)
from vault.sealing import Place


class Conversation(Acting):
    """Taking, writing, closing, opening again."""

    async def take(self, reference: str, agent: str) -> None:
        """Make the ticket this agent's; what may be worked on is in work from now on."""

        async def act(scene: Scene) -> None:
            scene.ticket.agent_id, scene.ticket.team_id = scene.agent.id, scene.agent.team_id
            for request in scene.requests:
                if request.state is RequestState.PROVEN:
                    self._begin(scene, request)
            scene.event("ticket_taken")

        await self._act(reference, agent, Act.TAKE, act)

    async def reply(self, reference: str, agent: str, text: str, *, asks: bool = False) -> None:
        """Write to the requester; with `asks` the ticket waits for what they say."""

        async def act(scene: Scene) -> None:
            order = LetterOrder("reply", is_automatic=False)
            letter = self._write(scene, order, scene.requests, {"text": text})
            await self._post(scene, letter, order)
            meet(scene, ClockKind.ACKNOWLEDGE, ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE)
            scene.ticket.waiting_at = scene.draft.now if asks else None
            scene.event("reply_queued", asks=asks)

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
                targets = self._desk.targets
                scene.draft.clocks.append(
                    targets.open(scene.ticket, ClockKind.RESOLVE, scene.draft.now)
                )
            if right is not None:
                self._open_again(scene, right)

        await self._act(reference, agent, Act.REOPEN, act)

    async def _end(self, scene: Scene, request: Request, outcome: RequestState) -> None:
        """End a request without an answer; whoever was asked for proof is told that none came."""
        asked = request.state in {RequestState.PROOF_ASKED, RequestState.NOT_PROVEN}
        if asked and outcome is RequestState.LAPSED:
            order, letter = self._outcome(scene, request, Trigger.LAPSED, "", {})
            await self._post(scene, letter, order)
        scene.move(request, outcome)

    def _open_again(self, scene: Scene, right: Right) -> None:
        same = [one for one in scene.requests if one.right is right]
        if any(one.state not in FINAL for one in same):
            raise Refusal("already_open", reference=scene.ticket.reference)
        now = scene.draft.now
        request = Request(
            id=new_id(),
            ticket_id=scene.ticket.id,
            right=right,
            round=len(same) + 1,
            state=RequestState.RECEIVED,
            regimes=same[-1].regimes if same else ["default"],
            received_at=now,
            created_at=now,
        )
        event = law_event(request.id, EventType.RECEIVED, now, entered_at=now, actor=scene.actor)
        scene.draft.requests.append(request)
        scene.draft.law_events.append(event)
        scene.draft.clocks += open_clocks(request, [event], self._desk.config)
        scene.requests.append(request)
        scene.event("request_opened", right=str(right), round=request.round)
