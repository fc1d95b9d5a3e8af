"""What agents teach the classifier: their corrections, and a daily look at what seemed harmless.

Nothing is copied: an example is an event and the message that it is about, both under the
requester's key, so that it ends with the person.  Corrections alone flatter, for a miss that nobody
noticed is none among them; so each day a few tickets that were read as *not* a request go before an
agent, drawn by lot, and only those estimate what is missed.
"""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from tickets.audit import new_event, open_payload
from tickets.content import identity_owner
from tickets.desk import Desk
from tickets.masking import mask
from tickets.models import Event, Identity, Message, Stamp, Ticket
from tickets.transactions import transaction, unit_of_work
from tickets.types import RIGHTS_OF, Direction, Intent
from tickets.worklist import CHECK_READING
from vault.sealing import Key, Place, unseal_text

SAMPLED: Final = "reading_sampled"
CHECKED: Final = "reading_checked"
CHANGED: Final = "type_changed"
EXPORTED: Final = "examples_exported"

_STAMP: Final = "reading_sample"
_Z: Final = 1.959964  # 95 %
_PAGE: Final = 200
_RIGHTS: Final = frozenset(str(intent) for intent in RIGHTS_OF)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a message was read, and what an agent says that it asks."""

    ticket_id: UUID
    read: str
    meant: str
    rights: tuple[str, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval (Wilson 1927, without continuity correction)."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        """The share itself; None of nothing."""
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        """Between what it lies with 95 % confidence; everything where nothing was looked at."""
        if not self.n:
            return 0.0, 1.0
        p, n, z2 = self.hits / self.n, self.n, _Z * _Z
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        spread = _Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return max(0.0, middle - spread), min(1.0, middle + spread)


@dataclass(slots=True)
class Learned:
    """What agents' verdicts say of the classifier."""

    precision: dict[str, Share] = field(default_factory=dict)  # of what was read so
    recall: dict[str, Share] = field(default_factory=dict)  # of what was meant so
    missed: Share = field(default_factory=lambda: Share(0, 0))  # rights in the daily sample
    waiting: int = 0  # of the daily sample, not looked at yet
    verdicts: int = 0


def learned(verdicts: Sequence[Verdict], sampled: Mapping[UUID, bool]) -> Learned:
    """Count; `sampled` names the tickets of the daily sample, True for those looked at."""
    found = Learned(verdicts=len(verdicts), waiting=sum(not done for done in sampled.values()))
    for intent in sorted({v.read for v in verdicts} | {v.meant for v in verdicts}):
        right = sum(v.read == v.meant == intent for v in verdicts)
        found.precision[intent] = Share(right, sum(v.read == intent for v in verdicts))
        found.recall[intent] = Share(right, sum(v.meant == intent for v in verdicts))
    looked = [v for v in verdicts if sampled.get(v.ticket_id)]
    found.missed = Share(sum(v.meant in _RIGHTS for v in looked), len(looked))
    return found


async def report(
    desk: Desk, since: datetime | None = None, until: datetime | None = None
) -> Learned:
    """Return what the verdicts of a time say; a person's erasure takes theirs along."""
    verdicts = [verdict async for verdict in _verdicts(desk, since, until)]
    drawn = await _between(Event.filter(kind=SAMPLED), since, until).values("ticket_id")
    done = {verdict.ticket_id for verdict in verdicts}
    return learned(verdicts, {row["ticket_id"]: row["ticket_id"] in done for row in drawn})


async def sample_once(desk: Desk) -> int:
    """Draw the day's sample, once a day at the controller; return how many tickets it has."""
    now = desk.now()
    today = now.astimezone(ZoneInfo(desk.config.company.zone)).date()
    stamp = await Stamp.get_or_none(name=_STAMP)
    if stamp is not None and stamp.value >= today.isoformat():
        return 0
    tickets = await _harmless(desk, today) if desk.config.settings.sample_a_day else []
    lot = secrets.SystemRandom()
    drawn = lot.sample(tickets, min(desk.config.settings.sample_a_day, len(tickets)))
    keys = await desk.vault.load_keys({identity_owner(ticket.requester_id) for ticket in drawn})
    events = [
        new_event(
            SAMPLED,
            now,
            key=keys.get(identity_owner(ticket.requester_id)),
            ticket_id=ticket.id,
            payload={"read": str(ticket.intent), "confidence": ticket.confidence},
        )
        for ticket in drawn
    ]
    return await _draw(today, now, drawn, events)


@unit_of_work
async def _draw(
    today: date, now: datetime, drawn: Sequence[Ticket], events: Sequence[Event]
) -> int:
    """Write the sample down; where another process was first, leave it at theirs."""
    async with transaction():
        day = today.isoformat()
        stamp, is_new = await Stamp.get_or_create(name=_STAMP, defaults={"value": day})
        ours = Stamp.filter(name=_STAMP, value__lt=day)
        if not is_new and (stamp.value >= day or not await ours.update(value=day)):
            return 0
        for ticket in drawn:
            ticket.work = [*dict.fromkeys([*ticket.work, CHECK_READING])]
            ticket.updated_at = now
            await ticket.save(update_fields=["work", "updated_at"])
        await Event.bulk_create(events)
    return len(drawn)


async def _harmless(desk: Desk, today: date) -> list[Ticket]:
    """Return yesterday's tickets that were read as no request and asked no person."""
    zone = ZoneInfo(desk.config.company.zone)
    midnight = datetime(today.year, today.month, today.day, tzinfo=zone)
    rows = Ticket.filter(
        created_at__gte=midnight - timedelta(days=1),
        created_at__lt=midnight,
        needs_human=False,
        requests=None,
    ).exclude(intent__in=list(RIGHTS_OF))
    return await rows.exclude(status="erased").limit(10_000)


async def export(desk: Desk, actor: str) -> list[dict[str, Any]]:
    """Return every verdict with its message, redacted; who takes it is written down first.

    Raise whatever the database raises where that cannot be written: then nothing is handed out.
    """
    await new_event(EXPORTED, desk.now(), actor=actor).save(force_create=True)
    told = []
    async for verdict in _verdicts(desk, None, None):
        message = (
            await Message.filter(ticket_id=verdict.ticket_id, direction=Direction.INBOUND)
            .order_by("id")
            .first()
        )
        if message is None:
            continue
        identity = await Identity.get(id=message.identity_id)
        key = (await desk.vault.load_keys([identity_owner(identity.id)])).get(
            identity_owner(identity.id)
        )
        if key is None:
            continue
        own = _own_words(identity, key)
        told.append(
            {
                "text": redact(_open(key, "body", message), own),
                "subject": redact(_open(key, "subject", message), own),
                "lang": message.language,
                "intent": verdict.meant,
                "rights": list(verdict.rights),
                "read": verdict.read,
            }
        )
    return told


def redact(text: str, own: Iterable[str] = ()) -> str:
    """Return a text without what names somebody: their own words, addresses, links, numbers.

    It errs on the side of hiding, unlike `tickets.masking`; an agent reads it before it leaves.
    """
    text = mask(text).text
    for pattern, mark in _TELLING:
        text = pattern.sub(mark, text)
    for word in sorted(own, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "[name]", text, flags=re.IGNORECASE)
    return text


_TELLING: Final = (
    (re.compile(r"[^\s<>@,;:\"'()]+@[^\s<>@,;:\"'()]+"), "[address]"),
    (re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE), "[link]"),
    (re.compile(r"(?<!\w)@\w{3,}"), "[name]"),
    (re.compile(r"\+?\d[\d\s()./-]{4,}\d"), "[number]"),
    (re.compile(r"\b(?=\w*\d)(?=\w*[A-Za-z])\w{6,}\b"), "[code]"),
)


def _own_words(identity: Identity, key: Key) -> set[str]:
    """Return the words of a requester's own name and address."""
    address = unseal_text(key, Place("identity", identity.id, "address"), identity.address)
    name = ""
    if identity.name:
        name = unseal_text(key, Place("identity", identity.id, "name"), identity.name)
    words = re.findall(r"[^\W\d_]{2,}", f"{name} {address.partition('@')[0]}")
    return {word for word in words if len(word) > 2 or not word.isascii()}  # noqa: PLR2004


def _open(key: Key, column: str, message: Message) -> str:
    sealed: bytes = getattr(message, column)
    return unseal_text(key, Place("message", message.id, column), sealed)


async def _verdicts(
    desk: Desk, since: datetime | None, until: datetime | None
) -> AsyncIterator[Verdict]:
    """Yield agents' verdicts, oldest first; the last one on a ticket counts."""
    rows = _between(Event.filter(kind__in=(CHECKED, CHANGED)), since, until)
    latest: dict[UUID, Event] = {}
    first: dict[UUID, Event] = {}
    async for event in rows.order_by("id"):
        if event.ticket_id is not None:
            first.setdefault(event.ticket_id, event)
            latest[event.ticket_id] = event
    ids = list(latest)
    for at in range(0, len(ids), _PAGE):
        tickets = await Ticket.filter(id__in=ids[at : at + _PAGE]).only("id", "requester_id")
        keys = await desk.vault.load_keys({identity_owner(one.requester_id) for one in tickets})
        for ticket in tickets:
            key = keys.get(identity_owner(ticket.requester_id))
            if key is None:
                continue
            read = open_payload(first[ticket.id], key)
            meant = open_payload(latest[ticket.id], key)
            yield Verdict(
                ticket.id,
                str(read.get("before", "")),
                str(meant.get("after", "")),
                tuple(meant.get("rights", ())),
                latest[ticket.id].at,
            )


def _between(rows: Any, since: datetime | None, until: datetime | None) -> Any:  # noqa: ANN401
    if since is not None:
        rows = rows.filter(at__gte=since)
    return rows.filter(at__lt=until) if until is not None else rows


def said_rightly(intent: Intent, rights: Sequence[str]) -> dict[str, object]:
    """Return what an event says whose agent found nothing to correct."""
    return {"before": str(intent), "after": str(intent), "rights": list(rights)}
