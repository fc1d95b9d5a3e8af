"""Plans a batch of messages: which ticket each belongs to, and what follows from it.

Nothing is written here; `tickets.intake` saves the draft.  The order of questions is: our own loop?
the same message again? a ticket that the door names? a follow-up? else a new ticket.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from tickets.answers import Answer, is_bare, read_answer
from tickets.arrived import Arrived
from tickets.asking import ASKING
from tickets.challenges import SETTLED, hear, settle
from tickets.consequences import Consequences
from tickets.desk import Desk
from tickets.groundwork import Groundwork
from tickets.matching import NO_MATCH, Blinder, Certainty, Match, find_duplicate, match
from tickets.models import Challenge, ClockKind, Identity, InboundState, Message, Ticket
from tickets.requests import FINAL
from tickets.rows import add_message, add_ticket
from tickets.spoofing import flags
from tickets.transactions import give_way
from tickets.types import (
    RIGHTS_OF,
    Alignment,
    Case,
    Channel,
    Inbound,
    Intent,
    OpenRequest,
    Reading,
    Receipt,
    Status,
    Trigger,
)
from tickets.widening import named_in, widen


class Batch:
    """One attempt to plan a batch."""

    def __init__(self, desk: Desk, blinder: Blinder) -> None:
        self._desk = desk
        self._blinder = blinder
        self._ground = Groundwork(desk, blinder)
        self._consequences = Consequences(self._ground)
        self.draft = self._ground.draft

    async def plan(self, arrived: Sequence[Arrived]) -> list[Receipt]:
        """Look up what the batch refers to, then draft every row; return what becomes of each."""
        identities = await self._ground.load(arrived)
        receipts = []
        for one, identity in zip(arrived, identities, strict=True):
            receipts.append(self._place(one, identity))
            await give_way()
        return receipts

    # Where

    def _place(self, one: Arrived, identity: Identity) -> Receipt:
        """Decide what a message is to the desk, in the order of house.md 4."""
        if self._is_own_loop(one.inbound):
            self.draft.finish(one.record, "own_loop", state=InboundState.IGNORED)
            return Receipt(None, "own_loop")
        twin = find_duplicate(one.clues, self._ground.known, identity)
        if twin is not None:
            return self._same_again(one, identity, twin)
        found = self._match(one, identity)
        if found.certainty is Certainty.SURE and found.ticket is not None:
            if not self._opens_linked(found.ticket, one):
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
        ticket = self._ground.known.tickets.get(twin.ticket_id)
        return Receipt(ticket.reference if ticket else None, "duplicate")

    def _match(self, one: Arrived, identity: Identity) -> Match:
        """Return the ticket that the door names, else the one that the message's evidence names.

        Whoever chooses an intent in a chat, and no ticket, begins something new.
        """
        known = self._ground.known
        if one.ticket is not None and one.ticket in known.tickets:
            return Match(Certainty.SURE, known.tickets[one.ticket], "door")
        if one.intent is not None:
            return NO_MATCH
        is_forged = self._ground.alignment(one) is Alignment.FAIL
        return match(one.clues, known, identity, is_forged=is_forged)

    def _opens_linked(self, ticket: Ticket, one: Arrived) -> bool:
        """Tell whether a person's reply comes too late to reopen a closed ticket."""
        if ticket.status not in {Status.CLOSED, Status.ERASED} or not one.is_by_person:
            return False
        days = timedelta(days=self._desk.config.settings.reopen_days)
        return ticket.closed_at is None or self._ground.now - ticket.closed_at > days

    # What

    def _append(self, one: Arrived, identity: Identity, found: Match, ticket: Ticket) -> Receipt:
        message = add_message(self._ground, one, identity, ticket)
        self.draft.touch(ticket)
        outcome = "noted"
        letters: tuple[str, ...] = ()
        if one.is_by_person:
            outcome = "appended"
            self._stir(ticket, identity)
            ticket.work = [*dict.fromkeys([*ticket.work, *self._flags(one, identity)])]
            self._consequences.confirm(one, identity, ticket)
            _add_intents(ticket, one.meant)
            known = self._ground.requests.get(ticket.id, ())
            widen(self.draft, ticket, known, named_in(one.inbound.newest), self._desk.config)
            for case in self._cases(one, identity, ticket):
                decision = self._desk.decide(case)
                letters += self._consequences.carry_out(one, identity, ticket, decision)
        elif one.inbound.report is not None:
            outcome = self._note_report(one.inbound, found, ticket)
        return self._finish(one, identity, ticket, message, outcome, found.evidence, letters)

    def _open_ticket(self, one: Arrived, identity: Identity, found: Match) -> Receipt:
        ticket = add_ticket(self._ground, one, identity, found)
        ticket.work = self._flags(one, identity)
        message = add_message(self._ground, one, identity, ticket)
        if one.is_by_person:
            self.draft.clocks += self._desk.targets.first(ticket)
        decision = self._desk.decide(self._case(one, ticket, is_new=True))
        letters = self._consequences.carry_out(one, identity, ticket, decision)
        if found.certainty is Certainty.POSSIBLE:
            ticket.work = [*ticket.work, "possible_follow_up"]
        outcome = "created" if one.is_by_person else "noted"
        return self._finish(one, identity, ticket, message, outcome, found.evidence, letters)

    def _flags(self, one: Arrived, identity: Identity) -> list[str]:
        """Return the signs that a person's mail is not from whom it seems to be."""
        if not one.is_by_person or one.inbound.channel is not Channel.EMAIL:
            return []
        is_new = any(identity is new for new in self.draft.identities)
        alignment, own = self._ground.alignment(one), self._desk.config.own_domains
        return list(flags(one.inbound, alignment, own, is_new=is_new))

    def _cases(self, one: Arrived, identity: Identity, ticket: Ticket) -> list[Case]:
        """Return what the handlers are asked about a reply: its proof, and what else it says."""
        ground, config = self._ground, self._desk.config
        waiting = ground.challenges.get(ticket.id, [])
        alignment = ground.alignment(one)
        heard = hear(waiting, one.inbound, one.clues, alignment, ground.now, self._blinder)
        case = self._case(one, ticket, is_new=one.is_first)
        if heard is None:
            return [] if self._is_repeated(one, ticket, waiting) else [case]
        proven = settle(self.draft, ticket, heard, ground.received(one)[0], config)
        ground.event("proof_given" if proven else heard.outcome, identity, ticket)
        if heard.outcome not in SETTLED:
            return [case]
        ground.challenges[ticket.id] = [c for c in waiting if c not in heard.challenges]
        cases = [] if is_bare(one.inbound.newest) else [case]
        if proven:
            reading = Reading(ticket.intent, tuple(Intent(also) for also in ticket.also))
            trigger = Trigger.PROVEN
            cases.insert(0, replace(case, trigger=trigger, intent=ticket.intent, reading=reading))
        return cases

    def _is_repeated(self, one: Arrived, ticket: Ticket, waiting: Sequence[Challenge]) -> bool:
        """Tell whether somebody only confirms once more what is proven: nothing follows."""
        newest, known = one.inbound.newest, self._ground.known
        is_yes = is_bare(newest) and read_answer(newest) is Answer.CONFIRMED
        if waiting or not is_yes:
            return False
        answered = (known.messages.get(message_id) for message_id in one.clues.signed)
        to_proof = any(message is not None and message.letter in ASKING for message in answered)
        requests = self._ground.requests.get(ticket.id, ())
        return to_proof and any(request.proven_at for request in requests)

    def _case(self, one: Arrived, ticket: Ticket, *, is_new: bool) -> Case:
        reading = one.meant
        silent = self._consequences.why_silent(one, ticket.alignment)
        if silent and is_new and silent != "automatic":
            ticket.work = [*ticket.work, f"receipt_withheld:{silent}"]
        return Case(
            trigger=Trigger.MESSAGE,
            intent=reading.intent,
            reading=reading,
            channel=one.inbound.channel,
            now=self._ground.now,
            is_new=is_new,
            requests=tuple(
                OpenRequest(r.right, r.state)
                for r in self._ground.requests.get(ticket.id, ())
                if r.state not in FINAL
            ),
            alignment=ticket.alignment,
            automation=one.inbound.automation,
            may_answer=not (silent or one.is_quiet),
        )

    def _stir(self, ticket: Ticket, identity: Identity) -> None:
        """Take note that a person wrote: it ends waiting, reopens, and wants a next answer."""
        if ticket.status is Status.CLOSED:
            self._start(ticket, ClockKind.RESOLVE)
        if ticket.status in {Status.CLOSED, Status.WAITING}:
            # Whoever only waited for proof has had nobody's attention yet.
            is_begun = ticket.status is Status.CLOSED or ticket.begun_at is not None
            ticket.closed_at, ticket.waiting_at = None, None
            status = Status.OPEN if is_begun else Status.NEW
            self._ground.note_status(ticket, status, identity)
        if ticket.id in self._ground.responded:
            self._ground.responded.discard(ticket.id)
            self._start(ticket, ClockKind.NEXT_RESPONSE)

    def _start(self, ticket: Ticket, kind: ClockKind) -> None:
        self.draft.clocks.append(self._desk.targets.open(ticket, kind, self._ground.now))

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

    def _finish(  # noqa: PLR0913, PLR0917  - the whole outcome of one message
        self,
        one: Arrived,
        identity: Identity,
        ticket: Ticket,
        message: Message,
        outcome: str,
        evidence: str,
        letters: tuple[str, ...],
    ) -> Receipt:
        self.draft.hand_over(one.blob, identity.id)
        self.draft.finish(one.record, outcome, ticket_id=ticket.id, message_id=message.id)
        if one.also is not None:
            one.also(self.draft, ticket, message)
        self._ground.event(
            f"message_{outcome}",
            identity,
            ticket,
            message=str(message.kind),
            evidence=evidence,
            automation=one.inbound.automation_why,
            intent=str(one.meant.intent),
        )
        return Receipt(ticket.reference, outcome, letters)


def _add_intents(ticket: Ticket, reading: Reading) -> None:
    """Let a ticket show what a later message asks besides."""
    known = {ticket.intent, *ticket.also}
    ticket.also = [*ticket.also, *(i for i in reading.intents if i in RIGHTS_OF and i not in known)]
    ticket.rights = [*dict.fromkeys([*ticket.rights, *map(str, reading.rights)])]
