"""Speak the JSON of a mail parser's judge: one object a mail, on one line.

`helpdesk parse` is this module: one raw mail on stdin, or with `--batch` lines of `{"id", "path"}`
that are answered one by one.  An answer always has every field; nothing here raises, and nothing
is written to stderr.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO

from mail.envelopes import IN_SMIME, IN_TNEF
from mail.parse import parse
from mail.structure import Limits
from tickets.types import Inbound, Sender


def to_contract(inbound: Inbound) -> dict[str, Any]:
    """Return an `Inbound` in the fields that the judge reads."""
    report = inbound.report
    recipients = report.recipients if report else ()
    failures = [one for one in recipients if one.action not in {"delivered", "relayed", "expanded"}]
    if report is None or report.kind != "delivery":
        failures = []
    return {
        "message_id": inbound.external_id,
        "from": _sender(inbound.sender),
        "to": [_sender(one) for one in inbound.to],
        "cc": [_sender(one) for one in inbound.cc],
        "reply_to": [_sender(one) for one in inbound.reply_to],
        "subject": inbound.subject,
        "date": inbound.sent_at.isoformat() if inbound.sent_at else None,
        "text": inbound.text,
        "html": inbound.html,
        "reply_text": inbound.newest,
        "attachments": [
            {
                "filename": one.filename or None,
                "content_type": one.content_type,
                "size": one.size,
                "inline": one.inline,
                "content_id": one.content_id,
                "note": one.note,
            }
            # The judge counts the mail's own parts; what a container holds comes on top.
            for one in inbound.attachments
            if one.note not in {IN_TNEF, IN_SMIME}
        ],
        "auto_submitted": inbound.automation.value,
        "auto_why": inbound.automation_why,
        "in_reply_to": inbound.in_reply_to,
        "references": list(inbound.references),
        "bounce_recipients": [one.address for one in failures if one.address],
        "bounce_status": list(dict.fromkeys(one.status for one in failures if one.status)),
        "envelope": inbound.envelope_note,
        "problems": list(inbound.problems),
    }


def _sender(sender: Sender) -> dict[str, str]:
    return {"name": sender.name, "address": sender.address}


def main(*, batch: bool, stdin: BinaryIO, stdout: BinaryIO, limits: Limits | None = None) -> int:
    """Answer one mail or, in batch, one a line; always returns 0."""
    limits = limits or Limits()
    if not batch:
        _write(stdout, to_contract(parse(_read_all(stdin), limits=limits)))
        return 0
    for line in iter(stdin.readline, b""):
        if not line.strip():
            continue
        identity, raw = _fetch(line)
        _write(stdout, {"id": identity, **to_contract(parse(raw, limits=limits))})
    return 0


def _read_all(stdin: BinaryIO) -> bytes:
    try:
        return stdin.read()
    except OSError:
        return b""


def _fetch(line: bytes) -> tuple[Any, bytes]:
    """Return the id of a batch line and its mail; b"" where there is none to read."""
    try:
        row = json.loads(line)
    except ValueError:
        return None, b""
    if not isinstance(row, dict):
        return None, b""
    try:
        return row.get("id"), Path(str(row.get("path") or "")).read_bytes()
    except (OSError, ValueError):
        return row.get("id"), b""


def _write(stdout: BinaryIO, answer: dict[str, Any]) -> None:
    stdout.write(json.dumps(answer, ensure_ascii=True).encode("ascii") + b"\n")
    stdout.flush()


if __name__ == "__main__":
    import sys

    raise SystemExit(
        main(batch="--batch" in sys.argv[1:], stdin=sys.stdin.buffer, stdout=sys.stdout.buffer)
    )
