"""The mail of the world outside: one SMTP door to everybody, one IMAP mailbox for the helpdesk.

Mail to the support address is delivered to the mailbox that the service watches, as the company's
own mail exchanger would do it; mail to any other address goes to that person's inbox on disk.  It
runs inside the caller's event loop and never leaves loopback.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import ipaddress
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.exchange import MX, Verdict, traced, verdict_of
from sandbox.folders import Account
from sandbox.imap import ImapServer
from sandbox.inbox import Inbox, SandboxMail, sweep_inboxes
from sandbox.maildir import replace_file
from sandbox.world import World

logger = logging.getLogger(__name__)

SUPPORT = "ejetglobal@ejet.com"
FOLDERS = ("INBOX", "Junk", "Processed")
IMAP_PORT = 1143
SMTP_PORT = 1025
_SIZE_LIMIT = 64 << 20  # bytes


def _utc_now() -> datetime:
    return datetime.now(UTC)


class WorldInUseError(Exception):
    """Another process keeps its mail in this directory."""


class _Door(SMTP):
    """aiosmtpd's protocol, patient with the long lines of broken mail."""

    line_length_limit = 1 << 20


class MailWorld:
    """The support mailbox, the inboxes of everybody else, and the two ports to them.

    Attributes: `host`, `imap_port`, `smtp_port`, `address` (the mailbox), `username`, `password`,
    `directory`, `notes` (sentences for the person who started it).
    """

    def __init__(self, directory: Path, address: str, host: str) -> None:
        self.directory = directory
        self.address = address
        self.host = host
        self.imap_port = 0
        self.smtp_port = 0
        self.username = address
        self.password = _password(directory / "password")
        self.notes: list[str] = []
        self.now = _utc_now
        self.account = Account(directory / "support", FOLDERS)
        sweep_inboxes(directory)
        self._imap = ImapServer(self.account, self.username, self.password)
        self._doors: WeakSet[_Door] = WeakSet()

    @classmethod
    @asynccontextmanager
    async def open(  # noqa: PLR0913
        cls,
        directory: Path,
        *,
        address: str = SUPPORT,
        host: str = "127.0.0.1",
        imap_port: int = IMAP_PORT,
        smtp_port: int = SMTP_PORT,
        now: Callable[[], datetime] = _utc_now,
    ) -> AsyncIterator[MailWorld]:
        """Open the world kept in `directory`; mail is accepted as soon as this is entered.

        The ports are wishes: where one is taken, another is used and `notes` says so; 0 means any.
        """
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"the sandbox stays on loopback and does not listen on {host}")
        with _sole_use(directory):
            world = cls(directory, address, host)
            world.now = now
            async with AsyncExitStack() as stack:
                stack.push_async_callback(world._hang_up)
                imap = await asyncio.start_server(
                    world._imap.serve, sock=world._listen("IMAP", imap_port)
                )
                stack.callback(imap.close)
                smtp = await asyncio.get_running_loop().create_server(
                    world._door, sock=world._listen("SMTP", smtp_port)
                )
                stack.callback(smtp.close)
                world.imap_port = imap.sockets[0].getsockname()[1]
                world.smtp_port = smtp.sockets[0].getsockname()[1]
                yield world

    def _listen(self, name: str, port: int) -> socket.socket:
        # Named as TCP, the connections get TCP_NODELAY from asyncio: 0.3 ms an answer, not 45.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, port))
        except OSError as exc:
            if exc.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise
            listener.bind((self.host, 0))
            other = listener.getsockname()[1]
            self.notes.append(f"Port {port} is taken; {name} listens on {other} instead.")
        return listener

    def _door(self) -> _Door:
        door = _Door(
            self,
            hostname=MX,
            ident="EJET Helpdesk sandbox",
            data_size_limit=_SIZE_LIMIT,
            enable_SMTPUTF8=True,
            loop=asyncio.get_running_loop(),
        )
        self._doors.add(door)
        return door

    async def _hang_up(self) -> None:
        await self._imap.hang_up()
        for door in list(self._doors):
            if isinstance(door.transport, asyncio.Transport):
                door.transport.abort()
        await asyncio.sleep(0)  # the transports tell their protocols in the loop's next turn

    async def handle_RCPT(  # noqa: N802 (aiosmtpd finds it by this name)
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: Sequence[str],
    ) -> str:
        """Accept every address but those of `.invalid`, which never exists (RFC 6761 6.4)."""
        if address.lower().endswith(".invalid"):
            return "550 5.1.2 There is no such domain"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,
        envelope: Envelope,
    ) -> str:
        """Deliver, and say 250 only when the mail would survive a power cut."""
        greeting = session.host_name or "localhost"
        raw = envelope.content
        await self.deliver(
            raw if isinstance(raw, bytes) else (raw or "").encode(),
            sender=(envelope.mail_from or "").strip("<>"),  # aiosmtpd says "<>" for nobody
            recipients=envelope.rcpt_tos,
            greeting=greeting,
            verdict=verdict_of(greeting),
        )
        return "250 2.0.0 Delivered"

    async def handle_exception(self, error: Exception) -> str:
        """Ask the client to come again: our trouble is no reason to give a mail up."""
        logger.warning("a delivery failed: %s", type(error).__name__)
        return "451 4.3.0 Could not be delivered, try again"

    async def deliver(
        self,
        raw: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        greeting: str = "localhost",
        verdict: Verdict | None = None,
    ) -> None:
        """Deliver a mail to each recipient; when this returns, all of it is safe on disk."""
        for recipient in recipients:
            now = self.now()
            mail = traced(
                raw,
                sender=sender,
                recipient=recipient,
                greeting=greeting,
                verdict=verdict,
                now=now,
            )
            if self._is_support(recipient):
                await self.account.inbox.store(mail, now)
            else:
                await asyncio.to_thread(Inbox(self.directory, recipient).deliver, mail)

    def whereabouts(self, data: Path, **places: str) -> World:
        """Tell where this world can be reached, for `world.announced`; `places` are more URLs."""
        return World(
            data=data,
            pid=os.getpid(),
            host=self.host,
            smtp_port=self.smtp_port,
            imap_port=self.imap_port,
            address=self.address,
            places=places,
        )

    def inbox(self, address: str) -> list[SandboxMail]:
        """Read what came for a person outside, oldest first."""
        return list(Inbox(self.directory, address).mails())

    def _is_support(self, recipient: str) -> bool:
        local, _, domain = recipient.lower().rpartition("@")
        return f"{local.partition('+')[0]}@{domain}" == self.address.lower()


def _password(path: Path) -> str:
    if not path.exists():
        replace_file(path, secrets.token_urlsafe(18).encode())
        path.chmod(0o600)
    return path.read_text().strip()


@contextmanager
def _sole_use(directory: Path) -> Iterator[None]:
    """Hold the directory for this process; the lock ends with the process, however it ends."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise WorldInUseError(f"another process runs the sandbox in {directory}") from exc
        yield
