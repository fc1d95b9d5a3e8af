"""Sends what chats are promised: letters and posts, each chat in order and at its server's pace.

A chat's server knows no idempotency key.  So what may have arrived stays `unknown` and is not sent
again by itself, unlike mail in `tickets.outbox`; an agent may.  A chat that must wait holds up
nobody else.  Codes go before replies, these before mirrors, cards and digests.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID

from tortoise.expressions import Q

from tickets.claims import Worker
from tickets.content import identity_owner
from tickets.desk import Desk
from tickets.draft import Step
from tickets.errors import (
    DeliveryError,
    PermanentDeliveryError,
    TemporaryDeliveryError,
    UnknownDeliveryError,
)
from tickets.ids import new_id
from tickets.killpoints import kill
from tickets.lines import Lines, pause
from tickets.matching import Blinder
from tickets.models import ChatMessage, Identity, Message, OutboxEntry, Post
from tickets.outbox import CODE_LANE, add_work, interrupt, letter_event
from tickets.pacing import Pace
from tickets.transactions import first_of, transaction, unit_of_work
from tickets.types import CHATS, Delivery, Letter
from vault.errors import VaultError
from vault.sealing import Key, Place, unseal_text

Row: TypeAlias = OutboxEntry | Post

_LOOK: Final = 300  # rows looked at in one turn
_AT_ONCE: Final = 12  # calls in flight
_LONGEST_TRY: Final = timedelta(hours=24)
_LOOK_AGAIN: Final = 1.0  # seconds

_log = logging.getLogger(__name__)


class Lane(IntEnum):
    """What goes first where not everything may go at once."""

    CODE = CODE_LANE  # also the answer to a pressed button
    REPLY = 1  # letters, and what a dialogue asks
    MIRROR = 2
    CARD = 3
    DIGEST = 4


@dataclass(frozen=True, slots=True)
class Call:
    """One row, opened: what the door is to do."""

    row: UUID
    method: str  # empty for a letter
    params: Mapping[str, Any]
    letter: Letter | None = None
    chat: str = ""  # a letter's recipient
    ticket_id: UUID | None = None
    message_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """What the chat's server made of a call: the numbers of the messages, first to last."""

    numbers: tuple[int, ...] = ()
    note: str = ""  # a code, such as `not_modified`
    later: tuple[Step, ...] = ()  # what else is true now, written with the mark


class Carry(Protocol):
    """A door's way out."""

    async def __call__(self, call: Call, more: More) -> Carried:
        """Carry out a call or raise one of the `DeliveryError` family; nothing else."""

    async def failed(self, call: Call, error: DeliveryError) -> Sequence[Step]:
        """Return what a final failure says: a topic is gone, a chat moved or blocked us.

        It is written with the failure's mark, so that no crash comes between.
        """


class More(Protocol):
    """Asks for one message more in the same chat, where a letter needs several."""

    async def __call__(self) -> None:
        """Return when the next message may go."""


class Dispatch:
    """One account's way into its chats; only one process runs it."""

    def __init__(self, desk: Desk, worker: Worker, account: str, carry: Carry, pace: Pace) -> None:
        self._desk = desk
        self._worker = worker
        self._account = account
        self._carry = carry
        self._pace = pace
        self._lines = Lines(pace, desk.now)
        self._tasks: dict[asyncio.Task[None], Row] = {}
        self._ended = asyncio.Event()  # a call has: the next of its chat may go
        self._next_at: datetime | None = None  # when the first chat that waits is free
        self._is_recalled = False
        self._blinder = Blinder(desk.vault)

    async def run_once(self) -> int:
        """Begin every call that may go now; return how many."""
        self._reap()
        if not self._is_recalled:
            await self._lines.recall((Post.filter(account=self._account), self._letters()))
            self._is_recalled = True
        begun = 0
        for row in await self._next():
            task = asyncio.create_task(self._deal_with(row))
            self._tasks[task] = row
            task.add_done_callback(lambda _: self._ended.set())
            begun += 1
        return begun

    async def run(self, over: asyncio.Event, queued: asyncio.Event) -> None:
        """Send until `over`, at once where `queued` is set; then let what is on its way end."""
        while not over.is_set():
            queued.clear()
            self._ended.clear()
            try:
                begun = await self.run_once()
            except Exception:  # noqa: BLE001  - a loop's outermost turn
                _log.exception(
                    "a loop stumbled", extra={"action": "loop_failed", "loop": "dispatch"}
                )
                begun = 0
            if not begun:
                await first_of(over, queued, self._ended, seconds=self._pause())
        await self.settle()

    async def settle(self) -> None:
        """Wait until every call that was begun has ended and is marked."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))
            self._reap()

    async def drain(self) -> int:
        """Send all that may go now, one after the other; for tests and orderly ends."""
        done = 0
        while begun := await self.run_once():
            done += begun
            await self.settle()
        return done

    async def release_orphans(self) -> int:
        """Set what was being sent when a process died to `unknown`: it may have arrived."""
        sending = Post.filter(account=self._account, state=Delivery.SENDING)
        count = 0
        for mark in await self._worker.orphans(sending):
            fields = {"state": Delivery.UNKNOWN, "claimed_by": "", "error": "interrupted"}
            # Whether it arrived or not, the server may have counted it.
            count += await sending.filter(claimed_by=mark).update(
                sent_at=self._desk.now(), **fields
            )
        letters = self._letters().filter(state=Delivery.SENDING)
        return count + await interrupt(self._worker, letters, self._desk.now())

    def _pause(self) -> float:
        """Return how many seconds nothing can happen by itself; rows may become due any second."""
        if self._next_at is None:
            return _LOOK_AGAIN
        return min(max((self._next_at - self._desk.now()).total_seconds(), 0.01), _LOOK_AGAIN)

    def _letters(self) -> Any:  # noqa: ANN401  - tortoise's query set
        return OutboxEntry.filter(channel__in=CHATS, account=self._account)

    def _reap(self) -> None:
        for task in [task for task in self._tasks if task.done()]:
            del self._tasks[task]
            if not task.cancelled() and (error := task.exception()):
                _log.error("a call stumbled", exc_info=error, extra={"action": "loop_failed"})

    async def _next(self) -> list[Row]:
        """Return the first row of each chat that is free, most urgent first.

        However much waits for one chat, the others are seen behind it.
        """
        self._next_at = None
        now = self._desk.now()
        room = _AT_ONCE - len(self._tasks)
        passed = {row.chat_blind for row in self._tasks.values()} - {""}
        chosen: list[Row] = []
        while len(chosen) < room:
            rows, is_last = await self._look(now, passed, chosen)
            self._choose(rows, chosen, passed, room)
            if is_last or self._pace.free_at_all(now) > now:
                break
        return chosen

    async def _look(
        self, now: datetime, passed: set[str], chosen: Sequence[Row]
    ) -> tuple[list[Row], bool]:
        """Return what is due, first things first, and whether that is all of it."""
        due = (
            Q(state=Delivery.QUEUED, claimed_by="", due_at__lte=now),
            Q(expires_at=None) | Q(expires_at__gt=now),
        )
        rows: list[Row] = []
        taken = [row.id for row in (*chosen, *self._tasks.values())]
        horizon = None
        for model in (Post.filter(account=self._account), self._letters()):
            found = model.filter(*due).exclude(id__in=taken)
            found = found.exclude(chat_blind__in=list(passed))
            page = await found.order_by("lane", "id").limit(_LOOK)
            rows += page
            if len(page) == _LOOK:  # of the other kind only what comes before is in its order
                horizon = min(_order(page[-1]), horizon or _order(page[-1]))
        rows.sort(key=_order)
        return [row for row in rows if horizon is None or _order(row) <= horizon], horizon is None

    def _choose(self, rows: Sequence[Row], chosen: list[Row], passed: set[str], room: int) -> None:
        now = self._desk.now()
        for row in rows:
            if len(chosen) == room:
                return
            chat = row.chat_blind
            if chat in passed:
                continue
            if chat:
                # Whoever is behind the first waits too: a chat's order is kept.
                passed.add(chat)
                if (free_at := self._free_at(row, now)) > now:
                    self._next_at = min(free_at, self._next_at or free_at)
                    continue
                self._pace.took(chat, is_group=_is_group(row), now=now)
            chosen.append(row)

    def _free_at(self, row: Row, now: datetime) -> datetime:
        return self._pace.free_at(row.chat_blind, is_group=_is_group(row), now=now)

    async def _deal_with(self, row: Row) -> None:
        model: Any = type(row)
        async with self._worker.claim(model, [row.id], state=Delivery.SENDING) as claimed:
            if not claimed:
                return
            kill("dispatch.claimed")
            await self._send(claimed[0])

    async def _send(self, row: Row) -> None:
        outcome: Carried | DeliveryError
        call: Call | None = None
        try:
            call = await self._open(row)
            in_order = bool(row.chat_blind)
            async with self._lines.alone(self._chat(row, call), row.attempts, in_order=in_order):
                outcome = await self._carry(call, self._more(row))
        except DeliveryError as exc:
            outcome = exc
        except (VaultError, LookupError, TypeError, ValueError) as exc:
            # A damaged row is work for an agent; it must not hold up its neighbours.
            outcome = PermanentDeliveryError(f"unreadable: {type(exc).__name__}")
        except Exception:  # noqa: BLE001  - a door's own fault must not lose the row
            _log.exception("a sender failed", extra={"action": "sender_failed"})
            outcome = UnknownDeliveryError("sender failed")
        kill("dispatch.carried")
        later: Sequence[Step] = outcome.later if isinstance(outcome, Carried) else ()
        if call is not None and isinstance(outcome, PermanentDeliveryError):
            later = await self._carry.failed(call, outcome)
        await self._mark(row, outcome, later)

    def _chat(self, row: Row, call: Call) -> str:
        """Return in whose line a call stands, also one that keeps no order; "" in none."""
        if row.chat_blind or "chat_id" not in call.params:
            return row.chat_blind
        return self._blinder.blind("chat", str(call.params["chat_id"]))

    def _more(self, row: Row) -> More:
        async def more() -> None:
            while True:
                now = self._desk.now()
                wait = (self._free_at(row, now) - now).total_seconds()
                if wait <= 0:
                    return self._pace.took(row.chat_blind, is_group=_is_group(row), now=now)
                await asyncio.sleep(min(wait, 1.0))

        return more

    async def _open(self, row: Row) -> Call:
        if isinstance(row, Post):
            key = await self._key(row.sealed_for)
            params = json.loads(unseal_text(key, Place("post", row.id, "payload"), row.payload))
            return Call(
                row.id, row.method, params, ticket_id=row.ticket_id, message_id=row.message_id
            )
        message = await Message.get(id=row.message_id)
        key = await self._key(identity_owner(message.identity_id))
        way = json.loads(unseal_text(key, Place("outbox", row.id, "route"), row.route))
        body = json.loads(unseal_text(key, Place("message", message.id, "body"), message.body))
        return Call(row.id, "", {}, Letter(**body), way["address"], row.ticket_id, row.message_id)

    async def _key(self, owner: str) -> Key:
        keys = await self._desk.vault.load_keys([owner])
        if owner not in keys:
            raise PermanentDeliveryError("recipient erased")
        return keys[owner]

    @unit_of_work
    async def _mark(
        self, row: Row, outcome: Carried | DeliveryError, later: Sequence[Step]
    ) -> None:
        now = self._desk.now()
        fields = self._next_state(row, outcome, now)
        model: Any = type(row)
        async with transaction():
            await model.filter(id=row.id).update(claimed_by="", **fields)
            if isinstance(outcome, Carried):
                await ChatMessage.bulk_create(
                    _numbered(row, outcome.numbers, now), ignore_conflicts=True
                )
            for step in later:
                await step()
            state = fields["state"]
            if isinstance(row, OutboxEntry) and state is not Delivery.QUEUED:
                if state is not Delivery.SENT:
                    await add_work(row.ticket_id, f"letter_{state}")
                await letter_event(f"letter_{state}", row, now).save(force_create=True)
        kill("dispatch.marked")
        if state in {Delivery.FAILED, Delivery.UNKNOWN}:
            method = row.method if isinstance(row, Post) else "letter"
            _log.warning(
                "a call was not carried out",
                extra={"action": f"post_{state}", "method": method, "error": fields["error"]},
            )

    def _next_state(
        self, row: Row, outcome: Carried | DeliveryError, now: datetime
    ) -> dict[str, Any]:
        if isinstance(outcome, Carried):
            done = {"state": Delivery.SENT, "sent_at": now, "error": outcome.note[:128]}
            # What was said stands in the chat now; a second copy would outlive its reader's key.
            return done | ({"payload": b""} if isinstance(row, Post) else {})
        failed = {"attempts": row.attempts + 1, "error": outcome.reason[:128]}
        if isinstance(outcome, TemporaryDeliveryError) and now < row.created_at + _LONGEST_TRY:
            due_at = now + pause(outcome, row.attempts)
            return {"state": Delivery.QUEUED, "due_at": due_at, **failed}
        if isinstance(outcome, UnknownDeliveryError):
            return {"state": Delivery.UNKNOWN, **failed}
        return {"state": Delivery.FAILED, **failed}


async def undeliverable(identity_id: UUID, now: datetime | None) -> None:
    """Note that a chat takes nothing from us any more, or (None) that it does again."""
    await Identity.filter(id=identity_id).update(undeliverable_at=now)


def _order(row: Row) -> tuple[int, UUID]:
    return row.lane, row.id


def _is_group(row: Row) -> bool:
    return isinstance(row, Post) and row.is_group


def _numbered(row: Row, numbers: Sequence[int], now: datetime) -> list[ChatMessage]:
    """Return where the messages that a row made stand."""
    if not row.chat_blind:
        return []
    return [
        ChatMessage(
            id=new_id(),
            account=row.account,
            chat_blind=row.chat_blind,
            number=number,
            role=row.role if isinstance(row, Post) else "letter",
            ticket_id=row.ticket_id,
            message_id=row.message_id,
            post_id=row.id,
            created_at=now,
        )
        for number in numbers
    ]
