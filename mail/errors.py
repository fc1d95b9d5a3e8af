"""What can stand between us and a mailbox."""

from __future__ import annotations

from tickets.errors import DeskError


class ImapError(DeskError):
    """Something between us and the mailbox; the message is codes, never personal data."""


class ConnectionGone(ImapError):
    """The connection is lost or was thrown away; a new one may work."""


class LoginRefused(ImapError):
    """The server does not let us in; trying again soon is of no use."""


class CommandRefused(ImapError):
    """The server answered NO or BAD; the connection lives."""
