"""Read reports that are written for machines.

Delivery status (RFC 3464), disposition notifications (RFC 8098) and feedback reports (RFC 5965),
in `multipart/report` (RFC 6522) or broken out of it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mail import phrases
from mail.bounces import MOST, failed_recipients, unnamed
from mail.charsets import clean, decode
from mail.headers import Headers, one_line, read_block
from mail.structure import Limits, Part, read_structure
from tickets.types import FailedRecipient, Report

DELIVERY = frozenset({"message/delivery-status", "message/global-delivery-status"})
DISPOSITION = frozenset(
    {"message/disposition-notification", "message/global-disposition-notification"}
)
FEEDBACK = frozenset({"message/feedback-report"})
RETURNED = frozenset(
    {
        "message/rfc822",
        "text/rfc822-headers",
        "message/global",
        "message/global-headers",
        "message/rfc822-headers",
    }
)

_PROSE = 1000  # characters of a receipt's text that are read
_LIMIT = 200_000  # bytes of a status part that are read
_ADDRESS = re.compile(r"[^\s<>\"';:,()]+@[^\s<>\"';:,()]+")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_MESSAGE_ID = re.compile(
    r"^[>|\s]{0,8}message-id:\s{0,4}<([^<>\s]{3,400})>", re.IGNORECASE | re.MULTILINE
)
_ACTIONS = {"5": "failed", "4": "delayed", "2": "delivered"}


def report_part(leaves: list[Part]) -> tuple[str, Part | None]:
    """Return the kind of report that a mail carries, and the part written for machines."""
    for part in leaves:
        if part.type in DELIVERY:
            return "delivery", part
        if part.type in DISPOSITION:
            return "disposition", part
        if part.type in FEEDBACK:
            return "feedback", part
    return "", None


def read_delivery(
    part: Part | None, leaves: list[Part], notice: str, reporter: str, ours: frozenset[str]
) -> Report:
    """Read a delivery report; what the status part lacks is taken from the notice."""
    recipients, envelope_id = _status_groups(part)
    if not any(one.address for one in recipients):
        recipients = _named_in_prose(notice, reporter, ours, recipients)
    if not recipients and part is None:
        nested = _wrapped(leaves)
        if nested:
            recipients, envelope_id = _status_groups(report_part(nested)[1])
            leaves = nested
    # Somebody was not reached, even where the notice does not say who: our own id may tell.
    recipients = recipients or (unnamed(notice),)
    return Report("delivery", recipients, original_message_id(leaves, notice), envelope_id)


def _status_groups(part: Part | None) -> tuple[tuple[FailedRecipient, ...], str]:
    """Return the recipients and the envelope id of a status part (RFC 3464 2.2, 2.3)."""
    groups = _groups(part)
    found = [one for one in map(_recipient, groups) if one is not None]
    ids = [group.text(b"original-envelope-id") for group in groups]
    return tuple(found[:MOST]), next(filter(None, ids), "")


def _named_in_prose(
    notice: str, reporter: str, ours: frozenset[str], known: tuple[FailedRecipient, ...]
) -> tuple[FailedRecipient, ...]:
    """Take the addresses from the prose and, where the status part has it, all else from there."""
    found = failed_recipients(notice, reporter, ours)
    if not known:
        return found
    first = known[0]
    return (
        tuple(replace(one, action=first.action, status=first.status or one.status) for one in found)
        or known
    )


def _wrapped(leaves: list[Part]) -> list[Part]:
    """Return the parts of a report that a gateway sent on as an attached mail."""
    for part in leaves:
        if part.type == "message/rfc822":
            nested = read_structure(part.content(), Limits()).root.leaves()
            if report_part(nested)[1] is not None:
                return nested
    return []


def read_disposition(part: Part | None, leaves: list[Part], text: str) -> Report:
    """Read a receipt for reading (RFC 8098 3).

    A mail that a filter refused (RFC 5429 2.1.2) comes back in the same form: then it is a
    delivery report, unless the text says that a person deleted it unread.
    """
    for group in _groups(part):
        address = _address(
            _field(group, b"final-recipient") or _field(group, b"original-recipient")
        )
        ids = group.ids(b"original-message-id")
        disposition = group.text(b"disposition").lower()
        if not (address or ids or disposition):
            continue
        original = ids[0] if ids else original_message_id(leaves, text)
        mode, _, kind = disposition.partition(";")
        kind = kind.strip()[:40] or "displayed"
        is_deleted = mode.startswith("automatic-action") and kind.startswith("deleted")
        if is_deleted and not phrases.find(phrases.UNREAD, text[:_PROSE]):
            refused = failed_recipients(text, "", frozenset())
            status = refused[0].status if refused else "5.0.0"
            return Report("delivery", (FailedRecipient(address, "failed", status),), original)
        return Report("disposition", (FailedRecipient(address, kind),), original)
    return Report("disposition", (), original_message_id(leaves, text))


def read_feedback(part: Part | None, leaves: list[Part]) -> Report:
    """Read a complaint that a provider passes on (RFC 5965 3)."""
    recipients: list[FailedRecipient] = []
    envelope_id = ""
    for group in _groups(part):
        kind = group.text(b"feedback-type")
        envelope_id = envelope_id or group.text(b"original-envelope-id")
        for value in group.all(b"original-rcpt-to") + group.all(b"removal-recipient"):
            address = _address(value.decode("latin-1"))
            if address and len(recipients) < MOST:
                recipients.append(FailedRecipient(address, kind[:40] or "feedback"))
    return Report("feedback", tuple(recipients), original_message_id(leaves, ""), envelope_id)


def original_message_id(leaves: list[Part], text: str) -> str:
    """Return the id of the mail that a report is about, from its returned header."""
    for part in leaves:
        if part.type in RETURNED:
            content = part.content()[:_LIMIT].lstrip(b"\r\n")
            found = _MESSAGE_ID.search(decode(content))
            if found:
                return clean(found.group(1))
    found = _MESSAGE_ID.search(text[:_LIMIT])
    return found.group(1) if found else ""


def _groups(part: Part | None) -> list[Headers]:
    """Return the field groups of a status part; blank lines part them."""
    if part is None:
        return []
    data = part.content()[:_LIMIT].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    groups = [block for block in re.split(rb"\n(?:[ \t]*\n)+", data.strip(b"\n")) if block.strip()]
    return [read_block(block)[0] for block in groups[: MOST * 2]]


def _recipient(group: Headers) -> FailedRecipient | None:
    final, original = _field(group, b"final-recipient"), _field(group, b"original-recipient")
    status_field, action = group.latin(b"status"), group.latin(b"action").strip().lower()
    if not (final or original or action):
        return None
    found = _STATUS.search(status_field)
    status = found.group(1) if found else ""
    diagnostic = one_line(decode(group.raw(b"diagnostic-code")))
    if not status or status.endswith(".0.0"):
        better = _STATUS.search(diagnostic)
        status = better.group(1) if better else status
    action = re.split(r"[\s(;]", action, maxsplit=1)[0]
    if action not in {"failed", "delayed", "delivered", "relayed", "expanded"}:
        action = _ACTIONS.get(status[:1], "failed")
    address = (
        _address(original) or _address(final) or _address(_field(group, b"x-actual-recipient"))
    )
    return FailedRecipient(address, action, status, diagnostic[:500])


def _field(group: Headers, name: bytes) -> str:
    """Return a field that may hold an address in UTF-8 (RFC 6533 3)."""
    return decode(group.raw(name))


def _address(value: str) -> str:
    """Return the address of a typed field (`rfc822; user@host`), however it is dressed."""
    found = _ADDRESS.search(value.partition(";")[2] or value)
    return one_line(found.group()).strip(".") if found else ""
