"""Plans a batch of messages: which ticket each belongs to, and every row that follows from it.

Nothing is written here; `tickets.intake` saves the draft.  The order of questions is: our own loop?
the same mail again? a follow-up? else a new ticket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tickets.audit import new_event
from tickets.content import INTAKE, identity_owner
from tickets.draft import Draft, letters_within
from tickets.guards import alignment_of, domain_of, why_silent
from tickets.ids import new_id, new_reference
from tickets.letters import Letters
from tickets.matching import Blinder, Certainty, Clues, Known, Match, find_duplicate, match
from tickets.models import (
    Attachment,
    Blob,
    Identity,
    InboundRecord,
    InboundState,
    Message,
    Request,
    Ticket,
)
from tickets.posting import Route, post
from tickets.receiving import received_at
from tickets.settings import FREE_PROVIDERS, DeskConfig
from tickets.types import (
    Alignment,
    Automation,
    Case,
    Classify,
    Decide,
    Decision,
    Direction,
    Inbound,
    LetterOrder,
    MessageKind,
    OpenRequest,
    Reading,
    Receipt,
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

    async def plan(self, arrived: Sequence[Arrived]) -> list[Receipt]:
        """Look up what the batch refers to, then draft every row; return what becomes of each."""
        wanted = [(one.inbound.channel, one.clues) for one in arrived]
        self._known = await Known.load(wanted, self._now)
        await self._load_requests()
        identities = [self._identity(one) for one in arrived]
        owners = {identity_owner(identity.id) for identity in identities}
        owners |= {identity_owner(t.requester_id) for t in self._known.tickets.values()}
        self.draft.keys = await self._desk.vault.create_keys([INTAKE, *owners])
        for identity, one in zip(identities, arrived, strict=True):
            self._seal_identity(identity, one.inbound)
        return [self._place(one, i) for one, i in zip(arrived, identities, strict=True)]

    async def _load_requests(self) -> None:
        self._open: dict[UUID, list[Request]] = {}
        if self._known.tickets:
            async for request in Request.filter(ticket_id__in=list(self._known.tickets)):
                self._open.setdefault(request.ticket_id, []).append(request)

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
        found = match(one.clues, self._known, identity)
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
        self.draft.changed[ticket.id] = ticket
        ticket.updated_at = self._now
        outcome = "noted"
        letters: tuple[str, ...] = ()
        if _by_person(one.inbound):
            outcome = "appended"
            if ticket.status in {Status.CLOSED, Status.WAITING}:
                ticket.status, ticket.closed_at = Status.OPEN, None
            decision = self._desk.decide(self._case(one, ticket, is_new=False))
            letters = self._carry_out(one, identity, ticket, decision)
        elif one.inbound.report is not None:
            outcome = self._note_report(one.inbound, found, ticket)
        self._finish(one, identity, ticket, message, outcome, found.evidence)
        return Receipt(ticket.reference, outcome, letters)

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
        when, source = received_at(
            one.inbound, account.received_by, one.record.internal_at, one.record.fetched_at
        )
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
            work=[],
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
            requests=tuple(OpenRequest(r.right, r.state) for r in self._open.get(ticket.id, ())),
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
            received_at=ticket.received_at,
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
        for right, state in decision.requests:
            request = Request(
                id=new_id(),
                ticket_id=ticket.id,
                right=right,
                state=state,
                received_at=ticket.received_at,
                created_at=self._now,
            )
            self.draft.requests.append(request)
            self._open.setdefault(ticket.id, []).append(request)
        ticket.work = [*dict.fromkeys([*ticket.work, *(work.code for work in decision.work)])]
        for order in decision.letters:
            self._queue(one, identity, ticket, order)
        return tuple(order.kind for order in decision.letters)

    def _queue(self, one: Arrived, identity: Identity, ticket: Ticket, order: LetterOrder) -> None:
        letter = self._desk.letters.write(
            order,
            reference=ticket.reference,
            language=ticket.language,
            received_at=ticket.received_at,
            facts={"subject": one.inbound.subject},
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
