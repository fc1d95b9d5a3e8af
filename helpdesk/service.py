"""The service: every loop, supervised, until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from helpdesk.house import House
from mail.watch import ImapWatch
from tickets.challenges import expire as expire_challenges
from tickets.chat_links import forget_links
from tickets.examples import sample_once
from tickets.outbox import expire
from tickets.replacing import replace_codes
from tickets.transactions import first_of, run_loop

_CLOCK_SECONDS: Final = 10.0
_TIDY_SECONDS: Final = 2.0
_PROOF_SECONDS: Final = 10.0
_TAKE_OVER_SECONDS: Final = 2.0
_SHORTEST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0

_log = logging.getLogger(__name__)


def stop_on_signals(stop: asyncio.Event) -> None:
    """End on SIGINT and SIGTERM, also where we were started with SIGINT ignored."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)


def _collect_garbage_rarely() -> None:
    """Leave what was loaded at start out of every collection, and collect less often.

    A batch makes tens of thousands of short-lived values; the default threshold of 700 walks them
    again and again (docs/performance.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class Service:
    """Runs a house: watches, intake, outbox, index, audit."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._stop = asyncio.Event()
        self._over: dict[str, asyncio.Event] = {}  # set when a lock of ours is another's

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; then let every loop end its turn."""
        self._stop = stop
        house = self._house
        await house.worker.start()
        await self._tidy()
        _collect_garbage_rarely()
        nobody = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            begin = group.create_task
            begin(self._loop("intake", house.intake.run_once, house.journal.kept.hear(), 1.0))
            begin(self._loop("indexer", house.indexer.run_once, house.intake.done.hear(), 2.0))
            begin(self._loop("tidy", self._tidy, nobody, _TIDY_SECONDS))
            begin(self._single("sealer", self._seal))
            begin(self._single("proof", self._watch_proofs))
            begin(self._single("clock", self._watch_clocks))
            begin(self._tell_watches())
            if house.bot is not None:
                begin(self._single(f"bot-{house.bot.settings.name}", house.bot.run))
            for _ in range(house.config.desk.senders):
                queued = house.intake.queued.hear()
                begin(self._loop("outbox", house.outbox.run_once, queued, 1.0))
            for mailbox, watch in zip(house.config.mailbox, house.watches, strict=True):
                begin(self._single(f"mailbox-{mailbox.name}", partial(self._watch, watch)))

    async def _loop(
        self,
        name: str,
        turn: Callable[[], Awaitable[int]],
        wake: asyncio.Event,
        idle: float,
        over: asyncio.Event | None = None,
    ) -> None:
        """Run one loop until `over`: what escapes a turn is logged, and the loop goes on."""
        over = over or self._stop
        pause = _SHORTEST_PAUSE
        while not over.is_set():
            try:
                await run_loop(turn, over, wake, idle)
            except Exception:  # noqa: BLE001  - a loop's outermost turn
                _log.exception("a loop stumbled", extra={"action": "loop_failed", "loop": name})
                await self._sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  - jitter
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _single(self, name: str, work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        """Do what only one process may do, for as long as its lock is ours."""
        while not self._stop.is_set():
            if await self._is_ours(name):
                over = self._over[name] = asyncio.Event()
                ending = asyncio.create_task(self._end_with_us(over))
                try:
                    await work(over)
                finally:
                    ending.cancel()
            await self._sleep(_TAKE_OVER_SECONDS)

    async def _is_ours(self, name: str) -> bool:
        try:
            return await self._house.locks.acquire(name)
        except Exception:  # noqa: BLE001  - a database that is away comes back
            _log.exception("a lock was not asked", extra={"action": "loop_failed", "loop": name})
            return False

    async def _end_with_us(self, over: asyncio.Event) -> None:
        await self._stop.wait()
        over.set()

    async def _watch_proofs(self, over: asyncio.Event) -> None:
        house = self._house

        async def turn() -> int:
            await expire_challenges(house.desk.now())
            if await replace_codes(house.desk, house.proof):
                house.intake.queued.ring()
            await house.proof.compare_accounts()
            return 0

        await self._loop("proof", turn, asyncio.Event(), _PROOF_SECONDS, over)

    async def _seal(self, over: asyncio.Event) -> None:
        await self._loop("sealer", self._house.sealer.run_once, asyncio.Event(), 1.0, over)

    async def _watch_clocks(self, over: asyncio.Event) -> None:
        async def turn() -> int:
            done = await house.clock.run_once(house.desk.now())
            if done:
                house.intake.queued.ring()  # there may be a reminder to send
            await sample_once(house.desk)
            return done

        house = self._house
        await self._loop("clock", turn, asyncio.Event(), _CLOCK_SECONDS, over)

    async def _watch(self, watch: ImapWatch, over: asyncio.Event) -> None:
        while not over.is_set():
            try:
                await watch.run(over)
            except Exception:  # noqa: BLE001  - a loop's outermost turn
                _log.exception("a watch stumbled", extra={"action": "watch_failed"})
                await self._sleep(1.0)

    async def _tell_watches(self) -> None:
        """Tell the watches when mails were taken in, so that they mark them on the server."""
        done = self._house.intake.done.hear()
        while not self._stop.is_set():
            done.clear()
            for watch in self._house.watches:
                watch.decorate_due()
            await self._either(done, 5.0)

    async def _tidy(self) -> int:
        """Free what dead processes held; give up what may not be sent any more."""
        house = self._house
        if lost := await house.locks.keep():
            _log.error("locks were lost", extra={"action": "locks_lost", "count": len(lost)})
            for name in lost & self._over.keys():
                self._over[name].set()
        if await house.intake.release_orphans():
            house.journal.kept.ring()
        if house.bot is not None:
            await house.bot.dispatch.release_orphans()
        if await house.outbox.release_orphans():
            house.intake.queued.ring()
        await expire(house.desk.now())
        await forget_links(house.desk.now())
        return 0

    async def _sleep(self, seconds: float) -> None:
        await self._either(asyncio.Event(), seconds)

    async def _either(self, event: asyncio.Event, seconds: float) -> None:
        """Wait for an event, the end, or so many seconds."""
        await first_of(event, self._stop, seconds=seconds)
