"""Named places where a test may kill the process, as a power cut would.

Only the environment variable `HELPDESK_KILL_AT` (for example `intake.written:3`, the third time)
arms one; without it a point costs one dictionary look-up.
"""

from __future__ import annotations

import os
import signal
from typing import Final

POINTS: Final = (
    "mail.fetched",
    "journal.written",
    "mail.kept",
    "intake.read",
    "intake.planned",
    "intake.written",
    "intake.committed",
    "mail.decorating",
    "mail.decorated",
    "outbox.claimed",
    "smtp.sending",
    "smtp.accepted",
    "outbox.marked",
    "audit.sealed",
)
"""The way of a mail, in order."""

CHAT_POINTS: Final = (
    "journal.written",
    "intake.planned",
    "intake.written",
    "intake.committed",
    "telegram.answered",
    "dispatch.claimed",
    "dispatch.carried",
    "dispatch.marked",
)
"""The way of a chat message, in order."""

CODE_POINTS: Final = ("outbox.claimed", "outbox.marked", "code.replacing", "code.replaced")
"""The way of a code of unknown fate, in order."""

_armed: dict[str, int] = {}


def arm(setting: str) -> None:
    """Arm the point named by `POINT:TIMES`; an empty setting arms none."""
    _armed.clear()
    if setting:
        point, _, times = setting.partition(":")
        known = dict.fromkeys((*POINTS, *CHAT_POINTS, *CODE_POINTS))
        if point not in known:
            raise ValueError(f"unknown kill point {point!r}; there are: {', '.join(known)}")
        _armed[point] = int(times or 1)


def kill(point: str) -> None:
    """Die at once, without any clean-up, if this point is armed and its count is reached."""
    if point not in _armed:
        return
    _armed[point] -= 1
    if _armed[point] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get("HELPDESK_KILL_AT", ""))
