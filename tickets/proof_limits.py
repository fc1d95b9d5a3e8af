"""How many letters and codes may go to one address: enough for its owner, no flood."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from tickets.errors import Refusal
from tickets.models import Challenge

PAIR_HOUR: Final = 3
PAIR_DAY: Final = 6
ADDRESS_DAY: Final = 10
"""Letters and codes to one address: from one claimant an hour and a day, from all a day."""


async def check_limits(
    claimant: str, address: str, reference: str, now: datetime, *, is_aligned: bool
) -> None:
    """Raise `Refusal` where too many letters or codes went to an address; both are blinded.

    What others cause never locks out the owner: a claimant whose own mail passed DMARC
    (`is_aligned`) is counted by themselves only.
    """
    rows = await Challenge.filter(
        address_blind=address, created_at__gt=now - timedelta(days=1)
    ).values("letter_id", "claimant_blind", "is_aligned", "created_at")
    own = [row for row in rows if row["claimant_blind"] == claimant]
    if is_aligned:
        own = [row for row in own if row["is_aligned"]]
    hour = [row for row in own if row["created_at"] > now - timedelta(hours=1)]
    limits = [(hour, PAIR_HOUR), (own, PAIR_DAY)]
    if not is_aligned:
        limits.append(([row for row in rows if not row["is_aligned"]], ADDRESS_DAY))
    if any(len({row["letter_id"] for row in each}) >= most for each, most in limits):
        raise Refusal("too_many_proofs", reference=reference)
