"""What an open challenge accepts, and the rows that follow when it is answered.

The intake asks `hear` about every reply, `tickets.proof` about every code.  Nothing is sent here.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final
from uuid import UUID

from regimes.events import EventType
from tickets.answers import Answer, find_tokens, normalise, read_answer
from tickets.draft import Draft, StaleDraft
from tickets.matching import Blinder, Clues
from tickets.models import (
    Challenge,
    ChallengeState,
    Clock,
    ClockFamily,
    Method,
    OutboxEntry,
    Request,
    RequestEvent,
    Ticket,
)
from tickets.requests import ARROWS
from tickets.settings import DeskConfig
from tickets.statute import compute, law_event
from tickets.transactions import transaction, unit_of_work
from tickets.types import Alignment, Inbound, RequestState

TOKEN_LIFE: Final = timedelta(days=7)
CODE_LIFE: Final = timedelta(minutes=30)
TRIES: Final = 3

WAITING: Final = (ChallengeState.OPEN, ChallengeState.EXPIRED)
"""States in which an answer is still listened to."""

OVERDUE: Final = "proof_overdue"
"""Work: nobody answered our letter; an agent asks again or lets the request lapse."""

MATCH_ACCOUNT: Final = "match_account"
"""Work: an address is proven; an agent compares whose account it is."""

MISMATCH: Final = "directory_mismatch"
"""Work: the directory knows no account of the address that is proven."""

_CLOCK_FIELDS: Final = ("due_on", "due_at", "next_at", "breached_at", "rules")


class Outcome(StrEnum):
    """What an answer to a challenge is worth; every other is a code of work."""

    PROVEN = "proven"
    DENIED = "proof_denied"  # the owner of the address says: not me
    UNCLEAR = "check_proof"  # the token is there, but no agreed word
    UNALIGNED = "proof_from_failed_dmarc"
    LATE = "proof_late"


SETTLED: Final = frozenset((Outcome.PROVEN, Outcome.DENIED))
"""Outcomes that need no agent to be believed."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a reply says about the challenges whose secret it carries."""

    outcome: Outcome
    challenges: tuple[Challenge, ...]


def secret_blind(blinder: Blinder, secret: str, request_id: UUID, right: str) -> str:
    """Return the digest under which a secret is kept: bound to one request and its right."""
    return blinder.blind("challenge", f"{normalise(secret)}\0{request_id.hex}\0{right}")


async def open_challenges(
    requests: Mapping[UUID, Sequence[Request]],
) -> dict[UUID, list[Challenge]]:
    """Return the open challenges of tickets, each bound to its request as it is handed in."""
    by_id = {request.id: request for rows in requests.values() for request in rows}
    found: dict[UUID, list[Challenge]] = {}
    if by_id:
        rows = Challenge.filter(request_id__in=list(by_id), state__in=WAITING)
        async for row in rows.order_by("id"):
            row.request = by_id[row.request_id]
            found.setdefault(row.request.ticket_id, []).append(row)
    return found


async def open_codes(ticket_id: UUID, claimant_blind: str, now: datetime) -> list[Challenge]:
    """Return the codes of a ticket that a claimant may still try: in time, with a try left."""
    found = await open_challenges({ticket_id: await Request.filter(ticket_id=ticket_id)})
    return [
        one
        for one in found.get(ticket_id, ())
        if one.method in {Method.MAIL_CODE, Method.SMS_CODE}
        and one.state is ChallengeState.OPEN
        and one.tries < TRIES
        and one.claimant_blind == claimant_blind
        and now < await sent_at(one) + CODE_LIFE
    ]


def hear(  # noqa: PLR0913, PLR0917  - a reply and all that it is judged by
    challenges: Sequence[Challenge],
    inbound: Inbound,
    clues: Clues,
    alignment: Alignment,
    now: datetime,
    blinder: Blinder,
) -> Heard | None:
    """Return what a person's reply proves, or None where it answers no letter of proof.

    The secret is our signed Message-ID in the chain of replies, or the token in subject or body:
    128 bits that only who read the letter can send back.  The sender must be the address that the
    letter went to, whatever is quoted.
    """
    letters = [
        c for c in challenges if c.method is Method.REPLY and c.address_blind == clues.sender
    ]
    if not letters:
        return None
    tokens = find_tokens(f"{inbound.subject}\n{inbound.text}\n{inbound.quoted}")
    carried = tuple(c for c in letters if c.letter_id in clues.signed or _holds(c, tokens, blinder))
    if not carried:
        return None
    answer = read_answer(inbound.newest or inbound.text)
    if answer is Answer.DENIED:
        return Heard(Outcome.DENIED, carried)
    if answer is Answer.UNCLEAR:
        return Heard(Outcome.UNCLEAR, carried)
    if alignment is Alignment.FAIL:
        return Heard(Outcome.UNALIGNED, carried)
    timely = tuple(c for c in carried if now < c.created_at + TOKEN_LIFE)
    return Heard(Outcome.PROVEN, timely) if timely else Heard(Outcome.LATE, carried)


def _holds(challenge: Challenge, secrets: Iterable[str], blinder: Blinder) -> bool:
    """Compare in constant time; every secret is looked at."""
    request = challenge.request
    found = [
        hmac.compare_digest(
            challenge.secret_blind, secret_blind(blinder, secret, request.id, request.right)
        )
        for secret in secrets
    ]
    return any(found)


def matching(
    challenges: Sequence[Challenge], secret: str, blinder: Blinder
) -> tuple[Challenge, ...]:
    """Return the challenges that a secret opens; all are compared, in constant time."""
    return tuple([c for c in challenges if _holds(c, (secret,), blinder)])


def settle(
    draft: Draft, ticket: Ticket, heard: Heard, received_at: datetime, config: DeskConfig
) -> list[Request]:
    """Add to a draft what follows from an answer; return the requests that it proved.

    A guarded update at the head of the transaction makes each secret count once.
    """
    work: list[str] = []
    proven: list[Request] = []
    if heard.outcome in SETTLED:
        is_proof = heard.outcome is Outcome.PROVEN
        after = RequestState.PROVEN if is_proof else RequestState.NOT_PROVEN
        state = ChallengeState.PROVEN if is_proof else ChallengeState.DENIED
        draft.guards.append(partial(_close, [c.id for c in heard.challenges], state, draft.now))
        for challenge in heard.challenges:
            request = challenge.request
            if after in ARROWS[request.state]:
                prove(draft, request, after, received_at=received_at, config=config)
                proven += [request] if is_proof else []
        work += _further_work(heard.challenges) if proven else []
    if heard.outcome is not Outcome.PROVEN:
        work.append(heard.outcome.value)
    ticket.work = [*dict.fromkeys([*ticket.work, *work])]
    return proven


def prove(  # noqa: PLR0913  - what moves, how, and by whose word
    draft: Draft,
    request: Request,
    after: RequestState,
    *,
    received_at: datetime,
    config: DeskConfig,
    actor: str = "system",
) -> None:
    """Move a request to proven or not proven, with the events that the law counts by."""
    changes: dict[str, object] = {}
    if after is RequestState.PROVEN:
        request.proven_at = draft.now
        changes["proven_at"] = draft.now
        draft.law_events += [
            law_event(request.id, kind, at, entered_at=draft.now, actor=actor)
            for kind, at in (
                (EventType.IDENTITY_RECEIVED, received_at),
                (EventType.IDENTITY_VERIFIED, draft.now),
            )
        ]
        draft.later.append(partial(recompute, request.id, config))
    draft.move(request, after, **changes)


def _further_work(challenges: Sequence[Challenge]) -> list[str]:
    """Return what an agent has still to see to: an address is proven, an account perhaps not."""
    says = {challenge.is_customer for challenge in challenges}
    if says == {True}:
        return []
    return [MISMATCH] if says == {False} else [MATCH_ACCOUNT]


async def note_customer(challenge_id: UUID, *, is_known: bool) -> None:
    """Keep what the directory says of an address, once."""
    if not await Challenge.filter(id=challenge_id, is_customer=None).update(is_customer=is_known):
        raise StaleDraft("the directory was asked twice at once")


async def count_try(challenges: Sequence[Challenge]) -> None:
    """Count a try of a code, or raise `StaleDraft` where another was counted since we looked.

    So no two tries share a number, and what a try found is told only once it has been counted.
    """
    for one in challenges:
        rows = Challenge.filter(id=one.id, state=ChallengeState.OPEN, tries=one.tries)
        if not await rows.update(tries=one.tries + 1):
            raise StaleDraft("another try was counted in the meantime")


async def spend(ids: Sequence[UUID], now: datetime) -> None:
    """Close the codes that have no try left."""
    rows = Challenge.filter(id__in=list(ids), state=ChallengeState.OPEN, tries__gte=TRIES)
    await rows.update(state=ChallengeState.SPENT, closed_at=now)


async def _close(ids: Sequence[UUID], state: ChallengeState, now: datetime) -> None:
    """Use up secrets; raise `StaleDraft` where one was used in the meantime."""
    rows = Challenge.filter(id__in=list(ids), state__in=WAITING)
    if await rows.update(state=state, closed_at=now) != len(ids):
        raise StaleDraft("a proof was given twice at once")


async def recompute(request_id: UUID, config: DeskConfig) -> None:
    """Derive a request's statutory clocks anew from its events: where the law counts from proof."""
    request = await Request.get(id=request_id)
    events = await RequestEvent.filter(request_id=request_id).order_by("at", "id")
    clocks = await Clock.filter(request_id=request_id, family=ClockFamily.STATUTE)
    for clock in compute(clocks, request, events, config):
        await clock.save(update_fields=_CLOCK_FIELDS)


async def sent_at(challenge: Challenge) -> datetime:
    """Return when the code left us; until that is known, when it was made."""
    entry = await OutboxEntry.filter(message_id=challenge.letter_id).first()
    return (entry.sent_at if entry else None) or challenge.created_at


async def retire(request_ids: Sequence[UUID], now: datetime) -> None:
    """Close earlier challenges of requests that are asked for anew."""
    rows = Challenge.filter(request_id__in=list(request_ids), state__in=WAITING)
    await rows.update(state=ChallengeState.REPLACED, closed_at=now)


@unit_of_work
async def expire(now: datetime) -> int:
    """Close what ran out of time and tell agents whom nobody answered; return how many rows."""
    late = Challenge.filter(state=ChallengeState.OPEN)
    letters = late.filter(method=Method.REPLY, created_at__lte=now - TOKEN_LIFE)
    # A code counts from its sending, which is later: an hour is past all doubt.
    codes = late.exclude(method=Method.REPLY).filter(created_at__lte=now - 2 * CODE_LIFE)
    async with transaction():
        closed = await codes.update(state=ChallengeState.EXPIRED, closed_at=now)
        rows = await letters.select_related("request")
        if rows:
            ids = [row.id for row in rows]
            closed += await late.filter(id__in=ids).update(
                state=ChallengeState.EXPIRED, closed_at=now
            )
            for ticket in await Ticket.filter(id__in={row.request.ticket_id for row in rows}):
                ticket.work = [*dict.fromkeys([*ticket.work, OVERDUE])]
                await ticket.save(update_fields=["work"])
    return closed
