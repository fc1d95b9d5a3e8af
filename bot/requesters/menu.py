"""The bot's own doings: welcome, help, its privacy notice, the language, stopping a step."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final
from uuid import UUID

from bot.buttons import Button, write_data
from bot.forum.linking import link
from bot.forum.lists import LISTS, show_list
from bot.requesters.linked import follow
from bot.requesters.meaning import ask_meaning, reading_of
from bot.requesters.means import Means, day_of, own_tickets, requester
from bot.turn import Turn
from tickets.linking import speak
from tickets.models import Identity, Message, Ticket
from tickets.types import Direction

COMMANDS: Final = (
    "ask",
    "access",
    "delete",
    "status",
    "feedback",
    "settings",
    "privacy",
    "cancel",
    "help",
)
"""What requesters may write after a slash, in the order of the menu; `start` besides."""

CARRIED: Final = "g"
"""How the payload of a deep link begins that leads from a group into the private chat."""

_ROW: Final = 3  # buttons


async def start(turn: Turn, _means: Means) -> None:
    """Welcome; or follow what the deep link says."""
    said = turn.said
    payload = said.argument if said else ""
    if not payload or payload == CARRIED:
        await welcome(turn)
    elif (ticket := await _carried(turn, payload)) is not None:
        await _go_on(turn, ticket)
    elif not await follow(turn, payload) and not await link(turn, payload):
        turn.say(turn.phrase("start.bad_link"), menu(turn))
        await turn.finish()


async def welcome(turn: Turn) -> None:
    """Say who we are; at first contact offer every language."""
    company = turn.chat.desk.config.company.name
    rows = menu(turn)
    if not turn.chat.nonce:
        rows += language_rows(turn)
    turn.chat.end()
    turn.say(turn.phrase("welcome.first", company=company), rows)
    await turn.finish()


def menu(turn: Turn) -> list[list[Button]]:
    """Return the buttons of what requesters come for; they hold at any time."""
    rows = (("ask",), ("access", "delete"), ("status", "feedback"))
    return [[turn.button(f"button.{one}", one, stale=False) for one in row] for row in rows]


async def show_help(turn: Turn, _means: Means) -> None:
    """List the commands."""
    lines = "\n".join(f"/{one} – {turn.phrase(f'commands.{one}')}" for one in COMMANDS)
    turn.say(turn.phrase("help.text", commands=lines))
    await turn.finish()


async def privacy(turn: Turn, _means: Means) -> None:
    """Tell how this bot treats data: its own notice, not the company's policy."""
    company = turn.chat.desk.config.company
    turn.say(turn.phrase("privacy.notice", company=company.name, mailbox=company.mailbox))
    await turn.finish()


async def settings(turn: Turn, _means: Means) -> None:
    """Offer the languages, and to be told less or more."""
    name = turn.phrases.name(turn.language)
    which = "fewer" if requester(turn).muted_at is None else "all"
    other = turn.button(f"settings.{which}", "notices", which, stale=False)
    turn.say(turn.phrase("settings.menu", language=name), [*language_rows(turn), [other]])
    await turn.finish()


def language_rows(turn: Turn) -> list[list[Button]]:
    """Return a button for each language, named by itself, and one for the application's."""
    buttons = [
        Button(turn.phrases.name(one), write_data("language", one))
        for one in turn.phrases.languages
    ]
    return [buttons[at : at + _ROW] for at in range(0, len(buttons), _ROW)]


async def choose_language(turn: Turn, _means: Means) -> None:
    """Write in the chosen language from now on."""
    press = turn.press
    chosen = press.args[0] if press and press.args else ""
    if chosen not in turn.phrases.languages:
        turn.answer(turn.phrase("alert.stale"), alert=True)
        await turn.finish()
        return
    turn.settle()
    turn.language = chosen
    turn.chat.later(partial(_keep, requester(turn).id, {"chosen_language": chosen}))
    if turn.chat.agent is not None:
        turn.chat.later(partial(speak, turn.chat, chosen))
    turn.say(turn.phrase("settings.chosen", language=turn.phrases.name(chosen)), menu(turn))
    await turn.finish("language")


async def choose_notices(turn: Turn, _means: Means) -> None:
    """Send only what must be sent from now on, or all; letters of the law go in any case."""
    press = turn.press
    chosen = press.args[0] if press and press.args else ""
    if chosen not in {"fewer", "all"}:
        turn.answer(turn.phrase("alert.stale"), alert=True)
        await turn.finish("stale")
        return
    turn.settle()
    muted_at = turn.chat.desk.now() if chosen == "fewer" else None
    turn.chat.later(partial(_keep, requester(turn).id, {"muted_at": muted_at}))
    turn.say(turn.phrase(f"settings.now_{chosen}"))
    await turn.finish("notices")


async def cancel(turn: Turn, _means: Means) -> None:
    """Stop whatever was asked; nothing that is recorded is lost."""
    key = "cancel.done" if turn.chat.step else "cancel.nothing"
    turn.chat.end()
    turn.say(turn.phrase(key), menu(turn))
    await turn.finish()


async def stop(turn: Turn, _means: Means) -> None:
    """Stop by a button."""
    turn.settle()
    turn.chat.end()
    await turn.finish()


async def unknown(turn: Turn, _means: Means) -> None:
    """Say that there is no such command; an agent has lists of the desk besides."""
    said = turn.said
    if turn.chat.agent is not None and said is not None and said.command in LISTS:
        await show_list(turn, said.command)
        return
    turn.say(turn.phrase("cancel.unknown"))
    await turn.finish()


async def _keep(identity: UUID, wish: Mapping[str, object]) -> None:
    await Identity.filter(id=identity).update(**wish)


async def _carried(turn: Turn, payload: str) -> Ticket | None:
    """Return the ticket that a deep link out of a group carries, for whoever wrote it there."""
    if not payload.startswith(CARRIED):
        return None
    try:
        wanted = UUID(payload.removeprefix(CARRIED))
    except ValueError:
        return None
    return next((one for one in await own_tickets(turn) if one.id == wanted), None)


async def _go_on(turn: Turn, ticket: Ticket) -> None:
    """Ask in private what was written in the group; it counts from the day it was written."""
    received = day_of(turn, ticket.received_at)
    text = turn.phrase("group.carried", reference=ticket.reference, received=received)
    turn.say(text, ticket_id=ticket.id)
    if not await Message.filter(ticket_id=ticket.id, direction=Direction.OUTBOUND).exists():
        ask_meaning(turn, ticket, reading_of(ticket))
    await turn.finish("carried")
