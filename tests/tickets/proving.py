"""People who are asked who they are: by letter, by a code in a chat."""

from __future__ import annotations

import re
from uuid import uuid4

from tests.tickets.conftest import ADDRESS, mail
from tickets.directory import Account as Customer
from tickets.directory import DirectoryError
from tickets.ids import new_id
from tickets.models import Identity, Request, Ticket
from tickets.proof import Proof
from tickets.settings import Account
from tickets.types import Channel, RequestState

MAILBOX = Account("support", Channel.EMAIL, ADDRESS)
ALIGNED = "Authentication-Results: mx.desk.test; dmarc=pass header.from=person.test\r\n"
FAILED = "Authentication-Results: mx.desk.test; dmarc=fail header.from=person.test\r\n"


class Book:
    """A directory that knows some addresses."""

    def __init__(self, *known: str, broken: bool = False):
        self.known, self.broken = known, broken

    async def look_up(self, address):
        if self.broken:
            raise DirectoryError("down")
        return Customer("one") if address in self.known else None


async def opened(bench, body="Please delete my account.", **kwargs) -> tuple[Ticket, list[Request]]:
    """A ticket whose requests an agent has confirmed, its receipt sent."""
    await bench.take_in(mail(body=body, **kwargs))
    await bench.outbox.run_once()
    await Request.filter(state=RequestState.SUSPECTED).update(state=RequestState.RECEIVED)
    await Ticket.all().update(work=[])
    ticket = await Ticket.all().order_by("-id").first()
    return ticket, await Request.filter(ticket_id=ticket.id).order_by("id")


async def asked(bench, directory=None, **kwargs):
    """A ticket whose requester has our letter in hand."""
    ticket, requests = await opened(bench, **kwargs)
    await Proof(bench.desk, directory).ask_by_letter(ticket, requests)
    while await bench.outbox.run_once():
        pass
    return ticket, bench.post.sent[-1]


async def reply(bench, letter, first="CONFIRM", *, sender="ann@person.test", thread=True, **kwargs):
    headers = kwargs.pop("headers", "")
    if thread:
        headers += f"In-Reply-To: <{letter.external_id}>\r\n"
    quoted = "".join(f"> {line}\n" for line in letter.letter.text.splitlines())
    body = kwargs.pop("body", f"{first}\n\nOn Monday EJET wrote:\n{quoted}")
    subject = kwargs.pop("subject", f"Re: {letter.letter.subject}")
    await bench.take_in(mail(sender, subject, body, headers=headers, **kwargs))


async def states() -> list[RequestState]:
    return [one.state for one in await Request.all().order_by("id")]


async def chat(bench, directory=None) -> tuple[Proof, Ticket]:
    """A request that came through a chat, by somebody who claims ann's address."""
    ticket, _ = await opened(bench)
    chatter = await Identity.create(
        id=new_id(),
        channel=Channel.TELEGRAM,
        address_blind=uuid4().hex,
        address=b"",
        created_at=bench.clock[0],
    )
    await Ticket.filter(id=ticket.id).update(channel=Channel.TELEGRAM, requester_id=chatter.id)
    proof = Proof(bench.desk, directory)
    return proof, await Ticket.get(id=ticket.id)


async def coded(bench, directory=None) -> tuple[Proof, Ticket, str]:
    proof, ticket = await chat(bench, directory)
    await proof.ask_by_code(ticket, await Request.all(), "ann@person.test", MAILBOX)
    before = len(bench.post.sent)
    while await bench.outbox.run_once():
        pass
    sent = bench.post.sent[before:]
    code = re.search(r"^\d{6}$", sent[0].letter.text, re.MULTILINE)[0] if sent else ""
    return proof, await Ticket.get(id=ticket.id), code
