"""A real service in a process of its own, against a world of mail in this one."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from helpdesk.commands.running import _plain, visiting
from helpdesk.commands.tickets import _without_texts
from helpdesk.config import load_config
from helpdesk.house import House
from sandbox.mail import MailWorld
from tickets.views import tickets
from vault.master import generate_master_file

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120
"""Seconds for whatever must come true: a busy machine is slow, never wrong."""


@dataclass
class Deployment:
    """A configuration on disk and the commands that run on it."""

    directory: Path
    config: Path

    @classmethod
    def make(
        cls,
        directory: Path,
        world: MailWorld,
        database_url: str = "",
        store: str = "",
        more: str = "",
    ) -> Deployment:
        key = directory / "master.key"
        generate_master_file(key)
        config = directory / "config.toml"
        config.write_text(
            f"""
[company]
mailbox = "{world.address}"
[database]
url = "{database_url or f"sqlite://{directory}/helpdesk.db"}"
[vault]
key = {{ file = "{key}" }}
store = "{store or directory / "keys.db"}"
[[mailbox]]
name = "support"
address = "{world.address}"
host = "{world.host}"
port = {world.imap_port}
security = "none"
username = "{world.username}"
password = {{ file = "{world.directory / "password"}" }}
sweep_seconds = 1
received_by = "mx.sandbox.test"
authserv_id = "mx.sandbox.test"
[smtp]
host = "{world.host}"
port = {world.smtp_port}
security = "none"
{more}
"""
        )
        return cls(directory, config)

    def command(self, *words: str, check: bool = True, kill_at: str = "") -> str:
        done = self._run(*words, kill_at=kill_at)
        if check:
            assert done.returncode == 0, done.stderr
        return done.stdout

    def refusal(self, *words: str) -> str:
        """Return what a command says that must not succeed."""
        done = self._run(*words)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def _run(self, *words: str, kill_at: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "helpdesk", *words, "--config", str(self.config)],
            cwd=ROOT,
            env={**os.environ, "HELPDESK_KILL_AT": kill_at},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def look(self, ask: Callable[[House], Awaitable[T]]) -> T:
        """Ask the desk from this process: what is asked again and again needs none of its own."""

        async def visit() -> T:
            async with visiting(load_config(self.config)) as house:
                return await ask(house)

        return asyncio.run(visit())

    def tickets(self) -> list[dict[str, Any]]:
        """Return what `tickets list --json` prints."""

        async def listed(house: House) -> list[dict[str, object]]:
            return [_without_texts(view) async for view in tickets(house.vault)]

        return json.loads(json.dumps(self.look(listed), default=_plain))

    @contextmanager
    def running(self, kill_at: str = "", log: str = "service.log") -> Iterator[subprocess.Popen]:
        with (self.directory / log).open("a") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "helpdesk", "serve", "--config", str(self.config)],
                cwd=ROOT,
                env={**os.environ, "HELPDESK_KILL_AT": kill_at},
                stdout=out,
                stderr=out,
            )
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                    try:
                        process.wait(PATIENCE)
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.wait()

    @asynccontextmanager
    async def living(
        self, kill_at: str = "", log: str = "service.log"
    ) -> AsyncIterator[subprocess.Popen]:
        """Do as `running`; a world in this event loop answers while the service ends."""
        running = self.running(kill_at, log)
        process = running.__enter__()
        try:
            yield process
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)


def wait_until(holds, seconds: float, pause: float = 0.1) -> bool:
    """Ask until it holds or the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(pause)
    return bool(holds())
