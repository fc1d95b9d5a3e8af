"""Every table of the desk, one migration stream; doors own none."""

from tickets.models.event import AuditBatch, Event
from tickets.models.identity import GuardCounter, Identity
from tickets.models.inbound import InboundRecord, InboundState, Location
from tickets.models.message import Attachment, Blob, BlobSegment, Message
from tickets.models.outbox import OutboxEntry
from tickets.models.stamp import Stamp
from tickets.models.ticket import Request, Ticket

__all__ = [
    "Attachment",
    "AuditBatch",
    "Blob",
    "BlobSegment",
    "Event",
    "GuardCounter",
    "Identity",
    "InboundRecord",
    "InboundState",
    "Location",
    "Message",
    "OutboxEntry",
    "Request",
    "Stamp",
    "Ticket",
]
