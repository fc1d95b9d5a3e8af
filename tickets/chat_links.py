"""Links in mails that lead into the chat, on the ticket that the mail is about.

    https://t.me/<bot>?start=k<token>

A link names its ticket and proves nothing: mails are forwarded, and machines follow what stands in
them.  So a code goes to the ticket's own address, and only who types it in the chat is taken for
the same person.  A link is good for a month, for one account and for three codes.  What follows
from it is a link between two identities (`tickets.persons`), which an agent can take back; no
request is proven by it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from tickets.answers import new_code
from tickets.audit import new_event
from tickets.challenges import CODE_LIFE, TRIES
from tickets.content import identity_owner
from tickets.desk import Desk
from tickets.draft import Also, Draft, StaleDraft, add_to
from tickets.errors import InvalidTransition, Refusal
from tickets.ids import new_id
from tickets.matching import Blinder
from tickets.models import ChatLink, Identity, Method, PersonLink, Request, Ticket
from tickets.outbox import CODE_LANE
from tickets.persons import proven_by
from tickets.posting import post, route_back
from tickets.proof import Tried
from tickets.settings import DeskConfig
from tickets.types import Channel, LetterOrder, Right, Status

CARRIED: Final = "k"
"""How the payload of such a link begins."""

BLOCK: Final = "chat_link"
"""The block of a letter that shows the link."""

LINK_LIFE: Final = timedelta(days=30)
CODES: Final = 3
"""Codes that are sent for one link."""


def bot_of(config: DeskConfig) -> str:
    """Return the user name of the bot that links lead to, "" where there is none."""
    return next((one.username for one in config.accounts if one.username), "")


def add_link(draft: Draft, blinder: Blinder, ticket: UUID, bot: str) -> str:
    """Add a new link for a ticket to a draft, and return its address."""
    token = secrets.token_urlsafe(16)
    row = ChatLink(
        id=new_id(),
        token_blind=_token(blinder, token),
        ticket_id=ticket,
        created_at=draft.now,
        expires_at=draft.now + LINK_LIFE,
    )
    draft.later.append(partial(row.save, force_create=True))
    return f"https://t.me/{bot}?start={CARRIED}{token}"


async def forget_links(now: datetime) -> int:
    """Delete links that are over; return how many."""
    over = ChatLink.filter(expires_at__lte=now)
    return await over.delete() if await over.exists() else 0


class ChatLinks:
    """Following links: asking for a code, and taking it."""

    def __init__(self, desk: Desk, also: Also | None = None) -> None:
        self._desk = desk
        self._also = also
        self._blinder = Blinder(desk.vault)

    def with_also(self, also: Also | None) -> ChatLinks:
        """Return the same, which writes what `also` adds to each draft in its transaction."""
        return ChatLinks(self._desk, also)

    async def find(self, payload: str, person_blind: str) -> ChatLink | None:
        """Return the link of a payload; None where it is none, too old, or another account's."""
        if not payload.startswith(CARRIED):
            return None
        blind = _token(self._blinder, payload.removeprefix(CARRIED))
        link = await ChatLink.get_or_none(token_blind=blind)
        if link is None or link.expires_at <= self._desk.now():
            return None
        return link if link.person_blind in {"", person_blind} else None

    async def leads_in(self, link: ChatLink, me: UUID) -> Ticket | None:
        """Return the link's ticket where this person has already proven its address."""
        ticket = await _ticket(link)
        return ticket if ticket.requester_id in await proven_by(me) else None

    async def ask(self, link: ChatLink, person_blind: str) -> None:
        """Send a code to the ticket's address; the link is this account's from now on.

        Raise `Refusal` where three codes have gone out, or somebody else was faster.
        """
        ticket, now = await _ticket(link), self._desk.now()
        if link.codes >= CODES:
            raise Refusal("too_many_proofs", reference=ticket.reference)
        draft, code = await self._draft(ticket), new_code()
        letter_id = await self._write(draft, ticket, code)
        asked = {
            "person_blind": person_blind,
            "code_blind": _code(self._blinder, link, code),
            "codes": link.codes + 1,
            "tries": 0,
            "asked_at": now,
        }
        known = {"codes": link.codes, "person_blind": link.person_blind}
        draft.guards.append(partial(_move, link, known, asked))
        payload = {"letter": letter_id.hex}
        self._event(draft, ticket, "chat_link_followed", payload)
        await self._save(draft)

    async def try_code(self, link: ChatLink, code: str, me: UUID) -> Tried:
        """Take a code that was typed; each try counts before it is compared."""
        ticket, now = await _ticket(link), self._desk.now()
        draft = await self._draft(ticket)
        draft.outcome = Tried.OVER
        is_timely = link.asked_at is not None and now < link.asked_at + CODE_LIFE
        if link.code_blind and is_timely and link.tries < TRIES:
            fits = hmac.compare_digest(link.code_blind, _code(self._blinder, link, code))
            changes: dict[str, object] = {"tries": link.tries + 1}
            if fits:
                draft.outcome = Tried.PROVEN
                changes |= {"code_blind": "", "proven_at": now}
                draft.later.append(partial(_link, link, ticket.requester_id, me, now))
                self._event(draft, ticket, "chat_linked", {"method": Method.MAIL_CODE.value})
            elif link.tries + 1 < TRIES:
                draft.outcome = Tried.WRONG
            known = {"tries": link.tries, "code_blind": link.code_blind}
            draft.guards.append(partial(_move, link, known, changes))
        await self._save(draft)
        return Tried(draft.outcome)

    # Rows

    async def _draft(self, ticket: Ticket) -> Draft:
        draft = Draft(self._desk.now())
        draft.keys = await self._desk.vault.create_keys([identity_owner(ticket.requester_id)])
        return draft

    async def _write(self, draft: Draft, ticket: Ticket, code: str) -> UUID:
        """Add the letter with the code to a draft; return its id."""
        requests = await Request.filter(ticket_id=ticket.id).order_by("id")
        order = LetterOrder("identity_code", is_automatic=True)
        letter = self._desk.letters.write(
            order,
            reference=ticket.reference,
            language=ticket.language,
            received_at=ticket.received_at,
            rights=[Right(one.right) for one in requests],
            regimes=tuple(dict.fromkeys(code for one in requests for code in one.regimes)),
            facts={"code": code, "minutes": int(CODE_LIFE.total_seconds() // 60)},
        )
        requester = await Identity.get(id=ticket.requester_id)
        route = await route_back(draft, ticket, requester)
        account = self._desk.config.account(ticket.account)
        message = post(draft, self._blinder, account, ticket, letter, order, route)
        draft.outbox[-1].lane = CODE_LANE
        draft.outbox[-1].expires_at = draft.now + CODE_LIFE
        return message.id

    def _event(
        self, draft: Draft, ticket: Ticket, kind: str, payload: Mapping[str, object]
    ) -> None:
        key = draft.key(ticket.requester_id)
        draft.events.append(
            new_event(kind, draft.now, key=key, ticket_id=ticket.id, payload=payload)
        )

    async def _save(self, draft: Draft) -> None:
        await add_to(draft, self._also)
        try:
            await draft.save()
        except StaleDraft as exc:
            raise InvalidTransition("changed_meanwhile") from exc


async def _ticket(link: ChatLink) -> Ticket:
    """Return the ticket that a link leads to, also where it was merged into another."""
    ticket = await Ticket.get(id=link.ticket_id)
    while ticket.merged_into_id is not None:
        ticket = await Ticket.get(id=ticket.merged_into_id)
    if ticket.status is Status.ERASED or ticket.channel is not Channel.EMAIL:
        raise Refusal("erased", reference=ticket.reference)
    return ticket


async def _move(link: ChatLink, known: Mapping[str, object], changes: Mapping[str, object]) -> None:
    if not await ChatLink.filter(id=link.id, **known).update(**changes):
        raise StaleDraft("the link was used in the meantime")


async def _link(link: ChatLink, owner: UUID, me: UUID, now: datetime) -> None:
    await PersonLink.create(
        id=new_id(),
        identity_id=me,
        other_id=owner,
        evidence=Method.MAIL_CODE,
        evidence_id=link.id,
        created_at=now,
    )


def _token(blinder: Blinder, token: str) -> str:
    return blinder.blind("chat-link", token)


def _code(blinder: Blinder, link: ChatLink, code: str) -> str:
    return blinder.blind("chat-link-code", f"{link.id.hex}\0{code}")
