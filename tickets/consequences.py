"""What follows from a handler's decision: requests with their clocks, work, letters to send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from regimes.events import EventType
from tickets.answers import new_token
from tickets.arrived import Arrived
from tickets.asking import ASKING, Asked, keep, with_proof
from tickets.challenges import TOKEN_LIFE
from tickets.chat_links import BLOCK, add_link, bot_of
from tickets.draft import letters_within, rows_of
from tickets.groundwork import Groundwork
from tickets.guards import domain_of, why_silent
from tickets.ids import new_id
from tickets.models import Identity, Method, Request, Ticket
from tickets.posting import Route, post
from tickets.proof_limits import Sending, is_too_much
from tickets.requests import ARROWS, FINAL
from tickets.settings import FREE_PROVIDERS
from tickets.spoofing import SPOOFING
from tickets.statute import candidates_of, dates_of, established, law_event, open_clocks
from tickets.types import (
    CHATS,
    RIGHTS_OF,
    Alignment,
    Channel,
    Decision,
    LetterOrder,
    RequestState,
    Right,
    Status,
)
from vault.sealing import Place

ACKNOWLEDGES = frozenset(("acknowledgement", "chat_receipt"))
"""Letters that say that a request was received."""

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
        is_acknowledged = any(order.kind in ACKNOWLEDGES for order in decision.letters)
        if is_acknowledged:
            for request in self._ground.requests.get(ticket.id, ()):
                if request.state is RequestState.RECEIVED:
                    self._draft.move(request, RequestState.ACKNOWLEDGED)
        for right, state in decision.requests:
            if is_acknowledged and state is RequestState.RECEIVED:
                state = RequestState.ACKNOWLEDGED  # noqa: PLW2901  - the receipt goes with it
            self._open_request(one, identity, ticket, right, state)
        ticket.work = [*dict.fromkeys([*ticket.work, *(work.code for work in decision.work)])]
        letters, asked = decision.letters, self._to_ask(one, ticket, decision)
        if asked is not None:
            rights = [Right(request.right) for request in asked.requests]
            regimes = dict.fromkeys(code for one in asked.requests for code in one.regimes)
            letters = with_proof(letters, tuple(regimes), rights)
        for order in letters:
            self._queue(one, identity, ticket, order, asked)
        return tuple(order.kind for order in letters)

    def _to_ask(self, one: Arrived, ticket: Ticket, decision: Decision) -> Asked | None:
        """Return of whom proof is asked with the receipt, or None where nobody is asked now.

        A chat is asked by its door.  Whoever seems to be somebody else is left to an agent.
        """
        ground, sender = self._ground, one.clues.sender
        requests = [
            request
            for request in ground.requests.get(ticket.id, ())
            if request.right in decision.proof_for
            and RequestState.PROOF_ASKED in ARROWS[request.state]
        ]
        is_suspect = any(code.startswith(SPOOFING) for code in ticket.work)
        is_mail = one.inbound.channel is Channel.EMAIL
        by_desk = self._desk.config.settings.ask_proof == "at_once"
        if not requests or is_suspect or not is_mail or not by_desk:
            return None
        is_aligned = ground.alignment(one) is Alignment.PASS
        if is_too_much(ground.proof_sent, sender, sender, ground.now, is_aligned=is_aligned):
            return None
        return Asked(ticket, requests, Method.REPLY, sender, sender, is_aligned)

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
            round=1 + max((r.round for r in others if r.right is right), default=0),
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

    def _queue(
        self,
        one: Arrived,
        identity: Identity,
        ticket: Ticket,
        order: LetterOrder,
        asked: Asked | None = None,
    ) -> None:
        ground = self._ground
        requests = [r for r in ground.requests.get(ticket.id, ()) if r.state not in FINAL]
        # What was only suspected is not named beside what they said themselves.
        requests = [r for r in requests if r.state is not RequestState.SUSPECTED] or requests
        facts: dict[str, object] = {"expected_on": self._expected_on(ticket, requests, asked)}
        if order.kind == "acknowledgement" and requests and ticket.channel is Channel.EMAIL:
            order = self._leading(ticket, order, facts)
        route = Route.answering(one.inbound, identity.id)
        token = ""
        if asked is not None and order.kind in ASKING:
            # Only who reads the very address that wrote can answer.
            route = replace(route, address=one.inbound.sender.address, name=one.inbound.sender.name)
            token = new_token()
            expires_at = ground.now + TOKEN_LIFE
            zone = ZoneInfo(self._desk.config.company.zone)
            facts |= {"token": token, "expires_on": expires_at.astimezone(zone).date()}
        letter = self._desk.letters.write(
            order,
            reference=ticket.reference,
            language=ticket.language,
            received_at=ticket.received_at,
            rights=[request.right for request in requests],
            regimes=[*dict.fromkeys(code for request in requests for code in request.regimes)],
            facts=facts,
        )
        account = self._desk.config.account(ticket.account)
        message = post(self._draft, ground.blinder, account, ticket, letter, order, route)
        if asked is not None and token:
            self._draft.outbox[-1].expires_at = expires_at
            self._keep(identity, asked, token, message.id)
        if order.is_automatic:
            clues = one.clues
            self._draft.count_letter(
                ground.known.counters, sender=clues.sender, domain=clues.domain
            )
        ground.event("letter_queued", identity, ticket, letter=order.kind)

    def _leading(self, ticket: Ticket, order: LetterOrder, facts: dict[str, object]) -> LetterOrder:
        """Return a receipt that also carries a link into the chat, where there is a bot."""
        bot = bot_of(self._desk.config)
        if not bot:
            return order
        facts["chat_url"] = add_link(self._draft, self._ground.blinder, ticket.id, bot)
        return replace(order, blocks=(*order.blocks, BLOCK))

    def _keep(self, identity: Identity, asked: Asked, token: str, letter_id: UUID) -> None:
        """Add the challenge that a letter carries; where nothing else is to do, we wait."""
        ground, ticket = self._ground, asked.ticket
        keep(self._draft, ground.blinder, self._desk.config, asked, token, letter_id)
        sent = Sending(asked.address, asked.claimant, letter_id, asked.is_aligned, ground.now)
        ground.proof_sent.append(sent)
        open_ones = [r for r in ground.requests[ticket.id] if r.state not in FINAL]
        nothing_else = all(r.state is RequestState.PROOF_ASKED for r in open_ones)
        if nothing_else and not ticket.work and not ticket.needs_human:
            ground.note_status(ticket, Status.WAITING, identity)
        else:
            ticket.waiting_at = None

    def _expected_on(
        self, ticket: Ticket, requests: Sequence[Request], asked: Asked | None
    ) -> date | None:
        """Return the day that a letter may promise for the answer to all of `requests`.

        None where one is only suspected, or where no law is established (law.md 1): then the letter
        names no day.
        """
        days = [self._answer_on(ticket, request, asked) for request in requests]
        return min((day for day in days if day), default=None) if all(days) else None

    def _answer_on(self, ticket: Ticket, request: Request, asked: Asked | None) -> date | None:
        """Return the last day to answer one request that may be named to the requester."""
        regimes = request.regimes
        if self._desk.config.settings.promise == "established":
            regimes = established(request, self._draft.key(ticket.requester_id))
        if not regimes or request.state is RequestState.SUSPECTED:
            return None
        now = self._ground.now
        events = rows_of(self._draft.law_events, "request_id", request.id)
        events += self._ground.law_events.get(request.id, [])
        if asked is not None and request in asked.requests:  # the letter itself asks
            kind = EventType.IDENTITY_REQUESTED
            events.append(law_event(request.id, kind, now, entered_at=now))
        return dates_of(request.right, regimes, events, self._desk.config).respond_due

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
