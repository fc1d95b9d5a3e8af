"""aioimaplib as we need it: read in a loop, heard and ended by us.

The only module that imports it.  What it cannot do is worked around here and in `mail.imap`, each
time with the reason beside it.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Any

import aioimaplib

from mail.settings import MailboxSettings, tls_context

# Its DEBUG lines carry whole mails and its INFO lines what servers say; no level of ours may
# bring them into a log.
logging.getLogger("aioimaplib").setLevel(logging.WARNING)

_LITERAL = re.compile(rb"\{(\d+)\}$")


class Protocol(aioimaplib.IMAP4ClientProtocol):
    """aioimaplib's protocol, reading in a loop and telling us what happens to it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        heard: Callable[[], None],
        lost: Callable[[str], None],
    ) -> None:
        super().__init__(loop, lambda exc: lost(type(exc).__name__ if exc else "closed"))
        self._heard = heard
        self._lost = lost

    def data_received(self, d: bytes) -> None:
        """Read lines and literals in a loop.

        Upstream recurses once per line and dies of about 1,000 lines in one read (issue #118),
        and formats every chunk for its log, whatever the level.
        """
        self._heard()
        data = self.incomplete_line + d if self.incomplete_line else d
        command: Any = self.current_command
        at = 0
        while at < len(data):
            if command is not None and command.wait_literal_data():
                at = len(data) - len(command.append_literal_data(data[at:]))
                continue
            end = data.find(b"\r\n", at)
            if end < 0:
                break
            line = data[at:end]
            at = end + 2
            command = self._handle_line(line, command)
            literal = _LITERAL.search(line)
            if literal is not None:
                if command is None:
                    command = aioimaplib.Command("NIL", "unused")
                command.begin_literal_data(int(literal[1]))
            elif command is not None and not _waits(command):
                command = None
        self.incomplete_line = data[at:]
        self.current_command = command
        if self.pending_sync_command is not None:
            self.pending_sync_command.flush()

    async def welcome(self, command: bytes) -> None:
        """Take the greeting; `* BYE` ends the wait instead of running into its timeout.

        Upstream raises in a task that nobody awaits.
        """
        if command[:5].upper() == b"* BYE":
            self._lost("BYE")
            return
        try:
            await super().welcome(command)
        except (aioimaplib.AioImapException, LookupError):
            self._lost("greeting")

    def _continuation(self, line: bytes) -> None:
        """Answer the challenge that carries an XOAUTH2 error, so that the NO can follow.

        Upstream waits for the NO, the server for an empty line.
        """
        super()._continuation(line)
        command = self.pending_sync_command
        if command is not None and command.name == "AUTHENTICATE":
            self.send("")

    @property
    def is_logged_in(self) -> bool:
        """Tell whether the server took us for known at once (PREAUTH)."""
        return bool(self.state == aioimaplib.AUTH)

    async def introduce(self) -> None:
        """Say who we are (RFC 2971)."""
        words = '("name" "EJET Helpdesk" "vendor" "EJET")'
        await self.execute(aioimaplib.Command("ID", self.new_tag(), words))


def _waits(command: Any) -> bool:  # noqa: ANN401  - upstream has no types
    """Tell whether lines are missing of a command's newest answer.

    Upstream looks through all answers at every line: for a batch of mails that is its square.
    """
    if not isinstance(command, aioimaplib.FetchCommand):
        return bool(command.wait_data())
    depth = 0
    for line in reversed(command.response.lines):
        if isinstance(line, bytes):  # a literal is a bytearray
            depth += line.count(b"(") - line.count(b")")
            if command.FETCH_MESSAGE_DATA_RE.match(line):
                break
    return depth != 0


class Client(aioimaplib.IMAP4):
    """Upstream's client around our protocol; its own timeouts are off, ours are on."""

    def __init__(self, settings: MailboxSettings, protocol: Protocol) -> None:
        self._ours = settings, protocol
        super().__init__(settings.host, settings.port, timeout=None)  # type: ignore[arg-type]

    def create_client(self, host: str, port: int, *_: object, **__: object) -> None:
        """Connect in a task, as upstream does, with the protocol that we can hear."""
        settings, protocol = self._ours
        context = tls_context(settings.ca_file) if settings.security == "tls" else None
        self.protocol = protocol  # type: ignore[assignment]
        loop = asyncio.get_running_loop()
        self._client_task = loop.create_task(
            loop.create_connection(lambda: protocol, host, port, ssl=context)
        )
