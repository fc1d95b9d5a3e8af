"""What the desk and its doors may raise.

Every error carries the reference or key that it is about as an attribute, and never
personal data in its message.  Doors translate library errors into these once, `from exc`.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID


class DeskError(Exception):
    """The root of everything that the desk raises on purpose."""


class Refusal(DeskError):
    """The rules say no; each door phrases it in its own manner.

    `code` is stable and machine-readable; `reference` names the ticket where there is one.
    """

    def __init__(self, code: str, *, reference: str | None = None) -> None:
        super().__init__(code if reference is None else f"{code}: {reference}")
        self.code = code
        self.reference = reference


class NotAllowed(Refusal):
    """Who asks may not do this."""


class InvalidTransition(Refusal):
    """The ticket or request is not in a state from which this leads on."""


class Taken(InvalidTransition):
    """A colleague has the ticket: `agent_id`, since `since`; it can be taken over."""

    def __init__(self, agent_id: UUID, since: datetime | None, *, reference: str) -> None:
        super().__init__("already_taken", reference=reference)
        self.agent_id = agent_id
        self.since = since


class UnknownTicket(Refusal):
    """No ticket has this reference."""

    def __init__(self, reference: str) -> None:
        super().__init__("unknown_ticket", reference=reference)


class DeliveryError(DeskError):
    """A letter did not go out.

    `reason` is the server's answer reduced to codes (never addresses), e.g. `550 5.1.1`;
    `retry_after` is in seconds where the server named a time.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class TemporaryDeliveryError(DeliveryError):
    """Worth another try."""


class PermanentDeliveryError(DeliveryError):
    """The server will not take it; trying again is of no use."""


class UnknownDeliveryError(DeliveryError):
    """The connection ended after the letter was handed over: it may have arrived."""


class UnreadableMessage(DeskError):
    """A message that we hold but cannot read; `record` names the journal's row."""

    def __init__(self, record: str, reason: str) -> None:
        super().__init__(f"{record}: {reason}")
        self.record = record
        self.reason = reason


class ConfigError(DeskError):
    """The configuration is wrong; `problems` lists each as (key path, what is wrong)."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("\n".join(f"{key}: {what}" for key, what in problems))
        self.problems = problems
