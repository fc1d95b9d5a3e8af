"""Runs the real service against servers of a measurement and reads off what it costs."""

from __future__ import annotations

import imaplib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.mails import MX, SUPPORT, make_mail
from bench.processes import children, cpu_seconds, resident_mb
from bench.servers import ROOT, Mailbox, Sink
from bench.service import READER
from vault.master import generate_master_file

GUARDS: Final = {
    "sender_hour": 1_000_000,
    "sender_day": 1_000_000,
    "domain_hour": 1_000_000,
    "domain_day": 1_000_000,
}
"""The desk's counters, raised: the mails come from as many senders, but from 97 domains."""

_QUIET_STEP: Final = 0.5  # seconds between two looks at the CPU
_QUIET_CPU: Final = 0.06  # CPU seconds in that time that count as rest
_WARMING: Final = 12  # mails that go before
_others = itertools.count(10**9)
_PATIENCE: Final = 5.0  # seconds without an answer and without work, until a run is over


@dataclass(frozen=True, slots=True)
class Transaction:
    """What the stopwatch saw of one."""

    begun_at: float  # on the machine's monotonic clock
    whole: float  # ms from BEGIN until it was committed
    commit: float  # ms of COMMIT alone
    whose: str


@dataclass(slots=True)
class Drained:
    """What it took to answer a mailbox full of mail."""

    mails: int
    begun_at: float  # the server's push, on the machine's monotonic clock
    answered: int
    seconds: float  # from the server's push to the last answer at the sink
    cpu: float  # of the main process until the last answer
    cpu_settled: float  # the same until it rests: indexed, sealed, marked on the server
    cpu_workers: float  # of its child processes, until it rests
    resident: list[float] = field(default_factory=list)  # MB, main process, as answers went out
    resident_workers: list[float] = field(default_factory=list)  # the same of its children


@dataclass(slots=True)
class Deployment:
    """One configuration on disk, its mailbox, and its service while it runs."""

    directory: Path
    url: str  # of its database
    mailbox: Mailbox
    sink: Sink
    user: str
    password: str
    reader: str  # simple, or whole: the classifier as it stands

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.directory / "config.toml"

    def transactions(self, since: float) -> list[Transaction]:
        """Return those that began after a moment; known once the service has ended."""
        seen = [Transaction(*row) for row in self._report()["transactions"]]
        return [one for one in seen if one.begun_at >= since]

    def stages(self) -> dict[str, float]:
        """Return the classifier's CPU by stage, ms for each message read; known at the end too."""
        stages: dict[str, tuple[int, float]] = self._report()["stages"]
        read = max(stages["first"][0], 1)
        return {name: 1000 * seconds / read for name, (_, seconds) in stages.items()}

    def _report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.directory / "report.json").read_text())
        return found

    @contextmanager
    def running(self, *, is_warm: bool = True) -> Iterator[subprocess.Popen[bytes]]:
        """Run the service; it is at rest when this is entered.

        A few mails have gone before where it is to be warm: the first ones load templates, laws
        and calendars, once in a service's life.
        """
        report = str(self.directory / "report.json")
        words = ("bench.service", report, "serve", "--config", str(self.config))
        with (self.directory / "service.log").open("a") as log:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", *words],
                cwd=ROOT,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", READER: self.reader},
                stdout=log,
                stderr=log,
            )
            try:
                self._wait_for_start(process)
                _wait_until_quiet(process.pid)
                if is_warm:
                    self.drain(process, warming_mails())
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(60)

    def drain(
        self, process: subprocess.Popen[bytes], mails: Sequence[bytes], *, every: int = 0
    ) -> Drained:
        """Deliver mails, wait until they are answered and all is at rest.

        `every` so many answers the resident memory is read.
        """
        pid, before = process.pid, len(self.sink.taken)
        begun, workers = _cpu_alone(pid), _cpu_below(pid)
        resident: list[float] = []
        workers_resident: list[float] = []
        with listening(self.mailbox.port, self.user, self.password) as push:
            self.mailbox.deliver(self.user, mails)
            begun_at = push()
        looked_at, seen = time.monotonic(), (0, begun)
        while (answered := len(self.sink.taken) - before) < len(mails):
            time.sleep(0.02)
            if every and answered // every > len(resident):
                resident.append(resident_mb(pid))
                workers_resident.append(_resident_below(pid))
            if (now := time.monotonic()) - looked_at < _PATIENCE:
                continue
            # Not every mail has an answer: when nothing moves any more, all is done.
            cpu = cpu_seconds(pid)
            if answered == seen[0] and cpu - seen[1] < _QUIET_CPU * _PATIENCE / _QUIET_STEP:
                break
            looked_at, seen = now, (answered, cpu)
        sent = _cpu_alone(pid)
        _wait_until_quiet(pid)
        taken = self.sink.taken[before:]
        return Drained(
            len(mails),
            begun_at,
            len(taken),
            max((when for when, _ in taken), default=time.monotonic()) - begun_at,
            sent - begun,
            _cpu_alone(pid) - begun,
            _cpu_below(pid) - workers,
            [*resident, resident_mb(pid)],
            [*workers_resident, _resident_below(pid)],
        )

    def idle_delays(self, mails: Sequence[bytes]) -> list[tuple[float, float]]:
        """Deliver mails one by one to a resting service.

        Return for each, in seconds: from the server's push to the answer, from the delivery to it.
        """
        delays = []
        for raw in mails:
            before = len(self.sink.taken)
            with listening(self.mailbox.port, self.user, self.password) as push:
                time.sleep(random.uniform(0.5, 1.5))  # noqa: S311  - no secret depends on it
                delivered_at = time.monotonic()
                self.mailbox.deliver(self.user, [raw])
                pushed_at = push()
            while len(self.sink.taken) == before:
                time.sleep(0.005)
                if time.monotonic() - pushed_at > 60:  # noqa: PLR2004
                    raise TimeoutError("a mail was not answered within a minute")
            answered_at = self.sink.taken[before][0]
            delays.append((answered_at - pushed_at, answered_at - delivered_at))
        return delays

    def _wait_for_start(self, process: subprocess.Popen[bytes]) -> None:
        log = self.directory / "service.log"
        for _ in range(1200):
            if "service started" in log.read_text():
                return
            if process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"the service did not start:\n{log.read_text()[-2000:]}")


def warming_mails() -> list[bytes]:
    """Return a few mails that are in no other set."""
    return [make_mail(next(_others)) for _ in range(_WARMING)]


def deploy(
    directory: Path, mailbox: Mailbox, sink: Sink, database_url: str = "", reader: str = "simple"
) -> Deployment:
    """Write a configuration for an empty database and a new, empty mailbox."""
    home = Path(tempfile.mkdtemp(dir=directory))
    url = database_url or f"sqlite://{home}/helpdesk.db"
    user, password = mailbox.new_user()
    generate_master_file(home / "master.key")
    (home / "password").write_text(password)
    guards = "\n".join(f"{name} = {limit}" for name, limit in GUARDS.items())
    (home / "config.toml").write_text(
        f"""
[company]
mailbox = "{SUPPORT}"
[database]
url = "{url}"
[vault]
key = {{ file = "{home}/master.key" }}
store = "{home}/keys.db"
[desk.guards]
{guards}
[[mailbox]]
name = "support"
address = "{SUPPORT}"
host = "127.0.0.1"
port = {mailbox.port}
security = "none"
username = "{user}"
password = {{ file = "{home}/password" }}
received_by = "{MX}"
authserv_id = "{MX}"
[smtp]
host = "127.0.0.1"
port = {sink.port}
security = "none"
"""
    )
    return Deployment(home, url, mailbox, sink, user, password, reader)


@contextmanager
def listening(port: int, user: str, password: str) -> Iterator[Callable[[], float]]:
    """Idle on a mailbox beside the service; yield what waits for the push and returns its time."""
    client: Any = imaplib.IMAP4("127.0.0.1", port, timeout=30)
    try:
        client.login(user, password)
        client.select("INBOX")
        client.send(b"idle IDLE\r\n")
        client.readline()

        def push() -> float:
            while b"EXISTS" not in client.readline():
                pass
            return time.monotonic()

        yield push
    finally:
        client.shutdown()


def _cpu_alone(pid: int) -> float:
    return cpu_seconds(pid) - _cpu_below(pid)


def _resident_below(pid: int) -> float:
    return sum(resident_mb(child) for child in children(pid))


def _cpu_below(pid: int) -> float:
    return cpu_seconds(*children(pid))


def _wait_until_quiet(pid: int) -> None:
    last = cpu_seconds(pid)
    for _ in range(1200):
        time.sleep(_QUIET_STEP)
        now = cpu_seconds(pid)
        if now - last < _QUIET_CPU:
            return
        last = now
