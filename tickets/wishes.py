"""What requesters do to their own tickets, whatever the door: withdraw, call a person, rate.

Each is one transaction on what is true now; a door may add rows of its own to it.  Nobody gets at
the ticket of somebody else: to them it does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final
from uuid import UUID

from tickets.audit import new_event
from tickets.content import identity_owner
from tickets.desk import Desk
from tickets.draft import Also, Draft, StaleDraft, add_to
from tickets.errors import InvalidTransition, Refusal, UnknownTicket
from tickets.ids import new_id
from tickets.models import Rating, Request, Ticket
from tickets.requests import ARROWS, FINAL, status_of
from tickets.scene import stop, stop_service
from tickets.targets import STATUS_EVENT
from tickets.types import RequestState, Status
from vault.sealing import Place

REQUESTER: Final = "requester"
"""How events name whoever the ticket belongs to."""

MOST_STARS: Final = 5

Wish = Callable[[Draft, Ticket, list[Request]], None]


class Wishes:
    """The acts of one requester, by the id of their identity."""

    def __init__(self, desk: Desk, also: Also | None = None) -> None:
        self._desk = desk
        self._also = also

    def with_also(self, also: Also | None) -> Wishes:
        """Return the same, which writes what `also` adds to each draft in its transaction."""
        return Wishes(self._desk, also)

    async def withdraw(self, ticket: UUID, requester: UUID) -> None:
        """End every open request of a ticket; raise `Refusal` where there is none to end."""

        def wish(draft: Draft, its: Ticket, requests: list[Request]) -> None:
            ending = [r for r in requests if RequestState.WITHDRAWN in ARROWS[r.state]]
            if not ending:
                raise Refusal("nothing_to_withdraw", reference=its.reference)
            for one in ending:
                before = one.state
                draft.move(one, RequestState.WITHDRAWN, closed_at=draft.now)
                draft.later.append(partial(stop, one.id, draft.now))
                payload = {"right": str(one.right), "before": str(before), "after": "withdrawn"}
                _event(draft, its, "request_moved", **payload)
            self._end(draft, its, requests)

        await self._do(ticket, requester, wish)

    async def settle(self, ticket: UUID, requester: UUID) -> None:
        """End a conversation that has no request: the requester has what they wanted."""

        def wish(draft: Draft, its: Ticket, requests: list[Request]) -> None:
            _event(draft, its, "requester_satisfied")
            self._end(draft, its, requests)

        await self._do(ticket, requester, wish)

    async def call_person(self, ticket: UUID, requester: UUID, work: str) -> None:
        """Put work for a person on the ticket: a code that says why they are called."""

        def wish(draft: Draft, its: Ticket, _requests: list[Request]) -> None:
            its.work = [*dict.fromkeys([*its.work, work])]
            its.waiting_at = None
            if its.status is Status.WAITING:
                its.status = Status.OPEN
                _event(draft, its, f"{STATUS_EVENT}{its.status}")
            _event(draft, its, "person_called", work=work)

        await self._do(ticket, requester, wish)

    async def rate(self, ticket: UUID, requester: UUID, stars: int) -> None:
        """Keep what the requester thinks of a ticket, 1 bad to 5 very good; the first word counts.

        Raise `Refusal` where it was rated already.
        """
        if not 1 <= stars <= MOST_STARS:
            raise Refusal("no_such_rating")
        if await Rating.filter(ticket_id=ticket).exists():
            raise Refusal("rated_already")

        def wish(draft: Draft, its: Ticket, _requests: list[Request]) -> None:
            row = Rating(id=new_id(), ticket_id=its.id, stars=stars, created_at=draft.now)
            draft.later.append(partial(_insert, row))
            _event(draft, its, "ticket_rated", stars=stars)

        await self._do(ticket, requester, wish)

    async def comment(self, ticket: UUID, requester: UUID, words: str) -> None:
        """Add to a rating what should be better."""

        def wish(draft: Draft, its: Ticket, _requests: list[Request]) -> None:
            draft.later.append(partial(_comment, draft, its, words))
            _event(draft, its, "rating_explained")

        await self._do(ticket, requester, wish)

    async def _do(self, ticket: UUID, requester: UUID, wish: Wish) -> None:
        for _ in range(3):
            its = await Ticket.get_or_none(id=ticket, requester_id=requester)
            if its is None or its.status is Status.ERASED:
                raise UnknownTicket(ticket.hex)
            requests = await Request.filter(ticket_id=ticket).order_by("id")
            draft = Draft(self._desk.now())
            draft.keys = await self._desk.vault.create_keys([identity_owner(requester)])
            draft.touch(its)
            wish(draft, its, requests)
            await add_to(draft, self._also)
            try:
                await draft.save()
            except StaleDraft:
                continue
            return
        raise InvalidTransition("changed_meanwhile")

    def _end(self, draft: Draft, ticket: Ticket, requests: list[Request]) -> None:
        """Close the ticket unless something in it still wants an answer."""
        if any(one.state not in FINAL for one in requests):
            return
        states = [RequestState(one.state) for one in requests]
        before, ticket.waiting_at = ticket.status, None
        ticket.status = status_of(states, is_begun=True, is_closed=True, is_waiting=False)
        if ticket.status is not before:
            ticket.closed_at = draft.now
            ticket.work = []
            draft.later.append(partial(stop_service, ticket.id, draft.now))
            _event(draft, ticket, f"{STATUS_EVENT}{ticket.status}")


def _event(draft: Draft, ticket: Ticket, kind: str, **payload: object) -> None:
    draft.events.append(
        new_event(
            kind,
            draft.now,
            key=draft.key(ticket.requester_id),
            ticket_id=ticket.id,
            actor=REQUESTER,
            payload=payload,
        )
    )


async def _insert(row: Rating) -> None:
    await row.save(force_create=True)


async def _comment(draft: Draft, ticket: Ticket, words: str) -> None:
    row = await Rating.get_or_none(ticket_id=ticket.id)
    if row is not None:
        row.comment = draft.seal(ticket.requester_id, Place("rating", row.id, "comment"), words)
        await row.save(update_fields=["comment"])
