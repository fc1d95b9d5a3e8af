"""One Dovecot for all wire tests; each test has users of its own."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mail.pace import Pace, Patience
from mail.settings import MailboxSettings
from mail.watch import ImapWatch
from tests.fakes.ledger import MemoryLedger
from tests.wire.dovecot import Dovecot, make_certificate, missing

QUICK = Pace(
    patience=Patience(connect=30, quiet=30, whole=120),  # a busy machine's server is slow
    renew=240,
    pause=0.05,
    longest_pause=0.2,
    refused_pause=0.3,
)
_users = itertools.count(1)


@pytest.fixture(scope="session")
def directory() -> Iterator[Path]:
    # Sockets have short names, and the server runs as another user: pytest's own directories
    # are too deep and too private.
    path = Path(tempfile.mkdtemp(prefix="wire"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def dovecot(directory: Path) -> Iterator[Dovecot]:
    if reason := missing():
        pytest.skip(reason)
    server = Dovecot(directory / "whole")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def make_dovecot(directory: Path) -> Iterator[Callable[..., Dovecot]]:
    """Make servers for one test, e.g. poorer ones; they are not started."""
    if reason := missing():
        pytest.skip(reason)
    made: list[Dovecot] = []

    def make(**how: object) -> Dovecot:
        server = Dovecot(directory / f"other{next(_users)}", **how)
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def user() -> str:
    return f"user{next(_users)}"


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
async def watch_of(ledger: MemoryLedger):
    """Make watches that are closed at the end, and can be set running."""
    watches: list[ImapWatch] = []
    running: list[tuple[asyncio.Task[None], asyncio.Event]] = []

    def make(settings: MailboxSettings, *, is_running: bool = False, **more: object) -> ImapWatch:
        given: dict[str, object] = {
            "now": lambda: datetime.now(UTC),
            "on_kept": lambda: None,
            "pace": QUICK,
        }
        watch = ImapWatch(settings, ledger, **(given | more))
        watches.append(watch)
        if is_running:
            stop = asyncio.Event()
            running.append((asyncio.create_task(watch.run(stop)), stop))
        return watch

    yield make
    for task, stop in running:
        stop.set()
        await asyncio.wait_for(task, 60)
    for watch in watches:
        await watch.close()


async def until(condition: Callable[[], object], seconds: float = 60) -> float:
    """Wait for something to come true; return how long it took, in seconds."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while not condition():
        assert loop.time() - begun < seconds, "it did not come true in time"
        await asyncio.sleep(0.01)
    return loop.time() - begun


def mail(subject: str, body: str = "Hello") -> bytes:
    """Return a small mail."""
    return (
        f"From: Ada <ada@example.org>\r\nTo: support@example.test\r\nSubject: {subject}\r\n"
        f"Message-ID: <{subject.replace(' ', '-')}@example.org>\r\n\r\n{body}\r\n"
    ).encode()


@pytest.fixture(scope="session")
def certificate(directory):
    pair = directory / "smtp.pem", directory / "smtp.key"
    make_certificate(*pair)
    return pair
