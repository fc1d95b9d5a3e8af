"""One turn of a chat: what arrived, where the dialogue stands, and all that its answer writes.

A turn ends with exactly one commit, which also closes the journal's record: `finish` for a dialogue
alone, `take_in` for a message that belongs to a ticket, `act` for an act of an agent or on a
request.  So a crash repeats a turn whole or not at all.  What to say is the door's business.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tortoise.exceptions import IntegrityError

from tickets.actions import Actions
from tickets.agents import STAFF
from tickets.arrived import Arrived
from tickets.content import INTAKE, identity_owner
from tickets.desk import Desk
from tickets.draft import Draft
from tickets.floods import ticket_instead
from tickets.ids import new_id
from tickets.intake import Intake
from tickets.matching import Blinder
from tickets.models import (
    Agent,
    AgentChat,
    Blob,
    ChatMessage,
    Dialogue,
    Identity,
    InboundRecord,
    InboundState,
    Message,
    Ticket,
)
from tickets.posts import Address, Posts
from tickets.types import Channel, Inbound, Intent, Reading, Receipt, Right
from vault.sealing import Key, Place, seal_text, unseal_text

Then = Callable[[Ticket, Message], None]
"""Says what follows once a message has its ticket: prompts, the dialogue's next step."""

_NONCE: Final = 4  # bytes


@dataclass(slots=True)
class Meaning:
    """What a requester made plain by a button or an answer: there is nothing left to doubt."""

    intent: Intent
    rights: tuple[Right, ...] = ()


@dataclass(slots=True, eq=False)
class ChatTurn:
    """What one update of a chat is about, and the rows that answer it."""

    desk: Desk
    intake: Intake
    actions: Actions
    record: InboundRecord | None  # None: nothing arrived, a question's time is over
    blob: Blob | None
    account: str
    chat: int
    person: int
    keys: dict[str, Key]
    posts: Posts
    dialogue: Dialogue
    identity: Identity | None  # a requester; None at a desk
    agent: Agent | None  # whose account it is, where it is linked
    agent_language: str = ""
    data: dict[str, Any] = field(default_factory=dict)  # of the dialogue's step
    seen: list[ChatMessage] = field(default_factory=list)
    is_done: bool = False
    is_new_dialogue: bool = False
    _is_moved: bool = False
    _before: tuple[Any, ...] = ()
    _steps: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    # Where the dialogue stands

    @property
    def at(self) -> datetime:
        """When what this turn answers arrived; now, where nothing did."""
        return self.record.internal_at if self.record else self.desk.now()

    @property
    def is_over(self) -> bool:
        """Tell whether the time for the last question was over when this arrived."""
        expires_at = self.dialogue.expires_at
        return expires_at is not None and expires_at <= self.at

    @property
    def step(self) -> str:
        """What was asked last; empty where nothing is, or where the time for it is over."""
        return "" if self.is_over else self.dialogue.step

    @property
    def nonce(self) -> str:
        """What the buttons of the present question carry; older ones are stale."""
        return self.dialogue.nonce

    def ask(
        self,
        step: str,
        *,
        ticket: UUID | None = None,
        life: timedelta | None = None,
        **data: Any,  # noqa: ANN401  - what is needed to go on, as JSON
    ) -> None:
        """Go to a step of the dialogue; earlier buttons are stale from now on."""
        row = self.dialogue
        if not self._before:
            self._before = (row.step, row.ticket_id, row.nonce, row.expires_at, self.data)
        self.data = {"chat": self.chat, "person": self.person, **data}
        row.step, row.ticket_id, row.nonce = step, ticket, secrets.token_hex(_NONCE)
        row.expires_at = self.desk.now() + life if life else None
        self._is_moved = True

    def end(self) -> None:
        """Leave the dialogue: nothing is asked any more."""
        self.ask("")

    def unsay(self) -> None:
        """Forget what was to be said and where the dialogue went: the act was refused."""
        self.posts.rows.clear()
        self._steps.clear()
        self.seen = [one for one in self.seen if one.role == "inbound"]
        if self._before:
            row = self.dialogue
            row.step, row.ticket_id, row.nonce, row.expires_at, self.data = self._before
            self._is_moved, self._before = False, ()

    # Whom to write to

    @property
    def here(self) -> Address:
        """This chat, under the key of whoever it belongs to."""
        return self.posts.address(self.chat, self.key)

    @property
    def key(self) -> Key:
        """The requester's key, or the staff's at a desk."""
        return self.keys[self.owner]

    @property
    def owner(self) -> str:
        """The name under which that key lies in the key store."""
        return identity_owner(self.identity.id) if self.identity else STAFF

    @property
    def agent_name(self) -> str:
        """The name of the agent whose account this is, as acts take it; "" for nobody."""
        if self.agent is None:
            return ""
        place = Place("agent", self.agent.id, "name")
        return unseal_text(self.keys[STAFF], place, self.agent.name)

    async def key_of(self, identity: UUID) -> Key:
        """Return the key of a ticket's requester, for what shows their words to agents."""
        owner = identity_owner(identity)
        if owner not in self.keys:
            self.keys |= await self.desk.vault.create_keys([owner])
        return self.keys[owner]

    def seal(self, place: Place, text: str) -> bytes:
        """Seal a text for whoever this chat belongs to."""
        return seal_text(self.key, place, text)

    # What is known of messages in the chat

    def mark(
        self, number: int, role: str, *, ticket: UUID | None = None, message: UUID | None = None
    ) -> None:
        """Remember where a message of the chat stands and what it is to us."""
        self.seen.append(
            ChatMessage(
                id=new_id(),
                account=self.account,
                chat_blind=self.here.blind,
                number=number,
                role=role,
                ticket_id=ticket,
                message_id=message,
                created_at=self.desk.now(),
            )
        )

    async def find(self, number: int) -> ChatMessage | None:
        """Return what a message of this chat is to us."""
        return await ChatMessage.get_or_none(
            account=self.account, chat_blind=self.here.blind, number=number
        )

    def later(self, step: Callable[[], Awaitable[None]]) -> None:
        """Do one thing more in the turn's own transaction."""
        self._steps.append(step)

    # How it ends

    async def finish(self, outcome: str = "dialogue") -> None:
        """Commit what was said and where the dialogue stands; no ticket is concerned."""
        draft = Draft(self.desk.now(), keys=dict(self.keys))
        self.close(draft, outcome)
        await draft.save()
        self._rang()

    async def take_in(  # noqa: PLR0913  - a message, and what the door knows of it
        self,
        inbound: Inbound,
        reading: Reading,
        *,
        ticket: UUID | None = None,
        meaning: Meaning | None = None,
        language: str = "",
        is_quiet: bool = False,
        is_first: bool = False,
        then: Then | None = None,
    ) -> Receipt:
        """Take the message in, into `ticket` or a new one, and commit what follows with it.

        With `is_quiet` no letter answers it yet, for the requester is asked what they mean; the
        message that says so has `is_first`: it is answered as a first message is.
        """

        def also(draft: Draft, its_ticket: Ticket, message: Message) -> None:
            # A plan that came too late is made again, from where the turn stood before.
            self.posts.rows, self.seen, self._steps = list(posts), list(marks), list(steps)
            if then is not None:
                then(its_ticket, message)
            for one in self.seen:
                if one.role == "inbound" and one.message_id is None:
                    one.ticket_id, one.message_id = its_ticket.id, message.id
            draft.later.append(self.write)

        if self.record is None or self.blob is None:
            raise TypeError("nothing arrived")
        if ticket is None and self.identity is not None:
            ticket = await ticket_instead(self.identity.id, self.desk.now())
        posts, marks, steps = list(self.posts.rows), list(self.seen), list(self._steps)
        arrived = Arrived(
            self.record,
            self.blob,
            inbound,
            Blinder(self.desk.vault).clues(inbound),
            reading,
            ticket=ticket,
            intent=meaning.intent if meaning else None,
            rights=meaning.rights if meaning else (),
            language=language,
            also=also,
            is_quiet=is_quiet,
            is_first=is_first,
        )
        [receipt] = await self.intake.receive([arrived])
        self._rang()
        return receipt

    async def act(
        self,
        act: Callable[[Actions], Awaitable[object]],
        outcome: str = "act",
        then: Callable[[Draft], None] | None = None,
    ) -> None:
        """Do an act whose own transaction also closes this turn; a `Refusal` leaves it open.

        `then` sees what the act will write, anew for each attempt, and may complete our rows by it.
        """

        def also(draft: Draft) -> None:
            if then is not None:
                then(draft)
            self.close(draft, outcome)

        await act(self.actions.with_also(also))
        self._rang()

    def close(self, draft: Draft, outcome: str) -> None:
        """Add this turn's rows to a draft, and close its record there."""
        draft.keys = {**self.keys, **draft.keys}
        if self.record is not None and self.blob is not None:
            if self.identity is not None:
                draft.hand_over(self.blob, self.identity.id)
                if self.blob not in draft.blobs:  # handed over by an attempt that came too late
                    draft.blobs.append(self.blob)
            draft.finish(self.record, outcome)
        draft.later.append(self.write)

    async def write(self) -> None:
        """Write the turn's own rows, within the transaction of its commit."""
        await self.posts.save()
        if self.seen:
            await ChatMessage.bulk_create(self.seen, ignore_conflicts=True)
        for step in self._steps:
            await step()
        await self._save_dialogue()

    async def _save_dialogue(self) -> None:
        row = self.dialogue
        if not self._is_moved:
            return
        row.updated_at = self.desk.now()
        row.data = self.seal(Place("dialogue", row.id, "data"), json.dumps(self.data))
        await row.save(force_create=self.is_new_dialogue, force_update=not self.is_new_dialogue)

    def _rang(self) -> None:
        self.is_done = True
        self.intake.queued.ring()
        self.intake.done.ring()


class Chats:
    """Opens turns: who speaks, in which chat, and where their dialogue stands."""

    def __init__(self, desk: Desk, intake: Intake, actions: Actions, account: str) -> None:
        self._desk = desk
        self._intake = intake
        self._actions = actions
        self._account = account
        self._blinder = Blinder(desk.vault)

    async def turn(  # noqa: PLR0913  - who and where
        self,
        record: InboundRecord,
        blob: Blob,
        *,
        chat: int,
        person: int,
        name: str = "",
        language: str = "",
        is_desk: bool = False,
    ) -> ChatTurn:
        """Return the turn that a record begins."""
        identity = None if is_desk else await self._identity(person, name, language)
        person_blind = self._blinder.blind("chat", str(person))
        found = await Dialogue.get_or_none(
            account=self._account, chat_blind=self.chat_blind(chat), person_blind=person_blind
        )
        dialogue = found or Dialogue(
            id=new_id(),
            account=self._account,
            chat_blind=self.chat_blind(chat),
            person_blind=person_blind,
            sealed_for=identity_owner(identity.id) if identity else STAFF,
        )
        turn = await self._open(dialogue, identity, chat, person)
        turn.record, turn.blob, turn.is_new_dialogue = record, blob, found is None
        return turn

    async def lapsed(self, dialogue: Dialogue) -> ChatTurn | None:
        """Return a turn that nothing began but a question's end; None where nobody is left.

        Neither where an update is still to be answered that arrived in time.  Who and where stand
        in the dialogue's own data (`ChatTurn.ask`).
        """
        in_time = InboundRecord.filter(
            account=self._account, state=InboundState.NEW, internal_at__lt=dialogue.expires_at
        )
        if await in_time.exists():
            return None
        keys = await self._desk.vault.load_keys([dialogue.sealed_for])
        if dialogue.sealed_for not in keys or not dialogue.data:
            await dialogue.delete()
            return None
        place = Place("dialogue", dialogue.id, "data")
        data = json.loads(unseal_text(keys[dialogue.sealed_for], place, dialogue.data))
        owner = dialogue.sealed_for.partition("identity:")[2]
        identity = await Identity.get_or_none(id=UUID(owner)) if owner else None
        return await self._open(dialogue, identity, data["chat"], data["person"])

    async def _open(
        self, dialogue: Dialogue, identity: Identity | None, chat: int, person: int
    ) -> ChatTurn:
        owners = {INTAKE, STAFF, dialogue.sealed_for}
        keys = await self._desk.vault.create_keys(owners)
        data: dict[str, Any] = {}
        if dialogue.data:
            place = Place("dialogue", dialogue.id, "data")
            data = json.loads(unseal_text(keys[dialogue.sealed_for], place, dialogue.data))
        linked = await AgentChat.get_or_none(
            account=self._account, person_blind=dialogue.person_blind, unlinked_at=None
        )
        agent = await Agent.get_or_none(id=linked.agent_id, disabled_at=None) if linked else None
        return ChatTurn(
            desk=self._desk,
            intake=self._intake,
            actions=self._actions,
            record=None,
            blob=None,
            account=self._account,
            chat=chat,
            person=person,
            keys=keys,
            posts=Posts(self._account, self._desk.now(), self._blinder.blind),
            dialogue=dialogue,
            identity=identity,
            agent=agent,
            agent_language=linked.language if linked else "",
            data=data,
        )

    def chat_blind(self, chat: int) -> str:
        """Return how rows name a chat."""
        return self._blinder.blind("chat", str(chat))

    async def _identity(self, person: int, name: str, language: str) -> Identity:
        """Return who writes, made at their first word: every later row needs their key."""
        blind = self._blinder.address(str(person))
        known = await Identity.get_or_none(channel=Channel.TELEGRAM, address_blind=blind)
        if known is not None:
            return known
        identity_id = new_id()
        owner = identity_owner(identity_id)
        key = (await self._desk.vault.create_keys([owner]))[owner]
        identity = Identity(
            id=identity_id,
            channel=Channel.TELEGRAM,
            address_blind=blind,
            address=seal_text(key, Place("identity", identity_id, "address"), str(person)),
            name=seal_text(key, Place("identity", identity_id, "name"), name) if name else None,
            language=language,
            created_at=self._desk.now(),
        )
        try:
            await identity.save(force_create=True)
        except IntegrityError:
            return await Identity.get(channel=Channel.TELEGRAM, address_blind=blind)
        return identity


async def open_tickets(identity: UUID) -> Sequence[Ticket]:
    """Return a requester's tickets that are not over, newest first."""
    return await Ticket.filter(requester_id=identity, closed_at=None).order_by("-id").limit(20)
