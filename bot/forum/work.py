"""What an agent's word or button is about, and how the desk answers it.

One turn ends with one commit (`bot.turn`).  Nothing here reaches a requester.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.buttons import Button
from bot.forum.card import Writer
from bot.text import LIMIT, utf16_length
from bot.turn import Rows, Turn
from tickets.actions import Actions
from tickets.board import Board, Face
from tickets.choices import Choices
from tickets.draft import Draft
from tickets.errors import Refusal
from tickets.forums import Forum
from tickets.letters import IncompleteLetter
from tickets.models import DeskTopic, Post, Ticket
from tickets.posts import thread

ASK: Final = "ask"
"""The role of a message of ours that an agent answers by replying to it."""

_LIFE: Final = timedelta(hours=1)  # of a question to an agent
_KNOWN: Final = {
    "open_requests": "open_requests",
    "changed_meanwhile": "changed",
    "too_late": "too_late",
    "nothing_to_undo": "nothing_to_undo",
    "agent_disabled": "not_allowed",
    "wrong_place": "wrong_place",
}
"""Refusals that are said as they are; every other is a reason (`WHY`)."""

WHY: Final = frozenset(
    (
        *("already_open", "answer_it_instead", "ask_the_person", "authority_first"),
        *("decide_first", "erased", "extended_once", "first_period_over", "four_eyes"),
        *("held_by_access", "letter_not_complete", "link_and_day", "match_account_first"),
        *("move", "name_the_right", "new_date_missing", "no_extension", "no_letter", "no_mail"),
        *("no_open_request", "no_regime", "no_text", "not_a_chat", "not_banned", "not_closed"),
        "not_lost",
        *("not_proven", "not_yours", "nothing_proposed", "nothing_to_extend", "nothing_to_prove"),
        *("proof_is_asked", "reopen_first", "sender_not_sure", "subject_first"),
        *("too_many_proofs", "unknown_ground", "unknown_reason", "unknown_ticket"),
    )
)
"""Reasons that have a phrase, under `desk.why`."""

_FAMILIES: Final = (("no_extension_under_", "no_extension"), ("_to_", "move"))
"""What codes are told by that name a law, or two states."""

Act = Callable[[Actions], Awaitable[object]]


@dataclass(slots=True)
class Work:
    """One turn of an agent in a forum."""

    turn: Turn
    forum: Forum
    board: Board
    writer: Writer  # in the agent's language, for what only this agent is meant to press
    shared: Writer  # in the desk's
    choices: Choices
    topic: DeskTopic | None = None
    ticket: Ticket | None = None

    @property
    def here(self) -> Ticket:
        """The ticket; raise `Refusal` where none is meant."""
        if self.ticket is None:
            raise Refusal("wrong_place")
        return self.ticket

    @property
    def reference(self) -> str:
        """The ticket's reference."""
        return self.here.reference

    @property
    def agent(self) -> str:
        """The agent, as acts take them."""
        return self.turn.chat.agent_name

    @property
    def args(self) -> tuple[str, ...]:
        """What the pressed button says behind the reference."""
        press = self.turn.press
        return press.args[1:] if press else ()

    @property
    def argument(self) -> str:
        """What was written behind the command."""
        return self.turn.said.argument.strip() if self.turn.said else ""

    async def face(self) -> Face:
        """Return the ticket as it is."""
        return await self.board.face(self.here)

    def phrase(self, key: str, **values: object) -> str:
        """Return a phrase in the agent's language; `reference` is known."""
        if self.ticket is not None:
            values.setdefault("reference", self.ticket.reference)
        return self.turn.phrase(key, **values)

    def say(self, text: str, rows: Rows = (), *, role: str = "prompt") -> Post:
        """Write into the topic, or into General."""
        where: object = None
        if self.topic is not None:
            where = thread(self.topic.id)
        elif self.turn.thread_id is not None:
            where = self.turn.thread_id
        said = self.turn.said
        return self.turn.say(
            text,
            rows,
            role=role,
            thread=where,
            reply_to=said.message_id if said else None,
            ticket_id=self.ticket.id if self.ticket else None,
        )

    def tell(self, text: str, *, alert: bool = False) -> None:
        """Answer a button in passing; a command with a line."""
        if self.turn.pressed is not None:
            self.turn.answer(text, alert=alert)
        else:
            self.say(text)

    def done(self, text: str) -> None:
        """Say that it is done, as quietly as can be: the card shows it too."""
        if self.turn.pressed is not None:
            self.turn.answer(text)
        else:
            self.turn.react("👌")

    def ask(self, step: str, text: str, rows: Rows = (), /, **data: object) -> None:
        """Ask this agent something in the topic; earlier buttons of theirs are stale then.

        A question that follows from a button takes the place of the one before.
        """
        ticket = self.ticket.id if self.ticket else None
        press, pressed = self.turn.press, self.turn.pressed
        self.turn.chat.ask(step, ticket=ticket, life=_LIFE, **data)
        renewed = [[self._renewed(one) for one in row] for row in rows]
        is_next = press is not None and press.nonce != ""
        if is_next and pressed and pressed.message_id and utf16_length(text) <= LIMIT:
            self.turn.edit(pressed.message_id, text, renewed)
        else:
            self.settle()
            self.say(text, renewed, role=ASK)

    def settle(self) -> None:
        """Put the choice in the place of the question's buttons; cards keep theirs."""
        press = self.turn.press
        if press is not None and press.nonce:
            self.turn.settle()

    def choice(self, label: str, step: str, *args: str, style: str = "") -> Button:
        """Return a button that only this agent may press, and once."""
        return self.writer.button_of(label, step, self.reference, *args, style=style)

    def _renewed(self, button: Button) -> Button:
        return self.writer.with_nonce(button, self.turn.chat.nonce) if button.data else button

    async def act(
        self, act: Act, *, done: str = "", then: Callable[[Draft], None] | None = None
    ) -> None:
        """Carry out an act, and commit with it that it is done."""
        if done:
            self.done(done)
        self.turn.answer()
        await self.turn.chat.act(act, then=then)

    def refuse(self, refused: Refusal | IncompleteLetter) -> None:
        """Unsay what was to be said, and phrase a refusal instead."""
        self.turn.chat.unsay()
        error = refused if isinstance(refused, Refusal) else Refusal("letter_not_complete")
        reference = error.reference or (self.ticket.reference if self.ticket else "")
        if error.code.startswith("role_"):
            text = self.turn.phrase("desk.said.not_allowed")
        elif error.code in _KNOWN:
            text = self.turn.phrase(f"desk.said.{_KNOWN[error.code]}", reference=reference)
        else:
            why = self.turn.phrase(f"desk.why.{reason(error.code)}")
            text = self.turn.phrase("desk.said.refused", why=why)
        self.tell(text, alert=True)


def reason(code: str) -> str:
    """Return under which name a refusal's reason is phrased."""
    if code in WHY:
        return code
    return next((name for part, name in _FAMILIES if part in code), "unknown")


def pages(buttons: Sequence[Button], across: int = 2) -> list[list[Button]]:
    """Return buttons in rows."""
    return [list(buttons[i : i + across]) for i in range(0, len(buttons), across)]
