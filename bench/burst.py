"""Whether a burst holds up what arrives: `python -m bench.burst [--mails 1000]`.

The whole service runs in this process on its default database, its classifier in a process of its
own.  A burst of mails is put into the journal; while it is read, one more mail arrives every 50 ms.
Printed: how long each of those takes from our hands to the journal's commit, and how late the event
loop is, in milliseconds of the wall clock: worth something on a quiet machine only.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench.mails import make_mail
from bench.ours import deploy
from bench.servers import open_mailbox, open_sink
from helpdesk.config import load_config
from helpdesk.house import House, open_house, utc_now
from helpdesk.service import Service
from tickets.journal import Arrival
from tickets.models import InboundRecord, InboundState

_BATCH: Final = 20  # what a mailbox door keeps in one commit
_EVERY: Final = 0.05  # seconds between two mails that come in the meantime
_ENOUGH: Final = 400  # of them; the burst is still being read
_LOOK: Final = 0.01  # seconds between two looks at the loop


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=1_000, help="the burst")
    options = parser.parse_args()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        mailbox = stack.enter_context(open_mailbox(directory))
        sink = stack.enter_context(open_sink())
        deployment = deploy(directory, mailbox, sink, "", "whole")
        asyncio.run(_run(deployment.config, options.mails))


async def _run(config: Path, mails: int) -> None:
    async with open_house(load_config(config)) as house:
        stop = asyncio.Event()
        serving = asyncio.create_task(Service(house).run(stop))
        await _keep(house, range(12))  # templates, laws and models are loaded by the first ones
        await _all_read()
        begun = time.monotonic()
        for first in range(100, 100 + mails, _BATCH):
            await _keep(house, range(first, min(first + _BATCH, 100 + mails)))
        reading = asyncio.create_task(_all_read())
        late, taken = await asyncio.gather(_lateness(reading), _arriving(house, reading))
        print(f"{mails} mails and {len(taken)} more read in {time.monotonic() - begun:.0f} s")
        print("ms: median, p95, longest")
        print(f"  raw message → journal's commit {_figures(taken)}")
        print(f"  lateness of the event loop     {_figures(late)}")
        stop.set()
        await serving


async def _keep(house: House, numbers: Sequence[int]) -> None:
    account = house.config.mailbox[0].name
    await house.journal.keep(
        [
            Arrival(account, make_mail(number), utc_now(), "Burst", 1, number + 1)
            for number in numbers
        ]
    )


async def _all_read() -> None:
    while await InboundRecord.filter(state=InboundState.NEW).exists():  # noqa: ASYNC110  - the table tells
        await asyncio.sleep(0.5)


async def _arriving(house: House, reading: asyncio.Task[None]) -> list[float]:
    taken: list[float] = []
    while not reading.done() and len(taken) < _ENOUGH:
        await asyncio.sleep(_EVERY)
        begun = time.perf_counter()
        await _keep(house, [10**6 + len(taken)])
        taken.append(time.perf_counter() - begun)
    return taken


async def _lateness(reading: asyncio.Task[None]) -> list[float]:
    late = []
    while not reading.done():
        begun = time.perf_counter()
        await asyncio.sleep(_LOOK)
        late.append(time.perf_counter() - begun - _LOOK)
    return late


def _figures(seconds: Sequence[float]) -> str:
    ordered = sorted(1000 * one for one in seconds)
    p95 = ordered[int(0.95 * len(ordered))]
    return f"{statistics.median(ordered):8.1f}{p95:8.1f}{ordered[-1]:8.1f}"


if __name__ == "__main__":
    main()
