"""Compare a mailbox with the ledger: what lies there, what is held, and why they differ.

Reads only; the watch makes good what it finds at its next comparison.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mail.errors import CommandRefused
from mail.imap import ImapConnection
from mail.ledger import Ledger
from mail.oauth import TokenSource
from mail.pace import Patience
from mail.settings import MailboxSettings

_TRIED = 20  # mails that are fetched to find out why they are missing


@dataclass(frozen=True, slots=True)
class FolderBalance:
    """One folder's account.

    `on_server` = `held` + `arriving` + `missed` + `unfetchable`; `left` are held mails that people
    (or our own moves) took out of the folder.
    """

    folder: str
    uidvalidity: int = 0
    on_server: int = 0
    held: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    trouble: str = ""  # why the folder could not be looked into, in codes

    @property
    def is_balanced(self) -> bool:
        """Tell whether every mail of the folder is held or only just arriving."""
        bad = self.reasons.get("missed", 0) + self.reasons.get("unfetchable", 0)
        return not self.trouble and not bad


async def reconcile(
    settings: MailboxSettings, ledger: Ledger, *, patience: Patience | None = None
) -> list[FolderBalance]:
    """Return the balance of every watched folder; raises `ImapError` if nobody answers.

    Reasons: `arriving` (newer than the last sweep), `missed` (older, and yet not held: taken at
    the next comparison), `unfetchable` (the server does not give it out), `left` (held, no longer
    in the folder), `renumbered` (held under an earlier UIDVALIDITY, not counted as held here).
    """
    token = TokenSource(settings.oauth2) if settings.oauth2 is not None else None
    connection = await ImapConnection.open(settings, token=token, patience=patience or Patience())
    try:
        return [await _balance(connection, settings.name, f, ledger) for f in settings.folders]
    finally:
        await connection.close()


async def _balance(
    connection: ImapConnection, account: str, folder: str, ledger: Ledger
) -> FolderBalance:
    try:
        selected = await connection.select(folder)
        on_server = set(await connection.search("ALL"))
    except CommandRefused as exc:
        return FolderBalance(folder, trouble=str(exc))
    validity = selected.uidvalidity
    held = await ledger.held(account, folder, validity)
    mark = await ledger.mark(account, folder)
    last = mark[1] if mark is not None and mark[0] == validity else 0
    missing = sorted(on_server - held)
    missed = [uid for uid in missing if uid <= last]
    unfetchable = await _unfetchable(connection, missed[:_TRIED])
    reasons = {
        "arriving": len(missing) - len(missed),
        "missed": len(missed) - unfetchable,
        "unfetchable": unfetchable,
        "left": len(held - on_server),
    }
    if mark is not None and mark[0] != validity:
        reasons["renumbered"] = len(await ledger.held(account, folder, mark[0]))
    return FolderBalance(
        folder=folder,
        uidvalidity=validity,
        on_server=len(on_server),
        held=len(on_server & held),
        reasons={reason: count for reason, count in reasons.items() if count},
    )


async def _unfetchable(connection: ImapConnection, uids: Sequence[int]) -> int:
    refused = 0
    for uid in uids:
        try:
            await connection.fetch([uid])
        except CommandRefused:
            refused += 1
    return refused
