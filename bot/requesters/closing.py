"""Tells requesters that a ticket is closed, and asks once how it was (`tickets.closings`)."""

from __future__ import annotations

from bot.buttons import Button, keyboard, write_data
from bot.settings import TelegramSettings
from bot.text import escape
from bot.turn import Phrases
from tickets.closings import CLOSING, Closed, untold
from tickets.desk import Desk
from tickets.matching import Blinder
from tickets.posts import Posts
from tickets.transactions import transaction, unit_of_work
from tickets.wishes import MOST_STARS


class Closings:
    """One bot's word on closed tickets."""

    def __init__(self, desk: Desk, phrases: Phrases, settings: TelegramSettings) -> None:
        self._desk = desk
        self._phrases = phrases
        self._settings = settings
        self._blinder = Blinder(desk.vault)

    async def run_once(self) -> int:
        """Queue what is to be told; return how many messages that was."""
        closed = await untold(self._desk, self._settings.name)
        if closed:
            posts = Posts(self._settings.name, self._desk.now(), self._blinder.blind)
            for one in closed:
                self._add(posts, one)
            await _save(posts)
        return len(closed)

    def _add(self, posts: Posts, closed: Closed) -> None:
        reference, language = closed.ticket.reference, self._phrases.language(*closed.languages)
        reopen = self._phrases.text(language, "button.reopen", reference=reference)
        rows = [[Button(reopen, write_data("reopen", reference))]]
        days = self._desk.config.settings.reopen_days
        text = self._phrases.text(language, "rating.over", reference=reference, days=days)
        if closed.to_rate:
            text = self._phrases.text(language, "rating.ask", reference=reference)
            stars = [f"{number}" for number in range(1, MOST_STARS + 1)]
            rows.insert(0, [Button(one, write_data("rate", reference, one)) for one in stars])
        params = {"text": escape(text), "reply_markup": keyboard(rows)}
        to = posts.address(closed.chat, closed.key)
        posts.add("sendMessage", to, params, role=CLOSING, ticket_id=closed.ticket.id)


@unit_of_work
async def _save(posts: Posts) -> None:
    async with transaction():
        await posts.save()
