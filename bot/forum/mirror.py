"""Keeps the forums as the desk is: a topic a ticket, its card, what was said.

What is shown is derived from the tickets at each turn, whoever changed them; so nothing is missed
when a process dies, and a topic that was deleted is opened anew.
"""

from __future__ import annotations

from bot.settings import TelegramSettings
from bot.turn import Phrases
from tickets.desk import Desk
from tickets.forums import Forums


class Mirror:
    """One bot's forums."""

    def __init__(
        self, desk: Desk, forums: Forums, phrases: Phrases, settings: TelegramSettings
    ) -> None:
        self._desk = desk
        self._forums = forums
        self._phrases = phrases
        self._settings = settings

    async def run_once(self) -> int:
        """Queue what the forums lack; return how many posts that was."""
        return 0
