"""One stage after the other, in one process: `python -m bench.stages CONFIG [PROFILE]`.

The rooms are wired as the service wires them; only the loops are called by hand, so that the CPU
of each stage can be told apart, and nothing is classified (`bench.reader`).  It first works off
what lies in the mailbox, to be warm, prints a line, and waits for one; then come the mails that
count.  PROFILE names a file for cProfile's statistics of these.  Prints one JSON line: CPU seconds
by stage.
"""

from __future__ import annotations

import asyncio
import cProfile
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench.reader import read_simply
from helpdesk.config import load_config
from helpdesk.house import House, open_house


async def _all(turn: Callable[[], Awaitable[int]]) -> None:
    while await turn():
        pass


async def _run(path: Path, profiler: cProfile.Profile | None) -> dict[str, float]:
    async with open_house(load_config(path), classify=read_simply) as house:
        stages = _stages(house)
        for work in stages.values():
            await work()  # the first mails load templates, laws and calendars
        print("warm", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        costs = {}
        if profiler is not None:
            profiler.enable()
        for name, work in stages.items():
            begun = time.process_time()
            await work()
            costs[name] = time.process_time() - begun
        return costs


def _stages(house: House) -> dict[str, Callable[[], Awaitable[object]]]:
    (watch,) = house.watches

    async def leave() -> None:
        await watch.run_once()
        await watch.close()

    return {
        "fetch and journal": watch.run_once,
        "read, decide, write": lambda: _all(house.intake.run_once),
        "send and mark as sent": lambda: _all(house.outbox.run_once),
        "mark on the server": leave,
        "index for search": lambda: _all(house.indexer.run_once),
        "seal the audit": lambda: _all(house.sealer.run_once),
    }


def main() -> None:
    """Run all stages over what lies in the mailbox."""
    path, *profile = map(Path, sys.argv[1:])
    profiler = cProfile.Profile() if profile else None
    costs = asyncio.run(_run(path, profiler))
    if profiler is not None:
        profiler.dump_stats(profile[0])
    sys.stdout.write(json.dumps(costs) + "\n")


if __name__ == "__main__":
    main()
