"""Every table of the desk, one migration stream; doors own none."""

from tickets.models.agent import Agent, Role, Team
from tickets.models.challenge import Challenge, ChallengeState, Method
from tickets.models.chat import (
    AgentChat,
    ChatLink,
    ChatMessage,
    DeskForum,
    DeskTopic,
    Dialogue,
    PersonLink,
    Post,
    Rating,
)
from tickets.models.clock import Clock, ClockFamily, ClockKind, ClockNotice, RequestEvent
from tickets.models.event import AuditBatch, Event
from tickets.models.identity import GuardCounter, Identity
from tickets.models.inbound import InboundRecord, InboundState, Location
from tickets.models.message import Attachment, Blob, BlobSegment, Message
from tickets.models.outbox import OutboxEntry
from tickets.models.stamp import Stamp
from tickets.models.ticket import Request, Ticket
from tickets.models.work import Approval, Task, Verdict

__all__ = [
    "Agent",
    "AgentChat",
    "Approval",
    "Attachment",
    "AuditBatch",
    "Blob",
    "BlobSegment",
    "Challenge",
    "ChallengeState",
    "ChatLink",
    "ChatMessage",
    "Clock",
    "ClockFamily",
    "ClockKind",
    "ClockNotice",
    "DeskForum",
    "DeskTopic",
    "Dialogue",
    "Event",
    "GuardCounter",
    "Identity",
    "InboundRecord",
    "InboundState",
    "Location",
    "Message",
    "Method",
    "OutboxEntry",
    "PersonLink",
    "Post",
    "Rating",
    "Request",
    "RequestEvent",
    "Role",
    "Stamp",
    "Task",
    "Team",
    "Ticket",
    "Verdict",
]
