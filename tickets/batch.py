"""Plans a batch of messages: which ticket each belongs to, and every row that follows from it.

Nothing is written here; `tickets.intake` saves the draft.  The order of questions is: our own loop?
the same mail again? a follow-up? else a new ticket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from regimes.events import EventType
from tickets.answers import is_bare
from tickets.audit import new_event
from tickets.challenges import SETTLED, hear, open_challenges, settle
from tickets.content import INTAKE, identity_owner
from tickets.draft import Draft, letters_within
from tickets.guards import alignment_of, domain_of, why_silent
from tickets.ids import new_id, new_reference
from tickets.letters import Letters
from tickets.matching import Blinder, Certainty, Clues, Known, Match, find_duplicate, match
from tickets.models import (
    Attachment,
    Blob,
    Challenge,
    Clock,
    ClockFamily,
    ClockKind,
    Identity,
    InboundRecord,
    InboundState,
    Message,
    Request,
    Ticket,
)
from tickets.posting import Route, post
from tickets.receiving import received_at
from tickets.requests import FINAL
from tickets.settings import FREE_PROVIDERS, DeskConfig
from tickets.spoofing import flags
from tickets.statute import candidates_of, law_event, open_clocks
from tickets.targets import STATUS_EVENT, Targets
from tickets.types import (
    RIGHTS_OF,
    Alignment,
    Automation,
    Case,
    Classify,
    Decide,
    Decision,
    Direction,
    Inbound,
    Intent,
    LetterOrder,
    MessageKind,
    OpenRequest,
    Reading,
    Receipt,
    RequestState,
    Right,
    Status,
    Trigger,
)
from vault.sealing import Place
from vault.vault import Vault

_KINDS: Final[Mapping[Automation, MessageKind]] = {
    Automation.NO: MessageKind.MESSAGE,
    Automation.REPLIED: MessageKind.AUTOMATIC,
    Automation.GENERATED: MessageKind.AUTOMATIC,
    Automation.BOUNCE: MessageKind.BOUNCE,
    Automation.LIST: MessageKind.BULK,
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the intake is handed; it never looks anything up by itself."""

    vault: Vault
    config: DeskConfig
    letters: Letters
    classify: Classify
    decide: Decide
    now: Callable[[], datetime]
    targets: Targets = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the calendars once."""
        object.__setattr__(self, "targets", Targets(self.config.settings))


@dataclass(slots=True)
class Arrived:
    """One journalled message, read by its door and by the classifier."""

    record: InboundRecord
    blob: Blob
    inbound: Inbound
    clues: Clues
    reading: Reading


class Batch:
    """One attempt to plan a batch: what is known, and the draft that grows from it."""

    def __init__(self, desk: Desk, blinder: Blinder) -> None:
        self._desk = desk
        self._blinder = blinder
        self._now = desk.now()
        self.draft = Draft(self._now)
        self._known = Known()
        self._open: dict[UUID, list[Request]] = {}
        self._of_writer: dict[UUID, list[Request]] = {}
        self._challenges: dict[UUID, list[Challenge]] = {}
        self._responded: set[UUID] = set()  # tickets whose last word is an agent's

    async def plan(self, arrived: Sequence[Arrived]) -> list[Receipt]:
        """Look up what the batch refers to, then draft every row; return what becomes of each."""
        wanted = [(one.inbound.channel, one.clues) for one in arrived]
        self._known = await Known.load(wanted, self._now)
        identities = [self._identity(one) for one in arrived]
        await self._load_requests(identities)
        self._challenges = await open_challenges(self._open)
        owners = {identity_owner(identity.id) for identity in identities}
        owners |= {identity_owner(t.requester_id) for t in self._known.tickets.values()}
        self.draft.keys = await self._desk.vault.create_keys([INTAKE, *owners])
        for identity, one in zip(identities, arrived, strict=True):
            self._seal_identity(identity, one.inbound)
        receipts = []
        for one, identity in zip(arrived, identities, strict=True):
            receipts.append(self._place(one, identity))
            await asyncio.sleep(0)  # a transaction elsewhere must not wait for a whole batch
        return receipts

    async def _load_requests(self, identities: Sequence[Identity]) -> None:
        """Look up the requests of the tickets named, and what the writers have open elsewhere."""
        tickets = list(self._known.tickets)
        if tickets:
            async for request in Request.filter(ticket_id__in=tickets):
                self._open.setdefault(request.ticket_id, []).append(request)
            answered = Clock.filter(
                ticket_id__in=tickets,
                family=ClockFamily.SERVICE,
                kind__in=(ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE),
            )
            rows = await answered.values("ticket_id", "met_at", "stopped_at")
            running = {r["ticket_id"] for r in rows if not (r["met_at"] or r["stopped_at"])}
            self._responded = {row["ticket_id"] for row in rows if row["met_at"]} - running
        known = {identity.id for identity in identities if identity.address}
        if known:
            mine = Request.filter(ticket__requester_id__in=known, state__not_in=FINAL)
            async for request in mine.order_by("id").select_related("ticket"):
                self._of_writer.setdefault(request.ticket.requester_id, []).append(request)

    # Who

    def _identity(self, one: Arrived) -> Identity:
        channel, blind = one.inbound.channel, one.clues.sender
        identity = self._known.identities.get((channel, blind))
        if identity is None:
            identity = Identity(
                id=new_id(),
                channel=channel,
                address_blind=blind,
                address=b"",
                language=one.reading.language,
                created_at=self._now,
            )
            self._known.identities[channel, blind] = identity
            self.draft.identities.append(identity)
        return identity

    def _seal_identity(self, identity: Identity, inbound: Inbound) -> None:
        if identity.address:
            return
        address = Place("identity", identity.id, "address")
        identity.address = self.draft.seal(identity.id, address, inbound.sender.address)
        if inbound.sender.name:
            name = Place("identity", identity.id, "name")
            identity.name = self.draft.seal(identity.id, name, inbound.sender.name)

    # Where

    def _place(self, one: Arrived, identity: Identity) -> Receipt:
        """Decide what a message is to the desk, in the order of house.md 4."""
        if self._is_own_loop(one.inbound):
            self.draft.finish(one.record, "own_loop", state=InboundState.IGNORED)
            return Receipt(None, "own_loop")
        twin = find_duplicate(one.clues, self._known, identity)
        if twin is not None:
            return self._same_again(one, identity, twin)
        authserv_id = self._desk.config.account(one.record.account).authserv_id
        is_forged = alignment_of(one.inbound, authserv_id) is Alignment.FAIL
        found = match(one.clues, self._known, identity, is_forged=is_forged)
        if found.certainty is Certainty.SURE and found.ticket is not None:
            if not self._opens_linked(found.ticket, one.inbound):
                return self._append(one, identity, found, found.ticket)
            found = Match(Certainty.SURE, found.ticket, "closed_long_ago")
        return self._open_ticket(one, identity, found)

    def _is_own_loop(self, inbound: Inbound) -> bool:
        """Know our own automatic letters when they come back, whatever they look like."""
        if not inbound.loop_token:
            return False
        return inbound.loop_token == self._blinder.sign("loop")[:32]

    def _same_again(self, one: Arrived, identity: Identity, twin: Message) -> Receipt:
        self.draft.hand_over(one.blob, identity.id)
        self.draft.finish(one.record, "duplicate", ticket_id=twin.ticket_id, message_id=twin.id)
        ticket = self._known.tickets.get(twin.ticket_id)
        return Receipt(ticket.reference if ticket else None, "duplicate")

    def _opens_linked(self, ticket: Ticket, inbound: Inbound) -> bool:
        """Tell whether a person's reply comes too late to reopen a closed ticket."""
        if ticket.status not in {Status.CLOSED, Status.ERASED} or not _by_person(inbound):
            return False
        days = timedelta(days=self._desk.config.settings.reopen_days)
        return ticket.closed_at is None or self._now - ticket.closed_at > days

    # What

    def _append(self, one: Arrived, identity: Identity, found: Match, ticket: Ticket) -> Receipt:
        message = self._message(one, identity, ticket)
        self.draft.touch(ticket)
        outcome = "noted"
        letters: tuple[str, ...] = ()
        if _by_person(one.inbound):
            outcome = "appended"
            self._stir(ticket, identity)
            ticket.work = [*dict.fromkeys([*ticket.work, *self._flags(one, identity)])]
            _add_intents(ticket, one.reading)
            for case in self._cases(one, identity, ticket):
                letters += self._carry_out(one, identity, ticket, self._desk.decide(case))
        elif one.inbound.report is not None:
            outcome = self._note_report(one.inbound, found, ticket)
        self._finish(one, identity, ticket, message, outcome, found.evidence)
        return Receipt(ticket.reference, outcome, letters)

    def _flags(self, one: Arrived, identity: Identity) -> list[str]:
        """Return the signs that a person's mail is not from whom it seems to be."""
        if not _by_person(one.inbound):
            return []
        config = self._desk.config
        alignment = alignment_of(one.inbound, config.account(one.record.account).authserv_id)
        is_new = identity in self.draft.identities
        return list(flags(one.inbound, alignment, config.own_domains, is_new=is_new))

    def _cases(self, one: Arrived, identity: Identity, ticket: Ticket) -> list[Case]:
        """Return what the handlers are asked about a reply: its proof, and what else it says."""
        config = self._desk.config
        alignment = alignment_of(one.inbound, config.account(one.record.account).authserv_id)
        waiting = self._challenges.get(ticket.id, [])
        heard = hear(waiting, one.inbound, one.clues, alignment, self._now, self._blinder)
        case = self._case(one, ticket, is_new=False)
        if heard is None:
            return [case]
        proven = settle(self.draft, ticket, heard, self._received(one)[0], config)
        self._event("proof_given" if proven else heard.outcome, identity, ticket)
        if heard.outcome not in SETTLED:
            return [case]
        self._challenges[ticket.id] = [c for c in waiting if c not in heard.challenges]
        cases = [] if is_bare(one.inbound.newest) else [case]
        if proven:
            reading = Reading(ticket.intent, tuple(Intent(also) for also in ticket.also))
            trigger = Trigger.PROVEN
            cases.insert(0, replace(case, trigger=trigger, intent=ticket.intent, reading=reading))
        return cases

    def _stir(self, ticket: Ticket, identity: Identity) -> None:
        """Take note that a person wrote: it ends waiting, reopens, and wants a next answer."""
        if ticket.status is Status.CLOSED:
            self._start(ticket, ClockKind.RESOLVE)
        if ticket.status in {Status.CLOSED, Status.WAITING}:
            ticket.status, ticket.closed_at, ticket.waiting_at = Status.OPEN, None, None
            self._event(f"{STATUS_EVENT}{ticket.status}", identity, ticket)
        if ticket.id in self._responded:
            self._responded.discard(ticket.id)
            self._start(ticket, ClockKind.NEXT_RESPONSE)

    def _start(self, ticket: Ticket, kind: ClockKind) -> None:
        self.draft.clocks.append(self._desk.targets.open(ticket, kind, self._now))

    def _note_report(self, inbound: Inbound, found: Match, ticket: Ticket) -> str:
        """Mark the letter that a bounce is about as failed; a delay only leaves a note."""
        report = inbound.report
        if report is None or found.about is None or not report.is_failure:
            return "noted"
        status = next((r.status for r in report.recipients if r.action == "failed"), "")
        self.draft.failed_letters[found.about.id] = f"bounced {status}".strip()
        self.draft.undeliverable.add(found.about.identity_id)
        ticket.work = [*dict.fromkeys([*ticket.work, "letter_bounced"])]
        return "bounced"

    def _open_ticket(self, one: Arrived, identity: Identity, found: Match) -> Receipt:
        account = self._desk.config.account(one.record.account)
        when, source = self._received(one)
        reading = one.reading
        ticket_id = new_id()
        ticket = Ticket(
            id=ticket_id,
            reference=self._reference(),
            requester_id=identity.id,
            channel=one.inbound.channel,
            account=one.record.account,
            status=Status.NEW,
            intent=reading.intent,
            also=[str(intent) for intent in reading.also],
            rights=[str(right) for right in reading.rights],
            topic=reading.topic,
            policy_section=reading.policy_section,
            language=reading.language,
            confidence=reading.confidence,
            needs_human=reading.needs_human,
            marks=list(reading.marks),
            work=self._flags(one, identity),
            alignment=alignment_of(one.inbound, account.authserv_id),
            subject=self.draft.seal(
                identity.id, Place("ticket", ticket_id, "subject"), one.inbound.subject
            ),
            why=self.draft.seal(
                identity.id, Place("ticket", ticket_id, "why"), "\n".join(reading.why)
            ),
            received_at=when,
            received_source=source,
            created_at=self._now,
            updated_at=self._now,
            follow_up_of_id=found.ticket.id if found.ticket else None,
            follow_up_kind=_follow_up_kind(found),
        )
        self.draft.tickets.append(ticket)
        self._known.add_ticket(ticket)
        message = self._message(one, identity, ticket)
        if _by_person(one.inbound):
            self.draft.clocks += self._desk.targets.first(ticket)
        decision = self._desk.decide(self._case(one, ticket, is_new=True))
        letters = self._carry_out(one, identity, ticket, decision)
        if found.certainty is Certainty.POSSIBLE:
            ticket.work = [*ticket.work, "possible_follow_up"]
        outcome = "created" if _by_person(one.inbound) else "noted"
        self._finish(one, identity, ticket, message, outcome, found.evidence)
        return Receipt(ticket.reference, outcome, letters)

    def _reference(self) -> str:
        while (reference := new_reference()) in self._known.by_reference:
            pass
        return reference

    def _case(self, one: Arrived, ticket: Ticket, *, is_new: bool) -> Case:
        reading = one.reading
        silent = self._why_silent(one, ticket.alignment)
        if silent and is_new and silent != "automatic":
            ticket.work = [*ticket.work, f"receipt_withheld:{silent}"]
        return Case(
            trigger=Trigger.MESSAGE,
            intent=reading.intent,
            reading=reading,
            channel=one.inbound.channel,
            now=self._now,
            is_new=is_new,
            requests=tuple(
                OpenRequest(r.right, r.state)
                for r in self._open.get(ticket.id, ())
                if r.state not in FINAL
            ),
            alignment=ticket.alignment,
            automation=one.inbound.automation,
            may_answer=not silent,
        )

    def _why_silent(self, one: Arrived, alignment: Alignment) -> str:
        rule = why_silent(one.inbound, alignment, self._desk.config)
        if rule:
            return rule
        guards = self._desk.config.settings.guards
        clues, hour, day = one.clues, timedelta(hours=1), timedelta(days=1)
        sender = self._known.counters.get(("sender", clues.sender), [])
        domain = self._known.counters.get(("domain", clues.domain), [])
        limits = [(sender, hour, guards.sender_hour), (sender, day, guards.sender_day)]
        if domain_of(one.inbound.sender.address) not in FREE_PROVIDERS:
            limits += [(domain, hour, guards.domain_hour), (domain, day, guards.domain_day)]
        full = any(letters_within(rows, self._now, window) >= n for rows, window, n in limits)
        return "too_many_letters" if full else ""

    # Rows

    def _message(self, one: Arrived, identity: Identity, ticket: Ticket) -> Message:
        inbound, clues, message_id = one.inbound, one.clues, new_id()
        owner = identity.id
        message = Message(
            id=message_id,
            ticket_id=ticket.id,
            identity_id=owner,
            direction=Direction.INBOUND,
            kind=_kind(inbound),
            channel=inbound.channel,
            external_blind=clues.external,
            external_id=self.draft.seal(
                owner, Place("message", message_id, "external_id"), inbound.external_id
            ),
            content_blind=clues.content,
            thread_blind=clues.thread,
            subject=self.draft.seal(
                owner, Place("message", message_id, "subject"), inbound.subject
            ),
            body=self.draft.seal(
                owner, Place("message", message_id, "body"), inbound.newest or inbound.text
            ),
            blob_id=one.blob.id,
            language=one.reading.language,
            received_at=self._received(one)[0],
            created_at=self._now,
        )
        self.draft.messages.append(message)
        self._known.add_message(message)
        self._attachments(inbound, owner, message_id)
        return message

    def _attachments(self, inbound: Inbound, owner: UUID, message_id: UUID) -> None:
        for file in inbound.attachments:
            file_id = new_id()
            self.draft.attachments.append(
                Attachment(
                    id=file_id,
                    message_id=message_id,
                    part=file.part[:64],
                    filename=self.draft.seal(
                        owner, Place("attachment", file_id, "filename"), file.filename
                    ),
                    content_type=file.content_type[:128],
                    size=file.size,
                    is_inline=file.inline,
                )
            )

    def _carry_out(
        self, one: Arrived, identity: Identity, ticket: Ticket, decision: Decision
    ) -> tuple[str, ...]:
        is_acknowledged = any(order.kind == "acknowledgement" for order in decision.letters)
        for right, state in decision.requests:
            if is_acknowledged and state is RequestState.RECEIVED:
                state = RequestState.ACKNOWLEDGED  # noqa: PLW2901  - the receipt goes with it
            self._open_request(one, identity, ticket, right, state)
        ticket.work = [*dict.fromkeys([*ticket.work, *(work.code for work in decision.work)])]
        for order in decision.letters:
            self._queue(one, identity, ticket, order)
        return tuple(order.kind for order in decision.letters)

    def _open_request(
        self, one: Arrived, identity: Identity, ticket: Ticket, right: Right, state: RequestState
    ) -> None:
        """Open a request with its clocks: they run from the receipt, suspected or not."""
        others = self._open.setdefault(ticket.id, [])
        found = candidates_of(one.inbound, one.reading.language)
        request = Request(
            id=new_id(),
            ticket_id=ticket.id,
            right=right,
            round=1 + sum(other.right is right for other in others),
            state=state,
            regimes=[candidate.regime for candidate in found],
            received_at=self._received(one)[0],
            created_at=self._now,
            duplicate_of_id=self._asked_elsewhere(identity, ticket, right),
        )
        request.regimes_why = self.draft.seal_json(
            identity.id,
            Place("request", request.id, "regimes_why"),
            {candidate.regime: candidate.reason for candidate in found},
        )
        event = law_event(request.id, EventType.RECEIVED, request.received_at, entered_at=self._now)
        self.draft.requests.append(request)
        self.draft.law_events.append(event)
        self.draft.clocks += open_clocks(request, [event], self._desk.config)
        others.append(request)
        self._event("request_opened", identity, ticket, right=str(right), state=str(state))

    def _asked_elsewhere(self, identity: Identity, ticket: Ticket, right: Right) -> UUID | None:
        """Return an open request of the same writer for the same right in another ticket."""
        return next(
            (
                request.id
                for request in self._of_writer.get(identity.id, ())
                if request.right is right and request.ticket_id != ticket.id
            ),
            None,
        )

    def _received(self, one: Arrived) -> tuple[datetime, str]:
        """Return when a message reached us, and how we know."""
        received_by = self._desk.config.account(one.record.account).received_by
        record = one.record
        return received_at(one.inbound, received_by, record.internal_at, record.fetched_at)

    def _queue(self, one: Arrived, identity: Identity, ticket: Ticket, order: LetterOrder) -> None:
        asked = [r for r in self._open.get(ticket.id, ()) if r.state not in FINAL]
        letter = self._desk.letters.write(
            order,
            reference=ticket.reference,
            language=ticket.language,
            received_at=ticket.received_at,
            rights=[request.right for request in asked],
            regimes=[*dict.fromkeys(code for request in asked for code in request.regimes)],
        )
        post(
            self.draft,
            self._blinder,
            self._desk.config.account(ticket.account),
            ticket,
            letter,
            order,
            Route.answering(one.inbound, identity.id),
        )
        if order.is_automatic:
            clues = one.clues
            self.draft.count_letter(self._known.counters, sender=clues.sender, domain=clues.domain)
        self._event("letter_queued", identity, ticket, letter=order.kind)

    def _finish(  # noqa: PLR0913, PLR0917  - the whole outcome of one message
        self,
        one: Arrived,
        identity: Identity,
        ticket: Ticket,
        message: Message,
        outcome: str,
        evidence: str,
    ) -> None:
        self.draft.hand_over(one.blob, identity.id)
        self.draft.finish(one.record, outcome, ticket_id=ticket.id, message_id=message.id)
        self._event(
            f"message_{outcome}",
            identity,
            ticket,
            message=str(message.kind),
            evidence=evidence,
            automation=one.inbound.automation_why,
            intent=str(one.reading.intent),
        )

    def _event(self, kind: str, identity: Identity, ticket: Ticket, **payload: str) -> None:
        key = self.draft.key(identity.id)
        self.draft.events.append(
            new_event(kind, self._now, key=key, ticket_id=ticket.id, payload=payload)
        )


def _add_intents(ticket: Ticket, reading: Reading) -> None:
    """Let a ticket show what a later message asks besides."""
    known = {ticket.intent, *ticket.also}
    ticket.also = [*ticket.also, *(i for i in reading.intents if i in RIGHTS_OF and i not in known)]
    ticket.rights = [*dict.fromkeys([*ticket.rights, *map(str, reading.rights)])]


def _by_person(inbound: Inbound) -> bool:
    return inbound.automation is Automation.NO and inbound.report is None


def _kind(inbound: Inbound) -> MessageKind:
    if inbound.report is not None and inbound.report.kind != "delivery":
        return MessageKind.REPORT
    return _KINDS[inbound.automation]


def _follow_up_kind(found: Match) -> str:
    if found.ticket is None:
        return ""
    return "possible" if found.certainty is Certainty.POSSIBLE else "linked"
