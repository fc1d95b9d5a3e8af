"""Which ticket a message belongs to, and how sure that is.

Order of evidence: our signed Message-ID in References, newest first (also as hidden marker or
envelope id); an id of a message that the ticket holds; Thread-Index; a reference in the subject.
Whatever the evidence, the sender must already be part of the ticket: references and subjects are
forged easily.  Otherwise it is a *possible* follow-up, which an agent confirms.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

from tickets.ids import find_references, open_address_word, open_marker, open_message_id
from tickets.models import GuardCounter, Identity, Message, Ticket
from tickets.statements import rows
from tickets.types import Channel, Direction, Inbound
from vault.addresses import normalise_address
from vault.vault import Vault

T = TypeVar("T")
GUARD_SCOPES: Final = ("sender", "domain")
"""Whose automatic letters are counted."""

BY_ADDRESS: Final = '"channel" IN ? AND "address_blind" IN ?'
"""Who writes on some channels from some addresses."""

_MANY: Final = 30  # references looked at, newest first


class Certainty(StrEnum):
    """How sure a match is."""

    SURE = "sure"
    POSSIBLE = "possible"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Match:
    """The ticket that a message seems to belong to."""

    certainty: Certainty
    ticket: Ticket | None = None
    evidence: str = ""  # signed_id, message_id, thread_index, subject_reference
    about: Message | None = None  # the letter of ours that a report speaks of


NO_MATCH: Final = Match(Certainty.NONE)


@dataclass(frozen=True, slots=True)
class Clues:
    """What a message tells about where it belongs; addresses and ids are blinded."""

    sender: str
    domain: str
    external: str  # its own id
    content: str  # what it says, to know the same mail again
    signed: tuple[UUID, ...]  # messages of ours that it answers, newest first
    others: tuple[str, ...]  # blinded ids of further messages that it answers
    thread: str
    references: tuple[str, ...]
    reported: UUID | None  # the letter of ours that a bounce or report is about


class Blinder:
    """Makes clues: every value that is looked up is blinded here, in one place."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def blind(self, purpose: str, value: str) -> str:
        """Return 128 bits in hex; nothing stays nothing."""
        return self._vault.blind(purpose, value).hex()[:32] if value else ""

    def sign(self, token: str) -> str:
        """Sign the token of a Message-ID."""
        return self._vault.blind("message-id", token).hex()

    def address(self, address: str) -> str:
        """Blind an address in its normal form."""
        return self._vault.blind_address(address).hex()[:32]

    def clues(self, inbound: Inbound) -> Clues:
        """Return what `inbound` tells."""
        answered = [inbound.in_reply_to, *reversed(inbound.references)][:_MANY]
        signed: dict[UUID, None] = {}
        others: dict[str, None] = {}
        for value in filter(None, answered):
            ours = open_message_id(value, self.sign)
            if ours is not None:
                signed[ours] = None
            else:
                others[self.external(inbound.channel, value)] = None
        marked = open_marker(inbound.marker, self.sign)
        if marked is not None:
            signed[marked] = None
        files = "".join(f"\0{a.filename}\0{a.size}" for a in inbound.attachments)
        domain = normalise_address(inbound.sender.address).rpartition("@")[2]
        return Clues(
            sender=self.address(inbound.sender.address),
            domain=self.blind("domain", domain),
            external=self.external(inbound.channel, inbound.external_id),
            content=self.blind("content", f"{inbound.subject}\0{inbound.text}{files}"),
            signed=tuple(signed),
            others=tuple(others),
            thread=self.blind("thread", _thread(inbound.thread_index)),
            references=find_references(inbound.subject),
            reported=self._reported(inbound),
        )

    def external(self, channel: Channel, external_id: str) -> str:
        """Blind a message's id on its channel."""
        return self.blind("external-id", f"{channel}\0{external_id}") if external_id else ""

    def _reported(self, inbound: Inbound) -> UUID | None:
        if inbound.report is None:
            return None
        about = (inbound.report.original_message_id, inbound.report.original_envelope_id)
        named = next((m for m in (open_message_id(i, self.sign) for i in about if i) if m), None)
        return named or open_address_word(inbound.address_word, self.sign)


def _thread(thread_index: str) -> str:
    """Return the first 22 bytes of Outlook's Thread-Index: equal in one conversation."""
    try:
        head = base64.b64decode(thread_index, validate=False)[:22]
    except (binascii.Error, ValueError):
        return ""
    return head.hex() if len(head) == 22 else ""  # noqa: PLR2004  - its fixed size


@dataclass(slots=True)
class Known:
    """What the desk already holds that a batch of messages may refer to.

    It also takes in what the batch itself brings, so that a reply in the same batch finds its
    ticket.
    """

    identities: dict[tuple[Channel, str], Identity] = field(default_factory=dict)
    messages: dict[UUID, Message] = field(default_factory=dict)
    by_external: dict[str, list[Message]] = field(default_factory=dict)
    by_thread: dict[str, list[Message]] = field(default_factory=dict)
    tickets: dict[UUID, Ticket] = field(default_factory=dict)
    by_reference: dict[str, Ticket] = field(default_factory=dict)
    counters: dict[tuple[str, str], list[GuardCounter]] = field(default_factory=dict)

    @classmethod
    async def load(
        cls,
        wanted: Sequence[tuple[Channel, Clues]],
        now: datetime,
        chosen: Iterable[UUID] = (),
    ) -> Known:
        """Look up everything that the clues name; a handful of reads for a whole batch.

        `chosen` are tickets that a door names by itself.
        """
        known = cls()
        clues = [one for _, one in wanted]
        senders = {one.sender for one in clues}
        channels = {channel for channel, _ in wanted}
        for identity in await rows(Identity, BY_ADDRESS, channels, senders):
            known.identities[identity.channel, identity.address_blind] = identity
        signed = _all(one.signed for one in clues) | {c.reported for c in clues if c.reported}
        external = _all(one.others for one in clues) | {one.external for one in clues}
        threads = {one.thread for one in clues}
        for condition, among in (
            ('"id" IN ?', signed),
            ('"external_blind" IN ?', external - {""}),
            ('"thread_blind" IN ?', threads - {""}),
        ):
            for message in await rows(Message, condition, among) if among else ():
                known.add_message(message)
        references = _all(one.references for one in clues)
        ids = {*chosen, *(message.ticket_id for message in known.messages.values())}
        if references:
            for ticket in await Ticket.filter(reference__in=references):
                known.add_ticket(ticket)
        if ids - known.tickets.keys():
            for ticket in await Ticket.filter(id__in=ids - known.tickets.keys()):
                known.add_ticket(ticket)
        await known._follow_merges()
        await known._load_counters(clues, now)
        return known

    async def _follow_merges(self) -> None:
        """Let what names a merged ticket mean the one that holds its messages now."""
        while left := {t.merged_into_id for t in self.tickets.values() if t.merged_into_id}:
            found = await Ticket.filter(id__in=left)
            holders = {row.id: self.tickets.get(row.id, row) for row in found}  # one value a ticket

            def now_in(ticket: Ticket, holders: Mapping[UUID, Ticket] = holders) -> Ticket:
                return holders[ticket.merged_into_id] if ticket.merged_into_id else ticket

            self.tickets = holders | {id_: now_in(one) for id_, one in self.tickets.items()}
            self.by_reference = {name: now_in(one) for name, one in self.by_reference.items()}

    async def _load_counters(self, clues: Sequence[Clues], now: datetime) -> None:
        keys = {one.sender for one in clues} | {one.domain for one in clues}
        condition = '"scope" IN ? AND "key_blind" IN ? AND "hour_at" > ?'
        since = now - timedelta(days=1)
        for row in await rows(GuardCounter, condition, GUARD_SCOPES, keys, since):
            self.counters.setdefault((row.scope, row.key_blind), []).append(row)

    def add_message(self, message: Message) -> None:
        """Take in a message, the batch's own too."""
        if message.id in self.messages:
            return
        self.messages[message.id] = message
        if message.external_blind:
            self.by_external.setdefault(message.external_blind, []).append(message)
        if message.thread_blind:
            self.by_thread.setdefault(message.thread_blind, []).append(message)

    def add_ticket(self, ticket: Ticket) -> None:
        """Take in a ticket, the batch's own too."""
        self.tickets[ticket.id] = ticket
        self.by_reference[ticket.reference] = ticket


def find_duplicate(clues: Clues, known: Known, identity: Identity | None) -> Message | None:
    """Return the message that this one repeats: same id, same sender, same words.

    The id alone never makes a duplicate: some programs use theirs twice.
    """
    if identity is None or not clues.external:
        return None
    for message in known.by_external.get(clues.external, ()):
        same = message.identity_id == identity.id and message.content_blind == clues.content
        if same and message.direction is Direction.INBOUND:
            return message
    return None


def match(
    clues: Clues, known: Known, identity: Identity | None, *, is_forged: bool = False
) -> Match:
    """Return the ticket that a message belongs to.

    From a sender that is known to be forged (DMARC fail) only an id that we signed counts: nobody
    else knows it, and forwarding breaks DMARC for honest people too.
    """
    if clues.reported is not None and clues.reported in known.messages:
        ours = known.messages[clues.reported]
        return Match(Certainty.SURE, known.tickets.get(ours.ticket_id), "report", ours)
    best = NO_MATCH
    for evidence, ticket, about in _candidates(clues, known):
        if ticket is None:
            continue
        is_proof = evidence == "signed_id" or not is_forged
        if identity is not None and is_proof and _fits(identity, ticket, about):
            return Match(Certainty.SURE, ticket, evidence, about)
        # A guess from a thread id or a subject is worth a hint only with a sender that fits.
        if best is NO_MATCH and evidence != "thread_index":
            best = Match(Certainty.POSSIBLE, ticket, evidence, about)
    return best


def _candidates(clues: Clues, known: Known) -> Iterator[tuple[str, Ticket | None, Message | None]]:
    signed = (known.messages.get(message_id) for message_id in clues.signed)
    others = (m for external in clues.others for m in known.by_external.get(external, ()))
    thread = known.by_thread.get(clues.thread, ()) if clues.thread else ()
    for evidence, messages in (
        ("signed_id", signed),
        ("message_id", others),
        ("thread_index", thread),
    ):
        for about in filter(None, messages):
            yield evidence, known.tickets.get(about.ticket_id), about
    for reference in clues.references:
        yield "subject_reference", known.by_reference.get(reference), None


def _fits(identity: Identity, ticket: Ticket, about: Message | None) -> bool:
    """Tell whether the sender is part of the ticket: its requester, or who got that letter."""
    return identity.id == ticket.requester_id or (
        about is not None and about.identity_id == identity.id
    )


def _all(groups: Iterable[Iterable[T]]) -> set[T]:
    return {one for group in groups for one in group}
