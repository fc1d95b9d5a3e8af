"""The sandbox's clock: the time of day, and how far somebody has turned it forward.

It stands in the data directory, so that a restart and the commands go by it too.  A service with a
configuration of its own never looks at it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

_FILE: Final = "clock"


class SandboxClock:
    """A clock that goes forward only."""

    def __init__(self, data: Path) -> None:
        self._path = data / _FILE
        try:
            self._ahead = timedelta(seconds=float(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        """Return the time in the sandbox."""
        return datetime.now(UTC) + self._ahead

    async def forward(self, by: timedelta) -> None:
        """Turn it forward; raise `ValueError` for anything else."""
        if by <= timedelta(0):
            raise ValueError("the clock goes forward only")
        self._ahead += by
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path.write_text(f"{self._ahead.total_seconds()}\n", encoding="utf-8")
