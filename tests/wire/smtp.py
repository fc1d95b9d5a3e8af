"""A real SMTP server on loopback (aiosmtpd) whose answers a test can choose."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from mail.sender import SmtpSender
from mail.settings import SmtpSettings
from tickets.types import Channel, Letter, Outbound, Sender

logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd's own


class Sink:
    """Takes letters; `answers` replaces the answer at a stage: EHLO, MAIL, RCPT, DATA.

    An answer is text, or a function of what came that returns text, waits, or cuts the line.
    """

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.letters: list[Envelope] = []
        self.connections = 0
        self.logins: list[tuple[str, bytes]] = []
        self.protocols: list[SMTP] = []
        self.dsn: list[str] = []  # options of the last MAIL (RFC 3461)

    @property
    def recipients(self) -> list[str]:
        return [address for letter in self.letters for address in letter.rcpt_tos]

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, name: str, responses: list[str]
    ) -> list[str]:
        session.host_name = name
        extra = self.answers.get("extensions", ())
        hidden = self.answers.get("hidden", ())
        kept = [r for r in responses if not any(word in r for word in hidden)]
        return [*kept[:-1], *(f"250-{word}" for word in extra), kept[-1]]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._answer("MAIL", server, address)
        if answer.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._answer("RCPT", server, address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await self._answer("DATA", server, envelope.rcpt_tos[0])
        if answer.startswith("2"):
            self.letters.append(envelope)
        return answer

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism, data):
        self.logins.append((data.login.decode(), data.password))
        return AuthResult(success=data.password == b"secret", handled=False)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        said = base64.b64decode(args[1])
        user, _, bearer = said.decode().rstrip("\x01").partition("\x01auth=Bearer ")
        self.logins.append((user.removeprefix("user="), bearer.encode()))
        return AuthResult(success=bearer == "good", handled=False)

    async def _answer(self, stage: str, server: SMTP, address: str) -> str:
        answer = self.answers.get(stage, "250 2.0.0 taken")
        if callable(answer):
            answer = answer(self, server, address)
        if asyncio.iscoroutine(answer):
            answer = await answer
        return str(answer)


def cut(sink: Sink, server: SMTP, address: str) -> str:
    """End the connection without an answer."""
    assert server.transport is not None
    server.transport.abort()
    return "250 nobody hears it"


def taken_and_cut(sink: Sink, server: SMTP, address: str) -> str:
    """Take the letter and end the connection before saying so."""
    sink.letters.append(server.envelope)
    return cut(sink, server, address)


class Quiet(SMTP):
    """aiosmtpd's protocol, content when a test cuts it short, and with RFC 3461's options."""

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802
        words = arg.split(" ")
        self.event_handler.dsn = [w for w in words if w.startswith(("RET=", "ENVID="))]
        await super().smtp_MAIL(" ".join(w for w in words if w not in self.event_handler.dsn))

    async def _handle_client(self) -> None:
        with contextlib.suppress(ConnectionError, ValueError, AttributeError):
            await super()._handle_client()


@contextlib.asynccontextmanager
async def serving(
    sink: Sink,
    *,
    tls: tuple[Path, Path] | None = None,
    is_tls_at_once: bool = False,
    with_login: bool = False,
    make: Callable[..., asyncio.BaseProtocol] | None = None,
):
    """Serve `sink` on loopback; yields the port."""
    context = None
    if tls is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*map(str, tls))

    def protocol() -> asyncio.BaseProtocol:
        sink.connections += 1
        made = Quiet(
            sink,
            hostname="sink.example.test",
            enable_SMTPUTF8=sink.answers.get("smtputf8", False),
            tls_context=None if is_tls_at_once else context,
            auth_require_tls=False,
            authenticator=sink.authenticate if with_login else None,
            auth_exclude_mechanism=["LOGIN"],
            loop=asyncio.get_running_loop(),
        )
        sink.protocols.append(made)
        return made

    server = await asyncio.get_running_loop().create_server(
        make or protocol, "127.0.0.1", 0, ssl=context if is_tls_at_once else None
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for one in sink.protocols:
            if one.transport is not None:
                one.transport.abort()
            handler = one._handler_coroutine
            if handler is not None:
                handler.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await handler


def settings(port: int, **more: object) -> SmtpSettings:
    given: dict[str, object] = {"host": "127.0.0.1", "port": port, "security": "none"}
    return SmtpSettings.model_validate(given | more)


ADDRESS = "support@example.test"
LETTER = Outbound(
    channel=Channel.EMAIL,
    account="support",
    recipient=Sender("ada@example.org", "Ada"),
    external_id="7k3f.1@example.test",
    letter=Letter("Re: Your request [EJ-7K3F-9Q]", "Hello\n", "<p>Hello</p>"),
    created_at=datetime(2026, 11, 1, 8, 0, tzinfo=UTC),
)


def to(*addresses: str) -> list[Outbound]:
    return [
        replace(LETTER, recipient=Sender(a), external_id=f"{n}@example.test")
        for n, a in enumerate(addresses)
    ]


async def outcomes(port, letters=(LETTER,), **more):
    """Send and return each letter's outcome as (kind, reason)."""
    found = {}

    async def report(index, outcome):
        assert index not in found
        found[index] = outcome

    await SmtpSender(settings(port, **more), ADDRESS)(letters, report)
    assert list(found) == list(range(len(letters)))
    return [
        (type(o).__name__.removesuffix("DeliveryError"), getattr(o, "reason", ""))
        for o in found.values()
    ]
