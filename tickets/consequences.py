"""What follows from a handler's decision: requests with their clocks, work, letters to send."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from regimes.events import EventType
from tickets.arrived import Arrived
from tickets.draft import letters_within
from tickets.groundwork import Groundwork
from tickets.guards import domain_of, why_silent
from tickets.ids import new_id
from tickets.models import Identity, Request, Ticket
from tickets.posting import Route, post
from tickets.requests import FINAL
from tickets.settings import FREE_PROVIDERS
from tickets.statute import candidates_of, law_event, open_clocks
from tickets.types import CHATS, RIGHTS_OF, Alignment, Decision, LetterOrder, RequestState, Right
from vault.sealing import Place

CONFIRM_RIGHTS = "confirm_rights"
"""Work: somebody must say whether the suspected requests are meant."""


class Consequences:
    """Carries out decisions on one batch's groundwork."""

    def __init__(self, ground: Groundwork) -> None:
        self._ground = ground
        self._draft = ground.draft
        self._desk = ground.desk

    def carry_out(
        self, one: Arrived, identity: Identity, ticket: Ticket, decision: Decision
    ) -> tuple[str, ...]:
        """Add what a decision wants to the draft; return the kinds of the letters queued."""
        is_acknowledged = any(order.kind == "acknowledgement" for order in decision.letters)
        if is_acknowledged:
            for request in self._ground.requests.get(ticket.id, ()):
                if request.state is RequestState.RECEIVED:
                    self._draft.move(request, RequestState.ACKNOWLEDGED)
        for right, state in decision.requests:
            if is_acknowledged and state is RequestState.RECEIVED:
                state = RequestState.ACKNOWLEDGED  # noqa: PLW2901  - the receipt goes with it
            self._open_request(one, identity, ticket, right, state)
        ticket.work = [*dict.fromkeys([*ticket.work, *(work.code for work in decision.work)])]
        for order in decision.letters:
            self._queue(one, identity, ticket, order)
        return tuple(order.kind for order in decision.letters)

    def confirm(self, one: Arrived, identity: Identity, ticket: Ticket) -> None:
        """Take the requester's own word for what was only suspected.

        What they did not confirm stays suspected: its clock runs on, and an agent decides.
        """
        if one.intent is None:
            return
        requests = [r for r in self._ground.requests.get(ticket.id, ()) if r.state not in FINAL]
        if not one.rights:  # what is open already is what they mean, not another right beside it
            own = RIGHTS_OF.get(one.intent, ())
            one.rights = tuple(r.right for r in requests if r.right in own)
        for request in requests:
            if request.state is RequestState.SUSPECTED and request.right in one.rights:
                self._draft.move(request, RequestState.RECEIVED)
                self._ground.event("request_confirmed", identity, ticket, right=str(request.right))
        if all(request.state is not RequestState.SUSPECTED for request in requests):
            ticket.work = [code for code in ticket.work if code != CONFIRM_RIGHTS]
        if ticket.needs_human:
            ticket.intent, ticket.needs_human = one.intent, False

    def _open_request(
        self, one: Arrived, identity: Identity, ticket: Ticket, right: Right, state: RequestState
    ) -> None:
        """Open a request with its clocks: they run from the receipt, suspected or not."""
        ground, draft = self._ground, self._draft
        others = ground.requests.setdefault(ticket.id, [])
        found = candidates_of(one.inbound, one.meant.language)
        request = Request(
            id=new_id(),
            ticket_id=ticket.id,
            right=right,
            round=1 + sum(other.right is right for other in others),
            state=state,
            regimes=[candidate.regime for candidate in found],
            received_at=ground.received(one)[0],
            created_at=ground.now,
            duplicate_of_id=self._asked_elsewhere(identity, ticket, right),
        )
        request.regimes_why = draft.seal_json(
            identity.id,
            Place("request", request.id, "regimes_why"),
            {candidate.regime: candidate.reason for candidate in found},
        )
        event = law_event(
            request.id, EventType.RECEIVED, request.received_at, entered_at=ground.now
        )
        draft.requests.append(request)
        draft.law_events.append(event)
        draft.clocks += open_clocks(request, [event], self._desk.config)
        others.append(request)
        ground.event("request_opened", identity, ticket, right=str(right), state=str(state))

    def _asked_elsewhere(self, identity: Identity, ticket: Ticket, right: Right) -> UUID | None:
        """Return an open request of the same writer for the same right in another ticket."""
        return next(
            (
                request.id
                for request in self._ground.of_writer.get(identity.id, ())
                if request.right is right and request.ticket_id != ticket.id
            ),
            None,
        )

    def _queue(self, one: Arrived, identity: Identity, ticket: Ticket, order: LetterOrder) -> None:
        ground = self._ground
        asked = [r for r in ground.requests.get(ticket.id, ()) if r.state not in FINAL]
        letter = self._desk.letters.write(
            order,
            reference=ticket.reference,
            language=ticket.language,
            received_at=ticket.received_at,
            rights=[request.right for request in asked],
            regimes=[*dict.fromkeys(code for request in asked for code in request.regimes)],
        )
        account = self._desk.config.account(ticket.account)
        route = Route.answering(one.inbound, identity.id)
        post(self._draft, ground.blinder, account, ticket, letter, order, route)
        if order.is_automatic:
            clues = one.clues
            self._draft.count_letter(
                ground.known.counters, sender=clues.sender, domain=clues.domain
            )
        ground.event("letter_queued", identity, ticket, letter=order.kind)

    def why_silent(self, one: Arrived, alignment: Alignment) -> str:
        """Return the code of what forbids an automatic letter now, or nothing."""
        rule = why_silent(one.inbound, alignment, self._desk.config)
        if rule or one.inbound.channel in CHATS:
            return rule  # a machine cannot write to a bot: there are no loops to count
        guards = self._desk.config.settings.guards
        clues, hour, day = one.clues, timedelta(hours=1), timedelta(days=1)
        counters = self._ground.known.counters
        sender = counters.get(("sender", clues.sender), [])
        domain = counters.get(("domain", clues.domain), [])
        limits = [(sender, hour, guards.sender_hour), (sender, day, guards.sender_day)]
        if clues.domain and domain_of(one.inbound.sender.address) not in FREE_PROVIDERS:
            limits += [(domain, hour, guards.domain_hour), (domain, day, guards.domain_day)]
        now = self._ground.now
        full = any(letters_within(rows, now, window) >= n for rows, window, n in limits)
        return "too_many_letters" if full else ""
