"""The desk's nouns, as values: what doors hand in, what handlers decide, what goes out.

Nothing here touches a database or a wire, so that handlers, the classifier and `helpdesk parse`
import it in milliseconds.  Values are frozen; datetimes are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from tickets.errors import DeliveryError


class Channel(StrEnum):
    """The door that a message came through."""

    EMAIL = "email"
    TELEGRAM = "telegram"
    FORM = "form"
    SMS = "sms"  # a way out only: codes that prove identity


CHATS: Final = frozenset((Channel.TELEGRAM,))
"""Channels whose server knows no idempotency key: `tickets.dispatch` sends there."""


class Intent(StrEnum):
    """What a message asks; the order is that of precedence when several are there."""

    COMPLAINT = "privacy_complaint"
    DELETION = "deletion_request"
    ACCESS = "access_request"
    PORTABILITY = "portability_request"
    RECTIFICATION = "rectification_request"
    OBJECTION = "objection_request"
    QUESTION = "privacy_question"
    SUPPORT = "support_question"
    FEEDBACK = "feedback"
    SPAM = "spam"
    OTHER = "other"


class Right(StrEnum):
    """A right that a request exercises; it chooses the statutory clock."""

    ACCESS = "access"
    EXPLANATION = "explanation"
    DELETION = "deletion"
    ACCOUNT_CANCEL = "account_cancel"
    RECTIFICATION = "rectification"
    PORTABILITY = "portability"
    OBJECTION = "objection"
    RESTRICTION = "restriction"
    OPT_OUT = "opt_out"
    LIMIT_SENSITIVE_USE = "limit_sensitive_use"
    WITHDRAW_CONSENT = "withdraw_consent"
    AUTOMATED_DECISION = "automated_decision"
    COMPLAINT = "complaint"


RIGHTS_OF: Mapping[Intent, tuple[Right, ...]] = {
    Intent.ACCESS: (Right.ACCESS, Right.EXPLANATION),
    Intent.DELETION: (Right.DELETION, Right.ACCOUNT_CANCEL),
    Intent.RECTIFICATION: (Right.RECTIFICATION,),
    Intent.PORTABILITY: (Right.PORTABILITY,),
    Intent.OBJECTION: (
        Right.OBJECTION,
        Right.RESTRICTION,
        Right.OPT_OUT,
        Right.LIMIT_SENSITIVE_USE,
        Right.WITHDRAW_CONSENT,
        Right.AUTOMATED_DECISION,
    ),
    Intent.COMPLAINT: (Right.COMPLAINT,),
}
"""The rights that an intent can open; an intent that is not a key opens none."""


NEEDS_NO_PROOF: Final = frozenset(
    (
        Right.OPT_OUT,
        Right.LIMIT_SENSITIVE_USE,
        Right.OBJECTION,
        Right.WITHDRAW_CONSENT,
        Right.COMPLAINT,
        Right.EXPLANATION,
    )
)
"""Rights whose exercise discloses and destroys nothing of a person.

California forbids verifying opt-outs and limits (11 CCR 7060(b), law.md 2.4); an objection to
advertising is absolute (GDPR 21(3)), consent is withdrawn as easily as it was given (GDPR 7(3),
PIPL 15); an explanation of the rules of processing is the same for everybody (PIPL 48).
"""


class Topic(StrEnum):
    """What a privacy question is about; the sections 1 to 5 of the policy."""

    COLLECTION = "collection"
    STORAGE = "storage"
    SHARING = "sharing"
    COOKIES = "cookies"
    CONTACT = "contact"


class Status(StrEnum):
    """Where a ticket stands; derived from its requests and its conversation."""

    NEW = "new"
    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"
    ERASED = "erased"


class Priority(StrEnum):
    """How soon the house wants it done; it moves service targets, never the law."""

    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class RequestState(StrEnum):
    """Where one exercised right stands (docs/requests.md draws the arrows)."""

    SUSPECTED = "suspected"
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    PROOF_ASKED = "proof_asked"
    PROVEN = "proven"
    NOT_PROVEN = "not_proven"
    IN_WORK = "in_work"
    EXTENDED = "extended"
    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Direction(StrEnum):
    """Which way a message of a ticket went."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    NOTE = "note"


class MessageKind(StrEnum):
    """What a message of a ticket is."""

    MESSAGE = "message"  # a person wrote
    AUTOMATIC = "automatic"  # out of office, machine mail: no answer, no reopening
    BOUNCE = "bounce"
    REPORT = "report"  # read receipts, feedback reports
    BULK = "bulk"  # lists and newsletters
    LETTER = "letter"  # from a template
    REPLY = "reply"  # written by an agent
    NOTE = "note"  # internal, or a possible follow-up


class Automation(StrEnum):
    """Whether a person or a machine wrote a mail; the first five are printed by `parse`."""

    NO = "no"
    REPLIED = "auto-replied"
    GENERATED = "auto-generated"
    BOUNCE = "bounce"
    LIST = "list"


class Delivery(StrEnum):
    """Where an outbox entry stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"  # it may have arrived; tried again with the same id
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"  # taken back before it left


class Alignment(StrEnum):
    """What our own mail server says of a sender (RFC 8601, RFC 7489 3.1)."""

    PASS = "pass"  # noqa: S105  - a verdict, not a password
    FAIL = "fail"
    NONE = "none"  # the domain publishes nothing, or no trusted verdict is there


@dataclass(frozen=True, slots=True)
class Sender:
    """One side of a message: a mail address or a chat id, and the name that came with it."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a message; `part` says where in the raw message its bytes are."""

    filename: str
    content_type: str
    size: int  # bytes, decoded
    part: str = ""  # IMAP-like path, e.g. "2.1"
    content_id: str = ""
    inline: bool = False
    remote: str = ""  # how its server names it, where its bytes come apart from the message
    note: str = ""  # "pgp-encrypted", "smime-signed", "tnef", "message", "calendar" …


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """One recipient named by a delivery report (RFC 3464 2.3)."""

    address: str
    action: str  # failed, delayed, delivered, relayed, expanded
    status: str = ""  # 5.1.1
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A bounce, a delay notice, a read receipt or a feedback report, taken apart."""

    kind: str  # delivery, disposition, feedback
    recipients: tuple[FailedRecipient, ...] = ()
    original_message_id: str = ""
    original_envelope_id: str = ""

    @property
    def is_failure(self) -> bool:
        """Tell whether at least one recipient finally failed; a delay is not a failure."""
        return any(r.action == "failed" for r in self.recipients)


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message as a door understood it; pure data, made by `mail.parse` and `bot.inbound`.

    Every string is free of NUL and lone surrogates.  `text` is the chosen plain body (made from
    HTML where there is no other); `newest` is what the writer newly wrote; `quoted` the rest.
    """

    channel: Channel
    external_id: str = ""  # Message-ID without brackets; Telegram: chat/message
    sender: Sender = Sender("")
    reply_to: tuple[Sender, ...] = ()
    to: tuple[Sender, ...] = ()
    cc: tuple[Sender, ...] = ()
    return_path: str | None = None  # "" is the null sender, None is absent
    subject: str = ""
    text: str = ""
    html: str = ""
    newest: str = ""
    quoted: str = ""
    sent_at: datetime | None = None
    received: tuple[tuple[str, datetime], ...] = ()  # (by-host, time) of Received, topmost first
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    thread_index: str = ""
    marker: str = ""  # hidden marker of ours found in quoted HTML
    address_word: str = ""  # a word of ours behind the plus of the address that it came to
    attachments: tuple[Attachment, ...] = ()
    automation: Automation = Automation.NO
    automation_why: str = ""  # the header or phrase that decided
    loop_token: str = ""  # value of our own loop header
    report: Report | None = None
    authentication: tuple[tuple[str, str], ...] = ()  # (authserv-id, rest), topmost first
    language_hint: str = ""  # Content-Language, Telegram's language_code
    envelope_note: str = ""  # "smime-encrypted", "pgp-encrypted" …: what we cannot look into
    size: int = 0  # bytes of the raw message
    is_cut: bool = False  # over the limit: the raw bytes are whole, the parse is not
    problems: tuple[str, ...] = ()  # what was repaired or given up, in codes


@dataclass(frozen=True, slots=True)
class Text:
    """What the classifier reads."""

    newest: str
    quoted: str = ""
    subject: str = ""
    channel: Channel = Channel.EMAIL
    hints: tuple[str, ...] = ()  # languages, likeliest first: earlier messages, channel, header


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message asks, and how sure we are."""

    intent: Intent
    also: tuple[Intent, ...] = ()
    rights: tuple[Right, ...] = ()
    topic: Topic | None = None
    policy_section: int | None = None  # 0 to 5
    questions: tuple[str, ...] = ()  # finer ones of that section, best first; none where unsure
    language: str = "und"  # BCP 47; Chinese by script
    confidence: float = 0.0  # calibrated, 0 to 1
    needs_human: bool = True
    suspected: bool = False  # rights are possible, not sure: the clock runs all the same
    marks: tuple[str, ...] = ()  # "authority"
    why: tuple[str, ...] = ()  # the phrases or citations that decided

    @property
    def intents(self) -> tuple[Intent, ...]:
        """Primary first, then every other."""
        return (self.intent, *self.also)


class Trigger(StrEnum):
    """Why a handler is asked."""

    MESSAGE = "message"
    PROVEN = "proven"
    LAPSED = "lapsed"
    TASK_DONE = "task_done"
    CLOCK_DUE = "clock_due"
    AGENT_ACT = "agent_act"


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request as a handler sees it."""

    right: Right
    state: RequestState
    regime: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A handler's frozen view of a ticket at one moment."""

    trigger: Trigger
    intent: Intent
    reading: Reading
    channel: Channel
    now: datetime
    is_new: bool = True
    requests: tuple[OpenRequest, ...] = ()
    regimes: tuple[str, ...] = ()  # candidates, likeliest first
    is_proven: bool = False
    alignment: Alignment = Alignment.NONE
    automation: Automation = Automation.NO
    may_answer: bool = True  # guards of RFC 3834 and the counters
    letters_sent: tuple[str, ...] = ()
    act: str = ""  # the agent's act, for AGENT_ACT


@dataclass(frozen=True, slots=True)
class LetterOrder:
    """A letter that a handler wants: kind and blocks, never wording."""

    kind: str  # "acknowledgement"
    blocks: tuple[str, ...] = ()
    is_automatic: bool = True


@dataclass(frozen=True, slots=True)
class Work:
    """Something that a person must do."""

    code: str  # "decide_intent", "possible_follow_up", "authority", "unreadable" …
    note: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a handler wants to happen; `tickets` derives dates and carries it out."""

    letters: tuple[LetterOrder, ...] = ()
    requests: tuple[tuple[Right, RequestState], ...] = ()
    events: tuple[str, ...] = ()
    proof_for: tuple[Right, ...] = ()
    work: tuple[Work, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendered letter: exactly what is kept, approved and sent."""

    subject: str
    text: str
    html: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Outbound:
    """A message ready for a wire; the sender only puts it into the wire's form."""

    channel: Channel
    account: str  # the mailbox's or the bot's name in the config
    recipient: Sender
    external_id: str  # Message-ID fixed before the first try
    letter: Letter
    created_at: datetime
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    is_automatic: bool = True
    loop_token: str = ""  # goes into our loop header on automatic letters


@dataclass(frozen=True, slots=True)
class Sent:
    """The wire took it; `external_id` is set where a relay gave its own."""

    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an inbound message."""

    reference: str | None  # None: taken in without a ticket (spam counters, own loop)
    outcome: str  # created, appended, follow_up, duplicate, noted, shunted
    letters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Company:
    """Who we are, as letters name it."""

    name: str
    mailbox: str
    hotline: str
    zone: str
    products: tuple[str, ...] = ()  # what a request may be about a part of


class Rendered(Protocol):
    """What `render` returns: a letter in one language, as text and as HTML of the same words."""

    @property
    def subject(self) -> str:
        """One line."""

    @property
    def text(self) -> str:
        """The plain letter."""

    @property
    def html(self) -> str:
        """The same as HTML."""

    @property
    def language(self) -> str:
        """The language it is written in."""


class Render(Protocol):
    """Render a letter; raises on any missing letter, block or variable."""

    def __call__(
        self,
        kind: str,
        blocks: Sequence[str],
        languages: Sequence[str],
        values: Mapping[str, object],
    ) -> Rendered:
        """Return the letter in the first of `languages` that has all of it."""


Classify = Callable[[Sequence[Text]], Awaitable[Sequence[Reading]]]
"""Read texts, a batch at a time; never raises on any text."""

Decide = Callable[[Case], Decision]
"""A handler: pure."""


class SendLetters(Protocol):
    """A door's way out: one connection for a batch."""

    async def __call__(
        self,
        letters: Sequence[Outbound],
        report: Callable[[int, Sent | DeliveryError], Awaitable[None]],
    ) -> None:
        """Send each, telling the outcome of `letters[i]` by `report(i, …)` as soon as it is known.

        An outcome is `Sent` or one of the `DeliveryError` family; nothing else is raised.
        """
