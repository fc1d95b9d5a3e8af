"""What the sandbox's mail exchanger knows and writes: trace headers and a DMARC verdict.

Pure: bytes in, bytes out.  Nothing is really verified; who greets as `pass.dmarc.sandbox.test`
gets that verdict, so that a mail that fails can be tried as easily as one that passes.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from email import message_from_bytes
from email.utils import format_datetime, parseaddr
from typing import Literal

Verdict = Literal["pass", "fail", "none"]

MX = "mx.sandbox.test"
_FORGED = re.compile(
    rb"^Authentication-Results:[ \t\r\n]*" + re.escape(MX.encode()) + rb"\b.*\r\n(?:[ \t].*\r\n)*",
    re.IGNORECASE | re.MULTILINE,
)
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:|\r\n")
_VERDICTS: Mapping[str, Verdict] = {
    "pass.dmarc.sandbox.test": "pass",
    "fail.dmarc.sandbox.test": "fail",
    "none.dmarc.sandbox.test": "none",
}


def verdict_of(greeting: str) -> Verdict | None:
    """Tell the verdict on mail from a host that greets so; None: nothing was checked."""
    return _VERDICTS.get(greeting.lower())


def greeting_for(verdict: Verdict) -> str:
    """Name the host whose greeting makes the sandbox's exchanger come to that DMARC verdict."""
    return next(greeting for greeting, named in _VERDICTS.items() if named == verdict)


def traced(  # noqa: PLR0913 (what a mail exchanger knows of a delivery)
    raw: bytes,
    *,
    sender: str,
    recipient: str,
    greeting: str,
    verdict: Verdict | None,
    now: datetime,
) -> bytes:
    """Put in front of a mail what a mail exchanger writes there, and drop forgeries of it.

    RFC 5321 4.4 (Return-Path, Received) and RFC 8601 2.2 and 5 (Authentication-Results).
    """
    raw = re.sub(rb"(?<!\r)\n", b"\r\n", raw)
    if not _FIELD.match(raw):
        raw = b"\r\n" + raw
    header, blank, body = raw.partition(b"\r\n\r\n")
    header = _FORGED.sub(b"", header + b"\r\n").removesuffix(b"\r\n")
    _, author = parseaddr(str(message_from_bytes(header).get("From", "")))
    domain = author.rpartition("@")[2]
    results = (
        []
        if verdict is None
        else [f"Authentication-Results: {MX}; dmarc={verdict} header.from={domain}"]
    )
    trace = [
        f"Return-Path: <{sender}>",
        f"Delivered-To: {recipient}",
        *results,
        f"Received: from {greeting} (localhost [127.0.0.1])",
        f"\tby {MX} with ESMTP id {secrets.token_hex(6).upper()}",
        f"\tfor <{recipient}>; {format_datetime(now)}",
        "",
    ]
    return "\r\n".join(trace).encode() + header + blank + body
