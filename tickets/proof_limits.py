"""How many letters and codes may go to one address: enough for its owner, no flood."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tickets.errors import Refusal
from tickets.models import Challenge
from tickets.statements import columns_of

PAIR_HOUR: Final = 3
PAIR_DAY: Final = 6
ADDRESS_DAY: Final = 10
"""Letters and codes to one address: from one claimant an hour and a day, from all a day."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One letter or code that went to an address; all but the time are blinded or opaque."""

    address: str
    claimant: str
    letter_id: UUID | None
    is_aligned: bool
    at: datetime


async def sendings(addresses: Iterable[str], now: datetime) -> list[Sending]:
    """Return what went to some addresses within a day."""
    columns = ("address_blind", "claimant_blind", "letter_id", "is_aligned", "created_at")
    condition = '"address_blind" IN ? AND "created_at" > ?'
    found = await columns_of(
        Challenge, columns, condition, list(addresses), now - timedelta(days=1)
    )
    return [Sending(*row) for row in found]


def is_too_much(
    sent: Sequence[Sending], claimant: str, address: str, now: datetime, *, is_aligned: bool
) -> bool:
    """Tell whether one more letter or code would be too many for an address.

    What others cause never locks out the owner: a claimant whose own mail passed DMARC
    (`is_aligned`) is counted by themselves only.
    """
    rows = [one for one in sent if one.address == address]
    own = [one for one in rows if one.claimant == claimant]
    if is_aligned:
        own = [one for one in own if one.is_aligned]
    hour = [one for one in own if one.at > now - timedelta(hours=1)]
    limits = [(hour, PAIR_HOUR), (own, PAIR_DAY)]
    if not is_aligned:
        limits.append(([one for one in rows if not one.is_aligned], ADDRESS_DAY))
    return any(len({one.letter_id for one in each}) >= most for each, most in limits)


async def check_limits(
    claimant: str, address: str, reference: str, now: datetime, *, is_aligned: bool
) -> None:
    """Raise `Refusal` where too many letters or codes went to an address; both are blinded."""
    sent = await sendings([address], now)
    if is_too_much(sent, claimant, address, now, is_aligned=is_aligned):
        raise Refusal("too_many_proofs", reference=reference)
