"""Say the envelope's commands over SMTP, several at once where the server offers PIPELINING.

aiosmtplib connects, greets, begins TLS and logs in; then the connection is ours.  It says one
command at a time and drops whatever comes beyond one answer, so a letter would take four turns of
the network; with RFC 2920 it takes two.  What an answer means is `mail.sender`'s.
"""

from __future__ import annotations

import asyncio
from typing import Final, cast

import aiosmtplib

_CLOSING: Final = 421  # the server leaves after this answer, whatever was asked (RFC 5321 3.8)
_GO_ON: Final = 354
_MALFORMED: Final = -1  # as aiosmtplib has it
_MOST_LINES: Final = 100  # of one answer


class Line:
    """A connection on which aiosmtplib has done its part."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        """Take over a client's connection; the client itself says nothing from now on."""
        self._client = client
        self._transport = cast(asyncio.Transport, client.transport)
        self._reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(self._reader)
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        self._owed = 0

    @property
    def is_open(self) -> bool:
        """Tell whether more can be said."""
        return not (self._transport.is_closing() or self._reader.at_eof())

    @property
    def extensions(self) -> tuple[str, ...]:
        """What the server offers, in capitals."""
        return tuple(sorted(name.upper() for name in self._client.esmtp_extensions))

    def offers(self, extension: str) -> bool:
        """Tell whether the server named an extension in its greeting."""
        return self._client.supports_extension(extension)

    def say(self, *commands: bytes) -> None:
        """Send commands in one piece; each is owed an answer."""
        if any(b"\r" in command or b"\n" in command for command in commands):
            raise ValueError("a command is one line")
        self._transport.write(b"".join([command + b"\r\n" for command in commands]))
        self._owed += len(commands)

    def say_letter(self, raw: bytes) -> None:
        """Send a letter, whose lines end with CR LF, after DATA was answered with 354."""
        end = b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n"
        self._transport.write(raw.replace(b"\r\n.", b"\r\n..") + end)
        self._owed += 1

    async def answer(self, seconds: float) -> aiosmtplib.SMTPResponse:
        """Return the answer to the oldest command that has none.

        Raise `TimeoutError`, or one of aiosmtplib's errors; then the connection is closed, for
        nobody could tell later which answer belongs to what.
        """
        try:
            async with asyncio.timeout(seconds):
                answer = await self._read()
        except (TimeoutError, OSError, ValueError, aiosmtplib.SMTPException):
            self.close()
            raise
        self._owed -= 1
        if answer.code == _CLOSING:
            self.close()
        return answer

    async def clear(self, seconds: float) -> None:
        """Forget the envelope, for the next letter; raise as `answer` does.

        A server may ask for the letter although it refused its recipient: it gets an empty one,
        which goes to nobody (RFC 2920 3.1).
        """
        code = 0
        while self._owed and self.is_open:
            code = (await self.answer(seconds)).code
        if code == _GO_ON:
            self.say(b".")
            await self.answer(seconds)
        if self.is_open:
            self.say(b"RSET")
            await self.answer(seconds)

    def close(self) -> None:
        """End the connection at once."""
        self._client.close()

    async def _read(self) -> aiosmtplib.SMTPResponse:
        lines: list[bytes] = []
        is_last = False
        while not is_last:
            line = await self._reader.readline()
            if not line.endswith(b"\n"):
                raise aiosmtplib.SMTPServerDisconnected("Connection lost")
            if not line[:3].isdigit() or len(lines) == _MOST_LINES:
                raise aiosmtplib.SMTPResponseException(_MALFORMED, "Malformed answer")
            lines.append(line[4:].strip())
            is_last = line[3:4] != b"-"
        text = b"\n".join(lines).decode("utf-8", "surrogateescape")
        return aiosmtplib.SMTPResponse(int(line[:3]), text)
