"""What processes cost, read from /proc: CPU of a whole tree, resident memory of one.

Linux only.  CPU is user and system time, of ended children too; the clock ticks at 10 ms, so a
figure is worth something from about a second on.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(*roots: int) -> float:
    """Return the CPU time of these processes and all below them, in seconds."""
    return sum(_ticks(pid) for pid in _trees(roots)) / _TICKS


def resident_mb(pid: int) -> float:
    """Return the resident memory of one process, in megabytes of a million bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * _PAGE / 1e6


def children(pid: int) -> list[int]:
    """Return the processes that this one started and that still live."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for t in tasks for child in (t / "children").read_text().split()]
    except OSError:
        return []


def _trees(roots: Iterable[int]) -> set[int]:
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children(pid)
    return found


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15]))  # utime, stime, and those of buried children
