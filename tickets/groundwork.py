"""What a batch is planned on: what the desk already holds, and the draft that grows from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from tickets.arrived import Arrived
from tickets.audit import new_event
from tickets.challenges import open_challenges
from tickets.content import INTAKE, identity_owner
from tickets.desk import Desk
from tickets.draft import Draft, rows_of
from tickets.guards import alignment_of
from tickets.ids import new_id, new_reference
from tickets.matching import Blinder, Known
from tickets.models import (
    Challenge,
    Clock,
    ClockFamily,
    ClockKind,
    Identity,
    Request,
    RequestEvent,
    Ticket,
)
from tickets.proof_limits import Sending, sendings
from tickets.receiving import received_at
from tickets.requests import FINAL
from tickets.scene import make_stale
from tickets.targets import PAUSED, STATUS_EVENT, pauses
from tickets.types import Alignment, Channel, Status
from vault.sealing import Place


class Groundwork:
    """The rows that a batch refers to, looked up once, and its draft."""

    def __init__(self, desk: Desk, blinder: Blinder) -> None:
        self.desk = desk
        self.blinder = blinder
        self.now: datetime = desk.now()
        self.draft = Draft(self.now)
        self.known = Known()
        self.requests: dict[UUID, list[Request]] = {}  # of each ticket
        self.law_events: dict[UUID, list[RequestEvent]] = {}  # of each of those requests
        self.of_writer: dict[UUID, list[Request]] = {}  # open ones of each identity
        self.challenges: dict[UUID, list[Challenge]] = {}  # of each ticket
        self.responded: set[UUID] = set()  # tickets whose last word is an agent's
        self.proof_sent: list[Sending] = []  # letters and codes of a day to these writers

    async def load(self, arrived: Sequence[Arrived]) -> list[Identity]:
        """Look up all that a batch names; return the writer of each message."""
        wanted = [(one.inbound.channel, one.clues) for one in arrived]
        chosen = [one.ticket for one in arrived if one.ticket is not None]
        self.known = await Known.load(wanted, self.now, chosen)
        identities = [self._identity(one) for one in arrived]
        await self._load_requests(identities)
        self.challenges = await open_challenges(self.requests)
        mails = {one.clues.sender for one in arrived if one.inbound.channel is Channel.EMAIL}
        if mails and self.desk.config.settings.ask_proof == "at_once":
            self.proof_sent = await sendings(mails, self.now)
        owners = {identity_owner(identity.id) for identity in identities}
        owners |= {identity_owner(t.requester_id) for t in self.known.tickets.values()}
        self.draft.keys = await self.desk.vault.create_keys([INTAKE, *owners])
        for identity, one in zip(identities, arrived, strict=True):
            self._seal_identity(identity, one)
        return identities

    async def _load_requests(self, identities: Sequence[Identity]) -> None:
        """Look up the requests of the tickets named, and what the writers have open elsewhere."""
        tickets = list(self.known.tickets)
        if tickets:
            async for request in Request.filter(ticket_id__in=tickets).order_by("id"):
                self.requests.setdefault(request.ticket_id, []).append(request)
                self.law_events[request.id] = []
            async for event in RequestEvent.filter(request_id__in=list(self.law_events)):
                self.law_events[event.request_id].append(event)
            answered = Clock.filter(
                ticket_id__in=tickets,
                family=ClockFamily.SERVICE,
                kind__in=(ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE),
            )
            rows = await answered.values("ticket_id", "met_at", "stopped_at")
            running = {r["ticket_id"] for r in rows if not (r["met_at"] or r["stopped_at"])}
            self.responded = {row["ticket_id"] for row in rows if row["met_at"]} - running
        known = {identity.id for identity in identities if identity.address}
        if known:
            mine = Request.filter(ticket__requester_id__in=known, state__not_in=FINAL)
            async for request in mine.order_by("id").select_related("ticket"):
                self.of_writer.setdefault(request.ticket.requester_id, []).append(request)

    def _identity(self, one: Arrived) -> Identity:
        channel, blind = one.inbound.channel, one.clues.sender
        identity = self.known.identities.get((channel, blind))
        if identity is None:
            identity = Identity(
                id=new_id(),
                channel=channel,
                address_blind=blind,
                address=b"",
                language=one.meant.language,
                created_at=self.now,
            )
            self.known.identities[channel, blind] = identity
            self.draft.identities.append(identity)
        return identity

    def _seal_identity(self, identity: Identity, one: Arrived) -> None:
        if identity.address:
            return
        sender = one.inbound.sender
        address = Place("identity", identity.id, "address")
        identity.address = self.draft.seal(identity.id, address, sender.address)
        if sender.name:
            name = Place("identity", identity.id, "name")
            identity.name = self.draft.seal(identity.id, name, sender.name)

    # What is asked about one message again and again

    def alignment(self, one: Arrived) -> Alignment:
        """Return what our own mail server says of its sender; of a chat it says nothing."""
        if one.alignment is None:
            account = self.desk.config.account(one.record.account)
            one.alignment = alignment_of(one.inbound, account.authserv_id)
        return one.alignment

    def received(self, one: Arrived) -> tuple[datetime, str]:
        """Return when a message reached us, and how we know."""
        if one.received is None:
            record = one.record
            received_by = self.desk.config.account(record.account).received_by
            times = (record.internal_at, record.fetched_at)
            one.received = received_at(one.inbound, received_by, *times)
        return one.received

    def reference(self) -> str:
        """Return a reference that no ticket of this batch has."""
        while (reference := new_reference()) in self.known.by_reference:
            pass
        return reference

    def note_status(self, ticket: Ticket, status: Status, identity: Identity) -> None:
        """Set where a ticket stands, and add to the audit that it moved."""
        ticket.status = status
        self.event(f"{STATUS_EVENT}{status}", identity, ticket)
        if any(ticket is new for new in self.draft.tickets):
            self._pause(ticket)  # its whole history is at hand
        else:
            rows = Clock.filter(ticket_id=ticket.id, kind__in=list(PAUSED), met_at=None)
            self.draft.later.append(partial(make_stale, rows))

    def _pause(self, ticket: Ticket) -> None:
        """Compute the clocks of a new ticket anew, from what this batch knows of its history."""
        breaks = pauses(rows_of(self.draft.events, "ticket_id", ticket.id))
        for clock in rows_of(self.draft.clocks, "ticket_id", ticket.id):
            if clock.kind in PAUSED:
                self.desk.targets.compute(clock, ticket, breaks)

    def event(self, kind: str, identity: Identity, ticket: Ticket, **payload: str) -> None:
        """Add what happened to the audit."""
        key = self.draft.key(identity.id)
        self.draft.events.append(
            new_event(kind, self.now, key=key, ticket_id=ticket.id, payload=payload)
        )
