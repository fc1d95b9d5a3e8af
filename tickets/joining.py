"""Tickets joined, parted, and both taken back.

What was merged keeps everything of its own: each request its state, its proof, its receipt day and
its round; so an unproven request changes nothing of another (law.md 0.7).  The ticket that was
emptied stays as a sign to the other.  `tickets.moving` moves the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from tickets.acting import INTENT_OF
from tickets.agents import Act
from tickets.audit import new_event, open_payload
from tickets.challenges import WAITING
from tickets.content import identity_owner
from tickets.conversation import REPLIED, Conversation
from tickets.errors import NotAllowed, Refusal
from tickets.ids import new_id, new_reference
from tickets.models import (
    Approval,
    Challenge,
    Clock,
    ClockFamily,
    ClockKind,
    Event,
    Message,
    Request,
    Ticket,
    Verdict,
)
from tickets.moving import Moved, empty, gather, give_back, put_in
from tickets.persons import are_linked
from tickets.scene import Scene, hold
from tickets.types import Alignment, Direction, Intent, RequestState, Right, Status
from tickets.worklist import CONFIRM_RIGHTS, GUARDS
from vault.sealing import Place, unseal_text

MERGED: Final = "ticket_merged"
SPLIT: Final = "ticket_split"
UNDONE: Final = "undone"

OPENING: Final = frozenset(INTENT_OF.values())
"""Types that open requests."""


class Joining(Conversation):
    """Merging, splitting, undoing."""

    async def merge(self, reference: str, agent: str, other: str) -> None:
        """Bring all that `other` holds into this ticket; its reference leads here from now on.

        Both must be of the same address or chat, of two that a code has linked, or of two that are
        proven and that the directory knows as one customer's.  The earlier receipt counts for the
        ticket; every request keeps its own.
        """

        async def act(scene: Scene) -> None:
            source = await self._find(other)
            if source.id == scene.ticket.id:
                raise Refusal("same_ticket", reference=reference)
            await self._check_same_person(scene, source)
            await self._fold(scene, source, MERGED)

        await self._act(reference, agent, Act.MERGE, act)

    async def split(
        self,
        reference: str,
        agent: str,
        *,
        messages: Sequence[UUID] = (),
        rights: Sequence[Right] = (),
    ) -> str:
        """Move messages and open requests to a new ticket; return its reference."""
        opened = ""

        async def act(scene: Scene) -> None:
            nonlocal opened
            requests = [scene.request(right) for right in rights]
            await self._check_parts(scene, messages, requests)
            letters = await self._letters_of(scene.ticket, requests)
            ticket = await self._part(scene, [*messages, *letters], requests)
            opened = ticket.reference

        await self._act(reference, agent, Act.SPLIT, act)
        return opened

    async def undo(self, reference: str, agent: str) -> None:
        """Take back what was done last, of what can be: a reply not sent yet, a merge, a split."""

        async def act(scene: Scene) -> None:
            event, said = await self._last(scene)
            if event.kind == REPLIED:
                self._take_back(scene, event, said)
            elif event.kind == MERGED:
                await self._unfold(scene, said)
            else:
                source = await Ticket.get(id=UUID(said["ticket"]))
                await self._fold(scene, source, "split_taken_back")
            scene.event(UNDONE, event=event.id.hex, what=event.kind)

        await self._act(reference, agent, Act.UNDO, act)

    async def rewrite(
        self, reference: str, agent: str, message: UUID, text: str, *, not_before: datetime
    ) -> None:
        """Put other words in the place of a certain reply that has not left yet."""

        async def act(scene: Scene) -> None:
            event, said = await self._last(scene, message)
            self._take_back(scene, event, said)
            scene.event(UNDONE, event=event.id.hex, what=event.kind)
            await self._reply(scene, text, asks=False, not_before=not_before)

        await self._act(reference, agent, Act.REPLY, act)

    async def _last(
        self, scene: Scene, message: UUID | None = None
    ) -> tuple[Event, dict[str, Any]]:
        """Return the last event of a ticket that can be undone and was not."""
        key = scene.draft.key(scene.ticket.requester_id)
        rows = Event.filter(ticket_id=scene.ticket.id, kind__in=(REPLIED, MERGED, SPLIT, UNDONE))
        undone = set()
        for event in await rows.order_by("-id"):
            said = open_payload(event, key)
            if event.kind == UNDONE:
                undone.add(said["event"])
            elif event.id.hex not in undone and message in {None, _said_by(event, said)}:
                return event, said
        raise Refusal("nothing_to_undo", reference=scene.ticket.reference)

    # Merging

    async def _check_same_person(self, scene: Scene, source: Ticket) -> None:
        into = scene.ticket
        requests = [*scene.requests, *await Request.filter(ticket_id=source.id)]
        is_proven = {
            ticket.id: any(r.proven_at for r in requests if r.ticket_id == ticket.id)
            for ticket in (into, source)
        }
        for ticket in (into, source):
            if ticket.alignment is Alignment.FAIL and not is_proven[ticket.id]:
                raise NotAllowed("sender_not_sure", reference=ticket.reference)
        one, other = into.requester_id, source.requester_id
        if one == other or await are_linked(one, other):
            return
        if not (all(is_proven.values()) and await self._proof.are_one(one, other)):
            raise NotAllowed("not_same_person", reference=source.reference)

    async def _fold(self, scene: Scene, source: Ticket, kind: str) -> None:
        """Move everything of a ticket into the scene's, and leave a sign there."""
        await self._hold_too(scene, source)
        into, draft = scene.ticket, scene.draft
        moved = await gather(source, into, scene.requests)
        await self._check_undecided(source, moved.requests)
        draft.later.append(partial(put_in, moved, into.id, draft.now))
        if source.requester_id != into.requester_id:
            self._reseal(scene, moved.requests, source.requester_id, into.requester_id)
        draft.later.append(partial(empty, source.id, into, draft.now))
        into.received_at = min(into.received_at, source.received_at)
        known = {into.intent, *into.also}
        intents = (Intent(one) for one in (source.intent, *source.also))
        into.also = [*into.also, *(one for one in intents if one in OPENING and one not in known)]
        into.rights = [*dict.fromkeys([*into.rights, *source.rights])]
        scene.add_work(*source.work)
        scene.requests += moved.requests
        scene.event(kind, **moved.told())
        self._tell(scene, source, "ticket_moved", into=into.reference)

    def _reseal(self, scene: Scene, requests: Iterable[Request], old: UUID, new: UUID) -> None:
        """Seal what requests say of their regimes for the other requester."""
        for request in requests:
            if request.regimes_why:
                place = Place("request", request.id, "regimes_why")
                text = unseal_text(scene.draft.key(old), place, request.regimes_why)
                sealed = scene.draft.seal(new, place, text)
                scene.draft.move(request, request.state, regimes_why=sealed)

    async def _unfold(self, scene: Scene, said: dict[str, Any]) -> None:
        """Give back what came with a merge and is still here."""
        moved, into = Moved.read(said), scene.ticket
        source = await Ticket.get(id=moved.source)
        await self._hold_too(scene, source)
        gone = [one for one in scene.requests if one.id in moved.rounds]
        await self._check_undecided(into, gone)
        moved.messages += await self._letters_of(into, gone)
        guards = [code for code in into.work if code in GUARDS]  # what came up here holds there
        settled = (
            set() if any(r.state is RequestState.SUSPECTED for r in gone) else {CONFIRM_RIGHTS}
        )
        moved.work = [c for c in dict.fromkeys([*moved.work, *guards]) if c not in settled]
        scene.requests = [one for one in scene.requests if one not in gone]
        scene.draft.later.append(partial(give_back, moved, into.id, scene.draft.now))
        if source.requester_id != into.requester_id:
            self._reseal(scene, gone, into.requester_id, source.requester_id)
        self._tell(scene, source, "ticket_given_back", by=into.reference)

    async def _letters_of(self, ticket: Ticket, requests: Iterable[Request]) -> list[UUID]:
        """Return the letters whose answer proves requests: they go along, or nobody hears it."""
        ids = [one.id for one in requests]
        waiting = Challenge.filter(state__in=WAITING)
        letters = {one.letter_id for one in await waiting.filter(request_id__in=ids)}
        others = waiting.filter(letter_id__in=letters).exclude(request_id__in=ids)
        if letters and await others.exists():
            raise NotAllowed("proof_is_asked", reference=ticket.reference)
        here = Message.filter(ticket_id=ticket.id, id__in=letters)
        return [row.id for row in await here.only("id")] if letters else []

    async def _check_undecided(self, ticket: Ticket, requests: Iterable[Request]) -> None:
        """Refuse to move a request whose answer waits for a second agent: it is that ticket's."""
        ids = [one.id for one in requests]
        if await Approval.filter(request_id__in=ids, verdict=Verdict.OPEN).exists():
            raise NotAllowed("decide_first", reference=ticket.reference)

    async def _hold_too(self, scene: Scene, other: Ticket) -> None:
        """Hold a second ticket; the lower id first, so that no two acts wait for each other."""
        owner = identity_owner(other.requester_id)
        scene.draft.keys |= await self._desk.vault.create_keys([owner])
        guard = partial(hold, other.id, other.updated_at, scene.draft.now)
        scene.draft.guards.insert(0 if other.id < scene.ticket.id else 1, guard)

    def _tell(self, scene: Scene, ticket: Ticket, kind: str, **payload: object) -> None:
        key = scene.draft.key(ticket.requester_id)
        scene.draft.events.append(
            new_event(
                kind,
                scene.draft.now,
                key=key,
                ticket_id=ticket.id,
                actor=scene.actor,
                payload=payload,
            )
        )

    # Splitting

    async def _check_parts(
        self, scene: Scene, messages: Sequence[UUID], requests: Sequence[Request]
    ) -> None:
        ticket = scene.ticket
        if not (messages or requests):
            raise Refusal("nothing_to_split", reference=ticket.reference)
        here = Message.filter(ticket_id=ticket.id)
        if await here.filter(id__in=list(messages)).count() != len(set(messages)):
            raise Refusal("no_such_message", reference=ticket.reference)
        inbound = here.filter(direction=Direction.INBOUND)
        if messages and not await inbound.exclude(id__in=list(messages)).exists():
            raise Refusal("nothing_would_stay", reference=ticket.reference)
        await self._check_undecided(ticket, requests)

    async def _part(
        self, scene: Scene, messages: Sequence[UUID], requests: Sequence[Request]
    ) -> Ticket:
        source, draft = scene.ticket, scene.draft
        rows = await Message.filter(id__in=list(messages)).order_by("id")
        days = [row.received_at for row in rows if row.received_at]
        days += [one.received_at for one in requests]
        ticket = self._new_ticket(scene, await _unused_reference(), requests)
        ticket.received_at = min(days, default=source.received_at)
        draft.tickets.append(ticket)
        for request in requests:
            request.ticket_id = ticket.id
        rounds = {one.id: one.round for one in requests}
        moved = Moved(source.id, ticket.received_at, list(requests), rounds, list(messages))
        draft.clocks += await self._service(ticket, source)
        draft.later.append(partial(put_in, moved, ticket.id, draft.now))
        scene.requests = [one for one in scene.requests if one not in requests]
        scene.event(SPLIT, ticket=ticket.id.hex, reference=ticket.reference)
        self._tell(scene, ticket, "ticket_opened_by_split", source=source.reference)
        return ticket

    def _new_ticket(self, scene: Scene, reference: str, requests: Sequence[Request]) -> Ticket:
        """Return a ticket of the same requester for some of the requests, or for none."""
        source, draft, ticket_id = scene.ticket, scene.draft, new_id()
        owner, rights = source.requester_id, [Right(one.right) for one in requests]
        place = Place("ticket", source.id, "subject")
        subject = unseal_text(draft.key(owner), place, source.subject)
        work = [code for code in source.work if code in GUARDS]
        return Ticket(
            id=ticket_id,
            reference=reference,
            requester_id=owner,
            channel=source.channel,
            account=source.account,
            status=Status.OPEN,
            intent=INTENT_OF[rights[0]] if rights else Intent.OTHER,
            rights=[str(right) for right in rights],
            language=source.language,
            needs_human=not rights,
            work=work if rights else [*work, "decide_intent"],
            alignment=source.alignment,
            subject=draft.seal(owner, Place("ticket", ticket_id, "subject"), subject),
            why=draft.seal(owner, Place("ticket", ticket_id, "why"), ""),
            received_at=source.received_at,
            received_source=source.received_source,
            created_at=draft.now,
            updated_at=draft.now,
            begun_at=draft.now,
            follow_up_of_id=source.id,
            follow_up_kind="split",
            priority=source.priority,
            agent_id=source.agent_id,
            team_id=source.team_id,
        )

    async def _service(self, ticket: Ticket, source: Ticket) -> list[Clock]:
        """Return the service clocks of a part, but for those that the whole has met since."""
        met = Clock.filter(ticket_id=source.id, family=ClockFamily.SERVICE)
        met = met.filter(met_at__gte=ticket.received_at)
        done = {row.kind for row in await met} - {ClockKind.RESOLVE}
        team = await self._desk.targets.team_of(ticket)
        return [one for one in self._desk.targets.first(ticket, team) if one.kind not in done]


def _said_by(event: Event, said: dict[str, Any]) -> UUID | None:
    return UUID(said["message"]) if event.kind == REPLIED else None


async def _unused_reference() -> str:
    while await Ticket.filter(reference=(reference := new_reference())).exists():
        pass
    return reference
