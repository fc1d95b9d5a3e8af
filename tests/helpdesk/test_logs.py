"""Log lines: their verbs are documented, and an error's words never reach them."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from helpdesk.logs import Line

ROOT = Path(__file__).resolve().parents[2]
VERB = re.compile(r"""(?:"action": |_extra\()"([a-z_]+)""")


def test_every_verb_is_listed_in_the_manual():
    manual = (ROOT / "docs" / "operating.md").read_text("utf-8")
    verbs = {
        verb
        for room in ("mail", "tickets", "helpdesk", "bot", "classifier")
        for path in (ROOT / room).rglob("*.py")
        for verb in VERB.findall(path.read_text("utf-8"))
        if not verb.endswith("_")
    }

    assert len(verbs) > 8
    assert {verb for verb in verbs if verb not in manual} == set()


def test_an_errors_words_stay_out_of_the_log():
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "it broke", (), None)
    try:
        int("ann@person.test said something")
    except ValueError as exc:
        record.exc_info = (ValueError, exc, exc.__traceback__)

    line = Line().format(record)

    assert "ann@person.test" not in line
    assert "exception=ValueError@test_logs.py" in line


def test_a_line_is_one_line():
    record = logging.LogRecord("x", logging.INFO, "f", 1, "a\nb", (), None)
    record.action = "letter_sent"

    assert Line().format(record).count("\n") == 0
    assert "action=letter_sent" in Line().format(record)
