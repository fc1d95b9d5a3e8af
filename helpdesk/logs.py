"""Log lines: a sentence, a verb as `action`, and never a body, an address, a name or a token.

The verbs are listed in `docs/operating.md`.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Final

_FIELDS: Final = (
    "action",
    "loop",
    "ticket",
    "record",
    "account",
    "mailbox",
    "folder",
    "error",
    "place",
    "count",
    "method",
    "code",
)
_QUIET: Final = (
    *("aioimaplib", "aiosqlite", "asyncio", "httpcore", "httpx"),
    *("mail.debug", "mail.error", "mail.log", "pymap", "telegram", "tortoise", "uvicorn"),
)
"""Libraries whose lines may hold what ours must not."""

_BOT_TOKEN: Final = re.compile(r"\b(?:bot)?\d{6,}:[A-Za-z0-9_-]{6,}")


class Line(logging.Formatter):
    """One line a record; exceptions by class and place, since their words may hold data."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the sentence, the facts that we name, and where an error arose."""
        facts = [f"{f}={getattr(record, f)}" for f in _FIELDS if getattr(record, f, None)]
        when = self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z")
        line = f"{when} {record.levelname} {record.name} {record.getMessage()}"
        if record.exc_info and record.exc_info[1] is not None:
            facts.append(f"exception={_place(record.exc_info[1])}")
        whole = f"{line} {' '.join(facts)}".rstrip().replace("\n", " ")
        return _BOT_TOKEN.sub("[token]", whole)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    code = trace.tb_frame.f_code
    return f"{type(error).__name__}@{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"


def set_up(level: int = logging.INFO) -> None:
    """Send our log lines to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Line())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
