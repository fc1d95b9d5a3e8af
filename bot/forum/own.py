"""What each agent sets for themselves: the language in which they are asked and answered.

Cards, reminders and digests are for everybody in the forum and keep the desk's language.
"""

from __future__ import annotations

from functools import partial

from bot.buttons import Button, write_data
from bot.forum.work import Work, pages
from tickets.linking import speak as keep

_ROW = 3  # buttons
_NOBODY = "-"  # in the place of a ticket's reference


async def settings(work: Work) -> None:
    """Offer the languages."""
    phrases = work.turn.phrases
    rows = pages(
        [
            Button(phrases.name(one), write_data("d.speak", _NOBODY, one))
            for one in phrases.languages
        ],
        _ROW,
    )
    name = phrases.name(work.turn.language)
    work.ask("settings", work.phrase("settings.menu", language=name), rows)
    await work.turn.finish()


async def speak(work: Work) -> None:
    """Speak to this agent in the chosen language from now on."""
    turn, [chosen] = work.turn, work.args
    if chosen not in turn.phrases.languages:
        raise ValueError(chosen)
    work.settle()
    turn.chat.end()
    turn.language = chosen
    turn.chat.later(partial(keep, turn.chat, chosen))
    turn.answer(turn.phrase("settings.chosen", language=turn.phrases.name(chosen)))
    await turn.finish("language")
