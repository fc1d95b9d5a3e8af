"""Everything at once: drops, frost and restarts while mail comes and is marked."""

from __future__ import annotations

import asyncio
import random

import pytest

from mail.pace import Pace, Patience
from tests.wire.conftest import mail, until

pytestmark = [pytest.mark.wire, pytest.mark.timeout(300)]

STORMY = Pace(
    patience=Patience(connect=2, quiet=1.5, whole=20), renew=0.5, pause=0.05, longest_pause=0.3
)
SECONDS = 5


async def test_nothing_is_lost_or_doubled_and_nothing_leaks(make_dovecot, user, ledger, watch_of):
    server = make_dovecot()
    server.start()
    dice = random.Random(7)  # noqa: S311  - the same weather every time
    loop = asyncio.get_running_loop()
    keep = ledger.keep

    async def keep_and_finish(arrivals, *, only_known=False):
        records = await keep(arrivals, only_known=only_known)
        loop.call_later(0.05, ledger.finish)
        return records

    ledger.keep = keep_and_finish
    settings = server.settings(user, folders=["INBOX", "Junk"], decorate="move", sweep_seconds=0.5)
    tasks = len(asyncio.all_tasks())
    watch = watch_of(settings, pace=STORMY, is_running=True)
    raws = []
    end = loop.time() + SECONDS
    while loop.time() < end:
        for _ in range(dice.randint(0, 30)):
            raws.append(mail(f"number {len(raws)}"))
            server.deliver(user, raws[-1], dice.choice(["INBOX", "Junk"]))
        await asyncio.sleep(dice.random() * 0.4)
        weather = dice.random()
        if weather < 0.2:
            server.kick()
        elif weather < 0.3:
            with server.frozen():
                await asyncio.sleep(dice.random() * 2.5)
        elif weather < 0.4:
            await asyncio.to_thread(server.stop)
            await asyncio.sleep(0.2)
            await asyncio.to_thread(server.start)
        watch.decorate_due()

    def is_all_moved():
        records = ledger.records.values()
        moved = [r for r in records if any(place[1] == "Processed" for place in r.places)]
        return len(moved) == len(raws) and watch.status.idling == {"INBOX", "Junk"}

    await until(is_all_moved, 200)

    assert sorted(ledger.raws) == sorted(raws)
    # Worker, two listeners, the end, and what their three connections wait for.
    assert len(asyncio.all_tasks()) - tasks <= 12
