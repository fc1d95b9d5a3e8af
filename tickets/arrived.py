"""One journalled message on its way into a ticket, with what its door has to say about it.

A mail brings its evidence in headers; a chat has none.  So a door may name the ticket, the intent
and the language, and may add rows of its own to the transaction that takes the message in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from tickets.draft import Draft
from tickets.matching import Clues
from tickets.models import Blob, InboundRecord, Message, Ticket
from tickets.types import RIGHTS_OF, Alignment, Automation, Inbound, Intent, Reading, Right

Beside = Callable[[Draft, Ticket, Message], None]
"""Adds a door's own rows to the draft that holds the message: a dialogue's next step, a prompt."""


@dataclass(slots=True)
class Arrived:
    """One journalled message, read by its door and by the classifier."""

    record: InboundRecord
    blob: Blob
    inbound: Inbound
    clues: Clues
    reading: Reading
    ticket: UUID | None = None  # the door says: it belongs to this ticket
    intent: Intent | None = None  # the requester chose or confirmed it: there is nothing to doubt
    rights: tuple[Right, ...] = ()  # the same for the rights of that intent
    language: str = ""  # the door knows it: chosen, or that of the conversation
    also: Beside | None = None
    is_quiet: bool = False  # no letter answers yet: the requester is asked what they mean
    is_first: bool = False  # it says what was meant: answered as a first message is
    alignment: Alignment | None = None  # once it was looked for: what our mail server says
    received: tuple[datetime, str] | None = None  # the same: when it reached us, how we know

    @property
    def meant(self) -> Reading:
        """What the message asks: as it was read, but for what the door knows for certain."""
        reading = self.reading
        if self.language:
            reading = replace(reading, language=self.language)
        if self.intent is None:
            return reading
        own = RIGHTS_OF.get(self.intent, ())
        is_sure = not (reading.needs_human or reading.suspected)
        return replace(
            reading,
            intent=self.intent,
            also=tuple(i for i in reading.intents if i in RIGHTS_OF and i is not self.intent)
            if is_sure
            else (),
            rights=self.rights or tuple(r for r in reading.rights if is_sure or r in own),
            confidence=1.0,
            needs_human=False,
            suspected=False,
            why=("chosen", *reading.why),
        )

    @property
    def is_by_person(self) -> bool:
        """Tell whether a person wrote it, and not a machine about a letter of ours."""
        return self.inbound.automation is Automation.NO and self.inbound.report is None
