"""Which mailboxes' plus-addresses have been seen to arrive, as `helpdesk mail probe --plus` found.

Until one has, nothing of ours uses them (mail/plus.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from mail.compose import clean_address, plus_address
from mail.plus import PlusProbe
from mail.settings import MailboxSettings
from tickets.ids import address_word_of, new_id, sign_message_id
from tickets.matching import Blinder
from tickets.models import Stamp
from tickets.types import Channel, Letter, Outbound, Sender
from vault.vault import Vault

_ARRIVES: Final = "arrives"
_TEXT: Final = "This mail tries out whether mail to an address with a plus arrives.\n"


async def usable(mailboxes: Iterable[MailboxSettings]) -> frozenset[str]:
    """Return the names of the mailboxes whose plus-address has been seen to arrive."""
    names = {_stamp_of(mailbox): mailbox.name for mailbox in mailboxes}
    seen = Stamp.filter(name__in=list(names), value__startswith=_ARRIVES)
    return frozenset([names[stamp.name] async for stamp in seen])


async def remember(mailbox: MailboxSettings, found: PlusProbe, now: datetime) -> None:
    """Write down what a probe has found; it counts from the next start of the service."""
    value = f"{_ARRIVES if found.is_usable else 'lost'} {now:%Y-%m-%d}"
    await Stamp.update_or_create(defaults={"value": value}, name=_stamp_of(mailbox))


def letter_to(mailbox: MailboxSettings, vault: Vault, now: datetime) -> Outbound:
    """Return the mail to try with; the intake knows it as our own and leaves it aside."""
    blinder = Blinder(vault)
    domain = clean_address(mailbox.address).rpartition("@")[2]
    message_id = sign_message_id(new_id(), domain, blinder.sign)
    return Outbound(
        channel=Channel.EMAIL,
        account=mailbox.name,
        recipient=Sender(plus_address(mailbox.address, address_word_of(message_id))),
        external_id=message_id,
        letter=Letter("EJET Helpdesk: a probe", _TEXT),
        created_at=now,
        loop_token=blinder.sign("loop")[:32],
    )


def _stamp_of(mailbox: MailboxSettings) -> str:
    digest = hashlib.sha256(mailbox.address.lower().encode()).hexdigest()
    return f"plus:{digest[:24]}"
