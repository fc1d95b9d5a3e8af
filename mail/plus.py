"""The plus-address: whether mail to it arrives, and bounces that name the letter they are about.

`support+WORD@…` reaches `support@…` with some providers and gets lost with others.  So nothing of
ours uses it until a probe has seen a mail arrive: one is sent to a plus-address, from an envelope
sender with a plus (VERP), through the way that letters take; then the watched folders are searched.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from mail.errors import CommandRefused
from mail.headers import read_block
from mail.imap import ImapConnection
from mail.oauth import TokenSource
from mail.pace import Patience
from mail.sender import SmtpSender
from mail.settings import MailboxSettings
from tickets.errors import DeliveryError
from tickets.ids import address_word_of
from tickets.types import Outbound, Sent

_LOOK_EVERY = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class PlusProbe:
    """What became of the mail to the plus-address."""

    trouble: str = ""  # why it could not be sent, in codes
    arrived_in: str = ""  # the folder in which it was found
    keeps_sender: bool = False  # the envelope's sender was kept as well

    @property
    def is_usable(self) -> bool:
        """Tell whether letters may go out with a sender that names them."""
        return bool(self.arrived_in) and self.keeps_sender


async def probe_plus(
    settings: MailboxSettings, sender: SmtpSender, letter: Outbound, *, seconds: float
) -> PlusProbe:
    """Send `letter`, which is addressed with a plus, and look for it; raises `ImapError` alone."""
    outcomes: list[Sent | DeliveryError] = []

    async def report(_index: int, outcome: Sent | DeliveryError) -> None:
        outcomes.append(outcome)

    await sender([letter], report)
    if isinstance(outcomes[0], DeliveryError):
        return PlusProbe(trouble=outcomes[0].reason)
    token = TokenSource(settings.oauth2) if settings.oauth2 is not None else None
    connection = await ImapConnection.open(settings, token=token, patience=Patience())
    try:
        end = asyncio.get_running_loop().time() + seconds
        while True:
            for folder in settings.folders:
                raw = await _find(connection, folder, letter.external_id)
                if raw is not None:
                    word = address_word_of(letter.external_id).encode()
                    return PlusProbe(arrived_in=folder, keeps_sender=word in _return_path(raw))
            if asyncio.get_running_loop().time() >= end:
                return PlusProbe()
            await asyncio.sleep(_LOOK_EVERY)
    finally:
        await connection.close()


async def _find(connection: ImapConnection, folder: str, message_id: str) -> bytes | None:
    """Return the mail with this id, if it is there."""
    try:
        await connection.select(folder)
        found = await connection.search(f"HEADER Message-ID {message_id}")
    except CommandRefused:
        return None
    for uid, mail in (await connection.fetch(found[:1])).items() if found else ():
        if uid in found and mail.raw:
            return mail.raw
    return None


def _return_path(raw: bytes) -> bytes:
    header = raw.partition(b"\r\n\r\n")[0]
    return read_block(header)[0].raw(b"return-path").lower()
