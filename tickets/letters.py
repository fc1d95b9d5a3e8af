"""Makes letters: collects what a letter must say, has it rendered, refuses an incomplete one.

Rendering happens when a letter is queued, not when it is sent: what was approved, what is kept and
what went out are one text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from tickets.errors import DeskError
from tickets.settings import DeskConfig
from tickets.types import Letter, LetterOrder, Render

MANDATORY: Final[Mapping[str, frozenset[str]]] = {
    "acknowledgement": frozenset({"desk.reference", "desk.human_contact"}),
}
"""Blocks without which a letter may not leave, whatever the regime (law.md 4)."""


class IncompleteLetter(DeskError):
    """A letter lacks blocks that it must have; `missing` names them."""

    def __init__(self, kind: str, missing: Sequence[str]) -> None:
        super().__init__(f"letter {kind!r} lacks {', '.join(missing)}")
        self.kind = kind
        self.missing = tuple(missing)


class Letters:
    """Letters of one company."""

    def __init__(self, render: Render, config: DeskConfig) -> None:
        self._render = render
        self._config = config
        self._zone = ZoneInfo(config.company.zone)

    def write(
        self,
        order: LetterOrder,
        *,
        reference: str,
        language: str,
        received_at: datetime,
        facts: Mapping[str, object] | None = None,
    ) -> Letter:
        """Return the letter that an order asks for, complete, in the best language we have."""
        missing = sorted(MANDATORY.get(order.kind, frozenset()) - set(order.blocks))
        if missing:
            raise IncompleteLetter(order.kind, missing)
        company = self._config.company
        values: dict[str, object] = {
            "reference": reference,
            "company": company,
            "received_on": received_at.astimezone(self._zone).date(),
            **(facts or {}),
        }
        done = self._render(order.kind, order.blocks, self.languages(language), values)
        return Letter(done.subject, done.text, done.html, done.language)

    def languages(self, language: str) -> list[str]:
        """Return the languages to try, best first: theirs, its base, then the configured chain."""
        base = language.partition("-")[0]
        wanted = [language, base, *self._config.settings.letter_languages, "en"]
        return list(dict.fromkeys(one for one in wanted if one and one != "und"))
