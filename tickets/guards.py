"""Whether an automatic letter may answer a message: RFC 3834, RFC 5230, and counters behind them.

A withheld receipt never withholds the ticket.
"""

from __future__ import annotations

import re
from typing import Final

from tickets.settings import DeskConfig
from tickets.types import Alignment, Automation, Channel, Inbound

_MACHINES: Final = re.compile(
    r"^(mailer-daemon|postmaster|owner-.*|.*-request|listserv|majordomo|mailman|"
    r"no[-_.]?reply.*|do[-_.]?not[-_.]?reply.*|bounces?([-+].*)?)$",
    re.IGNORECASE,
)
"""Local parts that no person reads (RFC 5230 4.6)."""


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case, empty where there is none."""
    return address.rpartition("@")[2].lower().rstrip(".") if "@" in address else ""


def is_same_organisation(one: str, other: str) -> bool:
    """Tell whether two domains are equal or one lies below the other.

    This stands for RFC 7489 3.2 without a list of public suffixes: sisters below one organisational
    domain count as strangers, which errs on the side of not answering.
    """
    if not one or not other:
        return False
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def why_silent(inbound: Inbound, alignment: Alignment, config: DeskConfig) -> str:
    """Return the code of the rule that forbids an automatic answer, or nothing."""
    address = inbound.sender.address.lower()
    if inbound.channel is not Channel.EMAIL:
        return ""
    local, _, domain = address.rpartition("@")
    rules = (
        ("no_sender", not local or not domain),
        ("automatic", inbound.automation is not Automation.NO),
        ("null_return_path", inbound.return_path is not None and not inbound.return_path),
        ("asked_not_to", inbound.automation_why.startswith("x-auto-response-suppress")),
        ("machine_address", bool(_MACHINES.match(local))),
        ("own_address", _is_ours(address, config)),
        ("dmarc_fail", alignment is Alignment.FAIL),
        ("backscatter", _is_backscatter(inbound, alignment, domain)),
        ("not_addressed", not _is_addressed(inbound, config)),
    )
    return next((code for code, holds in rules if holds), "")


def _is_ours(address: str, config: DeskConfig) -> bool:
    return _plain(address) in config.own_addresses


def _plain(address: str) -> str:
    """Drop a plus-extension."""
    local, at, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def _is_backscatter(inbound: Inbound, alignment: Alignment, domain: str) -> bool:
    """Tell whether a receipt could hit a stranger: Return-Path elsewhere, nothing aligned."""
    if not inbound.return_path or alignment is Alignment.PASS:
        return False
    return not is_same_organisation(domain_of(inbound.return_path), domain)


def _is_addressed(inbound: Inbound, config: DeskConfig) -> bool:
    """Tell whether To or Cc names us (RFC 3834 2); a mail that names nobody passes."""
    named = (*inbound.to, *inbound.cc)
    return not named or any(_is_ours(one.address, config) for one in named)


def alignment_of(inbound: Inbound, authserv_id: str) -> Alignment:
    """Read our own server's DMARC verdict: its topmost line, nobody else's (RFC 8601 2.5, 5)."""
    if not authserv_id:
        return Alignment.NONE
    for server, results in inbound.authentication:
        if server.lower() != authserv_id.lower():
            continue
        verdict = re.search(r"\bdmarc\s*=\s*([a-z]+)", results, re.IGNORECASE)
        match verdict and verdict[1].lower():
            case "pass" | "bestguesspass":
                return Alignment.PASS
            case "fail":
                return Alignment.FAIL
            case _:
                return Alignment.NONE
    return Alignment.NONE
