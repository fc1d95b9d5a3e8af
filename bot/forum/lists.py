"""Lists of tickets, by links to their topics, and help."""

from __future__ import annotations

from collections.abc import Sequence

from bot.forum.work import Work
from bot.menu import AGENTS
from bot.text import attribute, escape
from tickets.models import DeskTopic, Ticket


async def queue(work: Work) -> None:
    """Show what nobody has."""
    await _show(work, "desk.list.queue", await work.board.unclaimed())


async def mine(work: Work) -> None:
    """Show what this agent has."""
    agent = work.turn.chat.agent
    found = await work.board.held_by(agent.id) if agent else []
    await _show(work, "desk.list.mine", found)


async def due(work: Work) -> None:
    """Show what is due within a week, or late."""
    await _show(work, "desk.list.due", await work.board.due_within())


async def help_(work: Work) -> None:
    """Say what works here."""
    commands = "\n".join(f"/{name} {work.turn.phrase(f'commands.desk.{name}')}" for name in AGENTS)
    work.say(work.turn.phrase("desk.list.help", commands=commands))
    await work.turn.finish()


async def _show(work: Work, head: str, tickets: Sequence[Ticket]) -> None:
    ids = [one.id for one in tickets]
    topics = DeskTopic.filter(forum_id=work.forum.id, ticket_id__in=ids)
    threads = {one.ticket_id: one.thread async for one in topics}
    lines = [escape(work.turn.phrase(head))]
    for ticket in tickets:
        line = escape(work.writer.line(await work.board.face(ticket)))
        if thread := threads.get(ticket.id):
            address = attribute(_link(work.forum.chat, thread))
            line = line.replace(ticket.reference, f'<a href="{address}">{ticket.reference}</a>', 1)
        lines.append(line)
    if not tickets:
        lines.append(escape(work.turn.phrase("desk.list.none")))
    work.turn.say(
        "\n".join(lines),
        is_html=True,
        thread=work.turn.thread_id,
        reply_to=work.turn.said.message_id if work.turn.said else None,
    )
    await work.turn.finish()


def _link(chat: int, thread: int) -> str:
    """Return the address of a topic; a supergroup's public number is what follows -100."""
    return f"https://t.me/c/{str(chat).removeprefix('-100')}/{thread}"
