"""Try a mailbox and its way out before anybody relies on them; say what is missing.

Nothing is taken in, marked, sent or stored.  The result is data; the command line phrases it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mail.errors import CommandRefused, ImapError, LoginRefused
from mail.imap import ImapConnection
from mail.imap_text import ListedFolder, Selected
from mail.oauth import TokenSource
from mail.pace import Patience
from mail.sender import SmtpSender
from mail.settings import MailboxSettings, SmtpSettings
from tickets.errors import DeliveryError


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"  # no mail comes or goes
    WARNING = "warning"  # something asked for will not happen
    NOTE = "note"  # worth knowing


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is missing or worth knowing."""

    severity: Severity
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class MailboxProbe:
    """What was found at one mailbox."""

    name: str
    folders: tuple[ListedFolder, ...] = ()
    capabilities: tuple[str, ...] = ()
    smtp_extensions: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def is_usable(self) -> bool:
        """Tell whether mail can come and go."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)


async def probe(
    settings: MailboxSettings, smtp: SmtpSettings, *, patience: Patience | None = None
) -> MailboxProbe:
    """Log in both ways, list folders and capabilities, and judge them; raises nothing."""
    found: list[Finding] = []
    folders: Sequence[ListedFolder] = ()
    capabilities: frozenset[str] = frozenset()
    token = TokenSource(settings.oauth2) if settings.oauth2 is not None else None
    try:
        connection = await ImapConnection.open(
            settings, token=token, patience=patience or Patience()
        )
        try:
            capabilities = connection.capabilities
            folders = await connection.folders()
            found += await _judge_folders(connection, settings, folders)
        finally:
            await connection.close()
        found += _judge_capabilities(capabilities, settings)
    except LoginRefused as exc:
        found.append(Finding(Severity.ERROR, "imap_login", f"The login is refused: {exc}."))
    except ImapError as exc:
        found.append(Finding(Severity.ERROR, "imap", f"The IMAP server is not reached: {exc}."))
    extensions: tuple[str, ...] = ()
    try:
        extensions = await SmtpSender(
            smtp.overridden_by(settings.smtp), settings.address
        ).extensions()
    except DeliveryError as exc:
        found.append(Finding(Severity.ERROR, "smtp", f"Letters cannot leave: {exc.reason}."))
    return MailboxProbe(
        name=settings.name,
        folders=tuple(folders),
        capabilities=tuple(sorted(capabilities)),
        smtp_extensions=extensions,
        findings=tuple(found),
    )


async def _judge_folders(
    connection: ImapConnection, settings: MailboxSettings, folders: Sequence[ListedFolder]
) -> list[Finding]:
    found: list[Finding] = []
    for folder in settings.folders:
        try:
            selected = await connection.select(folder)
        except CommandRefused as exc:
            text = f"The folder {folder!r} cannot be opened: {exc}."
            found.append(Finding(Severity.ERROR, "folder_missing", text))
        else:
            found += _judge_marks(folder, selected, settings)
    for listed in folders:
        if "\\junk" in listed.attributes and listed.name not in settings.folders:
            text = f"The junk folder {listed.name!r} is not watched; requests do end there."
            found.append(Finding(Severity.NOTE, "junk_unwatched", text))
    names = {listed.name for listed in folders}
    if settings.decorate == "move" and settings.processed_folder not in names:
        text = f"The folder {settings.processed_folder!r} will be made by the first move."
        found.append(Finding(Severity.NOTE, "processed_missing", text))
    return found


def _judge_marks(folder: str, selected: Selected, settings: MailboxSettings) -> Iterator[Finding]:
    if selected.uidvalidity == 0:
        text = f"The folder {folder!r} has no UIDVALIDITY: its mails cannot be told apart for good."
        yield Finding(Severity.WARNING, "no_uidvalidity", text)
    if settings.decorate == "off":
        return
    if selected.is_read_only:
        text = f"The folder {folder!r} is read-only: its mails will not be marked."
        yield Finding(Severity.WARNING, "read_only", text)
    flags = selected.permanent_flags
    if settings.decorate == "keyword" and flags and not {"\\*", settings.keyword.lower()} & flags:
        text = f"The folder {folder!r} keeps no keywords of ours: its mails will not be marked."
        yield Finding(Severity.WARNING, "no_keywords", text)
    if settings.decorate == "seen" and flags and "\\seen" not in flags:
        text = f"The folder {folder!r} does not keep \\Seen: its mails will not be marked."
        yield Finding(Severity.WARNING, "no_seen", text)


def _judge_capabilities(
    capabilities: frozenset[str], settings: MailboxSettings
) -> Iterator[Finding]:
    if "IDLE" not in capabilities:
        text = f"No IDLE: new mail is seen every {settings.sweep_seconds:g} seconds."
        yield Finding(Severity.WARNING, "no_idle", text)
    if settings.decorate == "move":
        if "UIDPLUS" not in capabilities:
            text = "No UIDPLUS: mails cannot be moved safely and are marked seen instead."
            yield Finding(Severity.WARNING, "no_uidplus", text)
        elif "MOVE" not in capabilities:
            text = "No MOVE: mails are copied, then removed one by one."
            yield Finding(Severity.NOTE, "no_move", text)
