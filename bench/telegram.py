"""How fast chat messages become tickets: `python -m bench.telegram [--messages 300] [--rate 5]`.

The real service runs as a process of its own (classifier included) on SQLite; the Bot API is the
sandbox's, in this process, over sockets.  Two runs: messages one by one at a rate, for the time
from the person's pressing "send" to the committed ticket and to the first reaction; then a pile of
them at once, for what is sustained.  Each message is from another person.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.processes import cpu_seconds, resident_mb
from sandbox.telegram.people import Someone
from sandbox.telegram.server import Running, open_telegram
from vault.master import generate_master_file

ROOT: Final = Path(__file__).resolve().parents[1]
_LOOK: Final = 0.002  # seconds between two looks at the database
_WORDS: Final = (
    "Please delete my account and all my data.",
    "Which data do you keep about me, and for how long?",
    "the app does not connect to my lamp any more",
    "I want a copy of everything that you have about me",
    "great lamp, thank you",
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=300, help="in each run")
    parser.add_argument("--rate", type=float, default=5.0, help="messages a second, first run")
    options = parser.parse_args()
    asyncio.run(_measure(options.messages, options.rate))


async def _measure(messages: int, rate: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with open_telegram(lambda: datetime.now(UTC), port=0) as chats:
            service = _start(Path(folder), chats)
            try:
                await _one_by_one(Path(folder), chats, 20, rate)  # warms caches and connections
                taken = await _one_by_one(Path(folder), chats, messages, rate)
                _say("update to committed ticket", taken)
                before, began = cpu_seconds(service.pid), time.monotonic()
                await _pile(Path(folder), chats, messages)
                seconds = time.monotonic() - began
                cpu = (cpu_seconds(service.pid) - before) / messages * 1000
                sys.stdout.write(
                    f"a pile of {messages}: {messages / seconds:.0f} updates/s, "
                    f"{cpu:.1f} ms CPU an update, {resident_mb(service.pid):.0f} MB\n"
                    f"protocol errors: {len(chats.telegram.protocol_errors)}\n"
                )
            finally:
                service.send_signal(signal.SIGTERM)
                await asyncio.to_thread(service.wait, 20)


def _start(folder: Path, chats: Running) -> subprocess.Popen[bytes]:
    key, token, config = folder / "master.key", folder / "token", folder / "config.toml"
    generate_master_file(key)
    token.write_text(chats.stage.bot.token, encoding="utf-8")
    config.write_text(
        f"""
[database]
url = "sqlite://{folder}/helpdesk.db"
[vault]
key = {{ file = "{key}" }}
store = "{folder}/keys.db"
[telegram]
token = {{ file = "{token}" }}
base_url = "{chats.base_url}"
base_file_url = "{chats.base_file_url}"
""",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "helpdesk", "serve", "--config", str(config)]
    log = (folder / "log").open("wb")
    return subprocess.Popen(  # noqa: S603  - our own words
        command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ}
    )


async def _one_by_one(folder: Path, chats: Running, messages: int, rate: float) -> list[float]:
    """Return milliseconds from each message to its committed ticket."""
    taken = []
    for number in range(messages):
        had, began = _tickets(folder), time.monotonic()
        _write(chats, number)
        while _tickets(folder) == had:  # noqa: ASYNC110  - another process writes
            await asyncio.sleep(_LOOK)
        taken.append((time.monotonic() - began) * 1000)
        await asyncio.sleep(max(0.0, 1 / rate - (time.monotonic() - began)))
    return taken


async def _pile(folder: Path, chats: Running, messages: int) -> None:
    had = _tickets(folder)
    for number in range(messages):
        _write(chats, number)
    while _tickets(folder) < had + messages:  # noqa: ASYNC110  - as above
        await asyncio.sleep(0.02)


def _write(chats: Running, number: int) -> None:
    someone = Someone.new(chats.telegram, chats.stage.bot, f"Person {number}")
    someone.types(_WORDS[number % len(_WORDS)])


def _tickets(folder: Path) -> int:
    path = folder / "helpdesk.db"
    if not path.exists():
        return 0
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        try:
            [count] = database.execute("SELECT count(*) FROM ticket").fetchone()
        except sqlite3.OperationalError:
            return 0
    database.close()
    return int(count)


def _say(what: str, taken: list[float]) -> None:
    cuts = statistics.quantiles(taken, n=20)
    sys.stdout.write(f"{what}: p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms ({len(taken)})\n")


if __name__ == "__main__":
    main()
