"""Who is asking: a letter with a token, a code in a chat, or what an agent saw.

A secret is made here, goes out in a letter and is kept as a keyed digest over itself, the request
and its right; so it proves that request and nothing else.  What proves an address need not prove an
account: where no directory says so, an agent matches them (`match_account`) before anything is
disclosed or deleted.  docs/proof.md tells the rules and what they are to stop.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from tickets.accounts import compare_accounts
from tickets.answers import new_code, new_token
from tickets.asking import Asked, keep
from tickets.audit import SYSTEM, new_event
from tickets.challenges import (
    CODE_LIFE,
    TOKEN_LIFE,
    TRIES,
    Heard,
    Outcome,
    count_try,
    matching,
    open_codes,
    prove,
    settle,
    spend,
)
from tickets.content import forget, identity_owner
from tickets.desk import Desk
from tickets.directory import Directory, DirectoryError, is_customer, may_prove
from tickets.draft import Also, Draft, StaleDraft, add_to
from tickets.errors import InvalidTransition, NotAllowed, Refusal
from tickets.ids import new_id
from tickets.matching import Blinder
from tickets.models import (
    Clock,
    Identity,
    Message,
    Method,
    Request,
    Ticket,
)
from tickets.outbox import CODE_LANE
from tickets.persons import link_by_code
from tickets.posting import Route, post, route_back
from tickets.proof_limits import check_limits
from tickets.requests import ARROWS
from tickets.scene import make_stale
from tickets.settings import Account
from tickets.targets import PAUSED, STATUS_EVENT
from tickets.transactions import unit_of_work
from tickets.types import Alignment, Channel, LetterOrder, RequestState, Right, Status
from vault.sealing import Place, unseal_text


class Seen(StrEnum):
    """How an agent knows who asks; a code, so that no evidence stays in the record."""

    ACCOUNT = "account"  # signed in, or answered from the account
    CALL_BACK = "call_back"  # called at the number on file
    DOCUMENTS = "documents"  # papers of a parent, an heir, a lawyer
    IN_PERSON = "in_person"


class Tried(StrEnum):
    """What became of a code that somebody typed."""

    PROVEN = "proven"
    WRONG = "wrong"
    OVER = "over"  # no try left, out of time, or nothing was asked


class Proof:
    """Asks for proof, and takes it."""

    def __init__(
        self, desk: Desk, directory: Directory | None = None, also: Also | None = None
    ) -> None:
        self._desk = desk
        self._directory = directory
        self._also = also
        self._blinder = Blinder(desk.vault)
        self._zone = ZoneInfo(desk.config.company.zone)

    def with_also(self, also: Also | None) -> Proof:
        """Return the same, which writes what `also` adds to each draft in its transaction."""
        return Proof(self._desk, self._directory, also)

    async def ask_by_letter(
        self, ticket: Ticket, requests: Sequence[Request], *, actor: str = SYSTEM
    ) -> UUID:
        """Ask the requester to answer a letter; return the letter's id.

        Raise `Refusal` where too many letters went that way, `NotAllowed` where the requester has
        no mail, `InvalidTransition` where a request cannot be asked for.
        """
        identity = await Identity.get(id=ticket.requester_id)
        draft = await self._draft(self._desk.now(), identity)
        letter_id = await self.add_letter(draft, ticket, requests, actor=actor)
        self._wait(draft, ticket, actor)
        await self._save(draft)
        return letter_id

    async def add_letter(
        self, draft: Draft, ticket: Ticket, requests: Sequence[Request], *, actor: str
    ) -> UUID:
        """Add to a draft what `ask_by_letter` writes but the ticket's status; raise as it does."""
        if ticket.channel is not Channel.EMAIL:
            raise NotAllowed("no_mail", reference=ticket.reference)
        _check(requests)
        now = draft.now
        identity = await Identity.get(id=ticket.requester_id)
        route = await route_back(draft, ticket, identity)
        asked = Asked(
            ticket,
            requests,
            Method.REPLY,
            identity.address_blind,
            identity.address_blind,
            ticket.alignment is Alignment.PASS,
            await is_customer(self._directory, route.address),
        )
        await check_limits(
            asked.claimant, asked.address, ticket.reference, now, is_aligned=asked.is_aligned
        )
        token = new_token()
        expires_at = now + TOKEN_LIFE
        facts = {"token": token, "expires_on": expires_at.astimezone(self._zone).date()}
        letter = self._letter(draft, asked, "identity_request", facts, route)
        draft.outbox[-1].expires_at = expires_at
        self._keep(draft, asked, token, letter.id, actor)
        return letter.id

    async def ask_by_code(
        self,
        ticket: Ticket,
        requests: Sequence[Request],
        address: str,
        account: Account,
        *,
        actor: str = SYSTEM,
    ) -> None:
        """Send a code to the address that somebody in a chat says is theirs.

        `account` is the mailbox, or the gateway for text messages, that it leaves by.

        It does and takes the same whether the directory knows the address or not; to an unknown one
        nothing is sent, and no code is right.
        """
        _check(requests)
        now = self._desk.now()
        claimant = await Identity.get(id=ticket.requester_id)
        by_sms = account.channel is Channel.SMS
        owner = await self._owner(account.channel, address, now)
        draft = await self._draft(now, claimant, owner)
        asked = Asked(
            ticket,
            requests,
            Method.SMS_CODE if by_sms else Method.MAIL_CODE,
            claimant.address_blind,
            owner.address_blind,
            is_aligned=False,
            is_customer=await is_customer(self._directory, address),
        )
        await check_limits(
            asked.claimant, asked.address, ticket.reference, now, is_aligned=asked.is_aligned
        )
        code = new_code()
        facts = {"code": code, "minutes": int(CODE_LIFE.total_seconds() // 60)}
        kind = "identity_sms" if by_sms else "identity_code"
        letter = self._letter(draft, asked, kind, facts, Route(owner.id, address))
        entry = draft.outbox[-1]
        letter.channel = entry.channel = account.channel
        entry.account, entry.lane = account.name, CODE_LANE
        entry.expires_at = now + CODE_LIFE
        if asked.is_customer is False:
            draft.messages, draft.outbox = [], []
            code = new_token()  # nobody knows it
        self._keep(draft, asked, code, letter.id, actor)
        self._wait(draft, ticket, actor)
        await self._save(draft)

    async def try_code(self, ticket: Ticket, code: str) -> Tried:
        """Take a code that the requester typed; each try counts before it is compared."""
        return await self._try_code(ticket, code)

    async def record(
        self,
        ticket: Ticket,
        requests: Sequence[Request],
        *,
        how: Seen,
        actor: str,
        evidence: Sequence[UUID] = (),
    ) -> None:
        """Take an agent's word that the requester is who they say; delete what showed it.

        `evidence` names messages whose content and files go for good with this decision: what they
        proved stays as a code, who saw it as an event.
        """
        identity = await Identity.get(id=ticket.requester_id)
        draft = await self._draft(self._desk.now(), identity)
        self.add_record(draft, ticket, requests, how=how, actor=actor, evidence=evidence)
        await self._save(draft)

    def add_record(  # noqa: PLR0913  - as `record`
        self,
        draft: Draft,
        ticket: Ticket,
        requests: Sequence[Request],
        *,
        how: Seen,
        actor: str,
        evidence: Sequence[UUID] = (),
    ) -> None:
        """Add to a draft what `record` writes."""
        for request in requests:
            if RequestState.PROVEN not in ARROWS[request.state]:
                raise InvalidTransition(f"{request.state}_to_proven", reference=ticket.reference)
            prove(
                draft,
                request,
                RequestState.PROVEN,
                received_at=draft.now,
                config=self._desk.config,
                actor=actor,
            )
        draft.later.append(partial(forget, ticket.id, list(evidence)))
        payload = {"how": how.value, "evidence_deleted": len(evidence)}
        self._event(draft, "proof_recorded", ticket, actor, payload)

    async def are_one(self, identity_id: UUID, other_id: UUID) -> bool:
        """Tell whether the directory knows two requesters as one customer."""
        people = await Identity.filter(id__in=(identity_id, other_id))
        if self._directory is None or {one.channel for one in people} != {Channel.EMAIL}:
            return False
        draft = await self._draft(self._desk.now(), *people)
        first, second = (
            unseal_text(draft.key(p.id), Place("identity", p.id, "address"), p.address)
            for p in people
        )
        try:
            return await may_prove(self._directory, first, second)
        except DirectoryError:
            return False

    async def compare_accounts(self) -> int:
        """Ask the directory about addresses whose owners were asked for proof; return how many."""
        if self._directory is None:
            return 0
        return await compare_accounts(self._desk, self._directory)

    # Rows

    async def _draft(self, now: datetime, *identities: Identity) -> Draft:
        draft = Draft(now)
        owners = [identity_owner(identity.id) for identity in identities]
        draft.keys = await self._desk.vault.create_keys(owners)
        return draft

    async def _owner(self, channel: Channel, address: str, now: datetime) -> Identity:
        """Return the identity of an address or a number, made where there is none."""
        spelled = re.sub(r"[^\d+]", "", address) if channel is Channel.SMS else address
        blind = self._blinder.address(spelled)
        known = await Identity.get_or_none(channel=channel, address_blind=blind)
        if known is not None:
            return known
        identity = Identity(
            id=new_id(), channel=channel, address_blind=blind, address=b"", created_at=now
        )
        draft = await self._draft(now, identity)
        place = Place("identity", identity.id, "address")
        identity.address = draft.seal(identity.id, place, address)
        await identity.save(force_create=True)
        return identity

    def _letter(
        self, draft: Draft, asked: Asked, kind: str, facts: dict[str, object], route: Route
    ) -> Message:
        order = LetterOrder(kind, is_automatic=True)
        regimes = dict.fromkeys(code for one in asked.requests for code in one.regimes)
        letter = self._desk.letters.write(
            order,
            reference=asked.ticket.reference,
            language=asked.ticket.language,
            received_at=asked.ticket.received_at,
            rights=[Right(one.right) for one in asked.requests],
            regimes=tuple(regimes),
            facts=facts,
        )
        account = self._desk.config.account(asked.ticket.account)
        return post(draft, self._blinder, account, asked.ticket, letter, order, route)

    def _keep(self, draft: Draft, asked: Asked, secret: str, letter_id: UUID, actor: str) -> None:
        keep(draft, self._blinder, self._desk.config, asked, secret, letter_id, actor)

    def _wait(self, draft: Draft, ticket: Ticket, actor: str) -> None:
        """Note that our last word asks for theirs."""
        draft.touch(ticket)
        if ticket.status is not Status.WAITING:
            ticket.status = Status.WAITING
            self._event(draft, f"{STATUS_EVENT}{ticket.status}", ticket, actor, {})
            rows = Clock.filter(ticket_id=ticket.id, kind__in=list(PAUSED), met_at=None)
            draft.later.append(partial(make_stale, rows))

    def _event(
        self, draft: Draft, kind: str, ticket: Ticket, actor: str, payload: Mapping[str, object]
    ) -> None:
        key = draft.keys[identity_owner(ticket.requester_id)]
        draft.events.append(
            new_event(kind, draft.now, key=key, ticket_id=ticket.id, actor=actor, payload=payload)
        )

    async def _save(self, draft: Draft) -> None:
        await add_to(draft, self._also)
        try:
            await draft.save()
        except StaleDraft as exc:
            raise InvalidTransition("changed_meanwhile") from exc

    # Codes

    @unit_of_work
    async def _try_code(self, ticket: Ticket, code: str) -> Tried:
        for _ in range(TRIES + 3):  # each turn lost is a try of somebody else, and those are few
            draft = await self._draft_try(ticket, code)
            await add_to(draft, self._also)
            try:
                await draft.save()
            except StaleDraft:
                continue
            return Tried(draft.outcome)
        raise InvalidTransition("changed_meanwhile", reference=ticket.reference)

    async def _draft_try(self, seen: Ticket, code: str) -> Draft:
        """Draft what one try comes to; it holds only if it is the next try to be counted."""
        now = self._desk.now()
        ticket = await Ticket.get(id=seen.id)
        claimant = await Identity.get(id=seen.requester_id)
        draft = await self._draft(now, claimant)
        draft.outcome = Tried.OVER
        timely = await open_codes(ticket.id, claimant.address_blind, now)
        if not timely:
            return draft
        draft.guards.append(partial(count_try, timely))
        opened = matching(timely, code, self._blinder)
        if opened:
            draft.outcome = Tried.PROVEN
            draft.later.append(partial(link_by_code, claimant.id, opened, now))
            draft.touch(ticket)
            settle(draft, ticket, Heard(Outcome.PROVEN, opened), now, self._desk.config)
            self._event(draft, "proof_given", ticket, SYSTEM, {"method": opened[0].method.value})
            return draft
        draft.later.append(partial(spend, [one.id for one in timely], now))
        if all(one.tries + 1 < TRIES for one in timely):
            draft.outcome = Tried.WRONG
        return draft


def _check(requests: Sequence[Request]) -> None:
    if not requests:
        raise Refusal("nothing_to_prove")
    for request in requests:
        asked_again = request.state is RequestState.PROOF_ASKED
        if not asked_again and RequestState.PROOF_ASKED not in ARROWS[request.state]:
            raise InvalidTransition(f"{request.state}_to_proof_asked")
