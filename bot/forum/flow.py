"""What agents do in a forum."""

from __future__ import annotations

from bot.turn import Turn
from tickets.forums import Forums


class Agents:
    """The flow of the desks' chats."""

    def __init__(self, forums: Forums) -> None:
        self._forums = forums

    async def __call__(self, turn: Turn) -> None:
        """Answer one update."""
        await turn.finish()

    async def lapsed(self, turn: Turn) -> None:
        """Deal with a question whose time is over."""
        turn.chat.end()
        await turn.finish("lapsed")
