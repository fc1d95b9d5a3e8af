"""Lists of tickets, by links to their topics, and help; lists are for agents in private as well."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from bot.forum.card import Writer
from bot.forum.work import Work
from bot.menu import AGENTS
from bot.text import attribute, escape
from bot.turn import Turn
from tickets.board import Board
from tickets.models import Ticket

Find = Callable[[Turn, Board], Awaitable[Sequence[Ticket]]]


async def _unclaimed(_turn: Turn, board: Board) -> Sequence[Ticket]:
    return await board.unclaimed()


async def _mine(turn: Turn, board: Board) -> Sequence[Ticket]:
    return await board.held_by(turn.chat.agent.id) if turn.chat.agent else []


async def _due(_turn: Turn, board: Board) -> Sequence[Ticket]:
    return await board.due_within()


LISTS: Final[Mapping[str, Find]] = {"queue": _unclaimed, "mine": _mine, "due": _due}
"""What nobody has, what this agent has, what is due within a week or late."""


async def show(work: Work) -> None:
    """Show the list that the command names."""
    said = work.turn.said
    await show_list(work.turn, said.command if said else "")


async def show_list(turn: Turn, name: str) -> None:
    """Show a list in an agent's own language, in a forum or in private."""
    board, writer = Board(turn.chat.desk, turn.settings.name), Writer(turn.phrases, turn.language)
    tickets = await LISTS[name](turn, board)
    places = await board.places(tickets)
    lines = [escape(turn.phrase(f"desk.list.{name}"))]
    for ticket in tickets:
        line = escape(writer.line(await board.face(ticket)))
        if place := places.get(ticket.id):
            address = attribute(_link(*place))
            line = line.replace(ticket.reference, f'<a href="{address}">{ticket.reference}</a>', 1)
        lines.append(line)
    if not tickets:
        lines.append(escape(turn.phrase("desk.list.none")))
    turn.say(
        "\n".join(lines),
        is_html=True,
        thread=turn.thread_id,
        reply_to=turn.said.message_id if turn.said else None,
    )
    await turn.finish()


async def help_(work: Work) -> None:
    """Say what works here."""
    commands = "\n".join(f"/{name} {work.turn.phrase(f'commands.desk.{name}')}" for name in AGENTS)
    work.say(work.turn.phrase("desk.list.help", commands=commands))
    await work.turn.finish()


def _link(chat: int, thread: int) -> str:
    """Return the address of a topic; a supergroup's public number is what follows -100."""
    return f"https://t.me/c/{str(chat).removeprefix('-100')}/{thread}"
